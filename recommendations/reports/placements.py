"""The placements report: what each placement showed, got clicked, and sold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Min, QuerySet, Sum

from recommendations.conf import settings
from recommendations.models import DailyStat
from recommendations.reports.attribution import Model, shown_model
from recommendations.reports.changes import seen_up_to
from recommendations.reports.days import days_between, today
from recommendations.reports.figures import (
    ALL_ORDERS,
    ALL_PLACEMENTS,
    UNATTRIBUTED,
    Figures,
    Key,
    figures_of,
)
from recommendations.reports.rollup import MARKER

FIGURE_FIELDS = [field.name for field in fields(Figures)]
#: The rows that hold a whole day.
TOTALS = (ALL_ORDERS, ALL_PLACEMENTS)
KEY_ORDER = ("placement", "currency", "model", "simulated")

REAL, SIMULATED, ALL = "real", "simulated", "all"
Money = dict[str, Decimal]


class DayKey(NamedTuple):
    """One row of the report's raw material."""

    day: date
    key: Key
    figures: Figures


@dataclass
class Totals:
    """What happened over the days of the report; money by currency, since currencies do not add up."""

    slates: int = 0
    items_offered: int = 0
    items_seen: int = 0
    clicks: int = 0
    carts: int = 0
    conversions: int = 0
    orders: int = 0
    revenue: Money = field(default_factory=dict)

    @property
    def viewability(self) -> float | None:
        """Of the items of slates seen, the share that was in view; None without any."""
        return self.items_seen / self.items_offered if self.items_offered else None

    @property
    def cart_rate(self) -> float | None:
        """Carts an item seen that led to one; None when none was seen."""
        return self.carts / self.items_seen if self.items_seen else None

    @property
    def conversion(self) -> float | None:
        """Purchases an item seen that led to one; None when none was seen."""
        return self.conversions / self.items_seen if self.items_seen else None

    @property
    def ctr(self) -> float | None:
        """Clicks a slate seen; None when none was seen."""
        return self.clicks / self.slates if self.slates else None

    def add(self, currency: str, figures: Figures) -> None:
        """Add one stored row."""
        self.slates += figures.slates
        self.items_offered += figures.items_offered
        self.carts += figures.carts
        self.conversions += figures.conversions
        self.items_seen += figures.items_seen
        self.clicks += figures.clicks
        self.orders += figures.orders
        if figures.revenue or figures.orders:
            self.revenue[currency] = self.revenue.get(currency, Decimal(0)) + figures.revenue


@dataclass
class PlacementRow(Totals):
    """One placement over the whole span. Day by day it is known of what holds a whole day, and of today."""

    placement: str = ""
    by_day: dict[date, Totals] = field(default_factory=dict)

    def add_day(self, day: date, currency: str, figures: Figures) -> None:
        """Add one stored row of a day."""
        self.add(currency, figures)
        self.by_day.setdefault(day, Totals()).add(currency, figures)


@dataclass
class PlacementReport:
    """Rows, best-selling first; `together` is all placements with each order once, `everything` all orders.

    `as_of` is up to when changes are in the stored figures, None when none are stored; `live` says that today's were
    computed now; `missing` are days that were never rolled up.
    """

    start: date
    end: date
    scope: str
    simulated: str
    rows: list[PlacementRow]
    together: PlacementRow
    everything: PlacementRow
    as_of: datetime | None
    live: bool
    missing: list[date]

    @property
    def unattributed(self) -> Money:
        """Revenue that no recommendation led to: all revenue less the attributed."""
        attributed = self.together.revenue
        return {c: amount - attributed.get(c, Decimal(0)) for c, amount in self.everything.revenue.items()}

    @property
    def shares(self) -> dict[str, float]:
        """Currency → attributed share of all revenue, where there is revenue."""
        everything = self.everything.revenue
        return {
            c: float(amount / everything[c])
            for c, amount in self.together.revenue.items()
            if everything.get(c)
        }

    @property
    def currencies(self) -> list[str]:
        """The currencies sold in, the one with most orders' revenue first."""
        revenue = self.everything.revenue
        return sorted(revenue, key=lambda currency: (-revenue[currency], currency))

    @property
    def is_empty(self) -> bool:
        """True when nothing was seen, clicked or sold."""
        return not (self.together.slates or self.together.clicks or self.everything.revenue)


def placement_report(
    start: date, end: date, scope: str = "", simulated: str = REAL, model: Model | None = None
) -> PlacementReport:
    """The report over the days from `start` to `end`, both included; `simulated` is "real", "simulated" or "all".

    Days before today come from the stored daily figures, today's are computed now. Raises ValueError when the days
    are the wrong way round or `simulated` is none of the three.
    """
    if start > end:
        raise ValueError(f"The report's first day {start} is after its last day {end}.")
    model = model or shown_model()
    stored = _stored(start, end, scope, simulated, model)
    live = _live(scope, simulated, model) if start <= today() <= end else []
    rows: dict[str, PlacementRow] = {}
    sums = {name: Sum(name) for name in FIGURE_FIELDS}
    of_placements = stored.exclude(placement__in=TOTALS).order_by().values_list("placement", "currency")
    for placement, currency, *values in of_placements.annotate(**{f"sum_{n}": s for n, s in sums.items()}):
        rows.setdefault(placement, PlacementRow(placement=placement)).add(currency, Figures(*values))
    totals = {name: PlacementRow(placement=name) for name in TOTALS}
    of_days = stored.filter(placement__in=TOTALS).values_list("day", "placement", "currency", *FIGURE_FIELDS)
    for day, placement, currency, *values in of_days.iterator(chunk_size=2000):
        totals[placement].add_day(day, currency, Figures(*values))
    for day, key, figures in live:
        row = totals.get(key.placement) or rows.setdefault(
            key.placement, PlacementRow(placement=key.placement)
        )
        row.add_day(day, key.currency, figures)
    everything, together = totals[ALL_ORDERS], totals[ALL_PLACEMENTS]
    for name in settings.placements:
        rows.setdefault(name, PlacementRow(placement=name))
    as_of, missing = _freshness(start, end)
    return PlacementReport(
        start=start,
        end=end,
        scope=scope,
        simulated=simulated,
        rows=sorted(rows.values(), key=_importance),
        together=together,
        everything=everything,
        as_of=as_of,
        live=end >= today(),
        missing=missing,
    )


def daily_figures(
    start: date, end: date, scope: str, simulated: str, model: Model | None = None
) -> Iterator[DayKey]:
    """Every daily figure of the span, in order of the days: stored ones, then today's as it is now.

    Money is attributed by `model`, by default that of the settings; what no recommendation led to is left out.
    """
    model = model or shown_model()
    ordered = _stored(start, end, scope, simulated, model).order_by("day", *KEY_ORDER)
    for day, *row in ordered.values_list("day", *Key._fields, *FIGURE_FIELDS).iterator(chunk_size=2000):
        yield DayKey(day, Key(*row[: len(Key._fields)]), Figures(*row[len(Key._fields) :]))
    if start <= today() <= end:
        yield from _live(scope, simulated, model)


def _stored(start: date, end: date, scope: str, simulated: str, model: Model) -> QuerySet[DailyStat]:
    """The rows of the days before today, without what no recommendation led to."""
    last = min(end, today() - timedelta(days=1))
    stored = DailyStat.objects.filter(day__gte=start, day__lte=last, scope=scope, model__in=("", model))
    wanted = _wanted(simulated)
    stored = stored.filter(simulated=wanted[0]) if len(wanted) == 1 else stored
    return stored.exclude(placement=UNATTRIBUTED)


def _live(scope: str, simulated: str, model: Model) -> Iterator[DayKey]:
    """Those of today, computed now."""
    wanted = _wanted(simulated)
    for key, figures in sorted(figures_of(today()).items(), key=lambda pair: pair[0]):
        is_shown = key.model in ("", model) and key.placement != UNATTRIBUTED
        if key.scope == scope and key.simulated in wanted and is_shown:
            yield DayKey(today(), key, figures)


def known_scopes() -> list[str]:
    """Scopes that have daily figures; "" is always one. One look-up each, whatever the number of days."""
    found = {""}
    scopes = DailyStat.objects.order_by("scope").values_list("scope", flat=True)
    scope = scopes.first()
    while scope is not None:
        found.add(scope)
        scope = scopes.filter(scope__gt=scope).first()
    return sorted(found)


def _wanted(simulated: str) -> list[bool]:
    wanted = {REAL: [False], SIMULATED: [True], ALL: [False, True]}
    if simulated not in wanted:
        raise ValueError(f"simulated must be one of {', '.join(wanted)}, not {simulated!r}.")
    return wanted[simulated]


def _importance(row: PlacementRow) -> tuple[Decimal, int, int, str]:
    return -sum(row.revenue.values(), Decimal(0)), -row.clicks, -row.slates, row.placement


def _freshness(start: date, end: date) -> tuple[datetime | None, list[date]]:
    """Up to when changes are in the stored figures, and which days before today have none though the log had begun."""
    last = min(end, today() - timedelta(days=1))
    markers = DailyStat.objects.filter(**MARKER._asdict())
    first = markers.aggregate(first=Min("day"))["first"] or start
    stored = dict(markers.filter(day__gte=start, day__lte=last).values_list("day", "rolled_up_at"))
    days = days_between(max(start, first), last) if max(start, first) <= last else ()
    as_of = (seen_up_to() or max(stored.values())) if stored else None
    return as_of, [day for day in days if day not in stored]
