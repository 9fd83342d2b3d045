"""What browsers and apps say of a slate: seen and clicked, joined to it by its signed token."""

from __future__ import annotations

from collections.abc import Collection

from django.db import router, transaction
from django.http import HttpRequest
from django.utils import timezone

from recommendations.datatypes import Kind, SlatePayload
from recommendations.exceptions import InvalidEvent
from recommendations.models import Event, Impression
from recommendations.tracking import counters
from recommendations.tracking.devices import device_of
from recommendations.tracking.recording import record
from recommendations.tracking.visitors import state_of


def record_seen(slate: SlatePayload, positions: Collection[int], request: HttpRequest) -> bool:
    """Note the positions of a slate that were seen: one row a slate, however often it is told. Of a tested place it is
    noted too that it was in view, whatever it showed: then `positions` may be empty.

    Raises InvalidEvent for a position that the slate does not have. Returns whether it was noted.
    """
    wrong = [position for position in positions if not 0 <= position < len(slate.items)]
    if wrong:
        raise InvalidEvent(
            f"Slate {slate.slate_id} has {len(slate.items)} items; there is no position {wrong[0]}."
        )
    state = state_of(request)
    if not state.may_record:
        counters.count(state.ignored_because or "no_consent", state.scope)
        return False
    if not positions and slate.experiment is None:
        return False
    alias = router.db_for_write(Impression)
    fresh = sorted(set(positions))
    with transaction.atomic(using=alias):
        impression, created = (
            Impression.objects.using(alias)
            .select_for_update()
            .get_or_create(
                slate_id=slate.slate_id,
                defaults={
                    "placement": slate.placement,
                    "visitor_key": state.visitor_key,
                    "session_key": state.session_key,
                    "scope": slate.scope,
                    "items": [
                        [*item, slate.propensities[position]]
                        if position in slate.propensities
                        else list(item)
                        for position, item in enumerate(slate.items)
                    ],
                    "seen": fresh,
                    "n_seen": len(fresh),
                    "experiment": slate.experiment,
                    "variant": slate.variant,
                    "device": device_of(request),
                    "simulated": state.simulated,
                    "occurred_at": state.moment or timezone.now(),
                    "context": {"snapshots": dict(slate.snapshots)},
                },
            )
        )
        if not created and (together := sorted({*impression.seen, *fresh})) != impression.seen:
            impression.seen, impression.n_seen = together, len(together)
            impression.save(using=alias, update_fields=["seen", "n_seen"])
    return True


def record_click(slate: SlatePayload, item_key: str, request: HttpRequest) -> bool:
    """Record a click on an item of a slate: once, however often it is told.

    Raises InvalidEvent for an item that was not on the slate.
    """
    return _record_on_slate(Kind.CLICK, slate, item_key, request)


def record_dismissal(slate: SlatePayload, item_key: str, request: HttpRequest) -> bool:
    """Record "not interested" in an item of a slate."""
    return _record_on_slate(Kind.DISMISS, slate, item_key, request)


def take_back_dismissal(slate: SlatePayload, item_key: str, request: HttpRequest) -> bool:
    """Void what the visitor said against an item of a slate, under the present key and the cookie's own.

    Raises InvalidEvent for an item that was not on the slate. Returns whether there was anything to take back.
    """
    _refuse_stranger(slate, item_key)
    state = state_of(request)
    now = timezone.now()
    said = Event.objects.valid().filter(
        scope=slate.scope,
        kind=Kind.DISMISS,
        visitor_key__in={state.visitor_key, state.anonymous_key} - {""},
        item_key=item_key,
    )
    return bool(said.using(router.db_for_write(Event)).update(voided_at=now, changed_at=now))


def _refuse_stranger(slate: SlatePayload, item_key: str) -> None:
    if slate.position(item_key) is None:
        raise InvalidEvent(f"Slate {slate.slate_id} did not offer item {item_key!r}.")


def _record_on_slate(kind: Kind, slate: SlatePayload, item_key: str, request: HttpRequest) -> bool:
    _refuse_stranger(slate, item_key)
    return bool(record(kind, item_key, request=request, slate=slate, scope=slate.scope))
