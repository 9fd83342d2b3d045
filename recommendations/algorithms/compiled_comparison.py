"""The engine of `top_k_similar` that numba compiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms import kernels
from recommendations.algorithms.comparison import Comparison
from recommendations.algorithms.compiled import share_rows
from recommendations.algorithms.topk import TopK

_ROWS_AT_ONCE = 1000


def with_numba(task: Comparison, n_threads: int | None) -> TopK:
    """By a row of sums, one for each column, for each row of `task`; threads share the rows."""
    n_rows, n_columns = task.shape
    codes = np.empty((n_rows, task.k), np.int32)
    scores = np.empty((n_rows, task.k), np.float32)
    counts = np.zeros(n_rows, np.int64)
    _fill(task, codes, scores, counts, n_threads)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return TopK(indptr, _compact(codes, counts), _compact(scores, counts), n_columns)


def _compact(values: NDArray, counts: NDArray[np.int64]) -> NDArray:
    """The first `counts[i]` of each row, one after the other, in the memory that they have: it is as large as all the
    rest."""
    flat = values.ravel()
    if counts.sum() == len(flat):
        return flat
    place = 0
    for begin in range(0, len(values), _ROWS_AT_ONCE):
        block = slice(begin, begin + _ROWS_AT_ONCE)
        kept = values[block][np.arange(values.shape[1]) < counts[block, None]]
        flat[place : place + len(kept)] = kept
        place += len(kept)
    return flat[:place] if place > len(flat) // 2 else flat[:place].copy()


def _fill(
    task: Comparison,
    codes: NDArray[np.int32],
    scores: NDArray[np.float32],
    counts: NDArray[np.int64],
    n_threads: int | None,
) -> None:
    data_type = np.result_type(task.left.dtype, task.right.dtype)
    left = _columns(task.left, data_type)
    right = _columns(task.right, data_type)
    flat = kernels.is_flat(right[0], right[2])
    share_rows(
        lambda begin, end: kernels.best_products(
            *left,
            *right,
            flat,
            task.row_norm,
            task.column_norm,
            task.shrinkage,
            task.row_groups,
            task.column_groups,
            max(task.threshold, np.float32(0)),
            codes,
            scores,
            counts,
            begin,
            end,
        ),
        len(counts),
        cost=left[0],
        n_threads=n_threads,
    )


def _columns(matrix: sparse.csr_matrix, data_type: np.dtype) -> tuple[NDArray, NDArray, NDArray]:
    """indptr, indices and data, always of the same types: each other type is compiled anew."""
    return (
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(data_type, copy=False),
    )
