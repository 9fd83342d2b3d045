"""How small an effect an experiment on a placement can find, from what visitors did in the last four weeks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Avg, Count, F, FloatField, Sum
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.timezone import localdate

from recommendations.experiments.statistics import detectable
from recommendations.models import Impression, VisitorDay

DAYS = 28


@dataclass(frozen=True)
class Detectable:
    """In so many days, with so many visitors: the relative effects, infinite where nothing is known."""

    days: int
    visitors: int
    conversion: float
    revenue: float

    @property
    def conversion_text(self) -> str:
        return _text(self.conversion)

    @property
    def revenue_text(self) -> str:
        return _text(self.revenue)


def _text(effect: float) -> str:
    return f"{effect:.0%}" if math.isfinite(effect) else "–"


def detectable_on(placement: str, scope: str = "", share: float = 0.5) -> list[Detectable]:
    """For two variants of which one gets `share`: after one, two, four and eight weeks. Three queries.

    What visitors spend is that of all the shop's visitors (VisitorDay), how many come is that of the placement.
    """
    since = timezone.now() - timedelta(days=DAYS)
    seen = Impression.objects.filter(
        placement=placement, scope=scope, simulated=False, occurred_at__gte=since
    )
    n_seen = seen.aggregate(n=Count("visitor_key", distinct=True))["n"]
    days = VisitorDay.objects.filter(scope=scope, simulated=False, day__gte=localdate(since))
    spent = days.values("visitor_key").annotate(
        money=Cast(Sum("revenue"), FloatField()),
    )
    found = spent.aggregate(n=Count("visitor_key"), mean=Avg("money"), square=Avg(F("money") * F("money")))
    buyers = days.filter(orders__gt=0).aggregate(n=Count("visitor_key", distinct=True))["n"]
    n, mean = found["n"], found["mean"] or 0.0
    variance = max((found["square"] or 0.0) - mean**2, 0.0)
    rate = buyers / n if n else 0.0
    return [
        Detectable(
            days_long,
            visitors := round(n_seen * days_long / DAYS),
            detectable(rate, rate * (1 - rate), visitors, share),
            detectable(mean, variance, visitors, share),
        )
        for days_long in (7, 14, 28, 56)
    ]
