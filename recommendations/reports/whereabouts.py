"""Where an item was shown lately, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from recommendations.models import Impression
from recommendations.reports import report_days
from recommendations.reports.days import today
from recommendations.reports.exposure import Touched
from recommendations.reports.windows import KINDS

DAYS = 28
#: So many of the latest slates are looked through for the placements.
LATEST_SLATES = 2000


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """By day what happened to the item; by placement and recommender how often it was among the latest slates."""

    by_day: dict[date, Touched]
    total: Touched
    places: list[tuple[str, str, int]]
    n_slates: int


def whereabouts(item_key: str, scope: str, visitors: str = "real") -> Whereabouts:
    """Of the last DAYS days, today included as far as it is rolled up; two queries."""
    first = today() - timedelta(days=DAYS - 1)
    by_day: dict[date, Touched] = {}
    rows = report_days.details(report_days.EXPOSURE, scope, KINDS[visitors], first, today())
    for day, _summary, items in rows:
        by_day[day] = by_day.get(day, Touched()).plus(Touched(*items.get(item_key, ())))
    total = Touched()
    for touched in by_day.values():
        total = total.plus(touched)
    places: Counter[tuple[str, str]] = Counter()
    slates = Impression.objects.filter(scope=scope, n_seen__gt=0).order_by("-occurred_at")
    if visitors != "all":
        slates = slates.filter(simulated=visitors == "simulated")
    latest = list(slates.values_list("placement", "items", "seen")[:LATEST_SLATES])
    for placement, items, positions in latest:
        for position in positions:
            if position < len(items) and items[position][0] == item_key:
                places[placement, items[position][2]] += 1
    most = [(placement, recommender, n) for (placement, recommender), n in places.most_common()]
    return Whereabouts(by_day, total, most, len(latest))
