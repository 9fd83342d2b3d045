"""What lists are like beyond being right: how new, varied, surprising and fair to the catalogue.

`ranked` is always (n_users, depth) item codes, best first, -1 = no item. What has a value for each user is
returned so, NaN for an empty list; what only exists for all lists together is one number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.evaluation.metrics import Judged

#: The head are the items that together hold this share of the popularity, the tail all others.
HEAD_SHARE = 0.8

#: Lists are summed over their features so many numbers at a time.
_BLOCK_CELLS = 4_000_000


def catalogue_coverage(ranked: NDArray[np.integer], n_items: int) -> float:
    """The share of the catalogue that is in at least one list (Ge, Delgado-Battenfeld & Jannach 2010, eq.
    2)."""
    shown = np.unique(ranked)
    return float((shown >= 0).sum() / n_items) if n_items else 0.0


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


def novelty(ranked: NDArray[np.integer], popularity: NDArray[np.floating]) -> NDArray[np.float64]:
    """The mean self-information −log2 p of a user's list, in bits (n_users,), NaN for an empty list.

    `popularity` (n_items,) is the share of visitors who touched each item, above 0 and at most 1
    (Zhou et al. 2010, PNAS 107; Castells, Hurley & Vargas 2015, §26.3.2). Raises ValueError for other shares.
    """
    popularity = np.asarray(popularity, np.float64)
    if not ((popularity > 0) & (popularity <= 1)).all():
        raise ValueError("popularity: shares must be above 0 and at most 1.")
    return _mean_of_items(ranked, -np.log2(popularity))


def average_popularity(ranked: NDArray[np.integer], popularity: NDArray[np.floating]) -> NDArray[np.float64]:
    """ARP: the mean popularity of a user's list (n_users,), in the unit of `popularity` (n_items,)
    (Abdollahpouri, Burke & Mobasher 2019)."""
    return _mean_of_items(ranked, np.asarray(popularity, np.float64))


def long_tail(popularity: NDArray[np.floating], head_share: float = HEAD_SHARE) -> NDArray[np.bool_]:
    """Which items are in the tail, (n_items,): those that come after the most popular ones which together
    hold `head_share` of the whole popularity. Items of equal popularity are on the same side, in the head
    where the line runs through them."""
    popularity = np.asarray(popularity, np.float64)
    distinct, inverse, count = np.unique(popularity, return_inverse=True, return_counts=True)
    held = (distinct * count)[::-1].cumsum()[::-1] - distinct * count  # by strictly more popular items
    return np.asarray(held >= head_share * popularity.sum(), bool)[inverse.reshape(-1)]


def long_tail_share(ranked: NDArray[np.integer], tail: NDArray[np.bool_]) -> NDArray[np.float64]:
    """APLT: the share of a user's list that is in the long tail, (n_users,) (Abdollahpouri, Burke & Mobasher
    2019). `tail` (n_items,) as `long_tail` gives it."""
    return _mean_of_items(ranked, np.asarray(tail, np.float64))


def intra_list_diversity(ranked: NDArray[np.integer], features: sparse.csr_matrix) -> NDArray[np.float64]:
    """The mean distance 1 − cos(f_i, f_j) over the pairs of a user's list, (n_users,) (Ziegler et al. 2005;
    Castells et al. 2015, §26.3.1).

    `features` (n_items, n_features), e.g. `category_features`. Items without features (and codes beyond its
    rows) are in no pair; NaN for a list without a pair. By Σ_{i≠j} cos = ‖Σ f_i‖² − Σ ‖f_i‖² of unit rows it
    costs no pair, only the sum.
    """
    features = sparse.csr_matrix(features, dtype=np.float64)
    norms = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)).ravel())
    scale = np.divide(1.0, norms, out=np.zeros(len(norms)), where=norms > 0)
    unit = sparse.csr_matrix(sparse.diags(scale) @ features)
    has = np.append(norms > 0, False)
    counts = has[np.where((ranked >= 0) & (ranked < len(norms)), ranked, -1)]
    n = counts.sum(axis=1)
    together = np.empty(len(ranked))
    size = max(1, _BLOCK_CELLS // max(unit.shape[1], 1))
    for begin in range(0, len(ranked), size):
        block = slice(begin, begin + size)
        total = _lists_matrix(np.where(counts[block], ranked[block], -1), len(norms)) @ unit
        together[block] = np.asarray(total.multiply(total).sum(axis=1)).ravel()
    pairs = n * (n - 1)
    similarity = np.divide(together - n, pairs, out=np.full(len(ranked), np.nan), where=pairs > 0)
    return np.clip(1 - similarity, 0.0, 2.0)


def serendipity(
    ranked: NDArray[np.integer], judged: Judged, expected: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Relevant and unexpected: Σ_{i≤k} r_i · [item i is not expected] / k, (n_users,), k = the depth of the
    lists.

    `expected` is what a primitive recommender would have shown instead, e.g. the most popular items: codes
    for all users alike (m,), or for each (n_users, m), -1 = none (Ge, Delgado-Battenfeld & Jannach 2010: the
    useful part of RS \\ PM). At most precision@k; their ratio is the share of the hits that the primitive
    recommender would not have made.
    """
    expected = np.asarray(expected)
    known = np.zeros(ranked.shape, bool)
    for codes in np.atleast_1d(expected.T):  # by rank: of all users, or the same for all
        known |= ranked == codes[..., None]
    hits = judged.hits[:, : ranked.shape[1]] & ~known
    return np.asarray(hits.sum(axis=1) / max(ranked.shape[1], 1), np.float64)


def personalisation(ranked: NDArray[np.integer]) -> float:
    """1 − the mean cosine |L_u ∩ L_v| / √(|L_u| |L_v|) over all pairs of users with a list; for lists of one
    length that is 1 − their mean overlap. 0 = everybody sees the same, 1 = no two users share an item, NaN
    with fewer than two lists.

    (Zhou et al. 2010, PNAS 107, there with lists of one length.) With x_u the unit vector of a user's items,
    Σ_{u≠v} cos = ‖Σ_u x_u‖² − n: exact, without making the pairs.
    """
    size = (ranked >= 0).sum(axis=1)
    n = int((size > 0).sum())
    if n < 2:
        return float("nan")
    weight = np.broadcast_to(1 / np.sqrt(np.maximum(size, 1))[:, None], ranked.shape)
    shown = ranked >= 0
    total = np.bincount(ranked[shown], weight[shown])
    return float(np.clip(1 - (total @ total - n) / (n * (n - 1)), 0.0, 1.0))


def category_features(catalogue: Catalogue, item_keys: Sequence[str]) -> sparse.csr_matrix:
    """Items × category levels, 1 where an item is in a category or below it; rows follow `item_keys`. Empty
    for items that the catalogue does not have."""
    levels: dict[str, int] = {}
    columns: list[int] = []
    indptr = [0]
    for key in item_keys:
        position = catalogue.codes.get(key)
        names = catalogue.levels(position) if position is not None else ()
        columns.extend(levels.setdefault(name, len(levels)) for name in names)
        indptr.append(len(columns))
    shape = (len(item_keys), len(levels))
    return sparse.csr_matrix((np.ones(len(columns)), columns, indptr), shape=shape)


def _mean_of_items(ranked: NDArray[np.integer], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of `values` (n_items,) over each list, NaN for an empty one."""
    total = np.append(values, 0.0)[ranked].sum(axis=1)
    n_shown = (ranked >= 0).sum(axis=1)
    return np.divide(total, n_shown, out=np.full(len(ranked), np.nan), where=n_shown > 0)


def _lists_matrix(ranked: NDArray[np.integer], n_items: int) -> sparse.csr_matrix:
    """Users × items, 1 for what a list holds."""
    shown = ranked >= 0
    indptr = np.concatenate([[0], np.cumsum(shown.sum(axis=1))])
    items = ranked[shown]
    return sparse.csr_matrix((np.ones(len(items)), items, indptr), shape=(len(ranked), n_items))
