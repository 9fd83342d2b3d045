"""Ranking metrics, vectorised over users.

`judge` compares ranked lists with what was relevant; each `…_at_k` then gives one value a user, so that
means, intervals and paired tests can be taken. r_i = 1 when the item at rank i is relevant, R = number of
relevant items. A user with nothing relevant gets 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Judged:
    """`hits` (n_users, depth): is the item at this rank relevant. `n_relevant` (n_users,)."""

    hits: NDArray[np.bool_]
    n_relevant: NDArray[np.int64]


def judge(ranked: NDArray[np.integer], relevant: sparse.csr_matrix) -> Judged:
    """Ranked item codes (n_users, depth), best first, -1 = no item, against a users × items matrix whose
    stored non-zeros are relevant. Codes beyond its columns are items that nobody finds relevant.

    Raises ValueError when the numbers of users differ or a list names an item twice.
    """
    ranked, relevant = _checked(ranked, relevant)
    relevant = relevant.copy()
    relevant.eliminate_zeros()
    return Judged(_looked_up(ranked, relevant) != 0, np.diff(relevant.indptr).astype(np.int64))


def precision_at_k(judged: Judged, k: int = 10) -> NDArray[np.float64]:
    """Σ_{i≤k} r_i / k (Manning, Raghavan & Schütze 2008, §8.4)."""
    return np.asarray(judged.hits[:, :k].sum(axis=1) / k, np.float64)


def recall_at_k(judged: Judged, k: int = 10) -> NDArray[np.float64]:
    """Σ_{i≤k} r_i / R (Manning, Raghavan & Schütze 2008, §8.3)."""
    return np.asarray(judged.hits[:, :k].sum(axis=1) / np.maximum(judged.n_relevant, 1), np.float64)


def f1_at_k(judged: Judged, k: int = 10) -> NDArray[np.float64]:
    """The harmonic mean of precision and recall, 2 Σ_{i≤k} r_i / (k + R) (van Rijsbergen 1979, ch. 7)."""
    return np.asarray(2 * judged.hits[:, :k].sum(axis=1) / (k + judged.n_relevant), np.float64)


def accuracy_at_k(judged: Judged, k: int = 10, *, n_items: int) -> NDArray[np.float64]:
    """The share of the catalogue's `n_items` on the right side when the first k count as "relevant" and all
    others as "not": 1 − (false positives + false negatives) / n_items. A place without an item counts as
    wrong, as it does for precision.

    Near 1 for any list when few items are relevant, so it says little (Herlocker et al. 2004).
    """
    hits = judged.hits[:, :k].sum(axis=1)
    wrong = (k - hits) + (judged.n_relevant - hits)
    return np.asarray(1 - wrong / n_items, np.float64)


def hit_rate_at_k(judged: Judged, k: int = 10) -> NDArray[np.float64]:
    """1 when any of the first k is relevant, else 0 (Deshpande & Karypis 2004, §6.2)."""
    return np.asarray(judged.hits[:, :k].any(axis=1), np.float64)


def mrr_at_k(judged: Judged, k: int = 10) -> NDArray[np.float64]:
    """1 / rank of the first relevant item among the first k, 0 without one (Voorhees 1999)."""
    hits = judged.hits[:, :k]
    if not hits.shape[1]:
        return np.zeros(len(hits))
    return np.where(hits.any(axis=1), 1.0 / (hits.argmax(axis=1) + 1), 0.0)


def map_at_k(judged: Judged, k: int = 10) -> NDArray[np.float64]:
    """Average precision, whose mean over users is MAP: Σ_{i≤k} r_i · precision@i / R (Manning et al. 2008,
    §8.4)."""
    hits = judged.hits[:, :k]
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return (precision * hits).sum(axis=1) / np.maximum(judged.n_relevant, 1)


def ndcg_at_k(judged: Judged, k: int = 10) -> NDArray[np.float64]:
    """DCG / ideal DCG, DCG = Σ_{i≤k} r_i / log2(i + 1), ideal = the first min(k, R) ranks relevant
    (Järvelin & Kekäläinen 2002, with binary gains)."""
    discount = discounts(k)
    hits = judged.hits[:, :k]
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(judged.n_relevant, k)]
    return np.divide(hits @ discount[: hits.shape[1]], ideal, out=np.zeros(len(hits)), where=ideal > 0)


def graded_ndcg_at_k(
    ranked: NDArray[np.integer], grades: sparse.csr_matrix, k: int = 10, *, gain: str = "exponential"
) -> NDArray[np.float64]:
    """NDCG where items are relevant by degrees: DCG = Σ_{i≤k} gain(g_i) / log2(i + 1), ideal = the k highest
    grades of the user in falling order.

    `grades` (n_users, n_items) stores each user's grades above 0. `gain`: "exponential" 2^g − 1 (Burges et
    al. 2005), "linear" g (Järvelin & Kekäläinen 2002). With grades of 1 both are `ndcg_at_k`. Raises
    ValueError as `judge` does, and for a grade that is negative, NaN or infinite.
    """
    ranked, grades = _checked(ranked, grades)
    if not (np.isfinite(grades.data) & (grades.data >= 0)).all():
        raise ValueError("grades: every grade must be finite and at least 0.")
    if gain not in ("exponential", "linear"):
        raise ValueError(f"gain must be exponential or linear, got {gain!r}.")
    gains = grades.astype(np.float64)
    if gain == "exponential":
        gains.data = np.exp2(gains.data) - 1
    shown = _looked_up(ranked[:, :k], gains)
    dcg, ideal = shown @ discounts(k)[: shown.shape[1]], ideal_dcg(gains, k)
    return np.divide(dcg, ideal, out=np.zeros(len(shown)), where=ideal > 0)


def ideal_dcg(gains: sparse.csr_matrix, k: int) -> NDArray[np.float64]:
    """The highest DCG@k that each user's gains (n_users, n_items) allow, (n_users,)."""
    owner = np.repeat(np.arange(gains.shape[0]), np.diff(gains.indptr))
    best_first = gains.data[np.lexsort((-gains.data, owner))]  # owners are in order: only rows are sorted
    rank = np.arange(gains.nnz) - gains.indptr[owner]
    top = rank < k
    dcg = np.bincount(owner[top], best_first[top] * discounts(k)[rank[top]], minlength=gains.shape[0])
    return dcg.astype(np.float64)


def discounts(k: int) -> NDArray[np.float64]:
    """1 / log2(rank + 1) of the ranks 1 to k."""
    return 1 / np.log2(np.arange(2, k + 2))


def _checked(
    ranked: NDArray[np.integer], relevant: sparse.csr_matrix
) -> tuple[NDArray[np.integer], sparse.csr_matrix]:
    ranked = np.asarray(ranked)
    if ranked.ndim != 2 or ranked.shape[0] != relevant.shape[0]:
        raise ValueError(f"ranked is {ranked.shape}, relevant {relevant.shape}: they need one row a user.")
    in_order = np.sort(ranked, axis=1)
    if ((in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] >= 0)).any():
        raise ValueError("ranked: a list names an item twice.")
    relevant = sparse.csr_matrix(relevant)
    if not relevant.has_canonical_format:
        relevant = relevant.copy()
        relevant.sum_duplicates()
    return ranked, relevant


def _looked_up(ranked: NDArray[np.integer], matrix: sparse.csr_matrix) -> NDArray[Any]:
    """What `matrix` (canonical) stores for each user's items, (n_users, depth); 0 where it stores nothing."""
    width = max(matrix.shape[1], int(ranked.max(initial=-1)) + 1)
    owner = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    known = owner * width + matrix.indices
    wanted = np.arange(len(ranked), dtype=np.int64)[:, None] * width + ranked
    at = np.searchsorted(known, wanted)
    found = (ranked >= 0) & (np.append(known, -1)[at] == wanted)
    return np.where(found, np.append(matrix.data, 0)[at], 0)
