"""Reading events from PostgreSQL as arrays of one width, a hundred times faster than as Python objects.

Each chunk is one row of arrays, sent by COPY in the binary format, which numpy reads as it is. The server makes the
fingerprints. Columns that are mostly empty are sent for the rows that have something, with the pks of these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, pairwise
from typing import Any, TypeVar

import numpy as np
from django.db import connections
from django.db.models import Case, Max, Min, QuerySet, Value, When
from numpy.typing import NDArray

from recommendations.models import Event
from recommendations.training.eventlog import Rows
from recommendations.training.reading import Reader

T = TypeVar("T")
R = TypeVar("R")

#: Keys are asked for so many at a time.
TEXTS_AT_ONCE = 50_000

#: PostgreSQL counts its microseconds from the year 2000.
_EPOCH = 946_684_800_000_000

_SIGNATURE_BYTES = 19
_KIND_BITS = 8

_CHUNK = """
COPY (
    SELECT array_agg(ARRAY[
               pk << {bits} | kind,
               hashtextextended(visitor, {seed}),
               hashtextextended(item, {seed}),
               hashtextextended(session, {seed})
           ]),
           array_agg(at),
           array_agg(ARRAY[pk, hashtextextended(basket, {seed})]) FILTER (WHERE basket <> ''),
           array_agg(pk) FILTER (WHERE quantity <> 1), array_agg(quantity::real) FILTER (WHERE quantity <> 1),
           array_agg(pk) FILTER (WHERE value <> 0), array_agg(value::real) FILTER (WHERE value <> 0),
           array_agg(pk) FILTER (WHERE rating IS NOT NULL),
           array_agg(rating::real) FILTER (WHERE rating IS NOT NULL)
    FROM ({rows}) AS event (pk, kind, visitor, item, session, basket, at, quantity, value, rating)
) TO STDOUT (FORMAT binary)
"""

_FIELDS = {"visitor": "visitor_key", "item": "item_key"}


class CopyReader(Reader):
    """Reads by COPY with psycopg 3."""

    chunk_rows = 50_000

    #: From so many rows on, several connections read at once: one backend alone keeps one processor busy.
    parallel_from = 500_000
    n_connections = 2
    n_pieces = 16

    def __init__(self, kinds: Collection[str], seed: int, using: str) -> None:
        super().__init__(kinds, seed)
        self.using = using
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT hashtextextended('', %s)", [seed])
            self.nothing = np.int64(cursor.fetchone()[0]).view(np.uint64)
            # A text has the same hash for ever on one version of the server; more is not promised.
            cursor.execute("SHOW server_version_num")
            self.method = f"hashtextextended {int(cursor.fetchone()[0]) // 10_000}"

    def aside(self, ask: Callable[[], R]) -> Callable[[], R]:
        """As Reader says: another connection does not see what an open transaction has written."""
        if connections[self.using].in_atomic_block:
            return ask
        pool = ThreadPoolExecutor(1)
        answer = pool.submit(self._on_its_own, ask)
        pool.shutdown(wait=False)
        return answer.result

    def expected(self, events: QuerySet[Event]) -> int:
        """Counted when they are few; many are estimated, because counting takes a tenth of reading."""
        n = events.order_by()[: self.parallel_from].count()
        if n < self.parallel_from:
            return n
        (plan,) = json.loads(events.order_by().explain(format="json"))
        return int(plan["Plan"]["Plan Rows"])

    def chunks(self, events: QuerySet[Event], n_expected: int = 0) -> Iterator[Rows]:
        """As Reader does; each chunk by a statement of its own, so that progress can be written between."""
        kinds = Case(*(When(kind=kind, then=Value(code)) for code, kind in enumerate(self.kinds)))
        rows = events.order_by("pk").values_list(
            *("pk", kinds, "visitor_key", "item_key", "session_key", "order_key"),
            *("occurred_at", "quantity", "value", "rating"),
        )
        if not self._is_worth_it(n_expected):
            yield from self._one_by_one(rows)
            return
        ends = Event.objects.using(self.using).aggregate(first=Min("pk"), last=Max("pk"))
        bounds = np.linspace(ends["first"] or 0, (ends["last"] or 0) + 1, self.n_pieces + 1).astype(np.int64)
        pieces = [rows.filter(pk__gte=a, pk__lt=b) for a, b in pairwise(bounds.tolist())]
        for piece in self._at_once(lambda piece: list(self._one_by_one(piece)), pieces):
            yield from piece

    def _one_by_one(self, rows: QuerySet[Any]) -> Iterator[Rows]:
        n = self.chunk_rows
        read = self._chunk(rows[:n])
        while read is not None:
            last, full = int(read["pk"][-1]), len(read["pk"]) == n
            yield read
            read = self._chunk(rows.filter(pk__gt=last)[:n]) if full else None

    def _is_worth_it(self, n_rows: int) -> bool:
        """Whether to read by several connections. Others do not see what an open transaction has written."""
        return n_rows >= self.parallel_from and not connections[self.using].in_atomic_block

    def _at_once(self, read: Callable[[T], R], pieces: Iterable[T]) -> Iterator[R]:
        """The results of some pieces in their order, each read by a connection of its own, some at the same time."""
        with ThreadPoolExecutor(self.n_connections) as pool:
            yield from pool.map(lambda piece: self._on_its_own(partial(read, piece)), pieces)

    def _on_its_own(self, ask: Callable[[], R]) -> R:
        """By this thread's connection, which is closed at the end."""
        try:
            return ask()
        finally:
            connections[self.using].close()

    def _chunk(self, rows: QuerySet[Any]) -> Rows | None:
        connection: Any = connections[self.using]
        sql, params = rows.query.get_compiler(connection=connection).as_sql()
        chunk = _CHUNK.format(bits=_KIND_BITS, seed=self.seed, rows=connection.ops.compose_sql(sql, params))
        with connection.cursor() as cursor, cursor.copy(chunk) as copy:
            data = b"".join(copy)
        dense, at, baskets, *sparse = _fields(data)
        if dense is None:
            return None
        numbers = _array(dense, ">i8").reshape(-1, 4)
        pk = numbers[:, 0] >> _KIND_BITS
        n = len(pk)
        read: Rows = {
            "pk": pk,
            "at": _array(at, ">i8") + _EPOCH,
            "kind": (numbers[:, 0] & ((1 << _KIND_BITS) - 1)).astype(np.int8),
            "basket": np.full(n, self.nothing, np.uint64),
            "quantity": np.ones(n, np.float32),
            "value": np.zeros(n, np.float32),
            "rating": np.full(n, np.nan, np.float32),
        }
        for place, name in enumerate(("visitor", "item", "session"), 1):
            read[name] = np.ascontiguousarray(numbers[:, place]).view(np.uint64)
        if baskets is not None:
            pairs = _array(baskets, ">i8").reshape(-1, 2)
            read["basket"][np.searchsorted(pk, pairs[:, 0])] = np.ascontiguousarray(pairs[:, 1]).view(
                np.uint64
            )
        for name, pks, values in zip(("quantity", "value", "rating"), sparse[::2], sparse[1::2], strict=True):
            if pks is not None:
                read[name][np.searchsorted(pk, _array(pks, ">i8"))] = _array(values, ">f4")
        return read

    def texts(self, name: str, fingerprints: NDArray[np.uint64], pks: NDArray[np.int64]) -> list[str | None]:
        """The keys in the rows of these pks."""
        pieces = [pks[begin : begin + TEXTS_AT_ONCE] for begin in range(0, len(pks), TEXTS_AT_ONCE)]
        read = partial(self._texts, _FIELDS[name])
        found = self._at_once(read, pieces) if self._is_worth_it(len(pks)) else map(read, pieces)
        return list(chain.from_iterable(found))

    def _texts(self, field: str, pks: NDArray[np.int64]) -> list[str | None]:
        wanted = pks.tolist()
        with connections[self.using].cursor() as cursor:
            cursor.execute(
                f'SELECT id, {field} FROM "{Event._meta.db_table}" WHERE id = ANY(%s::bigint[]) ORDER BY id',
                [f"{{{','.join(map(str, wanted))}}}"],
            )
            rows: list[tuple[int, str]] = cursor.fetchall()
        if len(rows) == len(wanted):
            return [text for _pk, text in rows]
        return list(map(dict(rows).get, wanted))


def _fields(data: bytes) -> list[memoryview | None]:
    """The fields of the only row of a binary COPY; None for NULL."""
    view = memoryview(data)
    place = _SIGNATURE_BYTES
    n_fields = int.from_bytes(view[place : place + 2], "big")
    place += 2
    fields: list[memoryview | None] = []
    for _ in range(n_fields):
        length = int.from_bytes(view[place : place + 4], "big", signed=True)
        place += 4
        fields.append(view[place : place + length] if length >= 0 else None)
        place += max(length, 0)
    return fields


def _array(field: memoryview | None, kind: str) -> NDArray[Any]:
    """The elements of an array without NULLs, of one or two dimensions, in the machine's byte order."""
    assert field is not None
    dimensions = int.from_bytes(field[:4], "big")
    element = np.dtype([("length", ">i4"), ("value", kind)])
    values = np.frombuffer(field, element, offset=12 + 8 * dimensions)["value"]
    return values.astype(values.dtype.newbyteorder("="))
