"""Propose, activate, reject, roll back: the only code that writes Overrides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, router, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from recommendations.exceptions import ConfigurationError, RecommendationsError
from recommendations.models import Override, OverrideChange
from recommendations.overrides import active
from recommendations.overrides.merging import effective, entry_of, plain

State = Override.State
By = Override.By

#: From which state an Override can get into which.
MOVES: dict[str, frozenset[str]] = {
    State.PROPOSED: frozenset({State.ACTIVE, State.SCHEDULED, State.REJECTED}),
    State.SCHEDULED: frozenset({State.ACTIVE, State.REPLACED, State.ROLLED_BACK}),
    State.ACTIVE: frozenset({State.REPLACED, State.ROLLED_BACK}),
    State.REPLACED: frozenset({State.ACTIVE, State.SCHEDULED}),
    State.ROLLED_BACK: frozenset({State.ACTIVE, State.SCHEDULED}),
    State.REJECTED: frozenset(),
}


def moves(override: Override) -> frozenset[str]:
    """The states that an Override can get into now. One that has ended can only begin anew."""
    return frozenset({State.ACTIVE, State.SCHEDULED}) if override.is_over else MOVES[override.state]


@dataclass(frozen=True)
class Somebody:
    """Who decides: a person by name, or one of ours."""

    kind: str
    name: str = ""


TUNE = Somebody(By.TUNE)
TRAINING = Somebody(By.TRAINING)


def person(name: str) -> Somebody:
    return Somebody(By.PERSON, name)


#: Raises ConfigurationError when an Override cannot be used; given by who can tell (serving knows placements).
Check = Callable[[Override], object]


def propose(
    kind: str,
    name: str,
    value: dict[str, Any],
    *,
    by: Somebody,
    scope: str = "",
    reason: str = "",
    evidence: dict[str, Any] | None = None,
) -> Override:
    """Write a proposed Override of a settings entry.

    What one of ours proposed for the same entry before, and nobody decided on, is rejected; the same proposal again
    is the old one. Raises UnknownName without such an entry, UnknownOption for a key it cannot have,
    RecommendationsError when there is nothing to change.
    """
    if not value:
        raise RecommendationsError(f"Nothing to change was given for the {kind} {name!r}.")
    override = Override(
        scope=scope,
        kind=kind,
        name=name,
        value=plain(value),
        base=plain(entry_of(kind, name)),
        author_kind=by.kind,
        author=by.name,
        reason=reason,
        evidence=plain(evidence or {}),
    )
    effective(override)
    for last_try in (False, True):
        try:
            with _changing():
                return _written(override, by)
        except IntegrityError:  # of two first proposals at once, one finds its version taken
            if last_try:
                raise
    raise AssertionError("unreachable")


def activate(pk: int, *, by: Somebody, check: Check = effective) -> Override:
    """Make an Override active; the active one of the same entry is replaced. In one transaction, one at a time.

    Raises RecommendationsError when there is none of this number or it cannot become active, ConfigurationError when
    it does not fit the settings. Training does not replace what a person activated.
    """
    with _changing():
        override = _get(pk)
        _refuse_move(override, State.ACTIVE)
        _refuse_misfit(override, check)
        for present in _standing(override):
            if by.kind != By.PERSON and present.decided_kind == By.PERSON:
                raise RecommendationsError(
                    _("Override %(id)d of %(name)s was activated by %(who)s, and is left alone.")
                    % {
                        "id": present.pk,
                        "name": present.name,
                        "who": present.decided_by or present.decided_kind,
                    }
                )
            _move(present, State.REPLACED, by, _("by %(id)d") % {"id": pk})
        _move(override, State.ACTIVE, by)
    return override


def schedule(
    pk: int,
    *,
    by: Somebody,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    check: Check = effective,
) -> Override:
    """Let an Override count from `starts_at` (None: now) until `ends_at` (None: until another is activated), instead
    of the one that is active; this one counts again afterwards.

    Raises RecommendationsError when there is none of this number, it cannot be scheduled or would end before it
    begins, ConfigurationError when it does not fit the settings.
    """
    now = timezone.now()
    starts_at = starts_at or now
    if ends_at is not None and ends_at <= max(starts_at, now):
        raise RecommendationsError(
            _("The end %(end)s is not after the start, or is over. Choose a later one.")
            % {"end": date_format(localtime(ends_at), "SHORT_DATETIME_FORMAT")}
        )
    with _changing():
        override = _get(pk)
        _refuse_move(override, State.SCHEDULED)
        _refuse_misfit(override, check)
        override.starts_at, override.ends_at = starts_at, ends_at
        override.save(update_fields=["starts_at", "ends_at"])
        _move(override, State.SCHEDULED, by, window_text(override))
    return override


def window_text(override: Override) -> str:
    """From when until when a scheduled Override counts."""
    start, end = (
        date_format(localtime(at), "SHORT_DATETIME_FORMAT") if at else "…"
        for at in (override.starts_at, override.ends_at)
    )
    return f"{start} – {end}"


def reject(pk: int, *, by: Somebody, note: str = "") -> Override:
    """Say no to a proposed Override. Raises RecommendationsError when it is not proposed, or there is none."""
    with _changing():
        override = _get(pk)
        _refuse_move(override, State.REJECTED)
        _move(override, State.REJECTED, by, note)
    return override


def roll_back(kind: str, name: str, *, by: Somebody, scope: str = "") -> tuple[Override, Override | None]:
    """Take the active Override of an entry back: the one it replaced last becomes active again, or the settings count.

    Returns the one rolled back and the one active now. Raises RecommendationsError when none is active.
    """
    with _changing():
        present = _counting(scope, kind, name)
        if present is None:
            known = ", ".join(_names(scope)) or _("none")
            raise RecommendationsError(
                _("No Override of the %(kind)s %(name)s is active. Active: %(known)s.")
                % {"kind": kind, "name": name, "known": known}
            )
        return present, _taken_back(present, by)


def roll_back_this(pk: int, *, by: Somebody) -> tuple[Override, Override | None]:
    """`roll_back` of the Override of this number. Raises RecommendationsError when it is not active."""
    with _changing():
        override = _get(pk)
        _refuse_move(override, State.ROLLED_BACK)
        return override, _taken_back(override, by)


def note_problem(override: Override, problem: str) -> None:
    """Remember why an Override could not be used, or that it could."""
    if override.problem != problem:
        override.problem = problem
        _all().filter(pk=override.pk).update(problem=problem)


# --- inside ---------------------------------------------------------------------------------------------------------


@contextmanager
def _changing() -> Iterator[None]:
    """A transaction that no other change of any Override runs beside.

    The first row is the lock: it is never deleted, and an UPDATE waits for its turn on every database. So changes are
    numbered in the order of their commits, and who has seen the newest has seen them all.
    """
    using = router.db_for_write(Override)
    with transaction.atomic(using=using):
        _all().filter(pk=_all().order_by("pk").values("pk")[:1]).update(version=F("version"))
        yield


def _all() -> QuerySet[Override]:
    return Override.objects.using(router.db_for_write(Override))


def _same(override: Override) -> QuerySet[Override]:
    return _all().filter(scope=override.scope, kind=override.kind, name=override.name)


def _counting(scope: str, kind: str, name: str) -> Override | None:
    """The Override of an entry that counts now."""
    now = timezone.now()
    of_entry = _all().filter(scope=scope, kind=kind, name=name)
    begun = of_entry.filter(state=State.SCHEDULED, starts_at__lte=now).exclude(ends_at__lte=now)
    return begun.order_by("-starts_at", "-pk").first() or of_entry.filter(state=State.ACTIVE).first()


def _standing(override: Override) -> list[Override]:
    """What an Override replaces: the active one of its entry, and what began at a time and has no end."""
    begun = Q(state=State.SCHEDULED, starts_at__lte=timezone.now(), ends_at=None)
    found = _same(override).filter(begun | Q(state=State.ACTIVE)).exclude(pk=override.pk)
    return list(
        found.order_by("state", "starts_at")
    )  # the active one first: what is replaced last comes back first


def _names(scope: str) -> list[str]:
    pairs = (
        _all().filter(scope=scope, state=State.ACTIVE).order_by("kind", "name").values_list("kind", "name")
    )
    return [f"{kind} {name}" for kind, name in pairs]


def _get(pk: int) -> Override:
    override = _all().filter(pk=pk).first()
    if override is None:
        raise RecommendationsError(
            _("There is no Override %(id)d. See: manage.py recommendations config --diff") % {"id": pk}
        )
    return override


def _written(override: Override, by: Somebody) -> Override:
    same = _same(override)
    for waiting in same.filter(state=State.PROPOSED, author_kind=by.kind).exclude(author_kind=By.PERSON):
        if waiting.value == override.value:
            return waiting
    override.version = (same.aggregate(last=Max("version"))["last"] or 0) + 1
    override.pk = None
    override.save(using=router.db_for_write(Override), force_insert=True)
    _noted(override, "", State.PROPOSED, by, "")
    for waiting in same.filter(state=State.PROPOSED, author_kind=by.kind).exclude(author_kind=By.PERSON):
        if waiting.pk != override.pk:
            _move(waiting, State.REJECTED, by, _("%(id)d is newer") % {"id": override.pk})
    return override


def _taken_back(present: Override, by: Somebody) -> Override | None:
    """Roll back an active or scheduled Override; returns what is active instead."""
    was_scheduled = present.state == State.SCHEDULED
    _move(present, State.ROLLED_BACK, by)
    if was_scheduled:
        return _same(present).filter(state=State.ACTIVE).first()
    # Changes are numbered in the order in which they were made, whatever clocks say.
    replaced = _same(present).filter(state=State.REPLACED).annotate(last=Max("changes__pk"))
    earlier = replaced.order_by("-last").first()
    if earlier is not None:
        _move(earlier, State.ACTIVE, by, _("%(id)d was rolled back") % {"id": present.pk})
    return earlier


def _refuse_move(override: Override, to_state: State) -> None:
    if to_state not in moves(override):
        raise RecommendationsError(
            _("Override %(id)d of %(name)s is %(state)s and cannot become %(to)s.")
            % {
                "id": override.pk,
                "name": override.name,
                "state": override.state_label,
                "to": to_state.label,
            }
        )


def _refuse_misfit(override: Override, check: Check) -> None:
    try:
        check(override)
    except ConfigurationError as error:
        raise ConfigurationError(
            _("Override %(id)d of %(name)s does not fit: %(why)s")
            % {"id": override.pk, "name": override.name, "why": error}
        ) from error


def _move(override: Override, to_state: State, by: Somebody, note: str = "") -> None:
    before, override.state = override.state, to_state
    override.decided_at, override.decided_kind, override.decided_by = timezone.now(), by.kind, by.name
    override.save(update_fields=["state", "decided_at", "decided_kind", "decided_by"])
    _noted(override, before, to_state, by, note)


def _noted(override: Override, before: str, to_state: State, by: Somebody, note: str) -> None:
    using = router.db_for_write(Override)
    change = OverrideChange.objects.using(using).create(
        override=override, from_state=before, to_state=to_state, by_kind=by.kind, by=by.name, note=note
    )
    transaction.on_commit(lambda: active.heard(change.pk), using=using, robust=True)
