"""What visitors searched for, and which words led to nothing that they looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from datetime import date, datetime, timedelta

from recommendations.datatypes import KINDS_OF_INTEREST, Kind
from recommendations.models import Event
from recommendations.reports.days import bounds
from recommendations.reports.exposure import Who

#: A search leads to what its visitor does in so long afterwards, up to the next search.
PATIENCE = timedelta(minutes=30)
MOST_WORDS = 100

#: Words → searches, and those of them that led to nothing.
Words = dict[str, list[int]]


def of_day(day: date) -> dict[Who, Words]:
    """The words searched for most, as typed but for case and spaces."""
    start, end = bounds(day)
    acts = _acts(start, end + PATIENCE)
    fields = ("scope", "simulated", "visitor_key", "occurred_at", "query")
    rows = Event.objects.valid().filter(kind=Kind.SEARCH, occurred_at__gte=start, occurred_at__lt=end)
    by_visitor: dict[tuple[Who, str], list[tuple[datetime, str]]] = defaultdict(list)
    for scope, simulated, visitor, at, query in rows.order_by("occurred_at").values_list(*fields).iterator():
        by_visitor[Who(scope, simulated), visitor].append((at, " ".join(query.lower().split())))
    found: dict[Who, Words] = {}
    for (who, visitor), searches in by_visitor.items():
        words = found.setdefault(who, {})
        did = acts.get((who, visitor), [])
        for (at, query), following in zip(searches, [*searches[1:], None], strict=True):
            until = at + PATIENCE
            if following is not None:
                until = min(until, following[0])
            counts = words.setdefault(query, [0, 0])
            counts[0] += 1
            counts[1] += not (visitor and bisect_left(did, at) < bisect_left(did, until))
    return {who: _most(words) for who, words in found.items()}


def _acts(start: datetime, end: datetime) -> dict[tuple[Who, str], list[datetime]]:
    """When each visitor who searched showed interest in an item, in order."""
    searched = Event.objects.filter(kind=Kind.SEARCH, occurred_at__gte=start, occurred_at__lt=end)
    rows = Event.objects.valid().filter(
        kind__in=KINDS_OF_INTEREST,
        occurred_at__gte=start,
        occurred_at__lt=end,
        visitor_key__in=searched.values("visitor_key"),
    )
    acts: dict[tuple[Who, str], list[datetime]] = defaultdict(list)
    fields = ("scope", "simulated", "visitor_key", "occurred_at")
    for scope, simulated, visitor, at in rows.order_by("occurred_at").values_list(*fields).iterator():
        acts[Who(scope, simulated), visitor].append(at)
    return acts


def _most(words: Words) -> Words:
    ordered = sorted(words.items(), key=lambda pair: (-pair[1][1], -pair[1][0], pair[0]))
    return dict(ordered[:MOST_WORDS])
