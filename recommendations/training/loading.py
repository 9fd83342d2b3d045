"""From the tables to what algorithms learn from: one read of the events for all recommenders of a run."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Q
from django.utils import timezone

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.conf import settings
from recommendations.models import Item, VisitorLink
from recommendations.progress import NoProgress, Progress
from recommendations.training.artifact import current_events
from recommendations.training.eventlog import EventLog
from recommendations.training.reading import Number, Selection
from recommendations.training.recommenders import recommenders

#: So many rows are Python objects at a time.
CHUNK_ROWS = 20_000


class Epoch(Number):
    """POSIX seconds of a time, computed by the database: parsing 300,000 datetimes in Python takes seconds."""

    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) AS double precision)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "((julianday(%(expressions)s) - 2440587.5) * 86400.0)"
        return self.as_sql(compiler, connection, template=template, **context)


@dataclass(frozen=True)
class TrainingData:
    """What a run learns from; `loaded_at` is when reading began: later events are in the next run."""

    interactions: Interactions
    catalogue: Catalogue
    loaded_at: datetime
    #: How the events were read: all of them and why, or those that changed.
    reading: str = ""

    def n_events(self, kinds: Collection[str]) -> int:
        """How many of the events are of these kinds."""
        count = np.bincount(self.interactions.kind, minlength=len(self.interactions.kinds))
        return int(count[self.interactions.kind_codes(kinds)].sum())


def load(
    kinds: Collection[str],
    *,
    scope: str = "",
    window_days: float | None = None,
    progress: Progress | None = None,
) -> TrainingData:
    """The valid events of these kinds on items of the catalogue that are not sensitive, and the catalogue.

    `window_days` None reads all. Events of simulated visitors are read when `TRAIN_ON_SIMULATED` says so. Memory is
    about 50 bytes an event besides the keys, and as much again while they are prepared.
    """
    told = progress or NoProgress()
    loaded_at = timezone.now()
    asked = selection(kinds, scope, window_days)
    links = VisitorLink.objects.filter(scope=scope).values_list("anonymous_key", "visitor_key")
    # What somebody did with a sensitive item says nothing in any list, as if the shop no longer had it.
    unlearned = Item.objects.filter(Q(is_gone=True) | Q(is_sensitive=True), scope=scope)
    gone = unlearned.values_list("item_key", flat=True)
    since = asked.since(loaded_at)

    def use(log: EventLog) -> tuple[Interactions, Catalogue]:
        interactions = log.interactions(
            kinds=asked.kinds,
            since=since.timestamp() if since is not None else None,
            links=links.iterator(CHUNK_ROWS),
            gone=set(gone.iterator(CHUNK_ROWS)),
        )
        return interactions, load_catalogue(scope, told)

    with ExitStack() as after:
        (interactions, catalogue), how = current_events(
            asked, selection_of_all(scope), loaded_at, told, after, use
        )
    return TrainingData(interactions, catalogue, loaded_at, how)


def selection(kinds: Collection[str], scope: str = "", window_days: float | None = None) -> Selection:
    """The events of these kinds that count by the settings."""
    return Selection(tuple(sorted(kinds)), scope, bool(settings.TRAIN_ON_SIMULATED), window_days)


def selection_of_all(scope: str = "") -> Selection:
    """The events that any recommender of the settings learns from."""
    kinds: set[str] = set()
    windows: list[float | None] = []
    for entry in recommenders(scope):
        kinds |= entry.kinds
        windows.append(entry.window_days)
    return selection(kinds, scope, widest(windows))


def widest(windows: Collection[float | None]) -> float | None:
    """The longest of some windows in days; None, all, is longer than any."""
    return None if None in windows else max((days for days in windows if days is not None), default=None)


def load_catalogue(scope: str = "", progress: Progress | None = None) -> Catalogue:
    """The items of the shop's catalogue."""
    told = progress or NoProgress()
    items = Item.objects.filter(scope=scope, is_gone=False)
    told.start("load items", items.count())
    fields = (
        "item_key",
        "group_key",
        "title",
        "text",
        "categories",
        "brand",
        "created",
        "amount",
        "amount_before",
        "changed",
        "attributes",
    )
    rows = list(
        items.annotate(
            created=Epoch("created_at"),
            amount=Number("price"),
            amount_before=Number("previous_price"),
            changed=Epoch("price_changed_at"),
        )
        .values_list(*fields)
        .iterator(CHUNK_ROWS)
    )
    told.advance(len(rows))
    columns = zip(*rows, strict=True) if rows else ((),) * len(fields)
    keys, groups, titles, texts, categories, brands, created, prices, previous, changed, attributes = columns
    return Catalogue.from_columns(
        item_keys=keys,
        group_keys=groups,
        titles=titles,
        texts=texts,
        categories=categories,
        brands=brands,
        created=created,
        prices=prices,
        previous_prices=previous,
        price_changed=changed,
        attributes=attributes,
    )
