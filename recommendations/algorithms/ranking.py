"""From scores to the best items of each row."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.compiled import has_numba, share_rows
from recommendations.algorithms.topk import TopK

#: Scores of histories for items, (n_histories, n_items); a sparse matrix says 0 where it stores nothing.
Scores: TypeAlias = "NDArray[np.float32] | sparse.csr_matrix"

#: Without numba, products become dense so many rows at a time.
_ROWS_AT_ONCE = 1024


def dense(scores: Scores) -> NDArray[np.float32]:
    """Scores as an array, float32."""
    array = scores if isinstance(scores, np.ndarray) else scores.toarray()
    return np.asarray(array, np.float32)


def best(scores: Scores, k: int, hidden: sparse.csr_matrix | None = None) -> TopK:
    """The `k` items with the largest scores above 0 of each row, best first, ties by index.

    What `hidden` (same shape) stores is left out, and so is NaN. A sparse matrix holds no entry twice.
    """
    codes, values = best_codes(scores, k, hidden)
    kept = codes >= 0
    indptr = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int64)
    return TopK(indptr, codes[kept], values[kept], scores.shape[1])


def best_codes(
    scores: Scores, k: int, hidden: sparse.csr_matrix | None = None, *, positive_only: bool = True
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The same as two arrays (n, k): codes of the items, -1 where there is none left, and their scores, there 0.

    With `positive_only` false scores of 0 and below are ranked too (not −∞, nor NaN): every row has
    min(k, n_items − hidden) items.
    """
    if not positive_only:
        scores = dense(scores)
    n_rows, n_columns = scores.shape
    if hidden is not None and hidden.shape != scores.shape:
        raise ValueError(f"hidden must have the shape of the scores, {scores.shape}, got {hidden.shape}.")
    codes = np.full((n_rows, k), -1, np.int32)
    values = np.zeros((n_rows, k), np.float32)
    if not (n_rows and n_columns and k):
        return codes, values
    floor = np.float32(0.0 if positive_only else -np.inf)
    if not has_numba():
        _best_with_numpy(scores, hidden, float(floor), codes, values)
        return codes, values
    from recommendations.algorithms import kernels

    nothing = sparse.csr_matrix(scores.shape, dtype=np.float32)
    hidden_indptr, hidden_indices, _ = _columns(nothing if hidden is None else hidden)
    if isinstance(scores, np.ndarray):
        array = np.ascontiguousarray(scores, np.float32)
        share_rows(
            lambda begin, end: kernels.best_of_dense(
                array, hidden_indptr, hidden_indices, floor, codes, values, begin, end
            ),
            n_rows,
        )
    else:
        columns = _columns(scores)
        share_rows(
            lambda begin, end: kernels.best_of_sparse(
                *columns, n_columns, hidden_indptr, hidden_indices, codes, values, begin, end
            ),
            n_rows,
            cost=columns[0],
        )
    return codes, values


def multiply(left: sparse.csr_matrix, right: sparse.csr_matrix) -> NDArray[np.float32]:
    """The product of two sparse matrices as an array, (n, n_items) float32, summed in float32.

    For histories × similarities, which fill most of a row; faster than to multiply and then make dense.
    """
    if left.shape[1] != right.shape[0]:
        raise ValueError(f"cannot multiply {left.shape} by {right.shape}.")
    product = np.zeros((left.shape[0], right.shape[1]), np.float32)
    if has_numba():
        from recommendations.algorithms import product_kernels

        columns = (*_columns(left), *_columns(right))
        share_rows(
            lambda begin, end: product_kernels.multiply(*columns, product, begin, end),
            len(product),
            cost=columns[0],
        )
        return product
    left, right = (sparse.csr_matrix(side, dtype=np.float32) for side in (left, right))
    for begin in range(0, len(product), _ROWS_AT_ONCE):
        rows = slice(begin, begin + _ROWS_AT_ONCE)
        (left[rows] @ right).toarray(out=product[rows])
    return product


def pick(scores: Scores, codes: NDArray[np.integer]) -> NDArray[np.float32]:
    """The scores of each row at its `codes` (n, k); 0 where the code is -1. Float32, (n, k)."""
    if not scores.shape[1]:
        return np.zeros(codes.shape, np.float32)
    if isinstance(scores, np.ndarray):
        found = np.take_along_axis(scores, np.maximum(codes, 0), axis=1).astype(np.float32, copy=False)
        return np.where(codes >= 0, found, np.float32(0))
    picked = np.zeros(codes.shape, np.float32)
    if has_numba():
        from recommendations.algorithms import product_kernels

        columns = _columns(scores)
        share_rows(
            lambda begin, end: product_kernels.pick_of_sparse(
                *columns, scores.shape[1], codes, picked, begin, end
            ),
            len(codes),
        )
        return picked
    row, rank = np.nonzero(codes >= 0)
    if len(row):
        picked[row, rank] = np.asarray(sparse.csr_matrix(scores)[row, codes[row, rank]]).ravel()
    return picked


def _columns(matrix: Any) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """indptr, indices and data of a sparse matrix, always of the same types: each other type is compiled anew."""
    matrix = sparse.csr_matrix(matrix)
    return (
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(np.float32, copy=False),
    )


def _best_with_numpy(
    scores: Scores,
    hidden: sparse.csr_matrix | None,
    floor: float,
    codes: NDArray[np.int32],
    values: NDArray[np.float32],
) -> None:
    k = codes.shape[1]
    every = np.arange(scores.shape[1], dtype=np.int32)
    for row in range(len(codes)):
        left_out = hidden.indices[hidden.indptr[row] : hidden.indptr[row + 1]] if hidden is not None else ()
        if isinstance(scores, np.ndarray):
            columns, found = every, np.array(scores[row], np.float32)
            found[left_out,] = -np.inf
        else:
            entries = slice(scores.indptr[row], scores.indptr[row + 1])
            columns, found = scores.indices[entries], np.array(scores.data[entries], np.float32)
            found[np.isin(columns, left_out)] = -np.inf
        found = np.where(found > floor, found, np.float32(-np.inf))  # NaN is not above anything
        least = np.partition(found, len(found) - k)[len(found) - k] if len(found) > k else -np.inf
        chosen = np.flatnonzero((found >= least) & (found > -np.inf))
        chosen = chosen[np.lexsort((columns[chosen], -found[chosen]))[:k]]
        codes[row, : len(chosen)] = columns[chosen]
        values[row, : len(chosen)] = found[chosen]
