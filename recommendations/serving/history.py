"""What the visitor of a page did lately, in one query."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache

from django.db import router
from django.db.models import BooleanField, Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from recommendations.adapter import get_adapter
from recommendations.conf import settings
from recommendations.datatypes import Context, Kind
from recommendations.models import Event, Item, VisitorLink
from recommendations.profiles.session import Touch, decayed_weights
from recommendations.serving.limits import declares_sensitive
from recommendations.serving.prepared import Prepared

#: Room in the query for recent purchases and dismissals, besides the HISTORY_EVENTS latest.
MOST_FOR_FILTERS = 440


@dataclass(frozen=True)
class History:
    """Newest first, nothing sensitive; `purchased` within PURCHASED_DAYS; `dismissed` ever."""

    touches: tuple[Touch, ...] = ()
    purchased: frozenset[str] = frozenset()
    dismissed: frozenset[str] = frozenset()

    @cached_property
    def weights(self) -> dict[str, float]:
        """Item key → decayed weight of what was done with it, heaviest first; dismissed items are left out."""
        touches = (touch for touch in self.touches if touch.item_key not in self.dismissed)
        return decayed_weights(touches, settings.HISTORY_WEIGHTS, settings.HISTORY_HALF_LIFE_HOURS)


NOTHING = History()


def visitor_of(context: Context) -> str:
    """Whose published lists the page may use: the known user's key, else the cookie's; "" when nobody's."""
    if not context.personalise:
        return ""
    return context.visitor_key or get_adapter().visitor_key(context.user) or context.anonymous_key


def read_history(context: Context) -> History:
    """The history of the visitor that `context` names: one query, or none when there is nobody to look up.

    A known user's is what was done as this user, under the cookies linked to this user, and under the present cookie
    unless that one is linked to somebody else.
    """
    visitor_key = visitor_of(context)
    if not visitor_key:
        return NOTHING
    user_key = visitor_key if visitor_key != context.anonymous_key else ""
    since = timezone.now() - timedelta(days=settings.PURCHASED_DAYS)
    return _summed_up(_rows(user_key, context.anonymous_key, context.scope, since), since)


Row = tuple[str, str, datetime, int, bool]


def _rows(user_key: str, cookie_key: str, scope: str, since: datetime) -> Iterable[Row]:
    """(item, kind, time, rank, is sensitive), what filters need before the rest, newest first."""
    kinds = frozenset(str(kind) for kind in settings.HISTORY_WEIGHTS) | {Kind.PURCHASE, Kind.DISMISS}
    most = settings.HISTORY_EVENTS + MOST_FOR_FILTERS
    asked = _prepared(
        bool(user_key), bool(cookie_key), kinds, most, declares_sensitive(), router.db_for_read(Event)
    )
    return asked.rows(user=user_key, cookie=cookie_key, scope=scope, since=since)


@lru_cache(maxsize=64)
def _prepared(
    is_user: bool, has_cookie: bool, kinds: frozenset[str], most: int, some_are_sensitive: bool, using: str
) -> Prepared:
    """The query for a user, a cookie or both."""
    user, cookie, scope, since = "\0user", "\0cookie", "\0scope", datetime(1971, 2, 3, 4, 5, 6, tzinfo=UTC)
    relevant = _relevant(kinds, scope, since, some_are_sensitive).using(using)
    rows = relevant.filter(visitor_key__in=[user] * is_user + [cookie] * has_cookie)
    if is_user:
        links = VisitorLink.objects.filter(scope=scope)
        if has_cookie:
            somebody_elses = links.filter(anonymous_key=cookie).exclude(visitor_key=user)
            rows = rows.filter(Q(visitor_key=user) | ~Exists(somebody_elses))
        linked = links.filter(visitor_key=user).values("anonymous_key")
        # Two arms, since "one of these or in that subquery" would keep PostgreSQL from using the index.
        rows = rows.union(relevant.filter(visitor_key__in=linked))
    newest = rows.order_by("rank", "-occurred_at")[:most]  # type: ignore[misc]  # annotated
    return Prepared(newest, {"user": user, "cookie": cookie, "scope": scope, "since": since})


def _relevant(
    kinds: Collection[str], scope: str, since: datetime, some_are_sensitive: bool
) -> QuerySet[Event, Row]:
    needed_by_filters = Q(kind=Kind.DISMISS) | Q(kind=Kind.PURCHASE, occurred_at__gte=since)
    events = Event.objects.valid().filter(scope=scope, kind__in=kinds).exclude(item_key="")
    ranked = events.annotate(
        rank=Case(When(needed_by_filters, then=Value(0)), default=Value(1), output_field=IntegerField())
    )
    mirrored = Item.objects.filter(scope=scope, item_key=OuterRef("item_key"), is_sensitive=True)
    sensitive = Exists(mirrored) if some_are_sensitive else Value(False, output_field=BooleanField())
    return ranked.annotate(sensitive=sensitive).values_list(
        "item_key", "kind", "occurred_at", "rank", "sensitive"
    )


def _summed_up(rows: Iterable[Row], since: datetime) -> History:
    touches, purchased, dismissed = [], set(), set()
    for item_key, kind, occurred_at, _, is_sensitive in rows:
        if kind == Kind.DISMISS:
            dismissed.add(item_key)
            continue
        if kind == Kind.PURCHASE and occurred_at >= since:
            purchased.add(item_key)
        if not is_sensitive:
            touches.append(Touch(item_key, kind, occurred_at))
    touches.sort(key=lambda touch: touch.occurred_at, reverse=True)
    return History(tuple(touches[: settings.HISTORY_EVENTS]), frozenset(purchased), frozenset(dismissed))
