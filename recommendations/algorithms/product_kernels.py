"""Loops that numba compiles: products and look-ups. Import this inside functions only, where `has_numba()`."""

from __future__ import annotations

from typing import Any

import numpy as np

from recommendations.algorithms.compiled import jit


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
