"""Which recommender is best on the shop's own data: all learn from what was before one moment, and are judged by what
the same visitors did after it."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from recommendations.algorithms.base import Algorithm
from recommendations.conf import settings
from recommendations.evaluation.evaluate import Evaluator
from recommendations.evaluation.splits import Split, time_split
from recommendations.evaluation.statistics import (
    Comparison,
    Interval,
    bootstrap_interval,
    compare,
    holm,
)
from recommendations.exceptions import NotEnoughData, RecommendationsError
from recommendations.progress import NoProgress, Progress
from recommendations.training.evaluating import serving
from recommendations.training.loading import TrainingData, load
from recommendations.training.recommenders import NEVER_LEARNED, Recommender, recommender

logger = logging.getLogger(__name__)

#: Compared with this one where the shop has it, as nobody needs an algorithm to show what is popular.
BASELINE = "popular"

#: With fewer visitors to judge by, chance decides.
FEW_VISITORS = 100


@dataclass(frozen=True)
class Standing:
    """How one recommender did. `reason` says why it could not be judged; the rest is empty then.

    `metrics` as `evaluate` returns them; `ndcg` has the interval of the mean over the visitors; `against` compares
    it with the baseline's, `p` is corrected for the number of comparisons (Holm). `lists` names the lists that were
    served: item, visitor or segment.
    """

    recommender: str
    reason: str = ""
    lists: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    ndcg: Interval | None = None
    against: Comparison | None = None
    p: float | None = None
    fit_seconds: float = 0.0
    evaluate_seconds: float = 0.0

    @property
    def verdict(self) -> str:
        """better, worse, or "" when the difference may be chance or there is nothing to compare with."""
        if self.against is None or self.p is None or self.p > 1 - self.against.difference.level:
            return ""
        return "better" if self.against.difference.mean > 0 else "worse"


@dataclass(frozen=True)
class ComparisonReport:
    """Recommenders judged by the same visitors, best NDCG first, those that could not be judged last.

    `at`: the moment between learning and judging. `targets`: the kinds of events that were to be foretold.
    """

    standings: list[Standing]
    baseline: str
    k: int
    at: datetime
    targets: list[str]
    new_only: bool
    n_train_events: int
    n_visitors: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            **asdict(self),
            "at": self.at.isoformat(),
            "standings": [{**asdict(row), "verdict": row.verdict} for row in self.standings],
        }


def compare_recommenders(
    names: Iterable[str] | None = None,
    *,
    scope: str = "",
    k: int = 10,
    fraction: float | None = None,
    against: str | None = None,
    targets: Collection[str] | None = None,
    new_only: bool = False,
    progress: Progress | None = None,
) -> ComparisonReport:
    """Fit each of the recommenders (all of the settings by default) on the events before the last `fraction` of the
    time span (EVALUATION_FRACTION) and judge its lists by the events after it.

    All are judged alike, by the visitors with events on both sides and by events of the kinds `targets` (those that
    any of the recommenders learns from), so that differences are the recommenders' own. `new_only` leaves what a
    visitor had to do with before out of the lists and out of what is to be found. `against` is the baseline
    ("popular" where the shop has it, else the first). What goes wrong with one recommender is its reason; the others
    go on. Nothing is published.

    Raises UnknownName for a name that the settings do not define, NotEnoughData when there is too little to judge by
    or no recommender could learn.
    """
    chosen = list(dict.fromkeys(names)) if names else list(settings.recommenders)
    if against is None:
        against = BASELINE if BASELINE in settings.recommenders else next(iter(chosen), "")
    chosen = [against, *(name for name in chosen if name != against)]
    for name in chosen:
        settings.recommender(name)
    told = progress or NoProgress()
    ready, standings = configured(chosen, scope)
    data = load_for(ready, frozenset(targets or ()), scope, told)
    wanted = wanted_kinds(targets, ready, data.interactions.kinds)
    split, evaluator = held_out(data, wanted, k, fraction, new_only)
    ndcg: dict[str, NDArray[np.float64]] = {}
    for entry in ready:
        standing, values = _judged(entry, data, split, evaluator, told)
        standings.append(standing)
        if values is not None:
            ndcg[entry.name] = values
    told.finish()
    if not ndcg:
        raise NotEnoughData(
            "\n".join(
                ["No recommender could be judged.", *(f"{s.recommender}: {s.reason}" for s in standings)]
            )
        )
    return ComparisonReport(
        standings=_ranked(_against(standings, ndcg, against)),
        baseline=against,
        k=k,
        at=datetime.fromtimestamp(split.at, UTC),
        targets=wanted,
        new_only=new_only,
        n_train_events=len(split.train),
        n_visitors=len(evaluator.audience),
    )


def configured(names: Sequence[str], scope: str = "") -> tuple[list[Recommender], list[Standing]]:
    """The recommenders whose settings are right, and the reasons of the others."""
    ready, standings = [], []
    for name in names:
        try:
            ready.append(recommender(name, scope))
        except RecommendationsError as error:
            standings.append(Standing(name, reason=str(error)))
    return ready, standings


def wanted_kinds(
    targets: Collection[str] | None, ready: Sequence[Recommender], known: Collection[str]
) -> list[str]:
    """The kinds of events to be foretold: those asked for, else those that speak for an item to any of the
    recommenders."""
    missing = sorted(set(targets or ()).difference(known))
    if missing:
        raise NotEnoughData(
            f"There are no events of the kind {missing[0]!r} to judge by; of those that can be learned from there are: "
            f"{', '.join(sorted(known)) or 'none'}."
        )
    weights = [entry.algorithm().config.events.items() for entry in ready]
    wished = {kind for events in weights for kind, weight in events if weight > 0}
    return sorted(targets or wished.intersection(known) - NEVER_LEARNED)


def load_for(
    ready: Sequence[Recommender], targets: frozenset[str], scope: str, told: Progress
) -> TrainingData:
    kinds = targets.union(*(entry.kinds for entry in ready))
    windows = [entry.window_days for entry in ready]
    window = None if None in windows else max((days for days in windows if days is not None), default=None)
    return load(kinds, scope=scope, window_days=window, progress=told)


def held_out(
    data: TrainingData, wanted: Sequence[str], k: int, fraction: float | None, new_only: bool
) -> tuple[Split, Evaluator]:
    """One moment and one set of visitors for all recommenders."""
    share = float(settings.EVALUATION_FRACTION) if fraction is None else fraction
    try:
        at = time_split(data.interactions.select(kinds=wanted), fraction=share).at
        split = time_split(data.interactions, at=at)
        evaluator = Evaluator(
            split.train,
            split.test,
            k=k,
            targets=wanted,
            exclude_seen=new_only,
            n_items=len(data.catalogue) or None,
            catalogue=data.catalogue,
            serving=serving(),
        )
    except NotEnoughData as error:
        raise NotEnoughData(
            f"Too little data to compare recommenders: {error} It takes visitors who were here before the moment of "
            "the split and came back after it; a larger fraction of the time span to judge by may have some."
        ) from error
    return split, evaluator


def _judged(
    entry: Recommender, data: TrainingData, split: Split, evaluator: Evaluator, told: Progress
) -> tuple[Standing, NDArray[np.float64] | None]:
    """How it did, and the NDCG of each visitor; None when it could not be judged."""
    try:
        begun = time.monotonic()
        told.start(f"{entry.name}: {_('fit')}")
        algorithm = entry.algorithm().fit(split.train, data.catalogue)
        fitted = time.monotonic()
        told.start(f"{entry.name}: {_('evaluate')}")
        lists = served_lists(algorithm)
        evaluation = evaluator.evaluate(algorithm, list_length=entry.k)
    except RecommendationsError as error:
        return Standing(entry.name, reason=str(error)), None
    except Exception as error:
        # Whatever an algorithm raises, the other recommenders are still compared.
        logger.exception("Evaluating %s failed", entry.name)
        return Standing(entry.name, reason=f"{type(error).__name__}: {error}"), None
    values = evaluation.by_user["ndcg"]
    standing = Standing(
        entry.name,
        lists=lists,
        metrics=evaluation.means,
        ndcg=bootstrap_interval(values),
        fit_seconds=round(fitted - begun, 3),
        evaluate_seconds=round(time.monotonic() - fitted, 3),
    )
    return standing, values


def served_lists(algorithm: Algorithm) -> str:
    """The kind of the lists that are judged, in the order in which `evaluate` looks for them."""
    for kind in ("item", "visitor", "segment"):
        if (kind, "item") in algorithm.produces:
            return kind
    if ("ranker", "trees") in algorithm.produces:  # of what pages show to visitors by it
        return "visitor"
    makes = ", ".join(f"{key} → {target}" for key, target in sorted(algorithm.produces)) or "nothing"
    raise NotEnoughData(f"It makes no lists of items that a visitor sees by themselves: it makes {makes}.")


def _against(
    standings: Sequence[Standing], ndcg: dict[str, NDArray[np.float64]], baseline: str
) -> list[Standing]:
    """The standings with what sets them apart from the baseline."""
    if baseline not in ndcg:
        return list(standings)
    compared = {name: compare(values, ndcg[baseline]) for name, values in ndcg.items() if name != baseline}
    p_values = dict(zip(compared, holm([found.p for found in compared.values()]), strict=True))
    return [
        replace(standing, against=compared[name], p=p_values[name])
        if (name := standing.recommender) in compared
        else standing
        for standing in standings
    ]


def _ranked(standings: Iterable[Standing]) -> list[Standing]:
    return sorted(standings, key=lambda s: (bool(s.reason), -s.metrics.get("ndcg", 0.0), s.recommender))
