"""The rows of a matrix that are nearest to queries."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recommendations.algorithms.ranking import best
from recommendations.algorithms.similarity import BLOCK_BYTES


def nearest(
    queries: sparse.csr_matrix, features: sparse.csr_matrix, k: int, *, block_bytes: int = BLOCK_BYTES
) -> sparse.csr_matrix:
    """For each query the `k` largest entries of queries @ features: (n_queries, n_candidates), float32.

    `queries` is (n_queries, n_features), `features` (n_features, n_candidates), both non-negative. Working memory stays
    near `block_bytes` for a query that has less than that in common with the candidates.
    """
    queries, features = (sparse.csr_matrix(side, dtype=np.float32) for side in (queries, features))
    products = queries.copy()
    products.data = np.diff(features.indptr)[products.indices].astype(np.float32)
    size = np.minimum(np.asarray(products.sum(axis=1)).ravel(), features.shape[1]) * 8 + 64
    block_of = (np.cumsum(size, dtype=np.float64) // block_bytes).astype(np.int64)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(block_of)) + 1, [queries.shape[0]]])
    parts = [
        best(sparse.csr_matrix(queries[begin:end] @ features), k).to_csr()
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        if end > begin
    ]
    if not parts:
        return sparse.csr_matrix((queries.shape[0], features.shape[1]), dtype=np.float32)
    return sparse.csr_matrix(sparse.vstack(parts, format="csr"))
