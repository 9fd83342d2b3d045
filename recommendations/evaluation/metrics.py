"""Ranking metrics, vectorised over users.

`judge` compares ranked lists with what was relevant; each `…_at_k` then gives one value a user, so that
means, intervals and paired tests can be taken. r_i = 1 when the item at rank i is relevant, R = number of
relevant items. A user with nothing relevant gets 0.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    ranked = np.asarray(ranked)
    if ranked.ndim != 2 or ranked.shape[0] != relevant.shape[0]:
        raise ValueError(f"ranked is {ranked.shape}, relevant {relevant.shape}: they need one row a user.")
    in_order = np.sort(ranked, axis=1)
    if ((in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] >= 0)).any():
        raise ValueError("ranked: a list names an item twice.")
    relevant = sparse.csr_matrix(relevant)
    width = max(relevant.shape[1], int(ranked.max(initial=-1)) + 1)
    matrix = relevant.tocoo()
    known = (matrix.row.astype(np.int64) * width + matrix.col)[matrix.data != 0]
    known = np.unique(known)
    wanted = np.arange(len(ranked), dtype=np.int64)[:, None] * width + ranked
    hits = np.isin(wanted, known) & (ranked >= 0)
    return Judged(hits, np.bincount(known // width, minlength=len(ranked)).astype(np.int64))


def precision_at_k(judged: Judged, k: int = 10) -> NDArray[np.float64]:
    """Σ_{i≤k} r_i / k (Manning, Raghavan & Schütze 2008, §8.4)."""
    return np.asarray(judged.hits[:, :k].sum(axis=1) / k, np.float64)


def recall_at_k(judged: Judged, k: int = 10) -> NDArray[np.float64]:
    """Σ_{i≤k} r_i / R (Manning, Raghavan & Schütze 2008, §8.3)."""
    return np.asarray(judged.hits[:, :k].sum(axis=1) / np.maximum(judged.n_relevant, 1), np.float64)


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
    discount = 1 / np.log2(np.arange(2, k + 2))
    hits = judged.hits[:, :k]
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(judged.n_relevant, k)]
    return np.divide(hits @ discount[: hits.shape[1]], ideal, out=np.zeros(len(hits)), where=ideal > 0)


def catalogue_coverage(ranked: NDArray[np.integer], n_items: int) -> float:
    """The share of the catalogue that is in at least one list (Ge, Delgado-Battenfeld & Jannach 2010, eq.
    2)."""
    shown = np.unique(ranked)
    return float((shown >= 0).sum() / n_items) if n_items else 0.0


def novelty(ranked: NDArray[np.integer], popularity: NDArray[np.floating]) -> NDArray[np.float64]:
    """The mean self-information −log2 p of a user's list, in bits (n_users,), NaN for an empty list.

    `popularity` (n_items,) is the share of visitors who touched each item, above 0 and at most 1
    (Zhou et al. 2010, PNAS 107; Castells, Hurley & Vargas 2015, §26.3.2). Raises ValueError for other shares.
    """
    popularity = np.asarray(popularity, np.float64)
    if not ((popularity > 0) & (popularity <= 1)).all():
        raise ValueError("popularity: shares must be above 0 and at most 1.")
    bits = np.append(-np.log2(popularity), 0.0)[ranked]
    n_shown = (ranked >= 0).sum(axis=1)
    return np.divide(bits.sum(axis=1), n_shown, out=np.full(len(ranked), np.nan), where=n_shown > 0)


def gini(ranked: NDArray[np.integer], n_items: int) -> float:
    """How unequally the items are shown: 0 = all alike, → 1 = one item only.

    Σ_j (2j − n − 1) c_j / (n Σ c), c = counts in ascending order, j = 1…n (Castells et al. 2015, §26.3.4).
    """
    shown = ranked[ranked >= 0]
    if not n_items or not len(shown):
        return 0.0
    counts = np.sort(np.bincount(shown, minlength=n_items))
    weights = 2 * np.arange(1, n_items + 1) - n_items - 1
    return float((weights * counts).sum() / (n_items * counts.sum()))
