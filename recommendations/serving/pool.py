"""Which items a condition means, whether or not a list has them: for rules that promote and pin.

The answer is kept for POOL_SECONDS in the memory of the process, so that a page costs no query for it.
"""

from __future__ import annotations

import time
from threading import Lock

from django.db.models import QuerySet

from recommendations.models import Item
from recommendations.serving.conditions import Condition, Subject, subject
from recommendations.serving.facts import NOTHING_KNOWN, read_facts

POOL_SECONDS = 60.0

#: So many items are taken, and so many of the newest are looked at for them.
MOST_ITEMS = 60
MOST_LOOKED_AT = 2000

_known: dict[tuple[str, str], tuple[float, tuple[str, ...]]] = {}
_lock = Lock()


def keys_for(condition: Condition, scope: str) -> tuple[str, ...]:
    """The keys of at most MOST_ITEMS items, newest first; those that a condition lists, in its order. None when it
    depends on the item shown."""
    if condition.is_relative:
        return ()
    if set(condition.written) == {"item"}:
        named = condition.written["item"]
        return (named,) if isinstance(named, str) else tuple(named)[:MOST_ITEMS]
    key = (scope, repr(condition.written))
    made_at, found = _known.get(key, (float("-inf"), ()))
    if time.monotonic() - made_at >= POOL_SECONDS:
        found = _read(condition, scope)
        with _lock:
            if len(_known) > 500:
                _known.clear()
            _known[key] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Know nothing, as a new process does."""
    _known.clear()


def _read(condition: Condition, scope: str) -> tuple[str, ...]:
    newest = _narrowed(condition, Item.objects.filter(scope=scope, is_gone=False)).order_by(
        "-created_at", "item_key"
    )
    keys = list(newest.values_list("item_key", flat=True)[:MOST_LOOKED_AT])
    facts = read_facts(scope, keys)

    def tested(key: str) -> Subject:
        return subject(key, facts.get(key, NOTHING_KNOWN), NOTHING_KNOWN)

    return tuple(key for key in keys if condition.holds(tested(key)))[:MOST_ITEMS]


def _narrowed(condition: Condition, items: QuerySet[Item]) -> QuerySet[Item]:
    """Fewer items to look at, where the database can tell."""
    for test, column in (("item", "item_key"), ("brand", "brand"), ("supplier", "supplier")):
        if test in condition.written:
            wanted = condition.written[test]
            items = items.filter(**{f"{column}__in": [wanted] if isinstance(wanted, str) else list(wanted)})
    return items
