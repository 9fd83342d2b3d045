"""Which rows made this number? From a figure of `DailyStat` or `DailyBreakdown` to the events or slates behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from recommendations.datatypes import Kind
from recommendations.models import Event, Impression
from recommendations.reports.attribution import Attributed, Model, Touch
from recommendations.reports.days import bounds, days_between
from recommendations.reports.figures import ALL_ORDERS, ALL_PLACEMENTS, UNATTRIBUTED
from recommendations.reports.seen import Recommenders
from recommendations.reports.touches import lines_between, seen_slates, slate_clicks, stage

#: Figures that are counted in slates; in clicks; and the kinds of events that the others are made of.
OF_SLATES = ("slates", "items_offered", "items_seen")
OF_CLICKS = ("clicks",)
OF_LINES: dict[str, tuple[str, ...]] = {
    "carts": (Kind.CART,),
    "conversions": (Kind.PURCHASE,),
    "orders": (Kind.PURCHASE,),
    "revenue": (Kind.PURCHASE, Kind.REFUND),
    "refunds": (Kind.REFUND,),
    "ratings": (Kind.RATING,),
}
#: So many rows are shown of a number that more of them made.
MOST = 1000


@dataclass(frozen=True)
class Figure:
    """A number: its `name` as in the tables, over the days from `start` to `end`.

    `placement` is a name, "*" for all placements, "" for all orders or "-" for what no recommendation led to. What is
    None makes no difference; `model` and `currency` count for figures that have them.
    """

    name: str
    start: date
    end: date
    scope: str = ""
    placement: str = ALL_PLACEMENTS
    model: Model = Model.LAST_CLICK
    currency: str | None = None
    simulated: bool | None = False
    recommender: str | None = None
    experiment: int | None = None
    variant: str | None = None
    device: str | None = None
    segment: str | None = None

    def __post_init__(self) -> None:
        known = (*OF_SLATES, *OF_CLICKS, *OF_LINES)
        if self.name not in known:
            raise ValueError(f"There are no rows behind {self.name!r}, only behind {', '.join(known)}.")

    @property
    def parts(self) -> dict[str, Any]:
        """What is asked for of the breakdown."""
        names = ("recommender", "experiment", "variant", "device", "segment")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def is_of(self, touch: Touch) -> bool:
        """Whether a line that this touch led to counts."""
        if self.placement not in (ALL_PLACEMENTS, touch.placement):
            return False
        return all(getattr(touch, name) == value for name, value in self.parts.items())


class Share(NamedTuple):
    """An event, and how much of its amount is in the number: all of it or, of what several clicks share, a part.

    `touches` are the clicks (or, where view-through found none, the slates) that it belongs to.
    """

    event: Event
    amount: Decimal
    touches: tuple[Touch, ...]


def slates_behind(figure: Figure) -> QuerySet[Any]:
    """The slates of a figure of OF_SLATES, the latest first."""
    start, end = bounds(figure.start)[0], bounds(figure.end)[1]
    rows = seen_slates(start, end).filter(scope=figure.scope).order_by("-occurred_at", "-pk")
    wanted = dict(figure.parts)
    if (recommender := wanted.pop("recommender", None)) is not None:
        rows = rows.annotate(produced=Recommenders("items")).filter(produced__contains=f'"{recommender}"')
    if wanted.get("experiment") == 0:
        wanted["experiment__isnull"] = not wanted.pop("experiment")
    return _narrowed(rows, figure).filter(**wanted)


def clicks_behind(figure: Figure) -> QuerySet[Any]:
    """The clicks of a figure of OF_CLICKS, the latest first; a second click on a card is among them."""
    start, end = bounds(figure.start)[0], bounds(figure.end)[1]
    slate = Impression.objects.filter(slate_id=OuterRef("slate_id")).values("device")[:1]
    clicks = slate_clicks().filter(occurred_at__gte=start, occurred_at__lt=end, scope=figure.scope)
    rows: QuerySet[Any] = clicks.with_visitor().annotate(
        device=Coalesce(Subquery(slate), Value("")), segment=stage()
    )
    for name, value in figure.parts.items():
        if name in ("device", "segment"):
            rows = rows.filter(**{name: value})
        elif value:
            rows = rows.filter(**{f"origin__{name}": value})
        else:
            rows = rows.exclude(origin__has_key=name)
    return _narrowed(rows, figure).order_by("-occurred_at", "-pk")


def lines_behind(figure: Figure, most: int = MOST) -> list[Share]:
    """The events of a figure of OF_LINES with their shares in it, the latest day first, at most so many.

    The shares of all of them add up to a figure in money.
    """
    found = list(islice(_credited(figure), most))
    events = Event.objects.in_bulk([line.line.pk for line, _share, _touches in found])
    return [Share(events[line.line.pk], share, touches) for line, share, touches in found]


def _credited(figure: Figure) -> Iterator[tuple[Attributed, Decimal, tuple[Touch, ...]]]:
    kinds = OF_LINES[figure.name]
    for day in reversed(list(days_between(figure.start, figure.end))):
        for attributed in lines_between(*bounds(day)):
            line = attributed.line
            if line.kind not in kinds or line.scope != figure.scope:
                continue
            if figure.simulated not in (None, line.simulated):
                continue
            if figure.currency not in (None, line.currency) and line.kind in (Kind.PURCHASE, Kind.REFUND):
                continue
            credits = attributed.credits(figure.model)
            if figure.placement == ALL_ORDERS or (figure.placement == UNATTRIBUTED and not credits):
                yield attributed, line.amount, tuple(touch for touch, _ in credits)
            elif mine := [(touch, share) for touch, share in credits if figure.is_of(touch)]:
                touches = tuple(touch for touch, _ in mine)
                yield attributed, sum((share for _, share in mine), Decimal(0)), touches


def _narrowed(rows: QuerySet[Any], figure: Figure) -> QuerySet[Any]:
    if figure.placement != ALL_PLACEMENTS:
        rows = rows.filter(placement=figure.placement)
    return rows if figure.simulated is None else rows.filter(simulated=figure.simulated)
