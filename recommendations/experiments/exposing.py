"""Who had a tested place in view, and what they did from then on: the rows of Exposure, worked out anew each time."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import router, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from recommendations.datatypes import Kind
from recommendations.models import Event, Experiment, Exposure, Impression, Item, VisitorLink

#: What counts as before: so long until the place was first in view.
BEFORE = timedelta(days=28)
#: Who does anything in the week after four weeks came back.
RETURN_FROM, RETURN_UNTIL = timedelta(days=28), timedelta(days=35)
_BATCH = 2000
_NOTHING = Decimal(0)


@dataclass(slots=True)
class _Visitor:
    variant: str
    first_at: datetime
    is_excluded: bool = False
    slates: int = 0
    clicks: int = 0
    orders: set[str] = field(default_factory=set)
    revenue: Decimal = _NOTHING
    margin: Decimal = _NOTHING
    came_back: bool = False
    before: dict[str, float] = field(default_factory=lambda: dict.fromkeys(Experiment.Metric.values, 0.0))


def expose(experiment: Experiment, *, simulated: bool = False, now: datetime | None = None) -> int:
    """Write the experiment's exposures in place of those before; returns how many. A visitor is the user that a cookie
    turned out to be. Money is counted in the currency that the shop sells most in."""
    now = now or timezone.now()
    visitors = _exposed(experiment, simulated)
    if visitors:
        _note_behaviour(experiment, visitors, simulated)
    variants = {variant.name: variant for variant in experiment.variants.all()}
    rows = [
        Exposure(
            experiment=experiment,
            variant=variants[found.variant],
            visitor_key=key,
            first_at=found.first_at,
            is_excluded=found.is_excluded,
            before=found.before[experiment.metric],
            slates=found.slates,
            clicks=found.clicks,
            orders=len(found.orders),
            revenue=found.revenue,
            margin=found.margin,
            came_back=found.came_back if found.first_at + RETURN_UNTIL <= now else None,
        )
        for key, found in visitors.items()
        if found.variant in variants
    ]
    alias = router.db_for_write(Exposure)
    with transaction.atomic(using=alias):
        Exposure.objects.using(alias).filter(experiment=experiment).delete()
        Exposure.objects.using(alias).bulk_create(rows, batch_size=_BATCH)
    return len(rows)


def _exposed(experiment: Experiment, simulated: bool) -> dict[str, _Visitor]:
    seen = Impression.objects.filter(experiment=experiment.pk, simulated=simulated).exclude(visitor_key="")
    link = VisitorLink.objects.filter(scope=OuterRef("scope"), anonymous_key=OuterRef("visitor_key"))
    seen = seen.annotate(visitor=Coalesce(Subquery(link.values("visitor_key")[:1]), "visitor_key"))
    rows = seen.order_by("occurred_at", "pk").values_list("visitor", "variant", "occurred_at")
    visitors: dict[str, _Visitor] = {}
    for key, variant, at in rows.iterator(chunk_size=_BATCH):
        found = visitors.setdefault(key, _Visitor(variant, at))
        found.slates += 1
        found.is_excluded |= found.variant != variant
    return visitors


def _note_behaviour(experiment: Experiment, visitors: dict[str, _Visitor], simulated: bool) -> None:
    begin = min(found.first_at for found in visitors.values())
    end = experiment.stopped_at
    events = Event.objects.valid().filter(
        scope=experiment.scope, simulated=simulated, occurred_at__gte=begin - BEFORE
    )
    _note_clicks(experiment, visitors, events)
    _note_returns(visitors, events.filter(occurred_at__gte=begin + RETURN_FROM))
    money = events.filter(kind__in=[Kind.PURCHASE, Kind.REFUND])
    rows = list(
        (money if end is None else money.filter(occurred_at__lt=end))
        .with_visitor()
        .values_list(
            "visitor", "occurred_at", "kind", "order_key", "item_key", "quantity", "value", "currency"
        )
    )
    main = Tally(row[7] for row in rows).most_common(1)
    costs = _costs(experiment.scope, {row[4] for row in rows})
    for key, at, kind, order_key, item_key, quantity, value, currency in rows:
        found = visitors.get(key)
        if found is None:
            continue
        worth = (value or _NOTHING) if currency == main[0][0] else _NOTHING
        sign = -1 if kind == Kind.REFUND else 1
        margin = (
            sign * (abs(worth) - costs[item_key] * abs(quantity)) if item_key in costs and worth else _NOTHING
        )
        revenue = sign * abs(worth)
        if at >= found.first_at:
            found.revenue += revenue
            found.margin += margin
            if kind == Kind.PURCHASE:
                found.orders.add(order_key or f"{at}")
        elif at >= found.first_at - BEFORE:
            found.before[Experiment.Metric.REVENUE] += float(revenue)
            found.before[Experiment.Metric.MARGIN] += float(margin)
            found.before[Experiment.Metric.CONVERSION] = 1.0


def _note_clicks(experiment: Experiment, visitors: dict[str, _Visitor], events: QuerySet[Any]) -> None:
    clicks = events.filter(kind=Kind.CLICK, placement=experiment.placement).with_visitor()  # type: ignore[attr-defined]
    for key, at, origin in clicks.values_list("visitor", "occurred_at", "origin").iterator(chunk_size=_BATCH):
        found = visitors.get(key)
        if found is None:
            continue
        if origin.get("experiment") == experiment.pk:
            found.clicks += 1
        elif at < found.first_at:
            found.before[Experiment.Metric.CTR] += 1.0


def _note_returns(visitors: dict[str, _Visitor], events: QuerySet[Any]) -> None:
    rows: Iterable[tuple[str, datetime]] = (
        events.with_visitor().values_list("visitor", "occurred_at").iterator(chunk_size=_BATCH)  # type: ignore[attr-defined]
    )
    for key, at in rows:
        found = visitors.get(key)
        if found is not None and found.first_at + RETURN_FROM <= at < found.first_at + RETURN_UNTIL:
            found.came_back = True


def _costs(scope: str, keys: set[str]) -> dict[str, Decimal]:
    """What the mirror says that an item costs the shop now."""
    in_order = sorted(keys)
    found: dict[str, Decimal] = {}
    for start in range(0, len(in_order), _BATCH):
        items = Item.objects.filter(scope=scope, item_key__in=in_order[start : start + _BATCH])
        found.update((key, cost) for key, cost in items.values_list("item_key", "cost") if cost is not None)
    return found
