"""Events, impressions and clicks in a line each."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from recommendations.models import Event, Impression

_numbers = count(1)

#: Noon of a day well before now and within every retention; tests count hours from it.
NOON = datetime.combine(datetime.now(UTC).date() - timedelta(days=10), time(12), tzinfo=UTC)
DAY: date = NOON.date()


def at(hours: float = 0) -> datetime:
    return NOON + timedelta(hours=hours)


def event(kind: str, item: str = "milk", visitor: str = "u:1", hours: float = 0, **fields: Any) -> Event:
    moment = fields.pop("occurred_at", at(hours))
    return Event.objects.create(kind=kind, item_key=item, visitor_key=visitor, occurred_at=moment, **fields)


def click(
    item: str = "milk", visitor: str = "u:1", hours: float = 0, placement: str = "cart", **fields: Any
) -> Event:
    fields.setdefault("slate_id", f"s{next(_numbers)}")
    return event("click", item, visitor, hours, placement=placement, **fields)


def purchase(
    item: str = "milk", visitor: str = "u:1", hours: float = 0, value: str | None = "10.00", **fields: Any
) -> Event:
    fields.setdefault("order_key", f"o{next(_numbers)}")
    fields.setdefault("currency", "USD")
    amount = None if value is None else Decimal(value)
    return event("purchase", item, visitor, hours, value=amount, **fields)


def refund(
    item: str = "milk", visitor: str = "u:1", hours: float = 0, value: str = "10.00", **fields: Any
) -> Event:
    fields.setdefault("currency", "USD")
    return event("refund", item, visitor, hours, value=Decimal(value), **fields)


def impression(placement: str = "cart", hours: float = 0, n_seen: int = 4, **fields: Any) -> Impression:
    fields.setdefault("slate_id", f"i{next(_numbers)}")
    fields.setdefault("occurred_at", at(hours))
    fields.setdefault("items", [[f"i{n}", "popular", "popular"] for n in range(max(n_seen, 8))])
    return Impression.objects.create(placement=placement, seen=list(range(n_seen)), n_seen=n_seen, **fields)
