"""For each of some rows, the k learned rows that a measure finds most alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.measures import InnerProduct, Measure
from recommendations.algorithms.similarity import BLOCK_BYTES, TopK, has_fast_kernel

#: How many more than k the fast kernel is asked for, so that ties and forbidden pairs at the cut are seen.
_MARGIN = 16

#: The codes of the rows and of the learned rows: where they are equal, the two are no neighbours.
Apart = tuple[NDArray[np.integer], NDArray[np.integer]]


def nearest(
    measure: Measure,
    rows: sparse.csr_matrix,
    k: int,
    *,
    threshold: float = 0.0,
    apart: Apart | None = None,
    engine: str = "auto",
    block_bytes: int = BLOCK_BYTES,
    n_threads: int | None = None,
) -> TopK:
    """The `k` most similar learned rows of each of `rows` (m, n_features), if more similar than `threshold`.

    Best first, ties by index; similarities are compared as float32. `engine` is "fast" (sparse_dot_topn, for
    measures that are inner products), "scipy", or "auto": the first where it is installed and can be used.
    Both give the same result: what the fast kernel's cut leaves undecided is computed again by scipy. Working
    memory stays near `block_bytes`. With a `threshold` below 0 dissimilar rows can be neighbours too.
    """
    if engine not in ("auto", "fast", "scipy"):
        raise ValueError(f"engine must be auto, fast or scipy, got {engine!r}.")
    search = _Search(measure, rows, k, threshold, apart, block_bytes)
    if isinstance(measure, InnerProduct) and (engine == "fast" or (engine == "auto" and has_fast_kernel())):
        return search.with_fast_kernel(measure, n_threads or os.cpu_count() or 1)
    return search.best(list(search.in_blocks(np.arange(rows.shape[0]))))


@dataclass(frozen=True)
class _Pairs:
    """Similarities of rows to learned rows, (n_pairs,) each."""

    row: NDArray[np.integer]
    learned: NDArray[np.integer]
    score: NDArray[np.float32]

    def where(self, mask: NDArray[np.bool_]) -> _Pairs:
        return _Pairs(self.row[mask], self.learned[mask], self.score[mask])


@dataclass(frozen=True)
class _Search:
    measure: Measure
    rows: sparse.csr_matrix
    k: int
    threshold: float
    apart: Apart | None
    block_bytes: int

    def in_blocks(self, which: NDArray[np.integer]) -> Iterator[_Pairs]:
        """Of the rows `which`: the k best, and what ties with the last of them."""
        size = self.measure.block_bytes(self.rows)[which]
        block_of = (np.cumsum(size) // self.block_bytes).astype(np.int64)
        for block in np.split(which, np.flatnonzero(np.diff(block_of)) + 1):
            yield _cut(self._allowed(block, self.measure.similarities(self.rows[block])), self.k)

    def with_fast_kernel(self, measure: InnerProduct, n_threads: int) -> TopK:
        from sparse_dot_topn import sp_matmul_topn

        n = measure.n_learned
        wanted = min(self.k + _MARGIN, n)
        every = np.arange(self.rows.shape[0])
        product = sp_matmul_topn(
            measure.scaled(self.rows), measure.features, wanted, threshold=self.threshold, n_threads=n_threads
        )
        pairs = self._allowed(every, product)
        found = self.best([pairs])
        # What the kernel dropped is at most `lowest`: where that could still be among the k best, ask scipy.
        lowest, last = np.full((2, len(every)), np.inf, np.float32)
        np.minimum.at(lowest, np.repeat(every, np.diff(product.indptr)), product.data.astype(np.float32))
        count = np.diff(found.indptr)
        last[count > 0] = found.scores[found.indptr[1:][count > 0] - 1]
        cut = (np.diff(product.indptr) >= wanted) & (wanted < n)
        unsure = np.flatnonzero(cut & ((count < self.k) | (last <= lowest)))
        if not len(unsure):
            return found
        return self.best([pairs.where(~np.isin(pairs.row, unsure)), *self.in_blocks(unsure)])

    def _allowed(self, rows: NDArray[np.integer], found: sparse.csr_matrix) -> _Pairs:
        row = np.repeat(rows, np.diff(found.indptr))
        pairs = _Pairs(row, found.indices, found.data.astype(np.float32))
        allowed = pairs.score > self.threshold
        if self.apart is not None:
            of_rows, of_learned = self.apart
            allowed &= of_rows[pairs.row] != of_learned[pairs.learned]
        return pairs.where(allowed)

    def best(self, parts: list[_Pairs]) -> TopK:
        """The k best of each row, sorted."""
        row = np.concatenate([part.row for part in parts])
        learned = np.concatenate([part.learned for part in parts])
        score = np.concatenate([part.score for part in parts])
        order = np.lexsort((learned, -score, row))
        row, learned, score = row[order], learned[order], score[order]
        starts = np.searchsorted(row, np.arange(self.rows.shape[0] + 1))
        keep = np.arange(len(row)) - starts[row] < self.k
        indptr = np.concatenate([[0], np.cumsum(np.minimum(np.diff(starts), self.k))]).astype(np.int64)
        return TopK(indptr, learned[keep].astype(np.int32), score[keep], self.measure.n_learned)


def _cut(pairs: _Pairs, k: int) -> _Pairs:
    """Of each row (rows are in ascending order) the pairs at least as good as its k-th best."""
    starts = np.flatnonzero(np.diff(pairs.row, prepend=-1, append=-1))
    heavy = np.flatnonzero(np.diff(starts) > k)
    keep = np.ones(len(pairs.row), bool)
    for start, end in zip(starts[heavy].tolist(), starts[heavy + 1].tolist(), strict=True):
        score = pairs.score[start:end]
        keep[start:end] = score >= np.partition(score, len(score) - k)[len(score) - k]
    return pairs.where(keep)
