"""The figures of some days, computed from the events and impressions themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Q, Sum
from django.db.models.functions import Abs

from recommendations.datatypes import Kind
from recommendations.models import Event
from recommendations.reports.attribution import Attributed, Line, Model, Path, Touch, click_window
from recommendations.reports.days import Clock, bounds, local_day
from recommendations.reports.seen import seen_groups
from recommendations.reports.touches import clicks_of, lines_between, slate_clicks

#: The placement of a day's whole orders, whoever led to them.
ALL_ORDERS = ""
#: The placement of everything that recommendations did together: an order counts once, however many led to it.
ALL_PLACEMENTS = "*"
#: The placement of what no recommendation led to.
UNATTRIBUTED = "-"

#: What a card is counted as that led to a line of this kind.
CARD_FIGURES: dict[str, str] = {Kind.CART: "carts", Kind.PURCHASE: "conversions"}

CENT = Decimal("0.01")


class Key(NamedTuple):
    """What a daily figure is about. Slates and clicks have no currency and no model: theirs are ""."""

    scope: str
    placement: str
    currency: str
    simulated: bool
    model: str = ""


class Part(NamedTuple):
    """What a figure of the breakdown is about."""

    scope: str
    placement: str
    recommender: str
    experiment: int
    variant: str
    device: str
    segment: str
    currency: str
    simulated: bool
    model: str = ""


class Place(NamedTuple):
    """A position of a placement, and what produced the items there."""

    scope: str
    placement: str
    recommender: str
    position: int
    simulated: bool


@dataclass(slots=True)
class Figures:
    """Slates and items seen, clicks (one a card), orders (distinct) and revenue (refunds taken off).

    `carts` and `conversions` are the cards that led to a cart and to a purchase.
    """

    slates: int = 0
    items_seen: int = 0
    clicks: int = 0
    orders: int = 0
    revenue: Decimal = field(default_factory=Decimal)
    items_offered: int = 0
    carts: int = 0
    conversions: int = 0
    refunds: Decimal = field(default_factory=Decimal)
    ratings: int = 0
    rating_sum: float = 0.0

    def add(self, other: Figures) -> None:
        """Add what happened elsewhere or on another day."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def keep(self, names: Sequence[str], values: Sequence[int]) -> None:
        """These figures are at least so large."""
        for name, value in zip(names, values, strict=True):
            setattr(self, name, max(getattr(self, name), value))

    def values(self) -> tuple[Any, ...]:
        """In order of the fields."""
        return tuple(getattr(self, name) for name in self.__slots__)


Day = dict[Key, Figures]
Figured = dict[tuple[date, Key], Figures]


@dataclass(slots=True)
class Collected:
    """The figures of some days: totals, breakdown, and (times in view, clicks) of the positions."""

    totals: Figured = field(default_factory=lambda: defaultdict(Figures))
    parts: dict[tuple[date, Part], Figures] = field(default_factory=lambda: defaultdict(Figures))
    places: dict[tuple[date, Place], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))


def figures_of(day: date) -> Day:
    """The totals of a day in every scope."""
    return {key: figures for (_day, key), figures in collect(day, day).totals.items()}


def collect(first: date, last: date) -> Collected:
    """All figures of the days from `first` to `last`, both included, in eleven queries, and five more for every 500
    refunds or ratings."""
    found = Collected()
    start, end = bounds(first)[0], bounds(last)[1]
    _add_orders(found, start, end)
    _add_slates(found, start, end)
    clicks = clicks_of(slate_clicks().filter(occurred_at__gte=start - click_window(), occurred_at__lt=end))
    counted, local = _Distinct(), Clock()
    nobodys: Figured = defaultdict(Figures)
    for attributed in lines_between(start, end, _counting(clicks, found, start)):
        _add_line(found, nobodys, attributed, counted, local)
    _add_nobodys(found, nobodys, counted)
    counted.write()
    return found


def _add_nobodys(found: Collected, nobodys: Figured, counted: _Distinct) -> None:
    """What belongs to no touch at all is unattributed under each model."""
    for (day, key), figures in nobodys.items():
        for model in Model:
            mine = found.totals[day, key._replace(model=model)]
            mine.add(figures)
            for order in counted.of(figures, "orders"):
                counted.add(mine, "orders", order)


def _add_slates(found: Collected, start: datetime, end: datetime) -> None:
    for group in seen_groups(start, end):
        n = group.n
        if group.seen:
            for name in (group.placement, ALL_PLACEMENTS):
                figures = found.totals[group.day, Key(group.scope, name, "", group.simulated)]
                figures.slates += n
                figures.items_offered += n * len(group.recommenders)
                figures.items_seen += n * len(group.seen)
        for recommender in dict.fromkeys(group.recommenders) or ("",):
            mine = [at for at, name in enumerate(group.recommenders) if name == recommender]
            seen = [at for at in group.seen if at in mine]
            part = found.parts[group.day, group.part(Part, recommender)]
            part.slates += n
            part.items_offered += n * len(mine)
            part.items_seen += n * len(seen)
            for position in seen:
                place = Place(group.scope, group.placement, recommender, position, group.simulated)
                found.places[group.day, place][0] += n


def _counting(clicks: Iterator[Touch], found: Collected, start: datetime) -> Iterator[Touch]:
    """The same clicks, those from `start` on counted: the first of each card and day."""
    cards: set[tuple[str, str | int]] = set()
    today: date | None = None
    local = Clock()
    for click in clicks:
        if click.occurred_at >= start:
            day = local(click.occurred_at)
            if day != today:
                today, cards = day, set()
            if click.card not in cards:
                cards.add(click.card)
                _count_click(found, day, click)
        yield click


def _count_click(found: Collected, day: date, click: Touch) -> None:
    for name in (click.placement, ALL_PLACEMENTS):
        found.totals[day, Key(click.scope, name, "", click.simulated)].clicks += 1
    found.parts[day, _part(click, "", "")].clicks += 1
    if click.position is not None:
        place = Place(click.scope, click.placement, click.recommender, click.position, click.simulated)
        found.places[day, place][1] += 1


def _part(touch: Touch, currency: str, model: str) -> Part:
    return Part(
        *(touch.scope, touch.placement, touch.recommender, touch.experiment, touch.variant),
        *(touch.device, touch.segment, currency, touch.simulated, model),
    )


class _Distinct:
    """Counts distinct orders and cards into figures."""

    def __init__(self) -> None:
        self.seen: dict[tuple[int, str], tuple[Figures, str, set[Any]]] = {}

    def add(self, figures: Figures, name: str, what: Any) -> None:
        """Count `what` once in the field `name`."""
        self.seen.setdefault((id(figures), name), (figures, name, set()))[2].add(what)

    def of(self, figures: Figures, name: str) -> set[Any]:
        """What was counted in the field `name`."""
        found = self.seen.get((id(figures), name))
        return found[2] if found else set()

    def write(self) -> None:
        """Put the counts into the figures."""
        for figures, name, things in self.seen.values():
            setattr(figures, name, len(things))


def _add_line(
    found: Collected, nobodys: Figured, attributed: Attributed, counted: _Distinct, local: Clock
) -> None:
    line = attributed.line
    is_money = line.kind in (Kind.PURCHASE, Kind.REFUND)
    if line.kind == Kind.CART and attributed.path == Path():
        return
    day, currency = local(line.occurred_at), line.currency if is_money else ""
    if attributed.path == Path():
        # Most lines: whatever the model, no recommendation led to them.
        _add_amount(
            nobodys[day, Key(line.scope, UNATTRIBUTED, currency, line.simulated)], line, line.amount, counted
        )
        return
    for model in Model:
        credits = attributed.credits(model)
        if line.kind != Kind.CART:
            for name, share in _by_placement(line, credits).items():
                figures = found.totals[day, Key(line.scope, name, currency, line.simulated, model)]
                _add_amount(figures, line, share, counted)
        for touch, share in credits:
            if is_money:
                _add_amount(found.parts[day, _part(touch, currency, model)], line, share, counted)
            if line.kind not in CARD_FIGURES:
                continue
            for name in (touch.placement, ALL_PLACEMENTS):
                key = Key(line.scope, name, "", line.simulated, model)
                _count_card(found.totals[day, key], line.kind, touch, counted)
            _count_card(found.parts[day, _part(touch, "", model)], line.kind, touch, counted)


def _by_placement(line: Line, credits: list[tuple[Touch, Decimal]]) -> dict[str, Decimal]:
    """A line's amount by placement, and whole for all of them together; or as that of none."""
    if not credits:
        return {UNATTRIBUTED: line.amount}
    shares = {ALL_PLACEMENTS: line.amount}
    for touch, share in credits:
        shares[touch.placement] = shares.get(touch.placement, Decimal(0)) + share
    return shares


def _add_amount(figures: Figures, line: Line, share: Decimal, counted: _Distinct) -> None:
    if line.kind == Kind.REFUND:
        figures.refunds -= share
        figures.revenue += share
    elif line.kind == Kind.PURCHASE:
        figures.revenue += share
        counted.add(figures, "orders", line.order_key or line.pk)
    elif line.kind == Kind.RATING:
        figures.ratings += 1
        figures.rating_sum += line.rating or 0.0


def _count_card(figures: Figures, kind: str, touch: Touch, counted: _Distinct) -> None:
    counted.add(figures, CARD_FIGURES[kind], touch.card)


def _add_orders(found: Collected, start: datetime, end: datetime) -> None:
    bought, returned = Q(kind=Kind.PURCHASE), Q(kind=Kind.REFUND)
    rows = (
        Event.objects.valid()
        .filter(kind__in=(Kind.PURCHASE, Kind.REFUND), occurred_at__gte=start, occurred_at__lt=end)
        .order_by()
        .annotate(day=local_day())
        .values_list("day", "scope", "currency", "simulated")
        .annotate(
            orders=Count("order_key", distinct=True, filter=bought & ~Q(order_key="")),
            # A purchase that names no order is an order of its own.
            others=Count("pk", filter=bought & Q(order_key="")),
            bought=Sum("value", filter=bought),
            returned=Sum(Abs("value"), filter=returned),
        )
    )
    for day, scope, currency, simulated, orders, others, value, returned_value in rows:
        # SQLite adds up in floating point.
        refunds = (returned_value or Decimal(0)).quantize(CENT)
        figures = found.totals[day, Key(scope, ALL_ORDERS, currency, simulated)]
        figures.orders = orders + others
        figures.revenue = ((value or Decimal(0)) - refunds).quantize(CENT)
        figures.refunds = refunds
