"""The area under the ROC curve, one value a user."""

from __future__ import annotations

from typing import Any

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
    P relevant items − P (P + 1) / 2) / (P · N). `scores` (n_users, n_items) is dense or sparse; what is not
    stored scores 0, which makes the truncated lists of a shop comparable too. `relevant` and `excluded` store
    each user's items; what is excluded takes part on neither side. `n_items`: the size of a catalogue whose
    other items nobody scores and nobody finds relevant. NaN for a user without a relevant or without an
    irrelevant item. Scores are compared as float32.

    Cost: a sort of what is stored. Raises ValueError for shapes that differ and for NaN.
    """
    shape = scores.shape
    for name, matrix in (("relevant", relevant), ("excluded", excluded)):
        if matrix is not None and matrix.shape != shape:
            raise ValueError(f"scores are {shape}, {name} is {matrix.shape}: they need the same shape.")
    given = sparse.csr_matrix(scores, dtype=np.float32)
    if np.isnan(given.data).any():
        raise ValueError("scores: a score is NaN.")
    n_users, width = shape
    out = _cells(excluded) if excluded is not None else np.zeros(0, np.int64)
    wanted = np.setdiff1d(_cells(relevant), out, assume_unique=True)
    stored, values = _stored(given, out)
    n_stored = np.bincount(stored // max(width, 1), minlength=n_users)
    n_below = np.bincount(stored[values < 0] // max(width, 1), minlength=n_users)
    n_all = max(n_items or 0, width) - np.bincount(out // max(width, 1), minlength=n_users)
    n_zero = n_all - n_stored
    user = wanted // max(width, 1)
    at = np.searchsorted(stored, wanted)
    found = np.append(stored, -1)[at] == wanted
    ranks = n_below[user] + (n_zero[user] + 1) / 2  # of what scores 0
    value = values[at[found]]
    ranks[found] = _ranks(stored // max(width, 1), values, user[found], value)
    ranks[found] += np.where(value > 0, n_zero[user[found]], 0)
    n_relevant = np.bincount(user, minlength=n_users).astype(np.float64)
    above = np.bincount(user, ranks, minlength=n_users) - n_relevant * (n_relevant + 1) / 2
    pairs = n_relevant * (n_all - n_relevant)
    return np.divide(above, pairs, out=np.full(n_users, np.nan), where=pairs > 0)


def _cells(matrix: sparse.csr_matrix) -> NDArray[np.int64]:
    """The stored non-zeros as row · n_columns + column, ascending, each once."""
    coo = sparse.csr_matrix(matrix).tocoo()
    return np.unique((coo.row.astype(np.int64) * matrix.shape[1] + coo.col)[coo.data != 0])


def _stored(scores: sparse.csr_matrix, out: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Cells (ascending) and values of the scores that are not 0 and not excluded."""
    if not scores.has_canonical_format:
        scores = scores.copy()
        scores.sum_duplicates()
    owner = np.repeat(np.arange(scores.shape[0], dtype=np.int64), np.diff(scores.indptr))
    cells = owner * scores.shape[1] + scores.indices
    keep = (scores.data != 0) & ~np.isin(cells, out)
    return cells[keep], scores.data[keep]


def _ranks(
    owner: NDArray[np.int64], values: NDArray[np.float32], user: NDArray[np.int64], value: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The rank of each `value` among the stored values of its user, 1 = lowest, ties averaged."""
    in_order = np.sort(_sortable(owner, values))
    wanted = _sortable(user, value)
    below, up_to = (np.searchsorted(in_order, wanted, side=side) for side in ("left", "right"))
    first = np.searchsorted(in_order, user << 32)
    return np.asarray((below + up_to + 1) / 2 - first, np.float64)


def _sortable(owner: NDArray[np.int64], values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Integers in the order of owner, then value: of one array of integers sorting is fastest."""
    bits = np.ascontiguousarray(values, np.float32).view(np.int32).astype(np.int64)
    rising = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    return (owner << 32) + (rising + 2**31)
