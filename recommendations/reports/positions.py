"""Clicks set right for where the items stood: what is further back is looked at less.

By the examination hypothesis (Richardson, Dominowska and Ragno, WWW 2007) an item in view in position p is clicked with
the probability θ_p · q: position p is looked at with θ_p, the first with 1, and who looks clicks with q. So each click
counts 1 / θ_p (inverse propensity weights; Joachims, Swaminathan and Schnabel, WSDM 2017):

    corrected CTR = Σ_p (clicks in p / θ_p) / Σ_p times in view in p

θ comes from items that chance placed, where a placement explores (`explore`): these are the same in every position, so
θ_p is their CTR in p over their CTR in the first. Elsewhere it is learned from the items that were in several
positions, as the maximum of the likelihood of clicks_ip ~ Poisson(times in view_ip · q_i · θ_p).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import router, transaction
from django.db.models import Sum
from django.utils import timezone

from recommendations.datatypes import EXPLORATION
from recommendations.models import Impression, Job, PositionCurve, PositionStat
from recommendations.reports.days import bounds, day_of, today
from recommendations.reports.touches import slate_clicks

JOB = "position_curves"
#: A curve is of the last four weeks, and learned from so many of a placement's latest slates at most.
DAYS = 28
MOST_SLATES = 50_000
#: A position with fewer clicks says too little: no curve goes beyond it.
LEAST_CLICKS = 20
ROUNDS = 200

#: (times in view, clicks).
Count = tuple[int, int]


class Corrected(NamedTuple):
    """The CTR of items in view, as it is and as it were in the first position; `method` says where θ comes from, None
    that there are too few clicks to tell."""

    placement: str
    recommender: str
    seen: int
    clicks: int
    corrected: float | None
    method: str | None

    @property
    def ctr(self) -> float | None:
        """Clicks a time in view."""
        return self.clicks / self.seen if self.seen else None


@dataclass(frozen=True)
class _Which:
    scope: str
    placement: str
    simulated: bool


def corrected_ctr(start: date, end: date, scope: str = "", *, simulated: bool = False) -> list[Corrected]:
    """Of every placement and recommender, in order: two queries. Clicks beyond the end of the curve count as at it."""
    curves = {
        curve.placement: curve for curve in PositionCurve.objects.filter(scope=scope, simulated=simulated)
    }
    rows = PositionStat.objects.filter(day__range=(start, end), scope=scope, simulated=simulated)
    sums = rows.order_by("placement", "recommender").values_list("placement", "recommender", "position")
    found: dict[tuple[str, str], dict[int, Count]] = defaultdict(dict)
    for placement, recommender, position, seen, clicks in sums.annotate(Sum("seen"), Sum("clicks")):
        found[placement, recommender][position] = (seen, clicks)
    return [
        _corrected(placement, recommender, at, curves.get(placement))
        for (placement, recommender), at in found.items()
    ]


def refresh_curves(*, force: bool = False) -> int:
    """Estimate the curve of every placement that was in view in the last DAYS; returns how many were made.

    Once a day; `force` does it again.
    """
    job, _created = Job.objects.get_or_create(name=JOB)
    if job.finished_at is not None and day_of(job.finished_at) == today() and not force:
        return 0
    start = today() - timedelta(days=DAYS)
    rows = PositionStat.objects.filter(day__gte=start).order_by()
    found: dict[_Which, dict[int, Count]] = defaultdict(dict)
    for scope, placement, simulated in rows.values_list("scope", "placement", "simulated").distinct():
        found[_Which(scope, placement, simulated)] = {}
    placed = rows.filter(recommender=EXPLORATION).values_list("scope", "placement", "simulated", "position")
    for scope, placement, simulated, position, seen, clicks in placed.annotate(Sum("seen"), Sum("clicks")):
        found[_Which(scope, placement, simulated)][position] = (seen, clicks)
    curves = [curve for which, at in found.items() if (curve := _curve(which, at, start))]
    using = router.db_for_write(PositionCurve)
    with transaction.atomic(using=using):
        PositionCurve.objects.using(using).all().delete()
        PositionCurve.objects.using(using).bulk_create(curves)
    Job.objects.filter(pk=job.pk).update(finished_at=timezone.now())
    return len(curves)


def randomised(at: Mapping[int, Count]) -> list[float]:
    """θ from the counts by position of items that chance placed; [] where the first position says too little."""
    rates: list[float] = []
    while (count := at.get(len(rates))) and count[1] >= LEAST_CLICKS:
        rates.append(count[1] / count[0])
    return [min(1.0, rate / rates[0]) for rate in rates]


def learned(by_item: Mapping[tuple[str, int], Count]) -> list[float]:
    """θ from counts by (item, position), by maximising the likelihood over q and θ in turns; [] for too few clicks."""
    clicks_at: dict[int, int] = defaultdict(int)
    for (_item, position), (_seen, clicks) in by_item.items():
        clicks_at[position] += clicks
    n = 0
    while clicks_at.get(n, 0) >= LEAST_CLICKS:
        n += 1
    rows = [(item, at, *count) for (item, at), count in by_item.items() if at < n]
    clicks_of: dict[str, int] = defaultdict(int)
    for item, _at, _seen, clicks in rows:
        clicks_of[item] += clicks
    theta = [1.0] * n
    for _round in range(ROUNDS if n else 0):
        looked: dict[str, float] = defaultdict(float)
        for item, at, seen, _clicks in rows:
            looked[item] += seen * theta[at]
        expected = [0.0] * n
        for item, at, seen, _clicks in rows:
            expected[at] += seen * clicks_of[item] / looked[item]
        after = [clicks_at[at] / expected[at] for at in range(n)]
        after = [each / after[0] for each in after]
        if max(abs(a - b) for a, b in zip(after, theta, strict=True)) < 1e-6:
            break
        theta = after
    return [min(1.0, each) for each in theta]


def _curve(which: _Which, placed: Mapping[int, Count], start: date) -> PositionCurve | None:
    method, counts = PositionCurve.Method.RANDOMISED, list(placed.values())
    theta = randomised(placed)
    if len(theta) < 2:
        by_item = _by_item(which, start)
        method, counts, theta = PositionCurve.Method.LEARNED, list(by_item.values()), learned(by_item)
    if len(theta) < 2:
        return None
    return PositionCurve(
        scope=which.scope,
        placement=which.placement,
        simulated=which.simulated,
        method=method,
        examination=[round(each, 4) for each in theta],
        n_seen=sum(seen for seen, _ in counts),
        n_clicks=sum(clicks for _, clicks in counts),
        computed_at=timezone.now(),
    )


def _by_item(which: _Which, start: date) -> dict[tuple[str, int], Count]:
    """(item, position) → how often it was in view there, and clicked."""
    filters: dict[str, Any] = {
        "scope": which.scope, "placement": which.placement, "simulated": which.simulated,
        "occurred_at__gte": bounds(start)[0],
    }  # fmt: skip
    seen: dict[tuple[str, int], int] = defaultdict(int)
    slates = Impression.objects.filter(n_seen__gt=0, **filters).order_by("-occurred_at")
    rows = slates.values_list("items", "seen", "occurred_at")[:MOST_SLATES]
    since = bounds(start)[0]
    for items, positions, moment in rows.iterator(chunk_size=2000):
        since = moment
        for position in positions:
            seen[items[position][0], position] += 1
    clicks: dict[tuple[str, int | None], int] = defaultdict(int)
    for item, position in _clicks({**filters, "occurred_at__gte": since}):
        clicks[item, position] += 1
    return {key: (n, min(clicks[key], n)) for key, n in seen.items()}


def _clicks(filters: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    rows = slate_clicks().filter(position__isnull=False, **filters)
    once = rows.order_by().values_list("item_key", "position", "slate_id").distinct()
    for item, position, _slate in once.iterator(chunk_size=2000):
        yield item, position


def _corrected(
    placement: str, recommender: str, at: Mapping[int, Count], curve: PositionCurve | None
) -> Corrected:
    seen, clicks = (sum(column) for column in zip(*at.values(), strict=True))
    if curve is None or not seen:
        return Corrected(placement, recommender, seen, clicks, None, None)
    theta = curve.examination
    weighted = sum(n / theta[min(position, len(theta) - 1)] for position, (_seen, n) in at.items())
    return Corrected(placement, recommender, seen, clicks, weighted / seen, str(curve.method))
