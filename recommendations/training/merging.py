"""Putting a few new rows and keys among many that are in order already, which sorting all of them would not use."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.columns import text_order

#: Last bits that tell most numbers from a few: a table of so many bits stays in the processor's cache.
_SIEVE_BITS = 22


def among(many: NDArray[np.int64], few: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the many are one of the few."""
    sieve = np.zeros(1 << _SIEVE_BITS, bool)
    last_bits = len(sieve) - 1
    sieve[few & last_bits] = True
    found = sieve[many & last_bits]
    perhaps = np.flatnonzero(found)
    found[perhaps] = np.isin(many[perhaps], few)
    return found


def insertions(
    old: tuple[NDArray[Any], NDArray[Any]], new: tuple[NDArray[Any], NDArray[Any]]
) -> NDArray[np.intp]:
    """Before which old row each new one belongs. Rows are (first, second) columns, both sides in this order."""
    low = np.searchsorted(old[0], new[0], "left")
    high = np.searchsorted(old[0], new[0], "right")
    # Among old rows with the same first value the second decides: a binary search of all of them at once.
    open_ = np.flatnonzero(low < high)
    while len(open_):
        middle = (low[open_] + high[open_]) // 2
        after = old[1][middle] < new[1][open_]
        low[open_[after]] = middle[after] + 1
        high[open_[~after]] = middle[~after]
        open_ = open_[low[open_] < high[open_]]
    return low


def places_of(
    n_old: int, drop: NDArray[np.bool_] | None, before: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """How old rows, of which some are dropped, and new rows, each before one of the old, make one column.

    The first array says of each place which old row comes there; of the places of new rows, which the second one names,
    what it says means nothing.
    """
    kept = np.arange(n_old) if drop is None or not drop.any() else np.flatnonzero(~drop)
    places = np.searchsorted(kept, before) + np.arange(len(before))
    if not len(places):
        return kept, places
    is_old = np.ones(len(kept) + len(places), bool)
    is_old[places] = False
    origin = np.zeros(len(is_old), np.intp)
    origin[is_old] = kept
    return origin, places


def merged(
    old: NDArray[Any], origin: NDArray[np.intp], new: NDArray[Any], places: NDArray[np.intp]
) -> NDArray[Any]:
    """A column of old and new rows, as `places_of` arranges them. There is an old row at least."""
    column = old[origin]
    column[places] = new
    return column


def merged_texts(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
    """All of them in order, and where each has come to: first the old ones, which are in order, then the new ones."""
    order = text_order(new)
    fresh = list(map(new.__getitem__, order.tolist()))
    before = np.array([bisect_left(old, text) for text in fresh], np.intp)
    place = np.empty(len(old) + len(new), np.int32)
    number = np.arange(len(old))
    place[: len(old)] = number + np.searchsorted(before, number, "right")
    place[len(old) + order] = before + np.arange(len(new))
    return sorted([*old, *fresh]), place  # two runs, which it merges at once
