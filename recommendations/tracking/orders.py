"""Who an order belongs to is noted when it is created; it may be paid much later, by somebody else's request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recommendations.adapter import get_adapter
from recommendations.models import OrderVisitor
from recommendations.tracking.safety import never_raises
from recommendations.tracking.visitors import current_request, state_of


def note_of(order: Any) -> OrderVisitor | None:
    """The note of who creates an order in the running request, to be saved after the commit.

    Without consent the note is empty and keeps the order nobody's. Staff and bots who create orders act for others:
    there is no note of them.
    """
    request = current_request.get()
    if request is None:
        return None
    state = state_of(request)
    if state.ignored_because not in ("", "no_consent"):
        return None
    return OrderVisitor(
        scope=state.scope,
        order_key=get_adapter().order_key(order),
        visitor_key=state.visitor_key,
        session_key=state.session_key,
        simulated=state.simulated,
    )


@never_raises("Noting who an order belongs to")
def save_notes(notes: Sequence[OrderVisitor]) -> None:
    """Save notes; the first of an order stays."""
    OrderVisitor.objects.bulk_create(notes, ignore_conflicts=True)
