"""Lists in columns as the text that the store keeps, without a Python object an entry: the hot loop of publishing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.topk import KeyedLists
from recommendations.store.encoding import HIGHEST_SCORE, MAX_TARGETS

#: So many rows are text at a time.
_ROWS_AT_ONCE = 4096


def can_be_encoded(lists: KeyedLists) -> bool:
    """Whether all scores are right; what is not goes the slow way, which says what is wrong."""
    scores = lists.top.scores
    return not len(scores) or bool(scores.min() >= 0 and scores.max() <= HIGHEST_SCORE)


def published(lists: KeyedLists) -> KeyedLists:
    """The lists, cut to what is published of them."""
    length = min(lists.k, MAX_TARGETS)
    return KeyedLists(lists.top.first(length), lists.row_keys, lists.column_keys, length, lists.digits)


def targets_of(lists: KeyedLists) -> set[str]:
    """The keys of what is in the lists."""
    is_there = np.zeros(len(lists.column_keys), bool)
    is_there[lists.top.indices] = True
    return {lists.column_keys[place] for place in np.flatnonzero(is_there).tolist()}


def encoded(lists: KeyedLists) -> Iterator[tuple[str, str]]:
    """(key, text) of every row that has neighbours, as `store.encoding.Encoder` writes them with the source 0."""
    top = lists.top
    starts = np.array([f"[{json.dumps(key, ensure_ascii=False)}" for key in lists.column_keys] + [""], object)
    distinct, which = _rounded(top.scores, lists.digits)
    ends = np.array([f"{score:.5g},0]" for score in distinct.tolist()] + [""], object)
    for begin in range(0, len(top), _ROWS_AT_ONCE):
        bounds = top.indptr[begin : begin + _ROWS_AT_ONCE + 1]
        part = slice(bounds[0], bounds[-1])
        parts = np.empty(2 * (bounds[-1] - bounds[0]), object)
        parts[0::2] = starts[top.indices[part]]
        parts[1::2] = ends[which[part]]
        texts = parts.tolist()
        places = (2 * (bounds - bounds[0])).tolist()
        for row, key in enumerate(lists.row_keys[begin : begin + _ROWS_AT_ONCE]):
            start, end = places[row], places[row + 1]
            if start < end:
                yield key, f"[{','.join(texts[start:end])}]"


def _rounded(scores: NDArray[np.float32], digits: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """The distinct scores as np.round gives them, and which of them each score is."""
    number = np.rint(scores.astype(np.float64) * 10**digits).astype(np.int32)
    distinct = np.flatnonzero(np.bincount(number))
    place = np.zeros(int(number.max(initial=0)) + 1, np.int32)
    place[distinct] = np.arange(len(distinct), dtype=np.int32)
    return distinct / 10**digits, place[number]
