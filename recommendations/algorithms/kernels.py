"""The loops that numba compiles. Import this inside functions only, where `has_numba()`.

Each kernel does rows `begin` to `end` and writes nothing but those, so rows can be shared by threads. What they
call is in this file too: numba's cache does not notice a change in another one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recommendations.algorithms.compiled import jit


@jit
def _is_worse(score: Any, code: Any, other_score: Any, other_code: Any) -> bool:
    """Lower, or as high with a higher index."""
    return score < other_score or (score == other_score and code > other_code)


@jit
def _sift_down(scores: Any, codes: Any, size: int, score: Any, code: Any) -> None:
    """Put a new root into the heap of the first `size` entries."""
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        other = child + 1
        if other < size and _is_worse(scores[other], codes[other], scores[child], codes[child]):
            child = other
        if not _is_worse(scores[child], codes[child], score, code):
            break
        scores[hole], codes[hole] = scores[child], codes[child]
        hole = child
    scores[hole], codes[hole] = score, code


@jit
def _offer(scores: Any, codes: Any, size: int, score: Any, code: Any) -> int:
    """Keep the best of what was offered in a heap whose root is the worst kept; returns the new size."""
    if size == len(scores):
        if _is_worse(scores[0], codes[0], score, code):
            _sift_down(scores, codes, size, score, code)
        return size
    hole = size
    while hole > 0:
        parent = (hole - 1) // 2
        if not _is_worse(score, code, scores[parent], codes[parent]):
            break
        scores[hole], codes[hole] = scores[parent], codes[parent]
        hole = parent
    scores[hole], codes[hole] = score, code
    return size + 1


@jit
def _sort_heap(scores: Any, codes: Any, size: int) -> None:
    """Best first: the worst goes to the end, again and again."""
    for last in range(size - 1, 0, -1):
        score, code = scores[last], codes[last]
        scores[last], codes[last] = scores[0], codes[0]
        _sift_down(scores, codes, last, score, code)


#: So many scores are compared with the worst kept one at a time, without a branch for each.
_STRIDE = 64


@jit
def best_of_dense(
    array: Any, indptr: Any, hidden: Any, floor: Any, codes: Any, scores: Any, begin: int, end: int
) -> None:
    """The best columns of each row with a score above `floor` that the CSR (`indptr`, `hidden`) leaves in.

    `codes` and `scores` (n_rows, k) are filled from the left.
    """
    n_columns = array.shape[1]
    k = codes.shape[1]
    mark = np.full(n_columns, -1, np.int64)
    for row in range(begin, end):
        for position in range(indptr[row], indptr[row + 1]):
            mark[hidden[position]] = row
        values, kept, best = array[row], codes[row], scores[row]
        size = 0
        least = floor
        for start in range(0, n_columns, _STRIDE):
            stop = min(start + _STRIDE, n_columns)
            n_above = 0
            for column in range(start, stop):
                n_above += values[column] > least
            if n_above == 0:
                continue
            for column in range(start, stop):
                # Columns come in order, so one that only equals the worst kept is not better.
                if values[column] > least and mark[column] != row:
                    size = _offer(best, kept, size, values[column], column)
                    if size == k:
                        least = best[0]
        _sort_heap(best, kept, size)


@jit
def best_of_sparse(
    data_indptr: Any,
    indices: Any,
    data: Any,
    n_columns: int,
    indptr: Any,
    hidden: Any,
    codes: Any,
    scores: Any,
    begin: int,
    end: int,
) -> None:
    """As `best_of_dense`, of the positive entries of a CSR, in any order within a row."""
    k = codes.shape[1]
    mark = np.full(n_columns, -1, np.int64)
    for row in range(begin, end):
        for position in range(indptr[row], indptr[row + 1]):
            mark[hidden[position]] = row
        kept, best = codes[row], scores[row]
        size = 0
        least = np.float32(0)
        for position in range(data_indptr[row], data_indptr[row + 1]):
            value, column = data[position], indices[position]
            if value > 0 and value >= least and mark[column] != row:
                size = _offer(best, kept, size, value, column)
                if size == k:
                    least = best[0]
        _sort_heap(best, kept, size)


@jit
def multiply(
    left_indptr: Any,
    left_indices: Any,
    left_data: Any,
    right_indptr: Any,
    right_indices: Any,
    right_data: Any,
    product: Any,
    begin: int,
    end: int,
) -> None:
    """CSR × CSR, added to the rows of `product`, a dense array."""
    for row in range(begin, end):
        sums = product[row]
        for position in range(left_indptr[row], left_indptr[row + 1]):
            middle, weight = left_indices[position], left_data[position]
            for entry in range(right_indptr[middle], right_indptr[middle + 1]):
                sums[right_indices[entry]] += weight * right_data[entry]


@jit
def pick_of_sparse(
    indptr: Any, indices: Any, data: Any, n_columns: int, codes: Any, picked: Any, begin: int, end: int
) -> None:
    """The entries of a CSR at `codes` (n_rows, k), -1 = none, into `picked`."""
    values = np.zeros(n_columns, np.float32)
    for row in range(begin, end):
        for position in range(indptr[row], indptr[row + 1]):
            values[indices[position]] += data[position]
        for rank in range(codes.shape[1]):
            if codes[row, rank] >= 0:
                picked[row, rank] = values[codes[row, rank]]
        for position in range(indptr[row], indptr[row + 1]):
            values[indices[position]] = 0


@jit
def best_products(
    left_indptr: Any,
    left_indices: Any,
    left_data: Any,
    right_indptr: Any,
    right_indices: Any,
    right_data: Any,
    row_norm: Any,
    column_norm: Any,
    shrinkage: float,
    row_groups: Any,
    column_groups: Any,
    threshold: Any,
    codes: Any,
    scores: Any,
    counts: Any,
    begin: int,
    end: int,
) -> None:
    """The best columns of CSR × CSR divided by norms; `counts` says how many of `codes` and `scores` are filled."""
    n_columns = len(column_norm)
    k = codes.shape[1]
    sums = np.zeros(n_columns, np.float64)
    touched = np.arange(n_columns).astype(np.int32)
    for row in range(begin, end):
        first, last = left_indptr[row], left_indptr[row + 1]
        n_products = 0
        for position in range(first, last):
            feature = left_indices[position]
            n_products += right_indptr[feature + 1] - right_indptr[feature]
        is_dense = n_products > n_columns
        n_touched = 0
        for position in range(first, last):
            feature, weight = left_indices[position], np.float64(left_data[position])
            for entry in range(right_indptr[feature], right_indptr[feature + 1]):
                column = right_indices[entry]
                if not is_dense and sums[column] == 0:
                    touched[n_touched] = column
                    n_touched += 1
                sums[column] += weight * right_data[entry]
        kept, best = codes[row], scores[row]
        size = 0
        least = threshold
        for position in range(n_columns if is_dense else n_touched):
            column = position if is_dense else touched[position]
            inner = sums[column]
            sums[column] = 0.0
            divisor = row_norm[row] * column_norm[column] + shrinkage
            if inner > 0 and divisor > 0:
                score = np.float32(inner / divisor)
                if score > threshold and score >= least and row_groups[row] != column_groups[column]:
                    size = _offer(best, kept, size, score, column)
                    if size == k:
                        least = best[0]
        _sort_heap(best, kept, size)
        counts[row] = size
