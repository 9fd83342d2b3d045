"""Which Overrides are active. Training asks the database; pages ask this process's memory, which is told of changes.

A page may cost no query for this. So the query that reads a page's lists brings the number of the newest
OverrideChange along (`heard`), and only when that is another than the one remembered are the Overrides read again:
once a process and change, on the very page that noticed it. What is changed in the admin is thus seen by the next
page of every process, and there is nothing to expire. A store that cannot tell (`Store.tells_of_changes`) is helped
out by `ask`, every ASK_SECONDS.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from recommendations.models import Override, OverrideChange

#: How old a process's knowledge gets with a store that cannot tell of changes.
ASK_SECONDS = 30.0


@dataclass(frozen=True, eq=False)
class Active:
    """The active Overrides of a scope, by kind and name, as of the OverrideChange number `newest`."""

    newest: int = 0
    overrides: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)

    def of(self, kind: str) -> Mapping[str, Override]:
        return self.overrides.get(kind, {})


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
    """The active Overrides as the database has them now: two queries."""
    newest = newest_change()
    overrides: dict[str, dict[str, Override]] = {}
    for override in Override.objects.filter(scope=scope, state=Override.State.ACTIVE).order_by(
        "kind", "name"
    ):
        overrides.setdefault(override.kind, {})[override.name] = override
    return Active(newest, overrides)


def remembered(scope: str = "") -> Active:
    """The active Overrides as far as this process has heard: no query, unless there was a change. The same object as
    long as nothing changes."""
    known = _memory.known.get(scope, _NONE)
    if known.newest == _memory.heard:
        return known
    found = read(scope)
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
