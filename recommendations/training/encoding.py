"""Lists in columns as the text that the store keeps, without a Python object an entry: the hot loop of publishing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from recommendations.algorithms.topk import KeyedLists
from recommendations.store.encoding import HIGHEST_SCORE, MAX_TARGETS

#: So many rows are text at a time.
_ROWS_AT_ONCE = 4096


def can_be_encoded(lists: KeyedLists) -> bool:
    """Whether all scores are right; what is not goes the slow way, which says what is wrong."""
    scores = lists.top.scores
    return bool(((scores >= 0) & (scores <= HIGHEST_SCORE)).all())


def targets_of(lists: KeyedLists) -> set[str]:
    """The keys of what is in the lists."""
    top, length = lists.top, _length(lists)
    rank = np.arange(len(top.indices)) - np.repeat(top.indptr[:-1], np.diff(top.indptr))
    return {lists.column_keys[place] for place in np.unique(top.indices[rank < length]).tolist()}


def encoded(lists: KeyedLists) -> Iterator[tuple[str, str]]:
    """(key, text) of every row that has neighbours, as `store.encoding.Encoder` writes them with the source 0."""
    top, length = lists.top, _length(lists)
    starts = np.array([f"[{json.dumps(key, ensure_ascii=False)}" for key in lists.column_keys] + [""], object)
    for begin in range(0, len(top), _ROWS_AT_ONCE):
        bounds = top.indptr[begin : begin + _ROWS_AT_ONCE + 1]
        part = slice(bounds[0], bounds[-1])
        distinct, which = np.unique(
            np.round(top.scores[part].astype(np.float64), lists.digits), return_inverse=True
        )
        ends = np.array([f"{score:.5g},0]" for score in distinct.tolist()] + [""], object)
        parts = np.empty(2 * (bounds[-1] - bounds[0]), object)
        parts[0::2] = starts[top.indices[part]]
        parts[1::2] = ends[which]
        texts = parts.tolist()
        places = (2 * (bounds - bounds[0])).tolist()
        for row, key in enumerate(lists.row_keys[begin : begin + _ROWS_AT_ONCE]):
            start, end = places[row], min(places[row + 1], places[row] + 2 * length)
            if start < end:
                yield key, f"[{','.join(texts[start:end])}]"


def _length(lists: KeyedLists) -> int:
    return min(lists.k, MAX_TARGETS)
