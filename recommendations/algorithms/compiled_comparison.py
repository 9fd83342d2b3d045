"""The engine of `top_k_similar` that numba compiles."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recommendations.algorithms import kernels
from recommendations.algorithms.comparison import Comparison
from recommendations.algorithms.compiled import share_rows
from recommendations.algorithms.topk import TopK


def with_numba(task: Comparison, n_threads: int | None) -> TopK:
    """By a dense row of sums for each row of `task`, rows shared by threads."""
    n_rows, n_columns = task.shape
    by_feature = sparse.csr_matrix(task.right.T)
    codes = np.empty((n_rows, task.k), np.int32)
    scores = np.empty((n_rows, task.k), np.float32)
    counts = np.zeros(n_rows, np.int64)
    columns = (
        task.left.indptr.astype(np.int64),
        task.left.indices.astype(np.int32, copy=False),
        task.left.data,
        by_feature.indptr.astype(np.int64),
        by_feature.indices.astype(np.int32, copy=False),
        by_feature.data,
    )
    share_rows(
        lambda begin, end: kernels.best_products(
            *columns,
            task.row_norm,
            task.column_norm,
            task.shrinkage,
            task.row_groups,
            task.column_groups,
            task.threshold,
            codes,
            scores,
            counts,
            begin,
            end,
        ),
        n_rows,
        n_threads,
    )
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    filled = np.arange(task.k) < counts[:, None]
    return TopK(indptr, codes[filled], scores[filled], n_columns)
