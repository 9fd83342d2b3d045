"""Create, start, pause, stop, finish: the only code that writes Experiments. Every move is kept as an OverrideChange,
whose number tells pages to look again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import router, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from recommendations.exceptions import RecommendationsError
from recommendations.models import Experiment, Override, OverrideChange, Variant
from recommendations.overrides import active
from recommendations.overrides.changing import Somebody
from recommendations.overrides.merging import plain

Status = Experiment.Status

#: From which status an experiment can get into which.
MOVES: dict[str, frozenset[str]] = {
    Status.DRAFT: frozenset({Status.RUNNING}),
    Status.RUNNING: frozenset({Status.PAUSED, Status.STOPPED}),
    Status.PAUSED: frozenset({Status.RUNNING, Status.STOPPED}),
    Status.STOPPED: frozenset({Status.FINISHED}),
    Status.FINISHED: frozenset(),
}
FEWEST, MOST = 2, 5
#: What a visitor does or does not.
BANDIT_METRICS = (Experiment.Metric.CTR, Experiment.Metric.CONVERSION)
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Arm:
    """A variant to be written."""

    name: str
    share: float
    changes: Mapping[str, Any] = field(default_factory=dict)
    holdout: bool = False
    is_control: bool = False


@dataclass(frozen=True)
class Draft:
    """An experiment to be written; fields as Experiment has them."""

    name: str
    placement: str
    arms: Sequence[Arm]
    metric: str = Experiment.Metric.REVENUE
    guardrails: Mapping[str, float] = field(default_factory=dict)
    segment: Mapping[str, Any] = field(default_factory=dict)
    traffic: float = 1.0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    note: str = ""
    kind: str = Experiment.Kind.AB


def write(draft: Draft, *, by: Somebody, scope: str = "", pk: int | None = None) -> Experiment:
    """Write a draft, a new one or in place of one that never ran. Raises RecommendationsError for what cannot be."""
    _refuse_unsound(draft)
    with _changing():
        same = _all().filter(scope=scope, name=draft.name).values_list("pk", flat=True)
        if set(same) - {pk}:
            raise RecommendationsError(_("There is an experiment %(name)s already.") % {"name": draft.name})
        experiment = Experiment(scope=scope, salt=secrets.token_hex(8)) if pk is None else _get(pk)
        if experiment.status != Status.DRAFT:
            raise RecommendationsError(
                _("%(name)s is %(status)s; what once ran is not edited. Copy it into a new one.")
                % {"name": experiment.name, "status": experiment.get_status_display()}
            )
        for name in (
            *("name", "placement", "kind", "metric", "guardrails", "segment", "traffic"),
            *("starts_at", "ends_at", "note"),
        ):
            value = getattr(draft, name)
            setattr(experiment, name, plain(value) if isinstance(value, Mapping) else value)
        experiment.author = by.name
        experiment.save(using=_alias())
        experiment.variants.all().delete()
        for position, arm in enumerate(draft.arms):
            Variant.objects.using(_alias()).create(
                experiment=experiment,
                position=position,
                name=arm.name,
                share=arm.share,
                changes=plain(arm.changes),
                holdout=arm.holdout,
                is_control=arm.is_control,
            )
    return experiment


def start(pk: int, *, by: Somebody, note: str = "") -> Experiment:
    """Let a draft run, or one that pauses. Raises RecommendationsError when it cannot, or another runs there."""
    with _changing():
        experiment = _moved(pk, Status.RUNNING)
        other = (
            _all()
            .filter(scope=experiment.scope, placement=experiment.placement, status=Status.RUNNING)
            .exclude(pk=pk)
        )
        if (present := other.first()) is not None:
            raise RecommendationsError(
                _("%(other)s runs on %(placement)s already. Stop it first.")
                % {"other": present.name, "placement": present.placement}
            )
        experiment.first_started_at = experiment.first_started_at or timezone.now()
        return _save(experiment, Status.RUNNING, by, note)


def pause(pk: int, *, by: Somebody, note: str = "") -> Experiment:
    """Everybody sees the placement as it is, until it is started again. Raises RecommendationsError."""
    with _changing():
        return _save(_moved(pk, Status.PAUSED), Status.PAUSED, by, note)


def stop(pk: int, *, by: Somebody, note: str = "") -> Experiment:
    """The end of it. Raises RecommendationsError when it neither runs nor pauses."""
    with _changing():
        experiment = _moved(pk, Status.STOPPED)
        experiment.stopped_at = timezone.now()
        return _save(experiment, Status.STOPPED, by, note)


def reshare(pk: int, shares: Mapping[str, float], *, by: Somebody) -> bool:
    """Give the variants of a running bandit other shares, by name; pages hear of it. Returns whether there was a
    change. Raises RecommendationsError when it does not run any more."""
    with _changing():
        experiment = _get(pk)
        if experiment.status != Status.RUNNING or experiment.kind != Experiment.Kind.BANDIT:
            raise RecommendationsError(_("%(name)s is no bandit that runs.") % {"name": experiment.name})
        variants = list(experiment.variants.using(_alias()).filter(name__in=shares))
        if all(abs(each.share - shares[each.name]) < _TOLERANCE for each in variants):
            return False
        for each in variants:
            each.share = shares[each.name]
            each.save(using=_alias(), update_fields=["share"])
        _save(experiment, Status.RUNNING, by, ", ".join(f"{each.name} {each.share:.0%}" for each in variants))
        return True


def finish(pk: int, winner: str, *, by: Somebody) -> Experiment:
    """Note which variant was shipped. Raises RecommendationsError when it did not stop or has no such variant."""
    with _changing():
        experiment = _moved(pk, Status.FINISHED)
        if not experiment.variants.filter(name=winner).exists():
            raise RecommendationsError(_("There is no variant %(name)s.") % {"name": winner})
        experiment.winner = winner
        return _save(experiment, Status.FINISHED, by, winner)


# --- inside ---------------------------------------------------------------------------------------------------------


@contextmanager
def _changing() -> Iterator[None]:
    """A transaction that no other change of any Override or Experiment runs beside: their first rows are the locks, in
    this order, so that changes are numbered in the order of their commits."""
    with transaction.atomic(using=_alias()):
        overrides = Override.objects.using(_alias())
        overrides.filter(pk=overrides.order_by("pk").values("pk")[:1]).update(version=F("version"))
        _all().filter(pk=_all().order_by("pk").values("pk")[:1]).update(traffic=F("traffic"))
        yield


def _alias() -> str:
    return router.db_for_write(Override)


def _all() -> QuerySet[Experiment]:
    return Experiment.objects.using(_alias())


def _get(pk: int) -> Experiment:
    experiment = _all().filter(pk=pk).first()
    if experiment is None:
        raise RecommendationsError(_("There is no experiment %(id)d.") % {"id": pk})
    return experiment


def _moved(pk: int, to: Status) -> Experiment:
    experiment = _get(pk)
    if to not in MOVES[experiment.status]:
        raise RecommendationsError(
            _("%(name)s is %(status)s and cannot become %(to)s.")
            % {"name": experiment.name, "status": experiment.get_status_display(), "to": to.label}
        )
    return experiment


def _save(experiment: Experiment, to: Status, by: Somebody, note: str) -> Experiment:
    before, experiment.status = experiment.status, to
    experiment.save(using=_alias())
    change = OverrideChange.objects.using(_alias()).create(
        experiment=experiment, from_state=before, to_state=to, by_kind=by.kind, by=by.name, note=note
    )
    transaction.on_commit(lambda: active.heard(change.pk), using=_alias(), robust=True)
    return experiment


def _refuse_unsound(draft: Draft) -> None:
    arms = draft.arms
    if not FEWEST <= len(arms) <= MOST:
        raise RecommendationsError(
            _("An experiment has %(fewest)d to %(most)d variants, not %(n)d.")
            % {"fewest": FEWEST, "most": MOST, "n": len(arms)}
        )
    if len({arm.name for arm in arms}) < len(arms):
        raise RecommendationsError(_("Two variants have the same name."))
    if sum(arm.is_control for arm in arms) != 1:
        raise RecommendationsError(_("One variant is the control that the others are compared with."))
    if any(arm.share <= 0 for arm in arms) or abs(sum(arm.share for arm in arms) - 1) > _TOLERANCE:
        raise RecommendationsError(_("The shares are above 0 and add up to 1."))
    if not 0 < draft.traffic <= 1:
        raise RecommendationsError(_("The share of the visitors is above 0, at most 1."))
    if draft.starts_at and draft.ends_at and draft.ends_at <= draft.starts_at:
        raise RecommendationsError(_("The end is not after the start."))
    if draft.kind == Experiment.Kind.BANDIT and (
        draft.metric not in BANDIT_METRICS or any(arm.holdout for arm in arms)
    ):
        raise RecommendationsError(
            _(
                "A bandit is decided by visitors who clicked or who bought, and has no variant that shows nothing."
            )
        )
    unknown = set(draft.guardrails) - set(Experiment.Metric.values)
    if unknown or any(not 0 <= loss < 1 for loss in draft.guardrails.values()):
        raise RecommendationsError(
            _('Write guardrails as {"revenue": 0.05}: the share that may be lost. Metrics: %(known)s.')
            % {"known": ", ".join(Experiment.Metric.values)}
        )
