"""Lines, clicks and views as they stand in the log, streamed in order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from recommendations.datatypes import Kind
from recommendations.models import Event, Impression, Profile, VisitorLink
from recommendations.models.events import EventQuerySet
from recommendations.reports.attribution import (
    Attributed,
    Line,
    Path,
    Touch,
    click_window,
    trace,
    view_window,
)

ROWS_AT_ONCE = 2000
#: Refunds and ratings whose purchases are looked up together.
LOOKED_UP_AT_ONCE = 500

#: What clicks and views lead to at once, and what belongs to a purchase made before.
DIRECT, LATER = (Kind.PURCHASE, Kind.CART), (Kind.REFUND, Kind.RATING)

_LINE = ("order_key", "currency", "value", "rating", "kind")


def slate_clicks() -> EventQuerySet:
    """Valid clicks on items of slates. A click that names no placement was on no recommendation."""
    return Event.objects.valid().filter(kind=Kind.CLICK).exclude(placement="")


def lines_between(
    start: datetime, end: datetime, clicks: Iterator[Touch] | None = None
) -> Iterator[Attributed]:
    """All lines from `start` to before `end`, in every scope, with what led to them: first purchases and carts in order
    of time, then refunds and ratings with the path of the purchase that they belong to.

    A refund that names no order, or whose purchase is not known, has an empty path; a rating of what was not bought by
    its visitor is left out. `clicks` are those from one click window before `start`, if somebody counts them.
    """
    within = Event.objects.valid().filter(occurred_at__gte=start, occurred_at__lt=end)
    direct = within.filter(kind__in=DIRECT)
    lines = list(lines_of(direct))
    buyers = direct.exclude(visitor_key="").with_visitor().order_by().values("visitor")
    views = seen_slates(start - view_window(), end).filter(visitor__in=buyers)
    if clicks is None:
        clicks = clicks_of(
            slate_clicks().filter(occurred_at__gte=start - click_window(), occurred_at__lt=end)
        )
    return chain(
        trace(lines, clicks, views_of(views, lines)),
        _later(within.filter(kind=Kind.REFUND), _bought_in_the_order),
        _later(within.filter(kind=Kind.RATING, rating__isnull=False), _bought_by_the_visitor),
    )


def lines_of(events: EventQuerySet) -> Iterator[Line]:
    """Events as lines, in order of time."""
    rows = events.with_visitor().order_by("occurred_at", "pk")
    fields = ("pk", "scope", "simulated", "visitor", "item_key", "occurred_at", *_LINE)
    return map(Line._make, rows.values_list(*fields).iterator(chunk_size=ROWS_AT_ONCE))


def clicks_of(events: EventQuerySet) -> Iterator[Touch]:
    """Clicks as touches, in order of time."""
    slate = Impression.objects.filter(slate_id=OuterRef("slate_id"))
    rows = (
        events.with_visitor()
        .annotate(device=Coalesce(Subquery(slate.values("device")[:1]), Value("")), segment=stage())
        .order_by("occurred_at", "pk")
        .values_list(
            *("pk", "scope", "simulated", "visitor", "item_key", "occurred_at"),
            *("slate_id", "placement", "position", "device", "segment", "origin"),
        )
    )
    for *first, device, segment, origin in rows.iterator(chunk_size=ROWS_AT_ONCE):
        produced = origin.get("recommender") or "", origin.get("experiment") or 0, origin.get("variant") or ""
        yield Touch._make((*first, *produced, device, segment))


def seen_slates(start: datetime, end: datetime) -> QuerySet[Any]:
    """Slates of which something was in view, with their `visitor` and its `segment`."""
    link = VisitorLink.objects.filter(scope=OuterRef("scope"), anonymous_key=OuterRef("visitor_key"))
    return Impression.objects.filter(occurred_at__gte=start, occurred_at__lt=end, n_seen__gt=0).annotate(
        visitor=Coalesce(Subquery(link.values("visitor_key")[:1]), "visitor_key"), segment=stage()
    )


def views_of(slates: QuerySet[Any], lines: Iterable[Line]) -> Iterator[Touch]:
    """The items of slates that were in view, as touches in order of time: those of some lines' visitors and items."""
    wanted = {line[1:5] for line in lines}
    rows = slates.order_by("occurred_at", "pk").values_list(
        *("pk", "scope", "simulated", "visitor", "occurred_at", "slate_id", "placement", "items", "seen"),
        *("experiment", "variant", "device", "segment"),
    )
    for pk, scope, simulated, visitor, moment, slate, placement, items, seen, *rest in rows.iterator(
        chunk_size=ROWS_AT_ONCE
    ):
        experiment, variant, device, segment = rest
        for position in seen:
            if position < len(items) and (scope, simulated, visitor, items[position][0]) in wanted:
                item, _source, recommender = items[position][:3]
                yield Touch._make(
                    (
                        *(
                            pk,
                            scope,
                            simulated,
                            visitor,
                            item,
                            moment,
                            slate,
                            placement,
                            position,
                            recommender,
                        ),
                        *(experiment or 0, variant, device, segment),
                    )
                )


def stage() -> Coalesce:
    """The lifecycle stage of the row's `visitor` as of now, "" for one without a profile."""
    profile = Profile.objects.filter(scope=OuterRef("scope"), visitor_key=OuterRef("visitor"))
    return Coalesce(Subquery(profile.values("stage")[:1]), Value(""))


def paths_of(purchases: list[Line]) -> dict[int, Path]:
    """What led to each of some purchases, at any time: their pk → path."""
    if not purchases:
        return {}
    ordered = sorted(purchases, key=lambda line: (line.occurred_at, line.pk))
    first, last = ordered[0].occurred_at, ordered[-1].occurred_at
    keys = keys_of({line.visitor for line in ordered})
    clicks = slate_clicks().filter(
        visitor_key__in=keys,
        item_key__in={line.item_key for line in ordered},
        occurred_at__gte=first - click_window(),
        occurred_at__lte=last,
    )
    views = seen_slates(first - view_window(), last).filter(visitor_key__in=keys)
    found = trace(ordered, clicks_of(clicks), views_of(views, ordered))
    return {line.pk: path for line, path in found}


def keys_of(visitors: set[str]) -> set[str]:
    """The keys under which some visitors' events may stand: their own, and those of their cookies."""
    visitors = visitors - {""}
    links = VisitorLink.objects.filter(visitor_key__in=visitors).values_list("anonymous_key", flat=True)
    return visitors | set(links)


def _later(events: EventQuerySet, find: Callable[[list[Line]], dict[int, Line]]) -> Iterator[Attributed]:
    coming = lines_of(events)
    while lines := list(islice(coming, LOOKED_UP_AT_ONCE)):
        purchase_of = find(lines)
        paths = paths_of(list({line.pk: line for line in purchase_of.values()}.values()))
        for line in lines:
            purchase = purchase_of.get(line.pk)
            if purchase is not None:
                yield Attributed(line, paths[purchase.pk])
            elif line.kind == Kind.REFUND:
                yield Attributed(line, Path())


def _bought_in_the_order(refunds: list[Line]) -> dict[int, Line]:
    """Refund → purchase of the same item in the same order."""
    orders = {line.order_key for line in refunds} - {""}
    if not orders:
        return {}
    items = {line.item_key for line in refunds}
    purchases = Event.objects.valid().filter(kind=Kind.PURCHASE, order_key__in=orders, item_key__in=items)
    bought: dict[tuple[str, bool, str, str], Line] = {}
    for line in lines_of(purchases):
        bought.setdefault((line.scope, line.simulated, line.order_key, line.item_key), line)
    pairs = (
        (line, bought.get((line.scope, line.simulated, line.order_key, line.item_key))) for line in refunds
    )
    return {line.pk: purchase for line, purchase in pairs if purchase and line.order_key}


def _bought_by_the_visitor(ratings: list[Line]) -> dict[int, Line]:
    """Rating → the visitor's last purchase of the item before it."""
    purchases = Event.objects.valid().filter(
        kind=Kind.PURCHASE,
        visitor_key__in=keys_of({line.visitor for line in ratings}),
        item_key__in={line.item_key for line in ratings},
    )
    bought: dict[Any, list[Line]] = {}
    for line in lines_of(purchases):
        bought.setdefault(line[1:5], []).append(line)
    found: dict[int, Line] = {}
    for rating in ratings:
        before = [line for line in bought.get(rating[1:5], ()) if line.occurred_at <= rating.occurred_at]
        if before and rating.visitor:
            found[rating.pk] = before[-1]
    return found
