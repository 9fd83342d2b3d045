"""For each of some rows, the k learned rows that a measure finds most alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.measures import InnerProduct, Measure
from recommendations.algorithms.similarity import BLOCK_BYTES, TopK, top_k_similar

#: Pairs of rows and learned rows, in ascending order of rows, and their similarities.
_Pairs = tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.float32]]


def nearest(
    measure: Measure,
    rows: sparse.csr_matrix,
    k: int,
    *,
    threshold: float = 0.0,
    groups: NDArray[np.integer] | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> TopK:
    """The `k` learned rows most similar to each of `rows` (m, n_features), if more similar than `threshold`.

    Best first, ties by index; similarities are compared as float32. With `groups` (m,) the rows are the learned rows,
    and those with the same code are no neighbours. With a `threshold` below 0 dissimilar rows can be neighbours too.
    Inner products are left to `top_k_similar`; working memory for others stays near `block_bytes`.
    """
    if isinstance(measure, InnerProduct) and threshold >= 0:
        given = {"right": measure.learned, "groups": groups, "threshold": threshold}
        return top_k_similar(measure.scaled(rows), k, block_bytes=block_bytes, **given)
    pairs = list(_in_blocks(measure, rows, k, threshold, groups, block_bytes))
    row, learned, score = (np.concatenate(columns) for columns in zip(*pairs, strict=True))
    return _first(row, learned, score, rows.shape[0], measure.n_learned, k)


def nearest_others(
    measure: Measure, rows: sparse.csr_matrix, own: NDArray[np.integer], k: int, *, threshold: float = 0.0
) -> TopK:
    """The same for learned rows, whose codes are `own` (m,): each without itself."""
    top = nearest(measure, rows, k + 1, threshold=threshold)
    owner = np.repeat(np.arange(len(top)), np.diff(top.indptr))
    return _only(top, top.indices != own[owner], k)


def as_lists(top: TopK, at_most_one: bool) -> TopK:
    """What can be published: similarities above 0, and s / (1 + s) for them unless all are `at_most_one`."""
    if not (top.scores > 0).all():
        top = _only(top, top.scores > 0, top.n_columns)
    return top if at_most_one else top.scaled(top.scores / (1 + top.scores))


def _only(top: TopK, mask: NDArray[np.bool_], k: int) -> TopK:
    owner = np.repeat(np.arange(len(top)), np.diff(top.indptr))
    return _first(owner[mask], top.indices[mask], top.scores[mask], len(top), top.n_columns, k)


def _first(
    row: NDArray[np.integer],
    learned: NDArray[np.integer],
    score: NDArray[np.float32],
    n_rows: int,
    n_learned: int,
    k: int,
) -> TopK:
    """The first `k` pairs of each row, which come together, the best first."""
    starts = np.searchsorted(row, np.arange(n_rows + 1))
    keep = np.arange(len(row)) - starts[row] < k
    indptr = np.concatenate([[0], np.cumsum(np.minimum(np.diff(starts), k))]).astype(np.int64)
    return TopK(indptr, learned[keep].astype(np.int32), score[keep], n_learned)


def _in_blocks(
    measure: Measure,
    rows: sparse.csr_matrix,
    k: int,
    threshold: float,
    groups: NDArray[np.integer] | None,
    block_bytes: int,
) -> Iterator[_Pairs]:
    """Of each row the k best and what ties with the last of them, best first."""
    every = np.arange(rows.shape[0])
    block_of = (np.cumsum(measure.block_bytes(rows)) // block_bytes).astype(np.int64)
    for block in np.split(every, np.flatnonzero(np.diff(block_of)) + 1):
        found = measure.similarities(rows[block])
        row, learned = np.repeat(block, np.diff(found.indptr)), found.indices
        score = found.data.astype(np.float32)
        allowed = score > threshold
        if groups is not None:
            allowed &= groups[row] != groups[learned]
        yield _cut(row[allowed], learned[allowed], score[allowed], k)


def _cut(
    row: NDArray[np.integer], learned: NDArray[np.integer], score: NDArray[np.float32], k: int
) -> _Pairs:
    starts = np.flatnonzero(np.diff(row, prepend=-1, append=-1))
    heavy = np.flatnonzero(np.diff(starts) > k)
    keep = np.ones(len(row), bool)
    for start, end in zip(starts[heavy].tolist(), starts[heavy + 1].tolist(), strict=True):
        of_row = score[start:end]
        keep[start:end] = of_row >= np.partition(of_row, len(of_row) - k)[len(of_row) - k]
    row, learned, score = row[keep], learned[keep], score[keep]
    order = np.lexsort((learned, -score, row))
    return row[order], learned[order], score[order]
