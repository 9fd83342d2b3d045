"""Who an order belongs to is noted when it is created; it may be paid much later, by somebody else's request."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from recommendations.adapter import get_adapter
from recommendations.models import OrderVisitor
from recommendations.tracking.safety import never_raises
from recommendations.tracking.visitors import current_request, state_of


def note_order(order: Any, using: str) -> None:
    """Note the visitor of an order that the running request creates, once its transaction commits.

    Without consent the note is empty and keeps the order nobody's. Staff and bots who create orders act for others.
    """
    request = current_request.get()
    if request is None:
        return
    state = state_of(request)
    if state.ignored_because not in ("", "no_consent"):
        return
    note = OrderVisitor(
        scope=state.scope,
        order_key=get_adapter().order_key(order),
        visitor_key=state.visitor_key,
        session_key=state.session_key,
        simulated=state.simulated,
    )
    transaction.on_commit(partial(_save, note), using=using, robust=True)


@never_raises("Noting who an order belongs to")
def _save(note: OrderVisitor) -> None:
    OrderVisitor.objects.bulk_create([note], ignore_conflicts=True)
