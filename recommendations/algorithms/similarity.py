"""The core kernel: for each row of a sparse matrix, the k rows with the largest inner product."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

#: Rows are compared in blocks whose products need at most so much memory.
BLOCK_BYTES = 128 * 2**20
#: How many more than k the fast kernel is asked for, so that ties and variants at the cut are seen.
_MARGIN = 16
#: Lists become Python objects so many rows at a time.
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class TopK:
    """Ranked neighbours: those of row `i` are `indices[indptr[i]:indptr[i + 1]]`, best first, ties by
    index."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    scores: NDArray[np.float32]
    n_columns: int

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def to_csr(self) -> sparse.csr_matrix:
        """The scores as a matrix, rows × columns, float32, with sorted indices."""
        shape = (len(self), self.n_columns)
        matrix = sparse.csr_matrix((self.scores, self.indices, self.indptr), shape=shape, copy=True)
        matrix.sort_indices()
        return matrix

    def scaled(self, scores: NDArray[Any]) -> TopK:
        """The same neighbours with other scores, which must not change the order within a row."""
        return TopK(self.indptr, self.indices, scores.astype(np.float32), self.n_columns)

    def lists(
        self, row_keys: tuple[str, ...], column_keys: tuple[str, ...], k: int, digits: int
    ) -> Iterator[tuple[str, list[tuple[str, float]]]]:
        """(row key, [(column key, score)]) of every row that has neighbours, in plain Python, scores
        rounded."""
        names = np.array([*column_keys, ""], object)
        for begin in range(0, len(self), _ROWS_AT_ONCE):
            bounds = self.indptr[begin : begin + _ROWS_AT_ONCE + 1]
            part = slice(bounds[0], bounds[-1])
            targets = names[self.indices[part]].tolist()
            scores = np.round(self.scores[part].astype(np.float64), digits).tolist()
            starts = (bounds - bounds[0]).tolist()
            for row, key in enumerate(row_keys[begin : begin + _ROWS_AT_ONCE]):
                start, end = starts[row], min(starts[row + 1], starts[row] + k)
                if start < end:
                    yield key, list(zip(targets[start:end], scores[start:end], strict=True))


def top_k_similar(
    matrix: sparse.csr_matrix,
    k: int,
    *,
    groups: NDArray[np.int32] | None = None,
    threshold: float = 0.0,
    engine: str = "auto",
    block_bytes: int = BLOCK_BYTES,
    n_threads: int | None = None,
) -> TopK:
    """For each row the `k` other rows with the largest inner product above `threshold`.

    `matrix` is (n_rows, n_features), non-negative; normalise its rows to get cosines. A row is never its own
    neighbour, nor, with `groups` (n_rows,), of a row with the same group code. `engine` is "fast"
    (sparse_dot_topn), "scipy", or "auto": the first when it is installed. Both give the same result: products
    are summed in float64, compared as float32, ties go to the lower index, and a row whose cut the fast
    kernel cannot decide is computed again by scipy. Working memory of scipy stays near `block_bytes`.

    Cost: the sum over features of (rows that have it)². Cap heavy features first, see `cap_row_entries`.
    """
    left = sparse.csr_matrix(matrix, dtype=np.float64)
    left.sort_indices()
    if engine not in ("auto", "fast", "scipy"):
        raise ValueError(f"engine must be auto, fast or scipy, got {engine!r}.")
    if engine == "fast" or (engine == "auto" and has_fast_kernel()):
        return _with_fast_kernel(left, k, groups, threshold, block_bytes, n_threads or os.cpu_count() or 1)
    rows = np.arange(left.shape[0])
    return _assemble(
        _with_scipy(left, rows, k, groups, threshold, block_bytes), left.shape[0], left.shape[0], k
    )


def has_fast_kernel() -> bool:
    """Whether sparse_dot_topn (the `fast` extra) is installed."""
    try:
        import sparse_dot_topn  # noqa: F401
    except ImportError:
        return False
    return True


def top_k_of_rows(matrix: sparse.csr_matrix, k: int) -> TopK:
    """The `k` largest positive entries of each row, best first, ties by index."""
    matrix = sparse.csr_matrix(matrix)
    n_rows, n_columns = matrix.shape
    parts = _largest(np.arange(n_rows), matrix.indptr, matrix.indices, matrix.data.astype(np.float32), k)
    return _assemble(parts, n_rows, n_columns, k)


def cap_row_entries(matrix: sparse.csr_matrix, max_entries: int) -> sparse.csr_matrix:
    """Each row with only its `max_entries` largest values (ties: lower index first).

    With decayed weights these are a visitor's most recent and strongest items. A row of n items costs n² in
    the kernel, so one robot with 50,000 items would cost more than all shoppers together.
    """
    sizes = np.diff(matrix.indptr)
    heavy = np.flatnonzero(sizes > max_entries)
    if not len(heavy):
        return matrix
    keep = np.ones(matrix.nnz, bool)
    for row in heavy.tolist():
        start, end = matrix.indptr[row], matrix.indptr[row + 1]
        order = np.lexsort((matrix.indices[start:end], -matrix.data[start:end]))
        keep[start + order[max_entries:]] = False
    indptr = np.concatenate([[0], np.cumsum(np.minimum(sizes, max_entries))])
    return sparse.csr_matrix((matrix.data[keep], matrix.indices[keep], indptr), shape=matrix.shape)


def normalised(matrix: sparse.csr_matrix, norms: NDArray[np.float64]) -> sparse.csr_matrix:
    """Rows divided by `norms`; rows whose norm is 0 stay empty. float64."""
    factor = np.divide(1.0, norms, out=np.zeros(len(norms)), where=norms > 0)
    return sparse.csr_matrix(sparse.diags(factor) @ matrix.astype(np.float64))


def square_norms(matrix: sparse.csr_matrix) -> NDArray[np.float64]:
    """The squared Euclidean norm of each row, (n_rows,)."""
    return np.asarray(matrix.astype(np.float64).power(2).sum(axis=1)).ravel()


def calibrated(top: TopK) -> TopK:
    """Strengths → 0..1 by s / (s + m), m = the median of the best strength of each row that has any."""
    starts = top.indptr[:-1][np.diff(top.indptr) > 0]
    if not len(starts):
        return top
    median = float(np.median(top.scores[starts]))
    return top.scaled(top.scores / (top.scores + median))


_Part = tuple[NDArray[Any], NDArray[Any], NDArray[np.float32]]


def _with_scipy(
    left: sparse.csr_matrix,
    rows: NDArray[np.intp],
    k: int,
    groups: NDArray[np.int32] | None,
    threshold: float,
    block_bytes: int,
) -> Iterator[_Part]:
    right = sparse.csr_matrix(left.T)
    n = left.shape[0]
    products = left[rows].copy()
    products.data = np.diff(right.indptr)[products.indices].astype(np.float64)
    size = np.minimum(np.asarray(products.sum(axis=1)).ravel(), n) * 16 + 64
    block_of = (np.cumsum(size) // block_bytes).astype(np.int64)
    for block in np.split(rows, np.flatnonzero(np.diff(block_of)) + 1):
        product = left[block] @ right
        scores = product.data.astype(np.float32)
        scores[scores <= threshold] = 0.0
        owner = np.repeat(block, np.diff(product.indptr))
        scores[_forbidden(owner, product.indices, groups)] = 0.0
        yield from _largest(block, product.indptr, product.indices, scores, k)


def _largest(
    rows: NDArray[np.intp], indptr: NDArray[Any], indices: NDArray[Any], scores: NDArray[np.float32], k: int
) -> Iterator[_Part]:
    """Of each row the entries at least as good as its k-th best, ties included, in the order of their
    indices."""
    bounds = indptr.tolist()
    for i, row in enumerate(rows.tolist()):
        values = scores[bounds[i] : bounds[i + 1]]
        least = np.partition(values, len(values) - k)[len(values) - k] if len(values) > k else 0.0
        chosen = np.flatnonzero((values >= least) & (values > 0))
        if len(chosen):
            columns = indices[bounds[i] : bounds[i + 1]][chosen]
            by_index = np.argsort(columns)
            yield np.full(len(chosen), row), columns[by_index], values[chosen][by_index]


def _with_fast_kernel(
    left: sparse.csr_matrix,
    k: int,
    groups: NDArray[np.int32] | None,
    threshold: float,
    block_bytes: int,
    n_threads: int,
) -> TopK:
    from sparse_dot_topn import sp_matmul_topn

    n = left.shape[0]
    wanted = min(k + _MARGIN, n)
    product = sp_matmul_topn(
        left, sparse.csr_matrix(left.T), wanted, threshold=threshold, n_threads=n_threads
    )
    product.sort_indices()
    owner = np.repeat(np.arange(n), np.diff(product.indptr))
    scores = product.data.astype(np.float32)
    lowest = np.full(n, np.float32(np.inf))
    np.minimum.at(lowest, owner, scores)
    keep = ~_forbidden(owner, product.indices, groups) & (scores > threshold)
    parts: list[_Part] = [(owner[keep], product.indices[keep], scores[keep])]
    found = _assemble(parts, n, n, k)
    count = np.diff(found.indptr)
    last = np.zeros(n, np.float32)
    last[count > 0] = found.scores[found.indptr[1:][count > 0] - 1]
    # What the kernel dropped is at most `lowest`: where that could still be among the k best, ask scipy.
    cut = np.diff(product.indptr) >= wanted
    unsure = np.flatnonzero(cut & (wanted < n) & ((count < k) | (last <= lowest)))
    if not len(unsure):
        return found
    sure = ~np.isin(parts[0][0], unsure)
    again = _with_scipy(left, unsure, k, groups, threshold, block_bytes)
    return _assemble([tuple(column[sure] for column in parts[0]), *again], n, n, k)


def _forbidden(
    owner: NDArray[Any], indices: NDArray[Any], groups: NDArray[np.int32] | None
) -> NDArray[np.bool_]:
    return owner == indices if groups is None else groups[owner] == groups[indices]


def _assemble(parts: Any, n_rows: int, n_columns: int, k: int) -> TopK:
    """Candidates, those of a row in the order of their indices → sorted best first, cut to k."""
    empty: _Part = (np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    rows, indices, scores = (np.concatenate(columns) for columns in zip(empty, *parts, strict=True))
    # The bits of a positive float32 grow with its value: one integer orders by row, then by falling score.
    bits = np.ascontiguousarray(scores, np.float32).view(np.uint32).astype(np.int64)
    order = np.argsort((rows << 32) - bits, kind="stable")
    rows, indices, scores = rows[order], indices[order], scores[order]
    starts = np.searchsorted(rows, np.arange(n_rows + 1))
    rank = np.arange(len(rows)) - starts[rows]
    keep = rank < k
    indptr = np.concatenate([[0], np.cumsum(np.minimum(np.diff(starts), k))]).astype(np.int64)
    return TopK(indptr, indices[keep].astype(np.int32), scores[keep], n_columns)
