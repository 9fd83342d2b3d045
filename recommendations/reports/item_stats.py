"""How often each item was in view and clicked in a day, on the placements that explore new items."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db import router
from django.db.models import Sum

from recommendations.conf import settings
from recommendations.defaults import EXPLORE_DEFAULTS
from recommendations.exceptions import ConfigurationError
from recommendations.models import Impression, ItemStat, Override
from recommendations.overrides import active
from recommendations.overrides.merging import effective
from recommendations.reports.days import bounds
from recommendations.reports.touches import slate_clicks

logger = logging.getLogger("recommendations")


class Card(NamedTuple):
    """An item on a placement."""

    scope: str
    placement: str
    item_key: str
    simulated: bool


def exploring(scope: str) -> dict[str, Mapping[str, Any]]:
    """Placement → how it explores, of those that do: by the settings and the active Overrides of the scope."""
    overrides = active.read(scope).of(Override.Kind.PLACEMENT)
    found: dict[str, Mapping[str, Any]] = {}
    for name, entry in settings.placements.items():
        if name in overrides:
            try:
                entry = effective(overrides[name])
            except ConfigurationError as error:
                # As on pages: the settings count.
                logger.warning(
                    "Override %s of the placement %r is ignored: %s", overrides[name].pk, name, error
                )
        if entry["explore"] is not None:
            found[name] = {**EXPLORE_DEFAULTS, **entry["explore"]}
    return found


def roll_up_items(day: date, placements: set[str]) -> int:
    """Replace the day's figures of these placements; returns how many items there are now."""
    seen, clicks = Counter(_sights(day, placements)), Counter(_clicks(day, placements))
    using = router.db_for_write(ItemStat)
    ItemStat.objects.using(using).filter(day=day, placement__in=placements).delete()
    ItemStat.objects.using(using).bulk_create(
        [
            ItemStat(day=day, **card._asdict(), seen=seen[card], clicks=clicks[card])
            for card in sorted(seen | clicks)
        ],
        batch_size=1000,
    )
    return len(seen | clicks)


def totals(scope: str, placement: str) -> dict[str, tuple[int, int]]:
    """Item → how often it was in view and clicked on the placement; simulated visitors count where training learns
    from them too."""
    rows = ItemStat.objects.filter(scope=scope, placement=placement)
    if not settings.TRAIN_ON_SIMULATED:
        rows = rows.filter(simulated=False)
    summed = rows.order_by().values_list("item_key").annotate(Sum("seen"), Sum("clicks"))
    return {item_key: (seen, clicks) for item_key, seen, clicks in summed}


def _sights(day: date, placements: set[str]) -> Iterator[Card]:
    start, end = bounds(day)
    slates = Impression.objects.filter(
        placement__in=placements, occurred_at__gte=start, occurred_at__lt=end, n_seen__gt=0
    ).values_list("scope", "placement", "simulated", "items", "seen")
    for scope, placement, simulated, items, positions in slates.iterator(chunk_size=2000):
        for position in positions:
            yield Card(scope, placement, items[position][0], simulated)


def _clicks(day: date, placements: set[str]) -> Iterator[Card]:
    start, end = bounds(day)
    rows = slate_clicks().filter(placement__in=placements, occurred_at__gte=start, occurred_at__lt=end)
    once = rows.order_by().values_list("scope", "placement", "item_key", "simulated", "slate_id").distinct()
    for scope, placement, item_key, simulated, _slate in once.iterator(chunk_size=2000):
        yield Card(scope, placement, item_key, simulated)
