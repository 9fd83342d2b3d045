"""Events from clients: each is validated and recorded for itself; one bad one spoils no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import ParseError

from recommendations.adapter import get_adapter
from recommendations.api.options import refuse_visitor
from recommendations.api.serializers import MOST_EVENTS, EventSerializer
from recommendations.datatypes import Kind
from recommendations.exceptions import InvalidEvent, InvalidToken
from recommendations.models import Item
from recommendations.serving import tokens
from recommendations.tracking import counters, slates
from recommendations.tracking.recording import record

Result = dict[str, Any]


def batch_of(body: Any) -> Sequence[Any]:
    """The events of a request's body. Raises ParseError when it is no batch, too long, or names the visitor."""
    if not isinstance(body, dict) or not isinstance(events := body.get("events"), list):
        raise ParseError('Send {"events": [{"kind": "view", "item": "42"}, …]}.')
    if len(events) > MOST_EVENTS:
        raise ParseError(f"Send at most {MOST_EVENTS} events at once; these are {len(events)}.")
    for where, fields in [("The body", body), *((f"Event {n}", event) for n, event in enumerate(events))]:
        if isinstance(fields, dict):
            refuse_visitor(where, fields)
    return events


def take_batch(events: Sequence[Any], request: HttpRequest) -> list[Result]:
    """Validate and record events one by one; what became of each, in their order."""
    forms = [EventSerializer(data=event) for event in events]
    sound = [form.validated_data for form in forms if form.is_valid()]
    known = known_items({event["item"] for event in sound if "item" in event}, request)
    return [{"index": n, **_take(form, known, request)} for n, form in enumerate(forms)]


def known_items(keys: Iterable[str], request: HttpRequest) -> set[str]:
    """Those of the keys that the shop has: by the Item mirror, and by the shop for what is not mirrored yet."""
    adapter = get_adapter()
    keys = set(keys)
    mirrored = Item.objects.filter(scope=adapter.scope(request), item_key__in=keys)
    known = set(mirrored.values_list("item_key", flat=True)) if keys else set()
    missing = keys - known
    return known | set(adapter.live(missing, adapter.context(request)) if missing else ())


def _take(form: EventSerializer, known: set[str], request: HttpRequest) -> Result:
    if form.errors:
        errors = {name: [str(error) for error in found] for name, found in form.errors.items()}
        return {"status": "invalid", "errors": errors}
    event = form.validated_data
    if "item" in event and event["item"] not in known:
        return _invalid("item", f"There is no item {event['item']!r}.")
    try:
        recorded = _record(event, request)
    except InvalidToken as error:
        counters.count("refused_token")
        return _invalid("token", str(error))
    except InvalidEvent as error:
        return _invalid("positions" if event["kind"] == Kind.IMPRESSION else "item", str(error))
    return {"status": "recorded" if recorded else "ignored"}


def _record(event: dict[str, Any], request: HttpRequest) -> bool:
    kind, item = event["kind"], str(event.get("item") or "")
    if kind == Kind.IMPRESSION:
        return slates.record_seen(tokens.read(event["token"]), event["positions"], request)
    if kind == Kind.CLICK:
        return slates.record_click(tokens.read(event["token"]), item, request)
    if kind == Kind.DISMISS and "token" in event:
        return slates.record_dismissal(tokens.read(event["token"]), item, request)
    details = {name: event[name] for name in ("query", "quantity") if name in event}
    return bool(record(kind, item or None, request=request, **details))


def _invalid(field: str, error: str) -> Result:
    return {"status": "invalid", "errors": {field: [error]}}
