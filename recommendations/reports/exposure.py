"""What happened to each item in a day: how often it was in view, clicked, put in a cart and bought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import Count

from recommendations.datatypes import Kind
from recommendations.models import Event, Impression
from recommendations.reports.days import bounds
from recommendations.reports.touches import slate_clicks


class Who(NamedTuple):
    """Of which scope, and of real (False) or simulated (True) visitors."""

    scope: str
    simulated: bool


class Touched(NamedTuple):
    """How often an item was in view on a slate, clicked there, put in a cart and bought, wherever that was."""

    seen: int = 0
    clicks: int = 0
    carts: int = 0
    bought: int = 0

    def plus(self, other: Touched) -> Touched:
        """Both together."""
        return Touched(*(one + more for one, more in zip(self, other, strict=True)))

    def less(self, other: Touched) -> Touched:
        """Without the other."""
        return Touched(*(one - more for one, more in zip(self, other, strict=True)))


ByItem = dict[str, Touched]


def of_day(day: date) -> dict[Who, ByItem]:
    """Item → what happened to it, in one pass over the day's impressions and three counts of events."""
    counted = (_seen(day), _clicks(day), _events(day, Kind.CART), _events(day, Kind.PURCHASE))
    found: dict[Who, ByItem] = {}
    for who, item in sorted(set().union(*counted)):
        found.setdefault(who, {})[item] = Touched(*(counts[who, item] for counts in counted))
    return found


def as_stored(by_item: Mapping[str, Touched]) -> dict[str, list[int]]:
    """As JSON holds it."""
    return {item: list(touched) for item, touched in by_item.items()}


def from_stored(stored: Mapping[str, list[int]]) -> ByItem:
    """From what JSON holds."""
    return {item: Touched(*numbers) for item, numbers in stored.items()}


def _seen(day: date) -> Counter[tuple[Who, str]]:
    start, end = bounds(day)
    slates = Impression.objects.filter(occurred_at__gte=start, occurred_at__lt=end, n_seen__gt=0)
    counts: Counter[tuple[Who, str]] = Counter()
    rows = slates.values_list("scope", "simulated", "items", "seen")
    for scope, simulated, items, positions in rows.iterator(chunk_size=2000):
        who = Who(scope, simulated)
        counts.update((who, items[position][0]) for position in positions if position < len(items))
    return counts


def _clicks(day: date) -> Counter[tuple[Who, str]]:
    start, end = bounds(day)
    rows = slate_clicks().filter(occurred_at__gte=start, occurred_at__lt=end).order_by()
    once = rows.values_list("scope", "simulated", "item_key", "slate_id").distinct()
    return Counter((Who(scope, simulated), item) for scope, simulated, item, _slate in once.iterator())


def _events(day: date, kind: Kind) -> Counter[tuple[Who, str]]:
    return Counter(dict(_counts(day, kind)))


def _counts(day: date, kind: Kind) -> Iterator[tuple[tuple[Who, str], int]]:
    start, end = bounds(day)
    rows = Event.objects.valid().filter(kind=kind, occurred_at__gte=start, occurred_at__lt=end).order_by()
    for scope, simulated, item, n in rows.values_list("scope", "simulated", "item_key").annotate(Count("pk")):
        yield (Who(scope, simulated), item), n
