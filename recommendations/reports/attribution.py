"""Which recommendation a line belongs to: who clicked, or saw, the same item within the window before.

Four models say how: the last click, the first, all clicks in equal shares, or the last click, and where there was none
the last time that the item was in view. All four are computed; `ATTRIBUTION_MODEL` says which is shown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from heapq import merge
from typing import NamedTuple

from recommendations.conf import settings
from recommendations.datatypes import Kind

CENT = Decimal("0.01")


class Model(StrEnum):
    """How a line is attributed; the order is that of the admin."""

    LAST_CLICK = "last_click"
    FIRST_CLICK = "first_click"
    LINEAR = "linear"
    VIEW_THROUGH = "view_through"


class Touch(NamedTuple):
    """A card that was clicked, or that was in view. `visitor` is the user behind an anonymous key, where known."""

    pk: int
    scope: str
    simulated: bool
    visitor: str
    item_key: str
    occurred_at: datetime
    slate_id: str
    placement: str
    position: int | None
    recommender: str
    experiment: int
    variant: str
    device: str
    segment: str

    @property
    def card(self) -> tuple[str, str | int]:
        """What a second click on the same card has in common with the first; a click without a slate stands alone."""
        return self.item_key, self.slate_id or self.pk


class Line(NamedTuple):
    """What may belong to a recommendation: an order line that was bought or taken back, a cart, a rating."""

    pk: int
    scope: str
    simulated: bool
    visitor: str
    item_key: str
    occurred_at: datetime
    order_key: str
    currency: str
    value: Decimal | None
    rating: float | None
    kind: str

    @property
    def amount(self) -> Decimal:
        """What the line adds to the revenue; a line without a value adds nothing."""
        if self.kind == Kind.REFUND:
            return -abs(self.value or Decimal(0))
        return (self.value or Decimal(0)) if self.kind == Kind.PURCHASE else Decimal(0)


class Path(NamedTuple):
    """What led to a line: the clicks in order of time, one a card, and the last time that the item was in view."""

    clicks: tuple[Touch, ...] = ()
    view: Touch | None = None

    def touches(self, model: Model) -> tuple[Touch, ...]:
        """Those that share the credit, in order of time; none for an unattributed line."""
        if not self.clicks:
            return (self.view,) if model == Model.VIEW_THROUGH and self.view else ()
        if model == Model.LINEAR:
            return self.clicks
        return (self.clicks[0 if model == Model.FIRST_CLICK else -1],)


class Attributed(NamedTuple):
    """A line and what led to it."""

    line: Line
    path: Path

    def credits(self, model: Model) -> list[tuple[Touch, Decimal]]:
        """Each touch with its share of the line's amount; the shares add up to the amount."""
        touches = self.path.touches(model)
        return list(zip(touches, split(self.line.amount, len(touches)), strict=True)) if touches else []


def shown_model() -> Model:
    """The model that reports show (`ATTRIBUTION_MODEL`)."""
    return Model(settings.ATTRIBUTION_MODEL)


def click_window() -> timedelta:
    """How long after a click a line still belongs to it (`CLICK_WINDOW_HOURS`)."""
    return timedelta(hours=settings.CLICK_WINDOW_HOURS)


def view_window() -> timedelta:
    """How long after an item was in view a line still belongs to that (`VIEW_WINDOW_HOURS`)."""
    return timedelta(hours=settings.VIEW_WINDOW_HOURS)


def split(amount: Decimal, n: int) -> list[Decimal]:
    """`amount` in `n` equal shares of whole cents by the method of the largest remainder.

    The remainders are equal here, so the first shares get the cents that are over: 10.00 in three is 3.34, 3.33, 3.33.
    A refund of the same amount takes back the same shares.
    """
    share, over = divmod(int(abs(amount) / CENT), n)
    sign = -CENT if amount < 0 else CENT
    return [(share + (place < over)) * sign for place in range(n)]


def trace(lines: Iterable[Line], clicks: Iterable[Touch], views: Iterable[Touch]) -> Iterator[Attributed]:
    """Each line with its path, in order of time: one pass over all three, each of them in order of time.

    Clicks should begin one click window before the first line, views one view window. Memory holds the touches of one
    window, whatever the number of lines. A touch at the very moment of the line counts, and so does one exactly a
    window before.
    """
    trail = _Trail(click_window(), view_window())
    touches = merge(
        ((click.occurred_at, 0, click) for click in clicks),
        ((view.occurred_at, 1, view) for view in views),
        key=_moment,
    )
    coming = next(touches, None)
    for line in lines:
        while coming is not None and coming[0] <= line.occurred_at:
            trail.add(coming[2], is_click=not coming[1])
            coming = next(touches, None)
        yield Attributed(line, trail.path(line))
    for _rest in touches:
        pass


def _moment(coming: tuple[datetime, int, Touch]) -> datetime:
    return coming[0]


Key = tuple[str, bool, str, str]


class _Trail:
    """The touches of the last window, by visitor and item."""

    def __init__(self, click_window: timedelta, view_window: timedelta) -> None:
        self.click_window, self.view_window = click_window, view_window
        self.clicks: OrderedDict[Key, list[Touch]] = OrderedDict()
        self.views: OrderedDict[Key, list[Touch]] = OrderedDict()

    def add(self, touch: Touch, *, is_click: bool) -> None:
        key = touch[1:5]
        if is_click:
            self.clicks.setdefault(key, []).append(touch)
            self.clicks.move_to_end(key)
        else:
            self.views[key] = [touch]
            self.views.move_to_end(key)

    def path(self, line: Line) -> Path:
        _forget(self.clicks, line.occurred_at - self.click_window)
        _forget(self.views, line.occurred_at - self.view_window)
        if not line.visitor:
            return Path()
        key = line[1:5]
        since = line.occurred_at - self.click_window
        clicks = {click.card: click for click in self.clicks.get(key, ()) if click.occurred_at >= since}
        in_order = sorted(clicks.values(), key=lambda click: (click.occurred_at, click.pk))
        views = self.views.get(key)
        return Path(tuple(in_order), views[0] if views else None)


def _forget(latest: OrderedDict[Key, list[Touch]], before: datetime) -> None:
    while latest:
        key, touches = next(iter(latest.items()))
        if touches[-1].occurred_at >= before:
            return
        del latest[key]
