"""What profiles are built from, streamed visitor by visitor; who turned out to be a user is that user."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Count, Max, Min, Q, Sum

from recommendations.adapter import Adapter, get_adapter
from recommendations.conf import settings
from recommendations.datatypes import Kind
from recommendations.models import Event, Item
from recommendations.models.events import EventQuerySet
from recommendations.profiles.preferences import Taste

CHUNK = 5000

_BOUGHT = Q(kind=Kind.PURCHASE)


class Figures(NamedTuple):
    """One visitor's events in numbers; `value` has refunds taken off."""

    visitor: str
    first_seen: datetime
    last_seen: datetime
    first_order: datetime | None
    last_order: datetime | None
    n_orders: int
    value: Decimal


class Interest(NamedTuple):
    """One event that says what somebody likes."""

    visitor: str
    item_key: str
    kind: str
    occurred_at: datetime


def events_of(scope: str) -> EventQuerySet:
    """The events that profiles are made of: valid, of somebody, and real (unless `TRAIN_ON_SIMULATED`)."""
    events = Event.objects.valid().filter(scope=scope).exclude(visitor_key="")
    return events if settings.TRAIN_ON_SIMULATED else events.real()


def figures(events: EventQuerySet) -> Iterator[Figures]:
    """The figures of every visitor, in order of their key; added up by the database."""
    rows = (
        events.with_visitor()
        .order_by("visitor")
        .values("visitor")
        .annotate(
            first_seen=Min("occurred_at"),
            last_seen=Max("occurred_at"),
            first_order=Min("occurred_at", filter=_BOUGHT),
            last_order=Max("occurred_at", filter=_BOUGHT),
            orders=Count("order_key", distinct=True, filter=_BOUGHT & ~Q(order_key="")),
            # A purchase that names no order is an order of its own.
            others=Count("pk", filter=_BOUGHT & Q(order_key="")),
            bought=Sum("value", filter=_BOUGHT),
            returned=Sum("value", filter=Q(kind=Kind.REFUND)),
        )
    )
    for row in rows.iterator(chunk_size=CHUNK):
        value = (row["bought"] or Decimal(0)) - abs(row["returned"] or Decimal(0))
        yield Figures(
            visitor=row["visitor"],
            first_seen=row["first_seen"],
            last_seen=row["last_seen"],
            first_order=row["first_order"],
            last_order=row["last_order"],
            n_orders=row["orders"] + row["others"],
            value=value,
        )


def interests(events: EventQuerySet) -> Iterator[tuple[str, list[Interest]]]:
    """Every visitor's events of interest, in order of the visitors' keys."""
    kinds = settings.HISTORY_WEIGHTS
    rows = events.filter(kind__in=kinds).exclude(item_key="").with_visitor().order_by("visitor")
    stream = map(
        Interest._make,
        rows.values_list("visitor", "item_key", "kind", "occurred_at").iterator(chunk_size=CHUNK),
    )
    for visitor, group in groupby(stream, key=itemgetter(0)):
        yield visitor, list(group)


def tastes(scope: str) -> dict[str, Taste]:
    """Item key → what it says about who likes it, from the Item mirror; sensitive items are left out."""
    rows = Item.objects.filter(scope=scope).values_list("item_key", "categories", "brand")
    allowed = _not_sensitive(get_adapter())
    return {
        key: Taste(tuple(categories), brand)
        for key, categories, brand in rows.iterator(chunk_size=CHUNK)
        if allowed is None or key in allowed
    }


def _not_sensitive(adapter: Adapter) -> set[str] | None:
    """Keys of products that may enter a profile; None when the shop calls none sensitive.

    The shop judges its own products. One that has left the catalogue can no longer be judged, and stays out.
    """
    if type(adapter).is_sensitive is Adapter.is_sensitive:
        return None
    products = (
        obj for model in adapter.models() for obj in adapter.catalogue(model).iterator(chunk_size=CHUNK)
    )
    return {adapter.item_key(obj) for obj in products if not adapter.is_sensitive(obj)}
