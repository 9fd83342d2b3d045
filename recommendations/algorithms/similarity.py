"""The core kernel: for each row of a sparse matrix, the k rows with the largest inner product."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.comparison import Comparison, with_scipy, with_sparse_dot_topn
from recommendations.algorithms.compiled import has_numba, n_cpus
from recommendations.algorithms.topk import TopK
from recommendations.exceptions import MissingExtra

__all__ = [
    "BLOCK_BYTES",
    "TopK",
    "calibrated",
    "cap_row_entries",
    "has_fast_kernel",
    "normalised",
    "square_norms",
    "top_k_similar",
]

#: Without numba, rows are compared in blocks whose products need at most so much memory.
BLOCK_BYTES = 128 * 2**20


def top_k_similar(
    matrix: sparse.csr_matrix,
    k: int,
    *,
    right: sparse.csr_matrix | None = None,
    row_norm: NDArray[Any] | None = None,
    column_norm: NDArray[Any] | None = None,
    shrinkage: float = 0.0,
    groups: NDArray[np.int32] | None = None,
    threshold: float = 0.0,
    engine: str = "auto",
    block_bytes: int = BLOCK_BYTES,
    n_threads: int | None = None,
) -> TopK:
    """For each row the `k` rows of `right` with the largest scores above `threshold`, best first, ties by index.

        score_ij = Σ_u matrix_iu right_ju / (row_norm_i · column_norm_j + shrinkage)

    `matrix` is (n_rows, n_features), `right` (n_columns, n_features). Without `right`, rows are compared with each
    other; a row is then never its own neighbour nor, with `groups` (n_rows,), one of a row with the same group
    code. Norms, (n_rows,) and (n_columns,), are 1 when left out; where the divisor is 0 there is no neighbour. See
    docs/algorithms/kernel.md for the measures that this makes.

    `engine` is "numba", "fast" (sparse_dot_topn), "scipy", or "auto": the first of these that is installed. Scores
    are summed and divided in float64, compared as float32, and equal on all engines; only "fast" divides by norms
    before it sums, so that scores may differ in the last digit, and it has no `shrinkage`. `block_bytes` is the
    working memory of scipy. The number of threads changes nothing.

    Cost: the sum over features of (rows that have it)². Cap heavy features first, see `cap_row_entries`.

    Raises ValueError for shapes that do not fit, values that are NaN or infinite, norms below 0; MissingExtra for
    an engine that is not installed.
    """
    if engine not in ("auto", "numba", "fast", "scipy"):
        raise ValueError(f"engine must be auto, numba, fast or scipy, got {engine!r}.")
    if engine == "fast" and shrinkage:
        raise ValueError("engine 'fast' has no shrinkage: use 'auto', 'numba' or 'scipy'.")
    for name, is_there in (("numba", has_numba), ("fast", has_fast_kernel)):
        if engine == name and not is_there():
            raise MissingExtra(f"engine {engine!r} of top_k_similar", "fast")
    task = Comparison.of(matrix, k, right, row_norm, column_norm, shrinkage, groups, threshold)
    if engine == "numba" or (engine == "auto" and has_numba()):
        return _with_numba(task, n_threads)
    if engine == "fast" or (engine == "auto" and not shrinkage and has_fast_kernel()):
        return with_sparse_dot_topn(task, block_bytes, n_threads or n_cpus())
    return with_scipy(task, block_bytes)


def _with_numba(task: Comparison, n_threads: int | None) -> TopK:
    from recommendations.algorithms.compiled_comparison import with_numba

    return with_numba(task, n_threads)


def has_fast_kernel() -> bool:
    """Whether sparse_dot_topn (the `fast` extra) is installed."""
    try:
        import sparse_dot_topn  # noqa: F401
    except ImportError:
        return False
    return True


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
    values = np.repeat(factor, np.diff(matrix.indptr))
    values *= matrix.data
    return sparse.csr_matrix((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def square_norms(matrix: sparse.csr_matrix) -> NDArray[np.float64]:
    """The squared Euclidean norm of each row, (n_rows,)."""
    squares = (np.square(matrix.data, dtype=np.float64), matrix.indices, matrix.indptr)
    return np.asarray(sparse.csr_matrix(squares, shape=matrix.shape).sum(axis=1)).ravel()


def calibrated(top: TopK) -> TopK:
    """Strengths → 0..1 by s / (s + m), m = the median of the best strength of each row that has any."""
    starts = top.indptr[:-1][np.diff(top.indptr) > 0]
    if not len(starts):
        return top
    median = float(np.median(top.scores[starts]))
    return top.scaled(top.scores / (top.scores + median))
