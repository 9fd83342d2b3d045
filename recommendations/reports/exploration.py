"""Which new items a placement tries out, and how often: Thompson sampling (Thompson 1933; Chapelle & Li, NIPS 2011).

Of every new item the belief about its rate of clicks per view is a Beta distribution. The share of draws from all these
in which an item is the best is the probability with which a page picks it. Pages draw from the stored probabilities.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import router
from django.db.models import F
from django.utils import timezone

from recommendations.adapter import get_adapter
from recommendations.conf import settings
from recommendations.datatypes import EXPLORATION, Context, ListKind, placement_segment
from recommendations.models import Item, Snapshot
from recommendations.reports.days import today
from recommendations.reports.item_stats import exploring, totals
from recommendations.store import get_store

#: The belief about an item that nobody has seen weighs as much as so many views with the placement's mean rate.
PRIOR_VIEWS = 20
#: A placement that nobody has seen is taken to have one click in so many views.
VIEWS_A_CLICK = 50
#: Draws from the posteriors: a probability of 0.1 is then right to 0.002.
DRAWS = 20_000

#: So many new items a placement at most, out of so many that are looked at, the newest first.
MOST_ARMS = 50
MOST_LOOKED_AT = 5_000

Arms = list[tuple[str, float]]


def refresh(scope: str = "", *, now: datetime | None = None, force: bool = False) -> Snapshot | None:
    """Publish what each placement may explore; None when none does, or when that was done today for the same wishes.

    Once a day, so that a visitor sees the same all day; `force` does it again.
    """
    wishes = exploring(scope)
    if not wishes:
        return None
    options = {"day": today().isoformat(), "placements": wishes}
    live = Snapshot.objects.filter(scope=scope, recommender=EXPLORATION, status=Snapshot.Status.LIVE).first()
    if live is not None and live.options == options and not force:
        return None
    moment = now or timezone.now()
    arms = {name: arms_of(scope, name, wish, moment) for name, wish in wishes.items()}
    return _publish(scope, options, arms)


def arms_of(scope: str, placement: str, wish: Mapping[str, Any], now: datetime) -> Arms:
    """The new items of a placement and with what probability each is the best of them, the best first."""
    stats = totals(scope, placement)
    keys = new_items(scope, wish, {key: seen for key, (seen, _) in stats.items()}, now)
    posteriors = [posterior(*stats.get(key, (0, 0)), prior_mean(stats)) for key in keys]
    seed = zlib.crc32(f"{scope}\n{placement}\n{now:%Y-%m-%d}".encode())
    arms = zip(keys, probabilities(posteriors, seed), strict=True)
    return sorted(arms, key=lambda arm: (-arm[1], arm[0]))


def new_items(scope: str, wish: Mapping[str, Any], seen: Mapping[str, int], now: datetime) -> list[str]:
    """At most MOST_ARMS items that came within `days` or were in view fewer than `seen_below` times, the newest first,
    one a group of variants, of those that the shop sells."""
    newest = Item.objects.filter(scope=scope, is_gone=False, is_sensitive=False).order_by(
        F("created_at").desc(nulls_last=True), "item_key"
    )
    since = now - timedelta(days=wish["days"])
    first: dict[str, str] = {}
    for key, group, created_at in newest.values_list("item_key", "group_key", "created_at")[:MOST_LOOKED_AT]:
        if (created_at is not None and created_at >= since) or seen.get(key, 0) < wish["seen_below"]:
            first.setdefault(group or key, key)
    keys = list(first.values())
    for start in range(0, len(keys), 4 * MOST_ARMS):
        part = keys[start : start + 4 * MOST_ARMS]
        sold = get_adapter().live(part, Context(scope=scope, moment=now))
        if found := [key for key in part if key in sold]:
            return found[:MOST_ARMS]
    return []


def prior_mean(stats: Mapping[str, tuple[int, int]]) -> float:
    """The placement's clicks per view, (Σ clicks + 1) / (Σ seen + VIEWS_A_CLICK)."""
    seen, clicks = (sum(column) for column in zip(*stats.values(), strict=True)) if stats else (0, 0)
    return min((clicks + 1) / (seen + VIEWS_A_CLICK), 0.5)


def posterior(seen: int, clicks: int, mean: float) -> tuple[float, float]:
    """α and β of the Beta distribution of an item's clicks per view: α = m·κ + clicks, β = (1 − m)·κ + seen − clicks,
    with the prior mean m and κ = PRIOR_VIEWS. A click that no view was told of counts as one."""
    return mean * PRIOR_VIEWS + clicks, (1 - mean) * PRIOR_VIEWS + max(seen - clicks, 0)


def probabilities(posteriors: list[tuple[float, float]], seed: int) -> list[float]:
    """With what probability each is the best: the share of DRAWS draws from all posteriors in which it is. They add up
    to 1."""
    import numpy as np

    if not posteriors:
        return []
    alpha, beta = np.array(posteriors).T
    draws = np.random.default_rng(seed).beta(alpha, beta, size=(DRAWS, len(posteriors)))
    wins = np.bincount(draws.argmax(axis=1), minlength=len(posteriors))
    return [float(share) for share in wins / DRAWS]


def _publish(scope: str, options: Mapping[str, Any], arms: Mapping[str, Arms]) -> Snapshot:
    """Write whole, flip, then delete old."""
    rows = [
        (ListKind.SEGMENT, placement_segment(name), ListKind.ITEM, [(key, share, 0) for key, share in found])
        for name, found in arms.items()
    ]
    using = router.db_for_write(Snapshot)
    snapshot = Snapshot.objects.using(using).create(
        scope=scope,
        recommender=EXPLORATION,
        algorithm=__name__,
        options=options,
        sources=[EXPLORATION],
        n_lists=len(rows),
        n_items=len({key for found in arms.values() for key, _ in found}),
    )
    store = get_store()
    store.write(snapshot, rows)
    snapshot.finished_at = snapshot.watermark = timezone.now()
    snapshot.save(using=using, update_fields=["finished_at", "watermark"])
    store.activate(snapshot)
    mine = Snapshot.objects.using(using).filter(scope=scope, recommender=EXPLORATION)
    old = mine.exclude(status=Snapshot.Status.LIVE).order_by("-pk")[settings.SNAPSHOTS_KEPT :]
    for each in old:
        store.clear(each)
        each.delete()
    return snapshot
