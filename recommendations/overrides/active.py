"""Which Overrides are active. Training asks the database; pages ask this process's memory, which is told of changes.

A page may cost no query for this. So the query that reads a page's lists brings the number of the newest
OverrideChange along (`heard`), and only when that is another than the one remembered are the Overrides read again:
once a process and change, on the very page that noticed it. Scheduled ones are remembered with their times, so that
they begin and end to the second without a query. What is changed in the admin is thus seen by the next
page of every process, and there is nothing to expire. A store that cannot tell (`Store.tells_of_changes`) is helped
out by `ask`, every ASK_SECONDS.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from recommendations.models import Experiment, Override, OverrideChange, Variant

#: How old a process's knowledge gets with a store that cannot tell of changes.
ASK_SECONDS = 30.0


@dataclass(frozen=True, eq=False)
class Active:
    """The Overrides of a scope that count, by kind and name, as of the OverrideChange number `newest`.

    It holds from `since` until before `until`, None = open; `known` has those of other times too. `tested` are the
    variants of the experiments that run.
    """

    newest: int = 0
    overrides: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)
    known: Sequence[Override] = ()
    tested: Sequence[Variant] = ()
    since: datetime | None = None
    until: datetime | None = None

    def of(self, kind: str) -> Mapping[str, Override]:
        return self.overrides.get(kind, {})

    def at(self, now: datetime) -> Active:
        """As it is at another time; the same object where nothing begins or ends in between."""
        if (self.since is None or self.since <= now) and (self.until is None or now < self.until):
            return self
        return _counting(self.newest, self.known, self.tested, now)


def _counting(newest: int, known: Sequence[Override], tested: Sequence[Variant], now: datetime) -> Active:
    """A scheduled one counts instead of the active one; of several, the one that began last."""
    scheduled = [each for each in known if each.state == Override.State.SCHEDULED]
    begun = [each for each in scheduled if each.starts_at and each.starts_at <= now]
    holding = [each for each in begun if each.ends_at is None or now < each.ends_at]
    chosen: dict[str, dict[str, Override]] = {}
    standing = [each for each in known if each.state == Override.State.ACTIVE]
    for override in [*standing, *sorted(holding, key=lambda each: (each.starts_at or now, each.pk))]:
        chosen.setdefault(override.kind, {})[override.name] = override
    times = [at for each in scheduled for at in (each.starts_at, each.ends_at) if at is not None]
    return Active(
        newest,
        chosen,
        known,
        tested,
        since=max((at for at in times if at <= now), default=None),
        until=min((at for at in times if at > now), default=None),
    )


class _Memory:
    """What this process knows. Threads may read or write it at any time: every step is one assignment."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.known: dict[str, Active] = {}
        self.heard = 0
        self.asked_at = float("-inf")


_memory = _Memory()
_NONE = Active()


def read(scope: str = "") -> Active:
    """The Overrides that count now, as the database has them: three queries."""
    newest = newest_change()
    states = (Override.State.ACTIVE, Override.State.SCHEDULED)
    known = Override.objects.filter(scope=scope, state__in=states).order_by("kind", "name")
    tested = Variant.objects.filter(experiment__scope=scope, experiment__status=Experiment.Status.RUNNING)
    return _counting(newest, list(known), list(tested.select_related("experiment")), timezone.now())


def remembered(scope: str = "", now: datetime | None = None) -> Active:
    """The Overrides that count at a time, by default now, as far as this process has heard: no query, unless there was
    a change. The same object as long as nothing changes, begins or ends."""
    known = _memory.known.get(scope, _NONE)
    found = known if known.newest == _memory.heard else read(scope)
    found = found.at(now or timezone.now()) if found.known else found
    _memory.known[scope] = found
    _memory.heard = found.newest  # a replica may lag behind; the next page hears again
    return found


def heard(newest: int) -> None:
    """The newest OverrideChange has this number."""
    _memory.heard = newest


def ask() -> None:
    """Find out whether there was a change, when this process has not asked for a while."""
    if time.monotonic() - _memory.asked_at >= ASK_SECONDS:
        _memory.asked_at = time.monotonic()
        heard(newest_change())


def newest_change() -> int:
    """The number of the newest OverrideChange, 0 for none."""
    return OverrideChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def forget() -> None:
    """Know nothing, as a new process does. For tests, which take changes back behind our back."""
    _memory.forget()
