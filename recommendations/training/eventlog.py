"""The events that count, in columns, before anything is decided about them: what is kept from one run to the next.

Keys of visitors, items, sessions and orders come as fingerprints, 64 bits each, so that columns of them have one width.
The texts of visitors and items are asked for once a key; sessions and orders have no other name than their fingerprint.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.columns import row_order
from recommendations.algorithms.interactions import Interactions
from recommendations.training.fingerprints import coded
from recommendations.training.merging import insertions, merged, merged_texts, places_of

#: Columns of a log and their types. `at` is in microseconds since 1970, UTC; keys are codes, -1 = none.
COLUMNS: Mapping[str, Any] = {
    "pk": np.int64,
    "at": np.int64,
    "kind": np.int8,
    "visitor": np.int32,
    "item": np.int32,
    "session": np.int32,
    "basket": np.int32,
    "quantity": np.float32,
    "value": np.float32,
    "rating": np.float32,
}

#: Columns of keys, and those whose keys have texts.
KEYED = ("visitor", "item", "session", "basket")
NAMED = ("visitor", "item")

#: Rows as they are read: COLUMNS, with fingerprints (uint64) for KEYED.
Rows = dict[str, NDArray[Any]]
_ROW_TYPES = {name: np.uint64 if name in KEYED else kind for name, kind in COLUMNS.items()}

_THREADS = 2


class Source(Protocol):
    """Where rows come from. `nothing` is the fingerprint of an empty key."""

    nothing: np.uint64

    def texts(
        self, name: str, fingerprints: NDArray[np.uint64], pks: NDArray[np.int64]
    ) -> Sequence[str | None]:
        """The keys behind fingerprints; each is in the row of that pk. None where that row is there no longer.

        The pks ascend.
        """


@dataclass(frozen=True, eq=False)
class EventLog:
    """Rows in the order of (at, pk). `fingerprints[name]` belong to the codes of that column, `texts[name]` too."""

    kinds: tuple[str, ...]
    columns: Rows
    fingerprints: Mapping[str, NDArray[np.uint64]]
    texts: Mapping[str, list[str]]

    @classmethod
    def empty(cls, kinds: Iterable[str]) -> EventLog:
        """A log without rows."""
        return cls(
            tuple(sorted(kinds)),
            {name: np.zeros(0, kind) for name, kind in COLUMNS.items()},
            {name: np.zeros(0, np.uint64) for name in KEYED},
            {name: [] for name in NAMED},
        )

    def __len__(self) -> int:
        return len(self.columns["pk"])

    def with_rows(
        self,
        chunks: Iterable[Rows],
        source: Source,
        *,
        drop: NDArray[np.bool_] | None = None,
        n_expected: int = 0,
    ) -> EventLog:
        """The log with further rows, whose pks it must not have yet, and without those that `drop` marks.

        Rows that were deleted while they were read are left out. Room is made for `n_expected` rows, which may be more.
        """
        growing = _Growing(n_expected)
        for chunk in chunks:
            growing.add(chunk)
        if not growing.n and (drop is None or not drop.any()):
            return self
        rows = growing.rows()
        del growing
        fingerprints, texts = dict(self.fingerprints), dict(self.texts)
        with ThreadPoolExecutor(_THREADS) as pool:
            # Sessions and orders are coded while the database is asked for the texts of the others.
            submitted = {
                name: pool.submit(coded, fingerprints[name], rows.pop(name), source.nothing) for name in KEYED
            }
            vanished = np.zeros(len(rows["pk"]), bool)
            for name in NAMED:
                n_known = len(texts[name])
                fingerprints[name], rows[name] = submitted.pop(name).result()
                first = _by_first_row(rows, name, fingerprints, n_known)
                found = source.texts(name, fingerprints[name][n_known:], rows["pk"][first])
                if None in found:
                    vanished[first[[text is None for text in found]]] = True
                texts[name] = [*texts[name], *found]  # type: ignore[list-item]
            for name, result in submitted.items():
                fingerprints[name], rows[name] = result.result()
        if vanished.any():
            # Their keys may be in other rows that are still there.
            for name in KEYED:
                rows[name] = np.append(fingerprints[name], source.nothing)[rows[name]]
            return self.with_rows(
                [{name: values[~vanished] for name, values in rows.items()}], source, drop=drop
            )
        columns = self._merged(rows, drop)
        with ThreadPoolExecutor(_THREADS) as pool:
            numbered = [
                pool.submit(
                    _in_order_of_text, name, columns, fingerprints, texts, len(self.texts.get(name, ()))
                )
                for name in KEYED
            ]
        for done in numbered:
            done.result()
        return EventLog(self.kinds, columns, fingerprints, texts)

    def _merged(self, rows: Rows, drop: NDArray[np.bool_] | None) -> Rows:
        """The columns with further rows and without some, in the order of (at, pk)."""
        order = row_order(rows["at"], rows["pk"])
        with ThreadPoolExecutor(_THREADS) as pool:
            if order is not None:
                rows |= zip(COLUMNS, pool.map(lambda name: rows.pop(name)[order], COLUMNS), strict=True)
            if not len(self):
                return {name: rows[name] for name in COLUMNS}
            before = insertions((self.columns["at"], self.columns["pk"]), (rows["at"], rows["pk"]))
            origin, places = places_of(len(self), drop, before)
            columns = pool.map(
                lambda name: merged(self.columns[name], origin, rows.pop(name), places), COLUMNS
            )
            return dict(zip(COLUMNS, columns, strict=True))

    def interactions(
        self,
        *,
        kinds: Collection[str],
        since: float | None = None,
        links: Iterable[tuple[str, str]] = (),
        gone: Collection[str] = (),
    ) -> Interactions:
        """Events of some kinds since a time (POSIX seconds), without the items that are `gone`.

        `links` are (anonymous visitor, user): what the one did counts for the other. Keys without events are left out.
        """
        keep = self._chosen(kinds, since, gone)
        columns = {name: values for name, values in self.columns.items() if name != "pk"}
        if keep is not None:
            with ThreadPoolExecutor(_THREADS) as pool:
                kept = pool.map(lambda values: values[keep], columns.values())
                columns = dict(zip(columns, kept, strict=True))
        person, person_keys = _persons(self.texts["visitor"], links)
        columns["visitor"] = np.append(person, np.int32(-1))[columns["visitor"]]
        keys: dict[str, Sequence[str]] = {
            "visitor": person_keys,
            "item": self.texts["item"],
            "kind": self.kinds,
        }
        for name, texts in keys.items():
            used, columns[name] = in_use(columns[name], len(texts))
            keys[name] = texts if len(used) == len(texts) else list(map(texts.__getitem__, used.tolist()))
        return Interactions.from_codes(
            time=columns.pop("at") / 1e6,
            **columns,
            visitor_keys=keys["visitor"],
            item_keys=keys["item"],
            kinds=keys["kind"],
        )

    def _chosen(
        self, kinds: Collection[str], since: float | None, gone: Collection[str]
    ) -> NDArray[np.bool_] | None:
        """Which rows are asked for; None = all."""
        of_kind = np.array([kind in kinds for kind in self.kinds], bool)
        there = np.array([key not in gone for key in self.texts["item"]], bool)
        keep = np.ones(len(self), bool)
        if not of_kind.all():
            keep &= of_kind[self.columns["kind"]]
        if not there.all():
            keep &= there[self.columns["item"]]
        if since is not None:
            keep &= self.columns["at"] >= since * 1e6
        return None if keep.all() else keep

    def number_and_sum(self, last: int) -> tuple[int, int]:
        """How many rows have a pk up to this one, and the sum of these pks."""
        pk = self.columns["pk"]
        counted = pk <= last
        return int(np.count_nonzero(counted)), int(pk.sum(where=counted))

    def buckets(self, bits: int, last: int) -> dict[int, tuple[int, int]]:
        """Bucket of 2^bits pks → (number of rows, sum of their pks), of the rows up to the pk `last`."""
        pk = self.columns["pk"][self.columns["pk"] <= last]
        bucket = pk >> bits
        number, place = np.unique(bucket, return_inverse=True)
        within = pk - (bucket << bits)
        count = np.bincount(place, minlength=len(number))
        total = np.bincount(place, within, len(number)).astype(np.int64) + count * (number << bits)
        return dict(zip(number.tolist(), zip(count.tolist(), total.tolist(), strict=True), strict=True))


class _Growing:
    """Columns that grow by chunks. Room for `n` rows costs no memory before there are so many."""

    def __init__(self, n: int) -> None:
        self.n = 0
        self.columns: Rows = {name: np.empty(n, kind) for name, kind in _ROW_TYPES.items()}

    def add(self, chunk: Rows) -> None:
        end = self.n + len(chunk["pk"])
        for name, column in self.columns.items():
            if end > len(column):
                self.columns[name] = np.empty(end + end // 4, column.dtype)
                self.columns[name][: self.n] = column[: self.n]
                column = self.columns[name]
            column[self.n : end] = chunk[name]
        self.n = end

    def rows(self) -> Rows:
        return {name: column[: self.n] for name, column in self.columns.items()}


def in_use(codes: NDArray[Any], n_codes: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """The codes that occur, and the column with these numbered 0, 1, …; -1 stays."""
    occurs = np.zeros(n_codes + 1, bool)
    occurs[codes] = True
    occurs[-1] = False  # the place of -1
    if np.count_nonzero(occurs) == n_codes:
        return np.arange(n_codes), codes.astype(np.int32, copy=False)
    number = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    number[-1] = -1
    return np.flatnonzero(occurs), number[codes]


def _by_first_row(
    rows: Rows, name: str, fingerprints: dict[str, NDArray[np.uint64]], n_known: int
) -> NDArray[np.intp]:
    """Number the keys behind the known ones in the order of their first pks; returns the rows of these."""
    n = len(fingerprints[name])
    first = np.zeros(n + 1, np.intp)
    first[rows[name][::-1]] = np.arange(
        len(rows[name]) - 1, -1, -1
    )  # of a repeated place the last value stays
    order = np.argsort(rows["pk"][first[n_known:n]])
    code = np.arange(-1, n, dtype=np.int32)
    code = np.append(code[1:], np.int32(-1))
    code[n_known + order] = np.arange(n_known, n, dtype=np.int32)
    rows[name] = code[rows[name]]
    fingerprints[name] = np.concatenate([fingerprints[name][:n_known], fingerprints[name][n_known:][order]])
    return first[n_known:n][order]


def _in_order_of_text(
    name: str,
    columns: Rows,
    fingerprints: dict[str, NDArray[np.uint64]],
    texts: dict[str, list[str]],
    n_known: int,
) -> None:
    """Leave out the keys that no row has, and number the others in their order. The first `n_known` are in order."""
    used, columns[name] = in_use(columns[name], len(fingerprints[name]))
    fingerprints[name] = fingerprints[name][used]
    if name not in texts:
        return
    keys = texts[name] if len(used) == len(texts[name]) else list(map(texts[name].__getitem__, used.tolist()))
    n_known_left = int(np.searchsorted(used, n_known))
    if n_known_left < len(keys):
        keys, place = merged_texts(keys[:n_known_left], keys[n_known_left:])
        fingerprints[name] = fingerprints[name][np.argsort(place)]
        columns[name] = np.append(place, np.int32(-1))[columns[name]]
    texts[name] = keys


def _persons(visitors: list[str], links: Iterable[tuple[str, str]]) -> tuple[NDArray[np.int32], list[str]]:
    """The code of the person behind each visitor, and the persons' keys. `visitors` are sorted, and so are these."""
    user_of = dict(links)
    linked = {place: user_of[visitor] for place, visitor in enumerate(visitors) if visitor in user_of}
    users = set(linked.values())
    code = {visitor: place for place, visitor in enumerate(visitors) if visitor in users}
    others = list(users.difference(code))
    code |= zip(others, range(len(visitors), len(visitors) + len(others)), strict=True)
    keys, place_of = merged_texts(visitors, others)
    person = place_of[: len(visitors)].copy()
    person[list(linked)] = place_of[[code[user] for user in linked.values()]]
    return person, keys
