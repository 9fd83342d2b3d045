"""Bringing the log in line with the shop's rows: add what is new, void what no longer counts, revise what changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import router, transaction
from django.utils import timezone

from recommendations.adapter import Adapter, Behaviour, get_adapter
from recommendations.datatypes import EventData
from recommendations.exceptions import InvalidEvent
from recommendations.models import Event
from recommendations.signals import events_recorded
from recommendations.tracking.inserting import Revision, insert_events
from recommendations.tracking.rows import event_of, is_same, source_of, with_noted_visitors


@dataclass
class SyncCounts:
    """What bringing rows in line came to."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    voided: int = 0
    unchanged: int = 0
    not_counting: int = 0
    invalid: int = 0
    first: datetime | None = None
    last: datetime | None = None
    errors: list[str] = field(default_factory=list)

    def add(self, other: SyncCounts) -> None:
        """Add another batch's counts to these."""
        for name in ("rows", "new", "changed", "voided", "unchanged", "not_counting", "invalid"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.errors.extend(other.errors[: 5 - len(self.errors)])
        for moment in (other.first, other.last):
            self.see(moment)

    def see(self, moment: datetime | None) -> None:
        """Widen the span of times."""
        if moment is not None:
            self.first = moment if self.first is None else min(self.first, moment)
            self.last = moment if self.last is None else max(self.last, moment)


def sync_pks(behaviour: Behaviour, pks: Collection[Any], using: str) -> SyncCounts:
    """Bring the events of these rows in line, reading the rows from the database `using`.

    A row that is gone voids its event, unless the behaviour says `undo_on_delete=False`.
    """
    rows = {row.pk: row for row in behaviour.rows_queryset().using(using).filter(pk__in=pks)}
    known = {pk: rows.get(pk) for pk in pks if pk in rows or behaviour.undo_on_delete}
    return sync_rows(behaviour, known)


def sync_rows(
    behaviour: Behaviour, rows: Mapping[Any, Any], *, dry_run: bool = False, fresh: bool = False
) -> SyncCounts:
    """Bring events in line with rows ({pk: row, or None when it is gone}), in one short transaction.

    `fresh` says that none of these rows can have an event yet, which saves looking.
    """
    counts = SyncCounts(rows=len(rows))
    wanted = wanted_events(behaviour, rows, counts)
    stored = {} if fresh else stored_events([source_of(behaviour, pk) for pk in rows])
    to_add: list[Revision] = []
    to_void: list[Event] = []
    for pk in rows:
        source = source_of(behaviour, pk)
        event, (current, next_revision) = wanted.get(source), stored.get(source, (None, 0))
        if event is not None and current is not None and is_same(event, current):
            counts.unchanged += 1
            continue
        if event is None and current is None:
            counts.not_counting += 1
            continue
        if current is not None:
            to_void.append(current)
        if event is not None:
            to_add.append((event, next_revision))
        name = "voided" if event is None else "new" if current is None else "changed"
        setattr(counts, name, getattr(counts, name) + 1)
    if not dry_run and (to_add or to_void):
        _store(to_add, to_void)
    return counts


def wanted_events(behaviour: Behaviour, rows: Mapping[Any, Any], counts: SyncCounts) -> dict[str, EventData]:
    """Source → event of the rows that count now; rows that make no valid event are counted with their error."""
    adapter: Adapter = get_adapter()
    events: list[EventData] = []
    for pk, row in rows.items():
        try:
            event = event_of(behaviour, row, adapter) if row is not None else None
        except InvalidEvent as error:
            counts.invalid += 1
            if len(counts.errors) < 5:
                counts.errors.append(f"{behaviour.model} {pk}: {error}")
            continue
        if event is not None:
            events.append(event)
            counts.see(event.occurred_at)
    return {event.source: event for event in with_noted_visitors(events)}


def stored_events(sources: list[str]) -> dict[str, tuple[Event | None, int]]:
    """Source → (the event that counts now, or None; the next revision's number)."""
    found: dict[str, tuple[Event | None, int]] = {}
    for event in Event.objects.filter(source__in=sources).order_by("revision"):
        found[str(event.source)] = (event if event.voided_at is None else None, event.revision + 1)
    return found


def _store(to_add: list[Revision], to_void: list[Event]) -> None:
    alias = router.db_for_write(Event)
    now = timezone.now()
    with transaction.atomic(using=alias):
        if to_void:
            pks = [event.pk for event in to_void]
            Event.objects.using(alias).filter(pk__in=pks).update(voided_at=now, changed_at=now)
        # Two processes told of the same row at once both add the same revision: one of them wins.
        insert_events(to_add, alias)
    if to_add:
        events_recorded.send_robust(sender=Event, events=[event for event, _ in to_add])
