"""From scores to the best items of each row."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.similarity import TopK, top_k_of_rows

#: Scores of histories for items, (n_histories, n_items); a sparse matrix says 0 where it stores nothing.
Scores: TypeAlias = "NDArray[np.float32] | sparse.csr_matrix"


def dense(scores: Scores) -> NDArray[np.float32]:
    """Scores as an array, float32."""
    array = scores if isinstance(scores, np.ndarray) else scores.toarray()
    return np.asarray(array, np.float32)


def best(scores: Scores, k: int, hidden: sparse.csr_matrix | None = None) -> TopK:
    """The `k` items with the largest scores above 0 of each row, best first, ties by index.

    What `hidden` (same shape) stores is left out.
    """
    if hidden is None:
        return top_k_of_rows(sparse.csr_matrix(scores), k)
    array = dense(scores)
    array = array.copy() if array is scores else array
    array[hidden.nonzero()] = 0.0
    return top_k_of_rows(sparse.csr_matrix(array), k)
