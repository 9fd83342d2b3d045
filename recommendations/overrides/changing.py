"""Propose, activate, reject, roll back: the only code that writes Overrides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, router, transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from recommendations.exceptions import ConfigurationError, RecommendationsError
from recommendations.models import Override, OverrideChange
from recommendations.overrides import active
from recommendations.overrides.merging import effective, entry_of, plain

State = Override.State
By = Override.By

#: From which state an Override can get into which. One that is to become active later fits in as a state between
#: PROPOSED and ACTIVE.
MOVES: dict[str, frozenset[str]] = {
    State.PROPOSED: frozenset({State.ACTIVE, State.REJECTED}),
    State.ACTIVE: frozenset({State.REPLACED, State.ROLLED_BACK}),
    State.REPLACED: frozenset({State.ACTIVE}),
    State.ROLLED_BACK: frozenset({State.ACTIVE}),
    State.REJECTED: frozenset(),
}


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
        present = _same(override).filter(state=State.ACTIVE).first()
        if present is not None:
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
        present = _all().filter(scope=scope, kind=kind, name=name, state=State.ACTIVE).first()
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
    """Roll back an active Override; returns what is active instead."""
    _move(present, State.ROLLED_BACK, by)
    # Changes are numbered in the order in which they were made, whatever clocks say.
    replaced = _same(present).filter(state=State.REPLACED).annotate(last=Max("changes__pk"))
    earlier = replaced.order_by("-last").first()
    if earlier is not None:
        _move(earlier, State.ACTIVE, by, _("%(id)d was rolled back") % {"id": present.pk})
    return earlier


def _refuse_move(override: Override, to_state: State) -> None:
    if to_state not in MOVES[override.state]:
        raise RecommendationsError(
            _("Override %(id)d of %(name)s is %(state)s and cannot become %(to)s.")
            % {
                "id": override.pk,
                "name": override.name,
                "state": override.get_state_display(),
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
