"""Checking and coding the columns of `Interactions`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    allowed_nan = name in ("rating", "value", "quantity")
    bad = np.isinf(column) | (np.isnan(column) if not allowed_nan else False) if name in _NUMBERS else None
    if bad is not None and bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"{name}: {column[row]} in row {row}; leave out events without a usable {name}.")
    if name in ("quantity", "value"):
        column = np.nan_to_num(column, nan=1.0 if name == "quantity" else 0.0)
    return column


def with_sorted_keys(
    name: str, codes: NDArray[Any], keys: Sequence[str], *, may_be_none: bool
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Sorted keys, and the codes that follow them. Raises ValueError for doubled keys and codes outside
    them."""
    wrong = next((key for key in keys if not isinstance(key, str)), None)
    if wrong is not None:
        raise ValueError(f"{name}: keys are strings, got {wrong!r} ({type(wrong).__name__}); use str(key).")
    if len(set(keys)) != len(keys):
        raise ValueError(f"{name}: the key list names a key twice.")
    lowest = -1 if may_be_none else 0
    outside = (codes < lowest) | (codes >= len(keys))
    if outside.any():
        raise ValueError(f"{name}: code {codes[int(np.argmax(outside))]} is outside the {len(keys)} keys.")
    order = sorted(range(len(keys)), key=keys.__getitem__)
    new_code = np.empty(len(keys) + 1, np.int32)
    new_code[order] = np.arange(len(keys), dtype=np.int32)
    new_code[-1] = -1
    return new_code[codes], tuple(keys[i] for i in order)


def canonical_order(columns: Mapping[str, NDArray[Any]]) -> NDArray[np.intp] | None:
    """The order by time, then by everything else; None when the rows are in that order already."""
    time, visitor, item = columns["time"], columns["visitor"], columns["item"]
    later = time[1:] > time[:-1]
    if later.all():
        return None
    in_order = later | (
        (time[1:] == time[:-1])
        & ((visitor[1:] > visitor[:-1]) | ((visitor[1:] == visitor[:-1]) & (item[1:] > item[:-1])))
    )
    if in_order.all():
        return None
    # Codes of orders and sessions follow the order of reading, so they cannot break ties; what they separate
    # is equal in every other respect.
    return np.lexsort(
        (columns["rating"], columns["value"], columns["quantity"], columns["kind"], item, visitor, time)
    )


def by_appearance(codes: NDArray[Any]) -> NDArray[np.int32]:
    """Codes renumbered 0, 1, … in the order in which they first appear; -1 stays."""
    if not len(codes):
        return codes.astype(np.int32)
    distinct, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    first = np.where(distinct < 0, -1, first)
    rank = np.empty(len(distinct), np.int32)
    rank[np.argsort(first, kind="stable")] = np.arange(len(distinct), dtype=np.int32)
    n_absent = int((distinct < 0).sum())
    renumbered = rank - n_absent
    renumbered[distinct < 0] = -1
    return renumbered[inverse.reshape(-1)].astype(np.int32)
