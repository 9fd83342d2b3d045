"""The nightly choice of a placement's recommender, where AUTO_CHOICE allows it: what a page shows with each candidate
is judged by the same visitors, and only a clear winner takes the place of the present one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from recommendations.conf import NAME, settings
from recommendations.evaluation.statistics import Interval, compare
from recommendations.exceptions import ConfigurationError, Locked, RecommendationsError
from recommendations.models import Override
from recommendations.overrides import active
from recommendations.overrides.changing import TRAINING, activate, propose
from recommendations.overrides.merging import effective, entry_of
from recommendations.progress import NoProgress, Progress
from recommendations.store import get_store
from recommendations.training.comparing import FEW_VISITORS
from recommendations.training.judging import Judge
from recommendations.training.locks import held, job_name

logger = logging.getLogger(__name__)

#: NDCG@k decides.
K = 10

#: The chance of taking a candidate that is no better, over all candidates of a night; low, as there are many nights.
RISK = 0.01

State = Override.State


@dataclass(frozen=True)
class Choice:
    """What became of one placement: `reason` says why it was or was not changed, `override` what was written."""

    placement: str
    reason: str
    override: Override | None = None
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        return self.override is not None and self.override.state == State.ACTIVE


@dataclass(frozen=True)
class Verdict:
    """The best candidate that is clearly better than the present recommenders, "" for none, and how each compares."""

    best: str
    means: dict[str, float]
    differences: dict[str, Interval]
    level: float


def choose(*, scope: str = "", progress: Progress | None = None) -> list[Choice]:
    """Choose for every placement of AUTO_CHOICE, and activate what is clearly better as an Override by training.

    Never raises for what is wrong with one placement: it is that placement's reason, and the others go on.
    """
    told = progress or NoProgress()
    choices = []
    for placement, candidates in settings.AUTO_CHOICE.items():
        try:
            with held(job_name("choose", placement, scope), scope):
                choice = _choose(placement, list(candidates), scope, told)
        except Locked as locked:
            choice = Choice(placement, str(locked))
        except RecommendationsError as error:
            choice = Choice(placement, str(error))
        except Exception as error:
            logger.exception("Choosing the recommender of %s failed", placement)
            choice = Choice(placement, f"{type(error).__name__}: {error}")
        for name, why in choice.skipped.items():
            logger.info("%s: %s was not considered: %s", placement, name, why)
        logger.info("%s: %s", placement, choice.reason)
        choices.append(choice)
    told.finish()
    return choices


def verdict(
    present: NDArray[np.float64], candidates: Mapping[str, NDArray[np.float64]], gain: float
) -> Verdict:
    """Which candidate is clearly better, given the NDCG of the same visitors (n_visitors,) with each.

    Clearly: the lower end of the interval of the mean difference is above 0, at 99 % over all candidates together
    (Bonferroni), and the difference is at least the share `gain` of the present mean. Of several, the best mean.
    """
    level = 1 - RISK / max(len(candidates), 1)
    means = {name: float(values.mean()) for name, values in candidates.items()}
    differences = {
        name: compare(values, present, level=level).difference for name, values in candidates.items()
    }
    enough = gain * float(present.mean())
    clear = [name for name, found in differences.items() if found.low > 0 and found.mean >= enough]
    best = max(clear, key=lambda name: means[name], default="")
    return Verdict(best, means, differences, level)


def _choose(placement: str, candidates: list[str], scope: str, told: Progress) -> Choice:
    own = active.read(scope).of(Override.Kind.PLACEMENT).get(placement)
    if own is not None and own.decided_kind == Override.By.PERSON:
        return Choice(
            placement,
            _("Override %(id)d was activated by %(who)s, and is left alone.")
            % {"id": own.pk, "who": own.decided_by or _("a person")},
        )
    sources = _sources(placement, own)
    present = list(sources[0]["recommenders"])
    skipped = _not_to_be_had(placement, candidates, scope)
    wanted = [name for name in candidates if name not in skipped and [name] != present]
    if not wanted:
        return Choice(placement, _("There is no candidate besides the present one."), skipped=skipped)
    chains = {name: [{**sources[0], "recommenders": [name]}, *sources[1:]] for name in wanted}
    judge = Judge(sources, chains, scope=scope, k=K, progress=told)
    skipped |= judge.skipped
    if not judge.ndcg:
        return Choice(placement, _("No candidate could be judged."), skipped=skipped)
    found = verdict(judge.present, judge.ndcg, float(settings.AUTO_CHOICE_GAIN))
    shown = " + ".join(present)
    if len(judge.present) < FEW_VISITORS:
        reason = _("Only %(n)d visitors to judge by; %(least)d are needed. %(present)s stays.")
        return Choice(
            placement,
            reason % {"n": len(judge.present), "least": FEW_VISITORS, "present": shown},
            None,
            skipped,
        )
    if not found.best:
        return Choice(placement, _nothing_better(shown, judge, found), None, skipped)
    override = _changed(placement, chains[found.best], shown, judge, found, scope)
    return Choice(placement, override.reason, override, skipped)


def _sources(placement: str, own: Override | None) -> list[dict[str, Any]]:
    """The chain of sources that the placement has now. The first one's recommenders are what is chosen."""
    entry = entry_of(Override.Kind.PLACEMENT, placement)
    if own is not None:
        try:
            entry = effective(own)
        except ConfigurationError as error:  # pages leave it out too
            logger.warning("Override %s of the placement %r is left out: %s", own.pk, placement, error)
    sources = list(entry["sources"])
    if (
        any(not isinstance(source, Mapping) or not source.get("recommenders") for source in sources)
        or not sources
    ):
        raise ConfigurationError(
            _(
                'To choose, every source of %(where)s must name its recommenders, such as {"source": "similar", '
                '"recommenders": ["also_bought"]}.'
            )
            % {"where": f'{NAME}["PLACEMENTS"]["{placement}"]["sources"]'}
        )
    return [dict(source) for source in sources]


def _not_to_be_had(placement: str, candidates: Sequence[str], scope: str) -> dict[str, str]:
    """The candidates that cannot be chosen, and why."""
    live = get_store().live(scope)
    unwanted = {
        override.value["sources"][0]["recommenders"][0]: override
        for override in Override.objects.filter(
            scope=scope,
            kind=Override.Kind.PLACEMENT,
            name=placement,
            author_kind=Override.By.TRAINING,
            state__in=[State.ROLLED_BACK, State.REJECTED],
            decided_kind=Override.By.PERSON,
        ).order_by("pk")
    }
    why = {}
    for name in candidates:
        if name not in settings.recommenders:
            why[name] = _("there is no recommender of that name")
        elif name not in live:
            why[name] = _("it has no live snapshot")
        elif name in unwanted:
            no = unwanted[name]
            why[name] = _("%(who)s said no to it (Override %(id)d)") % {"who": no.decided_by, "id": no.pk}
    return why


def _nothing_better(present: str, judge: Judge, found: Verdict) -> str:
    name = max(found.means, key=lambda each: found.means[each])
    return _(
        "%(present)s stays (NDCG@%(k)d %(mean).4f): nothing is clearly better. The best candidate is %(name)s with "
        "%(best).4f (%(level)s interval of the difference %(low)+.4f to %(high)+.4f, %(n)d visitors), and at least "
        "%(gain)s is asked for."
    ) % {
        "gain": f"{float(settings.AUTO_CHOICE_GAIN):+.1%}",
        "present": present,
        "k": K,
        "mean": float(judge.present.mean()),
        "name": name,
        "best": found.means[name],
        "level": f"{found.level:.2%}",
        "low": found.differences[name].low,
        "high": found.differences[name].high,
        "n": len(judge.present),
    }


def _changed(
    placement: str,
    sources: list[dict[str, Any]],
    present: str,
    judge: Judge,
    found: Verdict,
    scope: str,
) -> Override:
    """Write and activate the Override. A person who was faster wins: then it stays a proposal."""
    difference, mean = found.differences[found.best], float(judge.present.mean())
    reason = _(
        "%(name)s takes the place of %(present)s: NDCG@%(k)d %(new).4f instead of %(old).4f (%(share)s, %(level)s "
        "interval of the difference %(low)+.4f to %(high)+.4f), judged by what %(n)d visitors did from %(at)s on "
        "(%(targets)s)."
    ) % {
        "name": found.best,
        "present": present,
        "k": K,
        "new": found.means[found.best],
        "old": mean,
        "share": f"{difference.mean / mean:+.1%}" if mean else f"{difference.mean:+.4f}",
        "level": f"{found.level:.2%}",
        "low": difference.low,
        "high": difference.high,
        "n": difference.n,
        "at": f"{datetime.fromtimestamp(judge.at, UTC):%Y-%m-%d %H:%M} UTC",
        "targets": ", ".join(judge.targets),
    }
    evidence = {
        "metric": f"ndcg@{K}",
        "judged_from": datetime.fromtimestamp(judge.at, UTC).isoformat(),
        "targets": judge.targets,
        "n_visitors": difference.n,
        "minimum_gain": float(settings.AUTO_CHOICE_GAIN),
        "present": present,
        "judged": {"present": mean, "proposed": found.means[found.best]},
        "difference": asdict(difference),
        "candidates": {
            name: {"ndcg": found.means[name], "difference": asdict(found.differences[name])}
            for name in found.means
        },
    }
    kind, value = Override.Kind.PLACEMENT, {"sources": sources}
    override = propose(kind, placement, value, by=TRAINING, scope=scope, reason=reason, evidence=evidence)
    try:
        return activate(override.pk, by=TRAINING)
    except RecommendationsError as error:
        logger.warning("%s: Override %s stays proposed: %s", placement, override.pk, error)
        return override
