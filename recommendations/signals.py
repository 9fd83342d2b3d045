"""Signals this app sends, for shops that want to react. Receivers get the arguments named beside each."""

from __future__ import annotations

from django.dispatch import Signal

#: After events were stored: `events` (list of EventData).
events_recorded = Signal()

#: After items of the mirror were new, or said something new: `scope` (str), `item_keys` (list).
content_changed = Signal()

#: After a snapshot went live: `snapshot` (Snapshot), `previous` (Snapshot or None).
snapshot_activated = Signal()

#: After the quality gate refused a snapshot: `snapshot` (Snapshot), `reason` (str).
snapshot_refused = Signal()

#: After an anonymous visitor was linked to a user at login: `link` (VisitorLink).
visitor_linked = Signal()
