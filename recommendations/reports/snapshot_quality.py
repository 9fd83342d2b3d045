"""How good what is live is, day by day, and whether it drifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median
from typing import Any

from recommendations.models import Snapshot

METRICS = ("ndcg@10", "recall@10")
#: So much less than the median of the days before is a drift.
DRIFT = 0.2
#: Of at least so many days there must be a figure before.
ENOUGH_DAYS = 5


def of_now() -> dict[str, dict[str, Any]]:
    """Scope → recommender → what its live snapshot was found to be worth when it was evaluated."""
    found: dict[str, dict[str, Any]] = {}
    for snapshot in Snapshot.objects.filter(status=Snapshot.Status.LIVE).order_by("recommender"):
        figures = {name: snapshot.metrics.get(name) for name in METRICS}
        found.setdefault(snapshot.scope, {})[snapshot.recommender] = {
            "snapshot": snapshot.pk, "coverage": snapshot.coverage, "lists": snapshot.n_lists, **figures,
        }  # fmt: skip
    return found


def drifts(
    days: Sequence[date], figures: Mapping[date, Mapping[str, Any]]
) -> list[tuple[str, str, float, float]]:
    """(recommender, figure, now, median of the days before) where the last day is DRIFT worse than usual.

    `figures` is day → recommender → what `of_now` says. Snapshots that are live for many days count on each of them.
    """
    known = [day for day in days if day in figures]
    if not known:
        return []
    found = []
    for recommender, now in figures[known[-1]].items():
        for name in (*METRICS, "coverage"):
            before = [
                value
                for day in known[:-1]
                if (value := figures[day].get(recommender, {}).get(name)) is not None
            ]
            if now.get(name) is None or len(before) < ENOUGH_DAYS:
                continue
            usual = median(before)
            if now[name] < (1 - DRIFT) * usual:
                found.append((recommender, name, float(now[name]), float(usual)))
    return found
