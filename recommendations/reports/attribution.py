"""Which click a purchase belongs to: the last one on the same item, by the same visitor, within the window."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from recommendations.conf import settings
from recommendations.datatypes import Kind
from recommendations.models import Event
from recommendations.models.events import EventQuerySet

CHUNK = 2000
#: Refunds whose purchases are looked up together.
REFUND_CHUNK = 500


class Click(NamedTuple):
    """A click on an item of a slate. `visitor` is the user behind an anonymous key, where one is known."""

    pk: int
    scope: str
    simulated: bool
    visitor: str
    item_key: str
    occurred_at: datetime
    placement: str
    slate_id: str


class Line(NamedTuple):
    """An order line that was bought, or taken back (its value is then negative)."""

    pk: int
    scope: str
    simulated: bool
    visitor: str
    item_key: str
    occurred_at: datetime
    order_key: str
    currency: str
    value: Decimal | None
    kind: str

    @property
    def amount(self) -> Decimal:
        """What the line adds to the revenue; a line without a value adds nothing."""
        value = self.value or Decimal(0)
        return -abs(value) if self.kind == Kind.REFUND else value


class Attributed(NamedTuple):
    """A line and the click it belongs to; None when no recommendation led to it."""

    line: Line
    click: Click | None

    @property
    def placement(self) -> str:
        """The click's placement, "" for a line that belongs to none."""
        return self.click.placement if self.click else ""


def click_window() -> timedelta:
    """How long after a click a purchase still belongs to it (`CLICK_WINDOW_HOURS`)."""
    return timedelta(hours=settings.CLICK_WINDOW_HOURS)


def slate_clicks() -> EventQuerySet:
    """Valid clicks on items of slates. A click that names no placement was on no recommendation."""
    return Event.objects.valid().filter(kind=Kind.CLICK).exclude(placement="")


def attribute(purchases: EventQuerySet, clicks: EventQuerySet, window: timedelta) -> Iterator[Attributed]:
    """Each purchase with its click, in order of time: one pass over both.

    `clicks` should begin one `window` before the first purchase. Memory holds the clicks of one window, whatever
    the number of events. A click at the very moment of the purchase counts, and so does one exactly `window` before.
    """
    latest: OrderedDict[tuple[str, bool, str, str], Click] = OrderedDict()
    coming = _clicks(clicks)
    click = next(coming, None)
    for line in _lines(purchases):
        while click is not None and click.occurred_at <= line.occurred_at:
            key = (click.scope, click.simulated, click.visitor, click.item_key)
            latest[key] = click
            latest.move_to_end(key)
            click = next(coming, None)
        _forget(latest, line.occurred_at - window)
        found = (
            latest.get((line.scope, line.simulated, line.visitor, line.item_key)) if line.visitor else None
        )
        yield Attributed(line, found)


def attribute_refunds(refunds: EventQuerySet, window: timedelta) -> Iterator[Attributed]:
    """Each refund with the click of the purchase it takes back: the same item in the same order.

    A refund that names no order, or whose purchase belongs to no click, is unattributed.
    """
    chunk: list[Line] = []
    for line in _lines(refunds):
        chunk.append(line)
        if len(chunk) == REFUND_CHUNK:
            yield from _attribute_refunds(chunk, window)
            chunk = []
    if chunk:
        yield from _attribute_refunds(chunk, window)


def lines_between(start: datetime, end: datetime, *, clicked_only: bool = False) -> Iterator[Attributed]:
    """All lines bought or taken back from `start` to before `end`, in every scope, with their clicks.

    `clicked_only` leaves out lines that belong to no click, most of them in the database already.
    """
    window = click_window()
    within = Event.objects.valid().filter(occurred_at__gte=start, occurred_at__lt=end)
    purchases, refunds = within.filter(kind=Kind.PURCHASE), within.filter(kind=Kind.REFUND)
    clicks = slate_clicks().filter(occurred_at__gte=start - window, occurred_at__lt=end)
    if clicked_only:
        purchases = purchases.filter(item_key__in=clicks.values("item_key"))
    for found in chain(attribute(purchases, clicks, window), attribute_refunds(refunds, window)):
        if found.click is not None or not clicked_only:
            yield found


def _attribute_refunds(refunds: list[Line], window: timedelta) -> Iterator[Attributed]:
    orders = {line.order_key for line in refunds} - {""}
    items = {line.item_key for line in refunds}
    purchases = Event.objects.valid().filter(kind=Kind.PURCHASE, order_key__in=orders, item_key__in=items)
    bought = list(_lines(purchases)) if orders else []
    clicks: dict[tuple[str, bool, str, str], Click] = {}
    if bought:
        candidates = slate_clicks().filter(
            item_key__in=items,
            occurred_at__gte=bought[0].occurred_at - window,
            occurred_at__lte=bought[-1].occurred_at,
        )
        for line, click in attribute(purchases, candidates, window):
            if click is not None:
                clicks.setdefault((line.scope, line.simulated, line.order_key, line.item_key), click)
    for refund in refunds:
        key = (refund.scope, refund.simulated, refund.order_key, refund.item_key)
        yield Attributed(refund, clicks.get(key))


def _forget(latest: OrderedDict[tuple[str, bool, str, str], Click], before: datetime) -> None:
    while latest:
        key, click = next(iter(latest.items()))
        if click.occurred_at >= before:
            return
        del latest[key]


def _clicks(queryset: EventQuerySet) -> Iterator[Click]:
    fields = ("pk", "scope", "simulated", "visitor", "item_key", "occurred_at", "placement", "slate_id")
    return map(Click._make, _stream(queryset, fields))


def _lines(queryset: EventQuerySet) -> Iterator[Line]:
    fields = ("pk", "scope", "simulated", "visitor", "item_key", "occurred_at")
    return map(Line._make, _stream(queryset, (*fields, "order_key", "currency", "value", "kind")))


def _stream(queryset: EventQuerySet, fields: tuple[str, ...]) -> Iterable[tuple]:
    rows = queryset.with_visitor().order_by("occurred_at", "pk").values_list(*fields)
    return rows.iterator(chunk_size=CHUNK)
