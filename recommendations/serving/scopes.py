"""What the items of a scope have at all: where none has variants or limits, no page looks for them.

The answer is kept for KNOWN_SECONDS in the memory of the process.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from django.db.models import Exists, F, Q

from recommendations.models import Item

KNOWN_SECONDS = 60.0


class Known(NamedTuple):
    """Has an item a group of another key than its own? Is one not for everybody, or not for ever?"""

    has_variants: bool
    has_limits: bool


_known: dict[str, tuple[float, Known]] = {}


def known_of(scope: str) -> Known:
    """One query, now and then."""
    asked_at, found = _known.get(scope, (float("-inf"), Known(True, True)))
    if time.monotonic() - asked_at >= KNOWN_SECONDS:
        items = Item.objects.filter(scope=scope)
        variants = items.filter(~Q(group_key=""), ~Q(group_key=F("item_key")))
        limited = items.filter(is_limited=True)
        row = items.order_by().values_list(Exists(variants), Exists(limited))[:1]
        found = next((Known(*known) for known in row), Known(False, False))
        _known[scope] = time.monotonic(), found
    return found


def forget() -> None:
    """Know nothing, as a new process does."""
    _known.clear()
