"""The shop that is served: products, published lists of items and visitors, and what some visitors did lately."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

#: Different lists; a shop's own have that many targets, but nobody needs to draw millions of them.
N_DIFFERENT = 5_000
ITEM_TARGETS, VISITOR_TARGETS = 50, 20

#: What each visitor who comes to the pages did lately.
N_TOUCHES = 20


def visitor_id(number: int) -> str:
    """The id in the cookie of a visitor."""
    return f"{number:022d}"


def fill(n_items: int, n_visitors: int, n_active: int) -> None:
    """Products and their mirror, three snapshots and one of everybody's, and the events of the active visitors."""
    from django.db import connection

    from recommendations.models import Event
    from recommendations.store import batches

    begun = time.monotonic()
    batches.PAUSE_SECONDS = 0.0  # nobody else writes
    drawn = random.Random(1)
    _products(n_items, drawn)
    items = [str(n) for n in range(1, n_items + 1)]
    for name in ("viewed", "bought"):
        _publish(name, "item", items, ITEM_TARGETS, n_items, drawn)
    visitors = (f"a:{visitor_id(n)}" for n in range(n_visitors))
    _publish("personal", "visitor", visitors, VISITOR_TARGETS, n_items, drawn)
    _publish("popular", "segment", [""], ITEM_TARGETS, n_items, drawn)
    _publish_ranker(drawn)
    Event.objects.bulk_create(_events(n_items, n_active, drawn), batch_size=5_000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    print(f"\rfilled in {time.monotonic() - begun:.0f} s" + " " * 30, file=sys.stderr)


def _products(n_items: int, drawn: random.Random) -> None:
    from recommendations.models import Item
    from shop.models import Category, Product

    roots = [Category.objects.create(name=f"Root {n}") for n in range(8)]
    shelves = [Category.objects.create(name=f"Shelf {n}", parent=roots[n % 8]) for n in range(80)]
    for first in range(1, n_items + 1, 10_000):
        numbers = range(first, min(first + 10_000, n_items + 1))
        Product.objects.bulk_create(
            Product(
                pk=n,
                sku=f"sku-{n}",
                name=f"Thing number {n}",
                slug=f"thing-number-{n}",
                category=shelves[n % 80],
                brand=f"Brand {n % 200}",
                price=drawn.randint(100, 9_900) / 100,
                stock=0 if n % 50 == 0 else 9,
            )
            for n in numbers
        )
        Item.objects.bulk_create(
            Item(
                item_key=str(n),
                title=f"Thing number {n}",
                brand=f"Brand {n % 200}",
                categories=[shelves[n % 80].path],
                group_key=str(n),
            )
            for n in numbers
        )
        print(f"\r{numbers[-1]:,} products", end="", file=sys.stderr)


def _publish(
    name: str, kind: str, keys: Iterable[str], n_targets: int, n_items: int, drawn: random.Random
) -> None:
    from recommendations.models import Snapshot
    from recommendations.store import get_store
    from recommendations.store.encoding import Encoded

    texts = [_list(n_targets, n_items, drawn) for _ in range(N_DIFFERENT)]

    def rows() -> Iterator[Any]:
        for n, key in enumerate(keys):
            yield kind, key, "item", Encoded(texts[drawn.randrange(N_DIFFERENT)])
            if n % 50_000 == 0:
                print(f"\r{n:,} lists of {name}", end="", file=sys.stderr)

    snapshot = Snapshot.objects.create(recommender=name, algorithm="bench", sources=[name])
    get_store().write(snapshot, rows())
    get_store().activate(snapshot)


def _publish_ranker(drawn: random.Random) -> None:
    """100 trees of 8 leaves that mean nothing: as many as a ranker may have."""
    from recommendations.datatypes import RankerRow
    from recommendations.models import Snapshot
    from recommendations.ranking.features import Features
    from recommendations.ranking.model import RankerModel
    from recommendations.ranking.trees import Tree, TreeEnsemble
    from recommendations.store import get_store

    names = Features(("viewed",)).names
    trees = [
        Tree(
            feature=[drawn.randrange(len(names)) for _ in range(7)],
            threshold=[drawn.random() for _ in range(7)],
            nan_left=[False] * 7,
            left=[1, 3, 5, -1, -3, -5, -7],
            right=[2, 4, 6, -2, -4, -6, -8],
            leaf=[drawn.gauss(0, 0.05) for _ in range(8)],
            node_count=[8, 4, 4, 2, 2, 2, 2],
            leaf_count=[1] * 8,
        )
        for _ in range(100)
    ]
    text = RankerModel(("viewed",), "popular", TreeEnsemble(names, trees)).to_json()
    rows = {RankerRow.MODEL: text, RankerRow.VERSION: RankerModel.version_of(text)}
    snapshot = Snapshot.objects.create(recommender="ranker", algorithm="bench", sources=["ranker"])
    get_store().write(snapshot, [("ranker", key, "trees", [(value, 1.0, 0)]) for key, value in rows.items()])
    get_store().activate(snapshot)


def _list(n_targets: int, n_items: int, drawn: random.Random) -> str:
    targets = drawn.sample(range(1, n_items + 1), min(n_targets, n_items))
    scores = sorted((drawn.random() for _ in targets), reverse=True)
    return "[" + ",".join(f'["{t}",{s:.5g},0]' for t, s in zip(targets, scores, strict=True)) + "]"


def _events(n_items: int, n_active: int, drawn: random.Random) -> Iterator[Any]:
    from django.utils import timezone

    from recommendations.models import Event

    now = timezone.now()
    for n in range(n_active):
        for m in range(N_TOUCHES):
            yield Event(
                visitor_key=f"a:{visitor_id(n)}",
                kind="purchase" if m == 7 else "cart" if m % 5 == 0 else "view",
                item_key=str(drawn.randint(1, n_items)),
                occurred_at=now - timedelta(hours=m + drawn.random()),
            )


def warm_up(n_items: int, n_active: int) -> None:
    """Into the cache what a day would bring there, for the hand-written views as well."""
    from django.core.cache import cache

    from recommendations.store import ListRequest, get_store

    for first in range(1, n_items + 1, 500):
        keys = [str(n) for n in range(first, min(first + 500, n_items + 1))]
        found = get_store().fetch(
            "", [ListRequest(name, "item", k) for name in ("viewed", "bought") for k in keys]
        )
        lists = {r.key: [t for t, _, _ in s.entries] for r, s in found.items() if r.recommender == "viewed"}
        cache.set_many({f"hand:similar:{key}": targets for key, targets in lists.items()}, None)
    for first in range(0, n_active, 500):
        ids = {f"a:{visitor_id(n)}": visitor_id(n) for n in range(first, min(first + 500, n_active))}
        found = get_store().fetch("", [ListRequest("personal", "visitor", key) for key in ids])
        lists = {ids[r.key]: [t for t, _, _ in s.entries] for r, s in found.items()}
        cache.set_many({f"hand:for_you:{key}": targets for key, targets in lists.items()}, None)
