"""Items that were never in view, and what keeps each of them out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from recommendations.datatypes import ListKind
from recommendations.models import Item, RankedList, Snapshot
from recommendations.reports.exposure import ByItem

#: So many items are named of each reason.
MOST_ITEMS = 50

#: Why an item was not in view, the first that holds.
SOLD_OUT, NOT_YET, OVER, SENSITIVE, LIMITED, IN_NO_LIST, OUTRANKED = (
    "sold_out", "not_yet", "over", "sensitive", "limited", "in_no_list", "outranked",
)  # fmt: skip
REASONS = (SOLD_OUT, NOT_YET, OVER, SENSITIVE, LIMITED, IN_NO_LIST, OUTRANKED)


def of_window(
    catalogue: Mapping[str, Item], window: ByItem, scope: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summary: reason → items. Detail: reason → keys of items, the newest first."""
    now = timezone.now()
    listed = set(_listed(scope))
    unseen = [key for key in catalogue if key not in window or not window[key].seen]
    found: dict[str, list[str]] = {reason: [] for reason in REASONS}
    for key in unseen:
        found[_why(catalogue[key], key in listed, now)].append(key)
    counts = Counter({reason: len(keys) for reason, keys in found.items()})
    newest = {reason: list(reversed(keys))[:MOST_ITEMS] for reason, keys in found.items() if keys}
    return {"of": len(catalogue), "n": len(unseen), "reasons": dict(counts)}, newest


def _why(item: Item, is_listed: bool, now: datetime) -> str:
    holds = {
        SOLD_OUT: item.stock is not None and item.stock <= 0,
        NOT_YET: item.available_from is not None and item.available_from > now,
        OVER: item.available_until is not None and item.available_until <= now,
        SENSITIVE: item.is_sensitive,
        LIMITED: item.is_limited,
        IN_NO_LIST: not is_listed,
    }
    return next((reason for reason, does_hold in holds.items() if does_hold), OUTRANKED)


def _listed(scope: str) -> Iterator[str]:
    """The items that some live list leads to."""
    live = Snapshot.objects.filter(scope=scope, status=Snapshot.Status.LIVE)
    lists = RankedList.objects.filter(snapshot__in=live, target_kind=ListKind.ITEM)
    lists = lists.exclude(key_kind=ListKind.RANKER)
    for text in lists.values_list("items", flat=True).iterator(chunk_size=2000):
        for target, *_rest in json.loads(text):
            yield target
