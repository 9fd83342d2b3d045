"""Reading the events that count from the database, as rows of numbers and fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np
from django.db import connections
from django.db.models import Count, F, Field, Func, QuerySet, Sum
from numpy.typing import NDArray

from recommendations.models import Event
from recommendations.training.eventlog import Rows

T = TypeVar("T")


class Number(Func):
    """A number as the driver gives it. Its plain output field spares a conversion for every row in Python."""

    arity = 1
    output_field = Field()
    template = "CAST(%(expressions)s AS double precision)"


class Moment(Func):
    """A time as the driver gives it fastest: microseconds since 1970, or on SQLite the text that it stores."""

    arity = 1
    output_field = Field()
    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) * 1000000 AS bigint)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # The sign makes it an expression: of a plain column the driver would make a datetime.
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


class Unindexed(Func):
    """A column as it is, but not to be looked up: nearly all events are read, so walking the table is fastest.

    SQLite has no statistics unless somebody ran ANALYZE, and would read each chunk by way of an index.
    """

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


@dataclass(frozen=True)
class Selection:
    """Which events count: of these kinds, of this shop, of so many days (None: of all)."""

    kinds: tuple[str, ...]
    scope: str = ""
    simulated: bool = False
    window_days: float | None = None

    def events(self, now: datetime) -> QuerySet[Event]:
        """The events that count now."""
        events: Any = (
            Event.objects.valid()
            .alias(of_scope=Unindexed("scope"), of_kind=Unindexed("kind"))
            .filter(of_scope=self.scope, of_kind__in=self.kinds)
            .exclude(item_key="")
        )
        since = self.since(now)
        if since is not None:
            events = events.filter(occurred_at__gte=since)
        return events if self.simulated else events.real()

    def since(self, now: datetime) -> datetime | None:
        """When the window begins."""
        return None if self.window_days is None else now - timedelta(days=self.window_days)

    def changed(self, since: datetime) -> QuerySet[Event]:
        """All events that changed since then, whether they count or not."""
        changed = Event.objects.alias(of_scope=Unindexed("scope")).filter(of_scope=self.scope)
        return changed.filter(changed_at__gte=since)

    def covers(self, other: Selection) -> bool:
        """Whether all events of the other one are among these."""
        return (
            (self.scope, self.simulated) == (other.scope, other.simulated)
            and set(self.kinds) >= set(other.kinds)
            and (
                self.window_days is None
                or (other.window_days is not None and other.window_days <= self.window_days)
            )
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON values that tell one selection from another."""
        return {**asdict(self), "kinds": list(self.kinds)}


class Reader:
    """Reads by the ORM, on any database. Fingerprints are made here, with `seed`."""

    #: So many rows are read by one query, and are Python objects at a time.
    chunk_rows = 20_000

    #: How fingerprints are made; those of two methods cannot be compared.
    method = "blake2b"

    def __init__(self, kinds: Collection[str], seed: int) -> None:
        self.kinds = tuple(sorted(kinds))
        self.seed = seed
        self.nothing = np.uint64(self._fingerprint(""))
        self._known: dict[str, Fingerprints] = {
            name: Fingerprints(self) for name in ("visitor", "item", "session", "basket")
        }

    def aside(self, ask: Callable[[], T]) -> Callable[[], T]:
        """Ask the database something while the caller goes on, where that can be; returns what waits for the answer."""
        return ask

    def expected(self, events: QuerySet[Event]) -> int:
        """How many these will be, for progress."""
        return events.count()

    def chunks(self, events: QuerySet[Event], n_expected: int = 0) -> Iterator[Rows]:
        """The rows of these events, in the order of their pks, some at a time. About `n_expected` will come.

        Each chunk is read by a query of its own. An open cursor would do with one query, but on SQLite this connection
        could then not write its progress as soon as anybody else has written: the cursor holds it to an older state of
        the database.
        """
        rows = (
            events.order_by("pk")
            # As floats: a Decimal for every row would cost more than the reading.
            .annotate(moment=Moment("occurred_at"), n=Number("quantity"), paid=Number("value"))
            .values_list(
                *("pk", "moment", "kind", "visitor_key", "item_key", "session_key", "order_key"),
                *("n", "paid", "rating"),
            )
        )
        n = self.chunk_rows
        chunk = list(rows[:n])
        while chunk:
            yield self._columns(chunk)
            chunk = list(rows.filter(pk__gt=chunk[-1][0])[:n]) if len(chunk) == n else []

    def texts(
        self, name: str, fingerprints: NDArray[np.uint64], pks: NDArray[np.int64]
    ) -> Sequence[str | None]:
        """The keys behind fingerprints."""
        known = {fingerprint: key for key, fingerprint in self._known[name].items()}
        return [known[fingerprint] for fingerprint in fingerprints.tolist()]

    def _columns(self, rows: list[tuple[Any, ...]]) -> Rows:
        pk, moment, kind, visitor, item, session, order, quantity, value, rating = zip(*rows, strict=True)
        code = {name: number for number, name in enumerate(self.kinds)}
        keys = {"visitor": visitor, "item": item, "session": session, "basket": order}
        return {
            "pk": np.array(pk, np.int64),
            "at": microseconds(moment),
            "kind": np.array([code[name] for name in kind], np.int8),
            "quantity": np.array(quantity, np.float32),
            "value": np.nan_to_num(np.array(value, np.float32)),
            "rating": np.array(rating, np.float32),
            **{
                name: np.array([self._known[name][key] for key in column], np.uint64)
                for name, column in keys.items()
            },
        }

    def _fingerprint(self, key: str) -> int:
        digest = blake2b(key.encode(), digest_size=8, salt=self.seed.to_bytes(8, "little")).digest()
        return int.from_bytes(digest, "little")


class Fingerprints(dict[str, int]):
    """Key → fingerprint, each made once."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._make = reader._fingerprint

    def __missing__(self, key: str) -> int:
        self[key] = made = self._make(key)
        return made


def reader_for(events: QuerySet[Event], kinds: Collection[str], seed: int) -> Reader:
    """The fastest reader for the database of these events."""
    connection: Any = connections[events.db]
    if connection.vendor == "postgresql" and hasattr(connection.Database, "Copy"):
        from recommendations.training.copying import CopyReader

        return CopyReader(kinds, seed, events.db)
    return Reader(kinds, seed)


def microseconds(moments: Sequence[Any]) -> NDArray[np.int64]:
    """What Moment gives, as microseconds since 1970."""
    if isinstance(moments[0], str):
        return np.array(moments, "datetime64[us]").astype(np.int64)
    return np.array(moments, np.int64)


def bucket_sums(events: QuerySet[Event], bits: int) -> dict[int, tuple[int, int]]:
    """Bucket of 2^bits pks → (number of events, sum of their pks), counted by the database."""
    sums = (
        events.order_by()
        .values_list(F("pk").bitrightshift(bits))
        .annotate(number=Count("pk"), total=Sum("pk"))
    )
    return {int(bucket): (number, int(total)) for bucket, number, total in sums}
