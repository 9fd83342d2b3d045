"""Checking and coding the columns of `Interactions`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from operator import eq, lt
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Texts are compared as numbers when that takes no more than 128 MB.
_MOST_WORDS = 2**24

_NUMBERS = ("time", "quantity", "value", "rating")
#: The columns of Interactions and their types.
COLUMNS: Mapping[str, Any] = {
    "visitor": np.int32,
    "item": np.int32,
    "kind": np.int8,
    "time": np.float64,
    "quantity": np.float32,
    "value": np.float32,
    "rating": np.float32,
    "basket": np.int32,
    "session": np.int32,
}


def encode(values: Iterable[Any], *, none: tuple[Any, ...] = ()) -> tuple[NDArray[np.int32], tuple[Any, ...]]:
    """Codes in order of appearance, and the distinct values; those in `none` become -1."""
    if isinstance(values, np.ndarray):
        values = values.tolist()
    codes: dict[Any, int] = {}
    absent: dict[Any, int] = dict.fromkeys(none, -1)
    out = [absent[v] if v in absent else codes.setdefault(v, len(codes)) for v in values]
    return np.array(out, np.int32), tuple(codes)


def checked_column(name: str, values: Any, n: int) -> NDArray[Any]:
    """A column as an array, (n,). Raises ValueError naming the column, the value and the row."""
    if name in _NUMBERS:
        column = np.asarray(values)
        if column.dtype not in (np.float32, np.float64):
            column = np.asarray(values, np.float64)
    else:
        column = np.asarray(values)
        if len(column) == 0:
            column = column.astype(np.int32)
        if column.dtype.kind not in "iu":
            raise ValueError(f"{name}: codes must be integers, got {column.dtype}.")
    if column.ndim != 1 or len(column) != n:
        raise ValueError(
            f"{name}: {column.shape} values for {n} times; every column needs one value an event."
        )
    if name not in _NUMBERS:
        return column
    bad = np.isinf(column) if name != "time" else ~np.isfinite(column)
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"{name}: {column[row]} in row {row}; leave out events without a usable {name}.")
    if name in ("quantity", "value") and np.isnan(column).any():
        column = np.nan_to_num(column, nan=1.0 if name == "quantity" else 0.0)
    return column


def with_sorted_keys(
    name: str, codes: NDArray[Any], keys: Sequence[str], *, may_be_none: bool
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Sorted keys, and the codes that follow them. Raises ValueError for doubled keys and codes outside
    them."""
    for kind in set(map(type, keys)):
        if not issubclass(kind, str):
            wrong = next(key for key in keys if type(key) is kind)
            raise ValueError(f"{name}: keys are strings, got {wrong!r} ({kind.__name__}); use str(key).")
    lowest = -1 if may_be_none else 0
    outside = (codes < lowest) | (codes >= len(keys))
    if outside.any():
        raise ValueError(f"{name}: code {codes[int(np.argmax(outside))]} is outside the {len(keys)} keys.")
    if all(map(lt, keys, islice(keys, 1, None))):
        return codes.astype(np.int32, copy=False), tuple(keys)
    order = text_order(keys)
    in_order = tuple(map(keys.__getitem__, order.tolist()))
    if any(map(eq, in_order, islice(in_order, 1, None))):
        raise ValueError(f"{name}: the key list names a key twice.")
    new_code = np.empty(len(keys) + 1, np.int32)
    new_code[order] = np.arange(len(keys), dtype=np.int32)
    new_code[-1] = -1
    return new_code[codes], in_order


def text_order(texts: Sequence[str]) -> NDArray[np.intp]:
    """The order of texts as Python compares them, stable: a million in half the time that `sorted` takes.

    The bytes of UTF-8 are in the order of the characters; eight of them are one number to compare.
    """
    try:
        encoded = [text.encode() for text in texts]
    except UnicodeEncodeError:  # half of a surrogate pair
        encoded = []
    n_words = -(-max(map(len, encoded), default=0) // 8)
    if not 0 < n_words * len(encoded) < _MOST_WORDS or b"\0" in b"".join(encoded):  # zeros look like padding
        return np.array(sorted(range(len(texts)), key=texts.__getitem__), np.intp)
    words = np.array(encoded, f"S{n_words * 8}").view(">u8").reshape(len(encoded), n_words)
    return np.lexsort(words.T[::-1])


def canonical_order(columns: Mapping[str, NDArray[Any]]) -> NDArray[np.intp] | None:
    """The order by time, then by everything else; None when the rows are in that order already."""
    # Codes of orders and sessions follow the order of reading, so they cannot break ties; what they separate
    # is equal in every other respect.
    return row_order(
        *(columns[name] for name in ("time", "visitor", "item", "kind", "quantity", "value", "rating"))
    )


def row_order(*columns: NDArray[Any]) -> NDArray[np.intp] | None:
    """The stable order of rows by the first column, ties by the next ones; None when that is their order already.

    Events have nearly as many times as rows and arrive nearly in order, so one sort by time, which is quick for what is
    nearly sorted, and a few small ones for what is tied cost a tenth of sorting by all columns.
    """
    first, *others = columns
    order = None
    if (first[1:] < first[:-1]).any():
        order = np.argsort(first, kind="stable")
        first = first[order]
    # `tied` are the places whose rows are not in a certain order yet, `run` numbers the runs that they form.
    tied, run = _ties(np.arange(len(first)), first, np.zeros(len(first), np.int8))
    for column in others:
        if not len(tied):
            break
        rows = tied if order is None else order[tied]
        values = column[rows]
        within = np.lexsort((values, run))
        if (within[1:] < within[:-1]).any():
            order = np.arange(len(first)) if order is None else order
            order[tied] = rows[within]
        tied, run = _ties(tied, values[within], run)
    return order


def _ties(
    places: NDArray[np.intp], values: NDArray[Any], run: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Those of the places that have the value and the run of a neighbour, and the number of each one's new run."""
    if len(places) < 2:
        return places[:0], run[:0]
    same = (values[1:] == values[:-1]) & (run[1:] == run[:-1])
    with_before, with_after = np.append(False, same), np.append(same, False)
    tied = np.flatnonzero(with_before | with_after)
    return places[tied], np.cumsum(~with_before[tied], dtype=np.int32)


def by_appearance(codes: NDArray[Any]) -> NDArray[np.int32]:
    """Codes renumbered 0, 1, … in the order in which they first appear; -1 stays."""
    there = codes >= 0
    if not there.all():
        numbers = np.full(len(codes), -1, np.int32)
        numbers[there] = by_appearance(codes[there])
        return numbers
    n_codes = int(codes.max(initial=-1)) + 1
    if n_codes > 4 * len(codes) + 1000:  # few of many: do not make room for all
        return by_appearance(np.unique(codes, return_inverse=True)[1].reshape(-1))
    rows = np.arange(len(codes), dtype=np.int32 if len(codes) < 2**31 else np.int64)
    first = np.empty(n_codes, rows.dtype)
    first[codes[::-1]] = rows[::-1]  # of a repeated place the last value stays
    is_first = first[codes] == rows
    number = np.empty(n_codes, np.int32)
    number[codes[is_first]] = np.arange(np.count_nonzero(is_first), dtype=np.int32)
    return number[codes]
