"""From the shop's rows to events, by the adapter's declarations. Live capture and backfill share this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from recommendations.adapter import Adapter, Behaviour
from recommendations.datatypes import EventData
from recommendations.models import Event, OrderVisitor
from recommendations.paths import as_moment, read
from recommendations.tracking.recording import QUERY_LENGTH, as_decimal, validate
from recommendations.tracking.sinks import CENT, MILLI


def source_of(behaviour: Behaviour, pk: Any) -> str:
    """The unique reference of a row's event, e.g. `purchase:shop.orderline:17`."""
    return f"{behaviour.kind}:{behaviour.label}:{pk}"


def event_of(behaviour: Behaviour, row: Any, adapter: Adapter) -> EventData | None:
    """The event that a row means now; None when it does not count. The order's noted visitor is not looked up yet."""
    if behaviour.when is not None and not read(row, behaviour.when):
        return None
    product = read(row, behaviour.item)
    if product is None:
        return None
    visitor = read(row, behaviour.visitor)
    order = read(row, behaviour.order)
    rating = read(row, behaviour.rating)
    value = read(row, behaviour.value)
    event = EventData(
        kind=str(behaviour.kind),
        item_key=product if isinstance(product, str) else adapter.item_key(product),
        visitor_key=visitor if isinstance(visitor, str) else adapter.visitor_key(visitor),
        order_key="" if order is None else adapter.order_key(order),
        source=source_of(behaviour, row.pk),
        quantity=as_decimal("quantity", read(row, behaviour.quantity, 1), MILLI),
        value=None if value is None else as_decimal("value", value, CENT),
        currency=str(read(row, behaviour.currency, adapter.currency)),
        rating=None if rating is None else float(rating),
        query=str(read(row, behaviour.query, ""))[:QUERY_LENGTH],
        scope=str(read(row, behaviour.scope, "")),
        occurred_at=as_moment(read(row, behaviour.time)),
        simulated=bool(read(row, behaviour.simulated, False)),
    )
    validate(event)
    return event


def with_noted_visitors(events: Iterable[EventData]) -> list[EventData]:
    """Events with the visitor that was noted when their order was created. One query for all."""
    events = list(events)
    order_keys = {event.order_key for event in events if event.order_key}
    if not order_keys:
        return events
    noted = {
        (note.scope, note.order_key): note
        for note in OrderVisitor.objects.filter(order_key__in=order_keys).iterator()
    }
    if not noted:
        return events
    return [_noted(event, noted.get((event.scope, event.order_key))) for event in events]


def _noted(event: EventData, note: OrderVisitor | None) -> EventData:
    if note is None:
        return event
    return replace(
        event,
        visitor_key=note.visitor_key,
        session_key=note.session_key,
        simulated=event.simulated or note.simulated,
    )


_COMPARED = [
    "kind",
    "item_key",
    "visitor_key",
    "order_key",
    "quantity",
    "value",
    "currency",
    "rating",
    "query",
    "scope",
    "simulated",
]


def is_same(event: EventData, stored: Event) -> bool:
    """Does the stored event still say what its row says?"""
    if event.occurred_at is not None and event.occurred_at != stored.occurred_at:
        return False
    return all(getattr(event, name) == getattr(stored, name) for name in _COMPARED)
