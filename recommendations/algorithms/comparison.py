"""What `top_k_similar` is to compute, and the engines that need no compiling of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.topk import Candidates, TopK

#: How many more than k sparse_dot_topn is asked for, so that ties and variants at the cut are seen.
_MARGIN = 16


@dataclass(frozen=True, eq=False)
class Comparison:
    """The product of `left` (n_rows, n_features) and `right` (n_features, n_columns), checked and complete.

    Row `i` and column `j` are not compared where `row_groups[i] == column_groups[j]`.
    """

    left: sparse.csr_matrix
    right: sparse.csr_matrix
    k: int
    row_norm: NDArray[np.float64]
    column_norm: NDArray[np.float64]
    shrinkage: float
    row_groups: NDArray[np.int32]
    column_groups: NDArray[np.int32]
    threshold: np.float32

    @classmethod
    def of(
        cls,
        matrix: Any,
        k: int,
        right: Any,
        row_norm: Any,
        column_norm: Any,
        shrinkage: float,
        groups: Any,
        threshold: float,
    ) -> Comparison:
        rows = _checked("matrix", matrix)
        columns = rows if right is None else _checked("right", right)
        if rows.shape[1] != columns.shape[1]:
            raise ValueError(
                f"right must have {rows.shape[1]} features like the matrix, got {columns.shape[1]}."
            )
        if k < 1:
            raise ValueError(f"k must be 1 or more, got {k!r}.")
        if not 0 <= shrinkage < np.inf:
            raise ValueError(f"shrinkage must be 0 or more and finite, got {shrinkage!r}.")
        n_rows, n_columns = rows.shape[0], columns.shape[0]
        if groups is not None:
            if not len(groups) == n_rows == n_columns:
                raise ValueError(f"groups must have {n_rows} codes, one a row and column, got {len(groups)}.")
            row_groups = column_groups = np.asarray(groups, np.int32)
        else:
            column_groups = np.arange(n_columns, dtype=np.int32)
            row_groups = column_groups if right is None else np.full(n_rows, -1, np.int32)
        return cls(
            _sorted(sparse.csr_matrix(rows)),
            sparse.csr_matrix(columns.T),  # what comes in columns (CSC) has this form already
            min(k, max(n_columns, 1)),
            _norms("row_norm", row_norm, n_rows),
            _norms("column_norm", column_norm, n_columns),
            float(shrinkage),
            row_groups,
            column_groups,
            np.float32(threshold),
        )

    @property
    def shape(self) -> tuple[int, int]:
        return self.left.shape[0], self.right.shape[1]

    def forbidden(self, rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of these pairs are not compared."""
        return self.row_groups[rows] == self.column_groups[columns]


def _checked(name: str, matrix: Any) -> Any:
    """CSR or CSC of floats."""
    known = (
        matrix if sparse.issparse(matrix) and matrix.format in ("csr", "csc") else sparse.csr_matrix(matrix)
    )
    if known.dtype not in (np.float32, np.float64):
        known = known.astype(np.float64)
    if not np.isfinite(known.data.sum(dtype=np.float64)):
        raise ValueError(f"{name} holds NaN or infinite values.")
    return known


def _sorted(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """With the features of a row in order, which is the order of summing; what was given stays as it is."""
    return matrix if matrix.has_sorted_indices else matrix.sorted_indices()


def _norms(name: str, norms: Any, n: int) -> NDArray[np.float64]:
    if norms is None:
        return np.ones(n)
    array = np.asarray(norms, np.float64)
    if array.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), got {array.shape}.")
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"{name} must be finite and not negative.")
    return array


def with_scipy(task: Comparison, block_bytes: int) -> TopK:
    """By scipy, in blocks of rows whose products need about `block_bytes`."""
    rows = np.arange(task.shape[0])
    return TopK.of(_in_blocks(task, rows, block_bytes), *task.shape, task.k)


def _in_blocks(task: Comparison, rows: NDArray[np.intp], block_bytes: int) -> Iterator[Candidates]:
    left = task.left.astype(np.float64, copy=False)
    right = task.right.astype(np.float64, copy=False)
    products = left[rows].copy()
    products.data = np.diff(right.indptr)[products.indices].astype(np.float64)
    size = np.minimum(np.asarray(products.sum(axis=1)).ravel(), task.shape[1]) * 16 + 64
    block_of = (np.cumsum(size) // block_bytes).astype(np.int64)
    for block in np.split(rows, np.flatnonzero(np.diff(block_of)) + 1):
        product = left[block] @ right
        owner = np.repeat(block, np.diff(product.indptr))
        divisor = task.row_norm[owner] * task.column_norm[product.indices] + task.shrinkage
        exact = np.divide(product.data, divisor, out=np.zeros(len(owner)), where=divisor > 0)
        scores = exact.astype(np.float32)
        scores[scores <= task.threshold] = 0.0
        scores[task.forbidden(owner, product.indices)] = 0.0
        yield from _largest(block, product.indptr, product.indices, scores, task.k)


def _largest(
    rows: NDArray[np.intp], indptr: NDArray[Any], indices: NDArray[Any], scores: NDArray[np.float32], k: int
) -> Iterator[Candidates]:
    """Of each row of a CSR the positive entries at least as good as its k-th best, ties included, in the order of
    their columns. `rows` names the rows."""
    bounds = indptr.tolist()
    for i, row in enumerate(rows.tolist()):
        values = scores[bounds[i] : bounds[i + 1]]
        least = np.partition(values, len(values) - k)[len(values) - k] if len(values) > k else 0.0
        chosen = np.flatnonzero((values >= least) & (values > 0))
        if len(chosen):
            columns = indices[bounds[i] : bounds[i + 1]][chosen]
            by_index = np.argsort(columns)
            yield np.full(len(chosen), row), columns[by_index], values[chosen][by_index]


def with_sparse_dot_topn(task: Comparison, block_bytes: int, n_threads: int) -> TopK:
    """By sparse_dot_topn; rows whose cut it cannot decide, for ties, are done again by scipy. No shrinkage."""
    from sparse_dot_topn import sp_matmul_topn

    n_rows, n_columns = task.shape
    wanted = min(task.k + _MARGIN, n_columns)
    left = task.left.astype(np.float64)
    left.data *= np.repeat(_inverse(task.row_norm), np.diff(left.indptr))
    right = task.right.astype(np.float64)
    right.data *= _inverse(task.column_norm)[right.indices]
    product = sp_matmul_topn(left, right, wanted, threshold=float(task.threshold), n_threads=n_threads)
    product.sort_indices()
    owner = np.repeat(np.arange(n_rows), np.diff(product.indptr))
    scores = product.data.astype(np.float32)
    lowest = np.full(n_rows, np.float32(np.inf))
    np.minimum.at(lowest, owner, scores)
    keep = ~task.forbidden(owner, product.indices) & (scores > task.threshold)
    kept: Candidates = (owner[keep], product.indices[keep], scores[keep])
    found = TopK.of([kept], n_rows, n_columns, task.k)
    count = np.diff(found.indptr)
    last = np.zeros(n_rows, np.float32)
    last[count > 0] = found.scores[found.indptr[1:][count > 0] - 1]
    # What the library dropped is at most `lowest`: where that could still be among the k best, ask scipy.
    cut = np.diff(product.indptr) >= wanted
    unsure = np.flatnonzero(cut & (wanted < n_columns) & ((count < task.k) | (last <= lowest)))
    if not len(unsure):
        return found
    sure = ~np.isin(kept[0], unsure)
    again = _in_blocks(task, unsure, block_bytes)
    certain: Candidates = (kept[0][sure], kept[1][sure], kept[2][sure])
    return TopK.of([certain, *again], n_rows, n_columns, task.k)


def _inverse(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(1.0, norms, out=np.zeros(len(norms)), where=norms > 0)
