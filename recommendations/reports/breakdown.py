"""Figures by placement, recommender, experiment, device and lifecycle stage, from the stored breakdowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import sqrt

from django.db.models import Sum

from recommendations.models import DailyBreakdown
from recommendations.reports.attribution import Model, shown_model
from recommendations.reports.windows import KINDS

#: What figures can be broken down by, in the order of the columns.
DIMENSIONS = ("placement", "recommender", "experiment", "variant", "device", "segment")
COUNTS = ("slates", "items_offered", "items_seen", "clicks", "carts", "conversions", "orders")

#: Half the width of a 95 % interval, in standard errors.
Z = 1.959964


@dataclass
class Broken:
    """One combination: `key` has a value for each dimension asked for. Money by currency."""

    key: tuple[str, ...]
    slates: int = 0
    items_offered: int = 0
    items_seen: int = 0
    clicks: int = 0
    carts: int = 0
    conversions: int = 0
    orders: int = 0
    revenue: dict[str, Decimal] = field(default_factory=dict)


def breakdown(
    start: date,
    end: date,
    scope: str,
    visitors: str,
    by: Sequence[str],
    where: Mapping[str, str] | None = None,
    model: Model | None = None,
) -> list[Broken]:
    """The combinations of the dimensions `by`, most in view first: one query. `where` narrows by dimensions."""
    rows = DailyBreakdown.objects.filter(
        day__range=(start, end), scope=scope, model__in=("", model or shown_model()), **(where or {})
    )
    if visitors != "all":
        rows = rows.filter(simulated=KINDS[visitors] == ("simulated",))
    sums = {f"sum_{name}": Sum(name) for name in (*COUNTS, "revenue")}
    found: dict[tuple[str, ...], Broken] = {}
    for row in rows.order_by().values_list("currency", *by).annotate(**sums):
        currency, names, values = row[0], row[1 : 1 + len(by)], row[1 + len(by) :]
        key = tuple("" if name in (0, None) else str(name) for name in names)
        broken = found.setdefault(key, Broken(key))
        for name, value in zip(COUNTS, values, strict=False):
            setattr(broken, name, getattr(broken, name) + (value or 0))
        if revenue := values[-1]:
            broken.revenue[currency] = broken.revenue.get(currency, Decimal(0)) + revenue
    return sorted(found.values(), key=lambda each: (-each.items_seen, -each.clicks, each.key))


def interval(part: int, whole: int) -> tuple[float, float] | None:
    """The 95 % interval of a share, None of nothing: Wilson's score interval (JASA 1927, 22:209)."""
    if not whole or part > whole:
        return None
    share = part / whole
    middle = (share + Z * Z / (2 * whole)) / (1 + Z * Z / whole)
    half = Z / (1 + Z * Z / whole) * sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
    return max(0.0, middle - half), min(1.0, middle + half)
