"""The area under the ROC curve, one value a user."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def auc(
    scores: NDArray[np.floating] | sparse.csr_matrix,
    relevant: sparse.csr_matrix,
    excluded: sparse.csr_matrix | None = None,
    *,
    n_items: int | None = None,
) -> NDArray[np.float64]:
    """The probability that a relevant item has a higher score than one that is not, ties counting ½,
    (n_users,).

    By ranks (Mann & Whitney 1947; Hanley & McNeil 1982), with average ranks for ties: AUC = (Σ ranks of the
    P relevant items − P (P + 1) / 2) / (P · N). `scores` (n_users, n_items) is dense or sparse, no entry
    twice; what is not stored scores 0, which makes the truncated lists of a shop comparable too. `relevant`
    and `excluded` store each user's items; what is excluded takes part on neither side. `n_items`: the size of
    a catalogue whose other items nobody scores and nobody finds relevant. NaN for a user without a relevant or
    without an irrelevant item. Scores are compared as float32.

    Cost: a sort of the scores of users with a relevant item among them. Raises ValueError for shapes that
    differ and for scores that are NaN or infinite.
    """
    shape = scores.shape
    for name, matrix in (("relevant", relevant), ("excluded", excluded)):
        if matrix is not None and matrix.shape != shape:
            raise ValueError(f"scores are {shape}, {name} is {matrix.shape}: they need the same shape.")
    given = sparse.csr_matrix(scores, dtype=np.float32)
    if not np.isfinite(given.data).all():
        raise ValueError("scores: a score is NaN or infinite.")
    user, item = relevant.nonzero()
    n_all = np.full(shape[0], max(n_items or 0, shape[1]))
    if excluded is not None and excluded.nnz:
        out = sparse.csr_matrix(excluded.astype(bool), dtype=np.float32)
        given = sparse.csr_matrix(given - given.multiply(out))
        n_all -= np.bincount(out.nonzero()[0], minlength=shape[0])
        inside = _at(out, user, item) == 0
        user, item = user[inside], item[inside]
    if (given.data == 0).any():
        given = given.copy()
        given.eliminate_zeros()
    n_zero = n_all - np.diff(given.indptr)
    value = _at(given, user, item)
    n_below = np.diff(np.concatenate([[0], np.cumsum(given.data < 0)])[given.indptr])
    ranks = n_below[user] + (n_zero[user] + 1) / 2  # of what scores 0
    some = np.flatnonzero(value)
    ranks[some] = _ranks(given, user[some], value[some]) + np.where(value[some] > 0, n_zero[user[some]], 0)
    n_relevant = np.bincount(user, minlength=shape[0])
    above = np.bincount(user, ranks, minlength=shape[0]) - n_relevant * (n_relevant + 1) / 2
    pairs = n_relevant * (n_all - n_relevant)
    return np.divide(above, pairs, out=np.full(shape[0], np.nan), where=pairs > 0)


def _at(
    matrix: sparse.csr_matrix, rows: NDArray[np.integer], columns: NDArray[np.integer]
) -> NDArray[np.float32]:
    """What is stored at these places, (n,); 0 where nothing is."""
    if not len(rows):
        return np.zeros(0, np.float32)
    return np.asarray(matrix[rows, columns], np.float32).ravel()


def _ranks(
    scores: sparse.csr_matrix, user: NDArray[np.integer], value: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The rank of each `value` among the stored scores of its user, 1 = lowest, ties averaged."""
    users, row = np.unique(user, return_inverse=True)
    rows = scores[users]
    owner = np.repeat(np.arange(len(users), dtype=np.int64), np.diff(rows.indptr))
    in_order = np.sort(_sortable(owner, rows.data))
    wanted = _sortable(row.reshape(-1), value)
    below, up_to = (np.searchsorted(in_order, wanted, side=side) for side in ("left", "right"))
    return np.asarray((below + up_to + 1) / 2 - rows.indptr[row.reshape(-1)], np.float64)


def _sortable(owner: NDArray[np.int64], values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Integers in the order of owner, then value: of one array of integers sorting is fastest."""
    bits = np.ascontiguousarray(values, np.float32).view(np.int32)
    rising = bits ^ ((bits >> 31) & 0x7FFFFFFF)  # the bits of negative numbers fall with their value
    return (owner << 32) + rising
