"""The one door in: everything that is recorded from a request or from code passes here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from recommendations.adapter import get_adapter
from recommendations.conf import settings
from recommendations.datatypes import KINDS_WITHOUT_ITEM, EventData, Kind, RequestState, SlatePayload
from recommendations.exceptions import InvalidEvent
from recommendations.tracking import counters
from recommendations.tracking.bots import rate_guard
from recommendations.tracking.safety import never_raises
from recommendations.tracking.sinks import CENT, MILLI, get_sink
from recommendations.tracking.visitors import state_of

#: Behaviour that is seeing a page: it counts once the page has been rendered for a human.
PAGE_KINDS = frozenset({Kind.VIEW, Kind.SEARCH})
BUILT_IN_KINDS = frozenset(str(kind) for kind in Kind)
KEY_LENGTH = 190
QUERY_LENGTH = 255
LARGEST_NUMBER = Decimal(10) ** 11


def known_kinds() -> set[str]:
    """The built-in kinds and the shop's own."""
    return {*BUILT_IN_KINDS, *settings.EVENT_KINDS}


@never_raises("Recording an event")
def record(
    kind: str,
    item: Any = None,
    *,
    request: HttpRequest | None = None,
    user: Any = None,
    visitor_key: str | None = None,
    quantity: Any = 1,
    value: Any = None,
    currency: str = "",
    rating: float | None = None,
    query: str = "",
    order_key: str = "",
    context: Mapping[str, Any] | None = None,
    slate: SlatePayload | None = None,
    occurred_at: datetime | None = None,
    scope: str | None = None,
    simulated: bool | None = None,
) -> bool:
    """Record one behaviour after the running transaction commits. Never raises into the shop.

    `item` is a product or an item key. With a `request`, the visitor, the scope and the consent come from it, bots
    and staff are counted instead, and seeing a page (view, search) waits until the page was rendered with success.
    Returns whether the event was taken; an invalid one is logged.
    """
    state = state_of(request) if request is not None else None
    if state is not None and not _may_record(state, request):
        return False
    adapter = get_adapter()
    key = visitor_key if visitor_key is not None else adapter.visitor_key(user)
    event = EventData(
        kind=str(kind),
        item_key=item if isinstance(item, str) else adapter.item_key(item) if item is not None else "",
        visitor_key=key or (state.visitor_key if state else ""),
        session_key=state.session_key if state else "",
        order_key=order_key,
        quantity=quantity,
        value=value,
        currency=currency,
        rating=rating,
        query=query[:QUERY_LENGTH],
        scope=scope if scope is not None else state.scope if state else "",
        occurred_at=occurred_at or (state.moment if state else None),
        simulated=simulated if simulated is not None else bool(state and state.simulated),
        context=context or {},
        **_from_slate(slate, item if isinstance(item, str) else "", kind),
    )
    event = checked(event)
    if request is not None and state is not None and kind in PAGE_KINDS and request.method in ("GET", "HEAD"):
        state.pending.append(event)
    else:
        record_batch([event])
    return True


def record_batch(events: Sequence[EventData], using: str = DEFAULT_DB_ALIAS) -> None:
    """Write events once the shop's transaction, on its database `using`, commits; the log may live on another.

    A failing log is logged and counted; nothing is raised.
    """
    transaction.on_commit(partial(write, list(events)), using=using, robust=True)


@never_raises("Writing events")
def write(events: Sequence[EventData]) -> bool:
    """Hand events to the sink now; True when it took them."""
    get_sink().write(events)
    return True


def flush_pending(request: HttpRequest, response: HttpResponseBase) -> None:
    """Record what waited for the page: only a human's GET of a page that rendered is a view."""
    state: RequestState = request.recommendations  # type: ignore[attr-defined]
    if state.pending and request.method == "GET" and response.status_code == 200:
        if is_prefetch(request):
            counters.count("prefetch", state.scope, len(state.pending))
        else:
            write(state.pending)
    state.pending = []


def is_prefetch(request: HttpRequest) -> bool:
    """Did the browser ask before anybody looked?"""
    purpose = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    return "prefetch" in purpose or request.headers.get("X-Moz", "") == "prefetch"


def checked(event: EventData) -> EventData:
    """The event with numbers as they are stored. InvalidEvent says what is wrong with it."""
    validate(event)
    quantity = as_decimal("quantity", event.quantity, MILLI)
    value = None if event.value is None else as_decimal("value", event.value, CENT)
    return replace(event, quantity=quantity, value=value)


def validate(event: EventData) -> None:
    """Raises InvalidEvent for an unknown kind, a missing item, a key too long or a naive time."""
    if event.kind not in BUILT_IN_KINDS and event.kind not in settings.EVENT_KINDS:
        raise InvalidEvent(
            f"Unknown kind {event.kind!r}. Known: {', '.join(sorted(known_kinds()))}. "
            f'Add your own to RECOMMENDATIONS["EVENT_KINDS"].'
        )
    if not event.item_key and event.kind not in KINDS_WITHOUT_ITEM:
        raise InvalidEvent(f"A {event.kind} event needs an item.")
    for name in ("item_key", "visitor_key", "order_key"):
        if len(getattr(event, name)) > KEY_LENGTH:
            raise InvalidEvent(
                f"{name} is longer than {KEY_LENGTH} characters: {getattr(event, name)[:40]!r}…"
            )
    if event.occurred_at is not None and timezone.is_naive(event.occurred_at):
        raise InvalidEvent(f"occurred_at must be an aware datetime, not {event.occurred_at!r}.")


def as_decimal(name: str, value: Any, unit: Decimal) -> Decimal:
    """A finite Decimal in whole `unit`s, half up; InvalidEvent otherwise."""
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise InvalidEvent(f"{name} must be a number, not {value!r}.") from None
    if not number.is_finite() or abs(number) >= LARGEST_NUMBER:
        raise InvalidEvent(f"{name} must be a finite number below 10^11, not {value!r}.")
    return number.quantize(unit, ROUND_HALF_UP)


def _may_record(state: RequestState, request: HttpRequest | None) -> bool:
    if not state.may_record:
        counters.count(state.ignored_because or "no_consent", state.scope)
        return False
    if state.simulated:
        return True
    cookie_is_new = (
        state.cookie is not None and state.visitor_key == state.anonymous_key and state.cookie.must_send
    )
    address = request.META.get("REMOTE_ADDR", "") if request is not None and cookie_is_new else ""
    if rate_guard.too_fast(address or state.visitor_key):
        counters.count("too_fast", state.scope)
        return False
    return True


def _from_slate(slate: SlatePayload | None, item_key: str, kind: str) -> dict[str, Any]:
    """What a slate's token adds to an event, and the reference that makes a second click the same one."""
    if slate is None:
        return {}
    position = slate.position(item_key)
    origin: dict[str, Any] = {}
    if slate.experiment is not None:
        origin = {"experiment": slate.experiment, "variant": slate.variant}
    if position is not None:
        _, source, recommender = slate.items[position]
        origin |= {"source": source, "recommender": recommender, "snapshot": slate.snapshots.get(recommender)}
        if position in slate.propensities:
            origin["propensity"] = slate.propensities[position]
    return {
        "slate_id": slate.slate_id,
        "placement": slate.placement,
        "position": position,
        "origin": origin,
        "source": f"{kind}:{slate.slate_id}:{item_key}",
    }
