"""What the visitor of a page was shown lately, in one query."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from recommendations.datatypes import Context
from recommendations.models import Impression, VisitorLink
from recommendations.serving.history import visitor_of

#: So many days back, and so many of the latest slates.
SEEN_DAYS = 30
MOST_SLATES = 300


class Sight(NamedTuple):
    """An item was in view on a slate."""

    item_key: str
    at: datetime


def read_seen(context: Context, now: datetime) -> tuple[Sight, ...]:
    """What the visitor that `context` names had in view, the latest slate first; nothing, and no query, when there is
    nobody to look up. Of a known user also what was seen under the cookies linked to this user."""
    visitor_key = visitor_of(context)
    if not visitor_key:
        return ()
    since = now - timedelta(days=SEEN_DAYS)
    slates = Impression.objects.filter(scope=context.scope, occurred_at__gte=since, occurred_at__lte=now)
    rows = slates.filter(visitor_key=visitor_key).values_list("items", "seen", "occurred_at")
    if visitor_key != context.anonymous_key:
        links = VisitorLink.objects.filter(scope=context.scope, visitor_key=visitor_key)
        linked = slates.filter(visitor_key__in=links.values("anonymous_key"))
        # Two arms, so that PostgreSQL uses the index for both. JSON has no equality there: all rows are kept.
        rows = rows.union(linked.values_list("items", "seen", "occurred_at"), all=True)
    return tuple(_sights(rows.order_by("-occurred_at")[:MOST_SLATES]))


def _sights(rows: object) -> Iterator[Sight]:
    for items, positions, at in rows:  # type: ignore[attr-defined]  # a queryset of tuples
        for position in positions:
            yield Sight(items[position][0], at)
