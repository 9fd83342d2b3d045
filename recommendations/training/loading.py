"""From the tables to what algorithms learn from: one read of the events for all recommenders of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Field, Func, QuerySet
from django.utils import timezone

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.conf import settings
from recommendations.models import Event, Item, VisitorLink
from recommendations.progress import NoProgress, Progress

#: So many rows are Python objects at a time; the columns themselves are arrays of numbers.
CHUNK_ROWS = 20_000


class Number(Func):
    """A number as the driver gives it. Its plain output field spares a conversion for every row in Python."""

    arity = 1
    output_field = Field()
    template = "CAST(%(expressions)s AS double precision)"


class Epoch(Number):
    """POSIX seconds of a time, computed by the database: parsing 300,000 datetimes in Python takes seconds."""

    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) AS double precision)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "((julianday(%(expressions)s) - 2440587.5) * 86400.0)"
        return self.as_sql(compiler, connection, template=template, **context)


class Unindexed(Func):
    """A column as it is, but not to be looked up: nearly all events are read, so walking the table is fastest.

    SQLite has no statistics unless somebody ran ANALYZE, and would read each chunk by way of an index.
    """

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


@dataclass(frozen=True)
class TrainingData:
    """What a run learns from; `loaded_at` is when reading began: later events are in the next run."""

    interactions: Interactions
    catalogue: Catalogue
    loaded_at: datetime

    def n_events(self, kinds: Collection[str]) -> int:
        """How many of the events are of these kinds."""
        return len(self.interactions.select(kinds=kinds))


class Codes(dict[str, int]):
    """Gives every new key the next number."""

    def __missing__(self, key: str) -> int:
        self[key] = code = len(self)
        return code


class Columns:
    """Columns of events that grow by chunks; keys become codes at once, so strings are held once a key."""

    def __init__(self) -> None:
        self.visitors, self.items, self.kinds = Codes(), Codes(), Codes()
        self.baskets, self.sessions = Codes({"": -1}), Codes({"": -1})
        self._chunks: list[tuple[np.ndarray, ...]] = []

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        """Rows of (pk, kind, visitor, item, session, order, time, quantity, value, rating)."""
        _pks, kind, visitor, item, session, order, time, quantity, value, rating = zip(*rows, strict=True)
        codes = (
            (self.kinds, kind, np.int8),
            (self.visitors, visitor, np.int32),
            (self.items, item, np.int32),
            (self.sessions, session, np.int32),
            (self.baskets, order, np.int32),
        )
        numbers = ((time, np.float64), (quantity, np.float32), (value, np.float32), (rating, np.float32))
        self._chunks.append(
            (
                *(np.array([known[key] for key in keys], dtype) for known, keys, dtype in codes),
                *(np.array(values, dtype) for values, dtype in numbers),
            )
        )

    def interactions(self, links: Iterable[tuple[str, str]], left_out: Collection[str]) -> Interactions:
        """All rows, with linked anonymous visitors as the user they turned out to be, without some items."""
        if not self._chunks:
            return Interactions.from_columns(visitor=[], item=[], kind=[], time=[])
        columns = [np.concatenate(parts) for parts in zip(*self._chunks, strict=True)]
        self._chunks.clear()
        names = ("kind", "visitor", "item", "session", "basket", "time", "quantity", "value", "rating")
        named = dict(zip(names, columns, strict=True))
        named["visitor"], visitor_keys = self._persons(named["visitor"], links)
        item_keys = list(self.items)
        if gone := [self.items[key] for key in left_out if key in self.items]:
            keep = ~np.isin(named["item"], gone)
            named = {name: values[keep] for name, values in named.items()}
        return Interactions.from_codes(
            **named, visitor_keys=visitor_keys, item_keys=item_keys, kinds=list(self.kinds)
        )

    def _persons(self, visitor: np.ndarray, links: Iterable[tuple[str, str]]) -> tuple[np.ndarray, list[str]]:
        """Codes and keys of visitors after following the links; -1 for nobody ("")."""
        person = {key: user for key, user in links if key in self.visitors}
        persons = Codes()
        codes = [persons[person.get(key, key)] if key else -1 for key in self.visitors]
        return np.array(codes, np.int32)[visitor], list(persons)


def load(
    kinds: Collection[str],
    *,
    scope: str = "",
    window_days: float | None = None,
    progress: Progress | None = None,
) -> TrainingData:
    """The valid events of these kinds on items of the catalogue, and the catalogue.

    `window_days` None reads all. Events of simulated visitors are read when `TRAIN_ON_SIMULATED` says so. Memory is
    about 40 bytes an event, besides the keys.
    """
    told = progress or NoProgress()
    loaded_at = timezone.now()
    events: Any = (
        Event.objects.valid()
        .alias(of_scope=Unindexed("scope"), of_kind=Unindexed("kind"))
        .filter(of_scope=scope, of_kind__in=sorted(kinds))
        .exclude(item_key="")
    )
    if window_days is not None:
        events = events.filter(occurred_at__gte=loaded_at - timedelta(days=window_days))
    if not settings.TRAIN_ON_SIMULATED:
        events = events.real()
    told.start("load events", events.count() if kinds else 0)
    columns = Columns()
    for rows in _chunks(events) if kinds else ():
        columns.add(rows)
        told.advance(len(rows))
    links = VisitorLink.objects.filter(scope=scope).values_list("anonymous_key", "visitor_key")
    gone = Item.objects.filter(scope=scope, is_gone=True).values_list("item_key", flat=True)
    interactions = columns.interactions(links.iterator(CHUNK_ROWS), set(gone.iterator(CHUNK_ROWS)))
    return TrainingData(interactions, load_catalogue(scope, told), loaded_at)


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
        "attributes",
    )
    rows = list(
        items.annotate(created=Epoch("created_at"), amount=Number("price"))
        .values_list(*fields)
        .iterator(CHUNK_ROWS)
    )
    told.advance(len(rows))
    columns = zip(*rows, strict=True) if rows else ((),) * len(fields)
    keys, groups, titles, texts, categories, brands, created, prices, attributes = columns
    return Catalogue.from_columns(
        item_keys=keys,
        group_keys=groups,
        titles=titles,
        texts=texts,
        categories=categories,
        brands=brands,
        created=created,
        prices=prices,
        attributes=attributes,
    )


def _chunks(events: QuerySet[Event]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in lists of CHUNK_ROWS, each by a query of its own.

    An open cursor would do with one query, but on SQLite this connection could then not write its progress as soon as
    anybody else has written: the cursor holds it to an older state of the database.
    """
    rows = (
        events.order_by("pk")
        .annotate(
            time=Epoch("occurred_at"),
            # As floats: a Decimal for every row would cost more than the reading.
            n=Number("quantity"),
            paid=Number("value"),
        )
        .values_list(
            "pk", "kind", "visitor_key", "item_key", "session_key", "order_key", "time", "n", "paid", "rating"
        )
    )
    chunk = list(rows[:CHUNK_ROWS])
    while chunk:
        yield chunk
        chunk = list(rows.filter(pk__gt=chunk[-1][0])[:CHUNK_ROWS]) if len(chunk) == CHUNK_ROWS else []
