"""“Why this?”: who bought or viewed both items of a pair, counted again from the events when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from recommendations.datatypes import Kind
from recommendations.models import Event

#: At most so many of an item's latest events are looked at; beyond that the counts are "at least".
MAX_EVENTS = 20_000
#: So many latest meetings of the pair are shown.
LATEST = 5

#: What is counted: name → kinds of event.
BEHAVIOURS: dict[str, tuple[str, ...]] = {
    "bought": (Kind.PURCHASE,),
    "viewed": (Kind.VIEW, Kind.CLICK),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many did it with the first item, with the other, and with both."""

    first: int
    other: int
    both: int

    @property
    def share(self) -> float | None:
        """Of those of the first item, the share that did it with the other too."""
        return self.both / self.first if self.first else None

    @property
    def share_text(self) -> str:
        """The share in per cent; "–" for none."""
        return "–" if self.share is None else f"{self.share:.1%}"


@dataclass(frozen=True, slots=True)
class Meeting:
    """One visitor or order with both items: when the later of the two happened, how many days after the earlier."""

    key: str
    occurred_at: datetime
    days_between: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One behaviour of a pair. `together` are orders (bought) or sessions (viewed) that hold both items."""

    behaviour: str
    visitors: Counted
    together: Counted
    latest: list[Meeting]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    """When each visitor, and each order or session, last did it with one item."""

    visitors: dict[str, datetime]
    groups: dict[str, datetime]
    is_cut: bool


def pair_evidence(
    item_key: str, other_key: str, scope: str = "", *, simulated: bool = False
) -> list[Evidence]:
    """The evidence behind the pair, one entry a behaviour: two queries each, of MAX_EVENTS rows at most."""
    return [_evidence(name, item_key, other_key, scope, simulated) for name in BEHAVIOURS]


def _evidence(behaviour: str, item_key: str, other_key: str, scope: str, simulated: bool) -> Evidence:
    first = _seen(behaviour, item_key, scope, simulated)
    other = _seen(behaviour, other_key, scope, simulated)
    return Evidence(
        behaviour,
        visitors=_counted(first.visitors, other.visitors),
        together=_counted(first.groups, other.groups),
        latest=list(_latest(first.visitors, other.visitors)),
        is_cut=first.is_cut or other.is_cut,
    )


def _seen(behaviour: str, item_key: str, scope: str, simulated: bool) -> _Seen:
    group = "order_key" if behaviour == "bought" else "session_key"
    events = Event.objects.valid().filter(scope=scope, item_key=item_key, kind__in=BEHAVIOURS[behaviour])
    if not simulated:
        events = events.real()
    rows = events.with_visitor().order_by("-occurred_at").values_list("visitor", group, "occurred_at")
    visitors: dict[str, datetime] = {}
    groups: dict[str, datetime] = {}
    n = 0
    for visitor, key, occurred_at in rows[:MAX_EVENTS]:
        n += 1
        if visitor:
            visitors.setdefault(visitor, occurred_at)
        if key:
            groups.setdefault(key, occurred_at)
    return _Seen(visitors, groups, n == MAX_EVENTS)


def _counted(first: dict[str, datetime], other: dict[str, datetime]) -> Counted:
    return Counted(len(first), len(other), len(first.keys() & other.keys()))


def _latest(first: dict[str, datetime], other: dict[str, datetime]) -> Iterator[Meeting]:
    both = first.keys() & other.keys()
    for key in sorted(both, key=lambda k: (max(first[k], other[k]), k), reverse=True)[:LATEST]:
        earlier, later = sorted((first[key], other[key]))
        yield Meeting(key, later, (later - earlier).days)
