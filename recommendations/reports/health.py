"""How well recommendations run: fallbacks on pages, and snapshots that failed or were refused."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from django.db.models import Count

from recommendations.conf import settings
from recommendations.models import Impression, Snapshot
from recommendations.reports.days import bounds
from recommendations.reports.exposure import Who


def of_day(day: date) -> dict[Who, dict[str, Any]]:
    """Places in view by placement, and those of them that a fallback filled; snapshots by what became of them.

    Fallbacks are told by their names in the settings: a source that is also a fallback of the same placement is none.
    """
    start, end = bounds(day)
    found: dict[Who, dict[str, Any]] = {}
    slates = Impression.objects.filter(occurred_at__gte=start, occurred_at__lt=end, n_seen__gt=0)
    fallbacks = {name: _fallbacks(entry) for name, entry in settings.placements.items()}
    rows = slates.values_list("scope", "simulated", "placement", "items", "seen")
    for scope, simulated, placement, items, positions in rows.iterator(chunk_size=2000):
        of_who = found.setdefault(Who(scope, simulated), _nothing())
        places = [items[position][1] for position in positions if position < len(items)]
        counts = of_who["places"].setdefault(placement, [0, 0])
        counts[0] += len(places)
        counts[1] += sum(source in fallbacks.get(placement, ()) for source in places)
    trained = Snapshot.objects.filter(started_at__gte=start, started_at__lt=end).order_by()
    for scope, status, n in trained.values_list("scope", "status").annotate(Count("pk")):
        found.setdefault(Who(scope, False), _nothing())["snapshots"][status] = n
    return found


def _nothing() -> dict[str, Any]:
    return {"places": {}, "snapshots": Counter()}


def _fallbacks(entry: dict[str, Any]) -> set[str]:
    names = {_name(source) for source in entry["fallback"]}
    return names - {_name(source) for source in entry["sources"]}


def _name(source: Any) -> str:
    return str(source["source"]) if isinstance(source, dict) else str(source)
