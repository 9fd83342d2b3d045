"""The figures of one day, computed from the events and impressions themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Case, Count, F, Q, Sum, TextField, Value, When
from django.db.models.functions import Abs, Cast, Concat

from recommendations.datatypes import Kind
from recommendations.models import Event, Impression
from recommendations.reports.attribution import lines_between, slate_clicks
from recommendations.reports.days import bounds

#: The placement of a day's whole orders, whoever led to them.
ALL_ORDERS = ""
#: The placement of everything that recommendations did together: an order counts once, however many led to it.
ALL_PLACEMENTS = "*"

CENT = Decimal("0.01")


class Key(NamedTuple):
    """What a daily figure is about. Slates and clicks have no currency: theirs is ""."""

    scope: str
    placement: str
    currency: str
    simulated: bool


@dataclass(slots=True)
class Figures:
    """Slates and items seen, clicks (one a card), orders (distinct) and revenue (refunds taken off)."""

    slates: int = 0
    items_seen: int = 0
    clicks: int = 0
    orders: int = 0
    revenue: Decimal = field(default_factory=Decimal)

    def add(self, other: Figures) -> None:
        """Add what happened elsewhere or on another day."""
        self.slates += other.slates
        self.items_seen += other.items_seen
        self.clicks += other.clicks
        self.orders += other.orders
        self.revenue += other.revenue


Day = dict[Key, Figures]


def figures_of(day: date) -> Day:
    """All figures of a day in every scope, in six queries, and two more for every 500 refunds."""
    found: Day = {}
    _add_orders(found, day)
    _add_slates(found, day)
    _add_clicks(found, day)
    _add_attributed(found, day)
    return found


def _add_slates(found: Day, day: date) -> None:
    start, end = bounds(day)
    rows = (
        Impression.objects.filter(occurred_at__gte=start, occurred_at__lt=end, n_seen__gt=0)
        .order_by()
        .values_list("scope", "placement", "simulated")
        .annotate(Count("pk"), Sum("n_seen"))
    )
    for scope, placement, simulated, slates, items_seen in rows:
        for name in (placement, ALL_PLACEMENTS):
            figures = found.setdefault(Key(scope, name, "", simulated), Figures())
            figures.slates += slates
            figures.items_seen += items_seen


def _add_clicks(found: Day, day: date) -> None:
    start, end = bounds(day)
    # A second click on the same card is the same click; one without a slate stands for itself.
    by_card = Concat("slate_id", Value("/"), "item_key", output_field=TextField())
    card = Case(When(slate_id="", then=Cast(F("pk"), TextField())), default=by_card, output_field=TextField())
    rows = (
        slate_clicks()
        .filter(occurred_at__gte=start, occurred_at__lt=end)
        .order_by()
        .values_list("scope", "placement", "simulated")
        .annotate(clicks=Count(card, distinct=True))
    )
    for scope, placement, simulated, clicks in rows:
        for name in (placement, ALL_PLACEMENTS):
            found.setdefault(Key(scope, name, "", simulated), Figures()).clicks += clicks


def _add_orders(found: Day, day: date) -> None:
    start, end = bounds(day)
    bought, returned = Q(kind=Kind.PURCHASE), Q(kind=Kind.REFUND)
    rows = (
        Event.objects.valid()
        .filter(bought | returned, occurred_at__gte=start, occurred_at__lt=end)
        .order_by()
        .values_list("scope", "currency", "simulated")
        .annotate(
            orders=Count("order_key", distinct=True, filter=bought & ~Q(order_key="")),
            # A purchase that names no order is an order of its own.
            others=Count("pk", filter=bought & Q(order_key="")),
            bought=Sum("value", filter=bought),
            returned=Sum(Abs("value"), filter=returned),
        )
    )
    for scope, currency, simulated, orders, others, value, returned_value in rows:
        revenue = (value or Decimal(0)) - (returned_value or Decimal(0))
        key = Key(scope, ALL_ORDERS, currency, simulated)
        # SQLite adds up in floating point.
        found[key] = Figures(orders=orders + others, revenue=revenue.quantize(CENT))


def _add_attributed(found: Day, day: date) -> None:
    orders: dict[Key, set[str | int]] = {}
    for attributed in lines_between(*bounds(day), clicked_only=True):
        line = attributed.line
        for name in (ALL_PLACEMENTS, attributed.placement):
            key = Key(line.scope, name, line.currency, line.simulated)
            found.setdefault(key, Figures()).revenue += line.amount
            if line.kind == Kind.PURCHASE:
                orders.setdefault(key, set()).add(line.order_key or line.pk)
    for key, of_key in orders.items():
        found[key].orders = len(of_key)
