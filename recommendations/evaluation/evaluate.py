"""How good a recommender's lists are for what visitors did next, served the way the shop serves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.similarity import TopK, top_k_of_rows
from recommendations.datatypes import EVERYBODY, INTEREST_WEIGHTS
from recommendations.evaluation import metrics
from recommendations.exceptions import NotEnoughData

#: Ranked lists by key: {key: [(target, score), …]}, best first.
Lists = Mapping[str, Sequence[tuple[str, float]]]


@dataclass(frozen=True, kw_only=True)
class Serving:
    """How lists become a page: what a visitor's history is made of, and how deep the lists are."""

    history_events: int = 60
    history_half_life_hours: float = 72.0
    history_weights: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    seeds: int = 20
    list_length: int = 50


def evaluate(
    recommender: Algorithm | Lists,
    train: Interactions,
    test: Interactions,
    *,
    k: int = 10,
    targets: Iterable[str] | None = None,
    exclude_seen: bool = False,
    n_items: int | None = None,
    serving: Serving | None = None,
) -> dict[str, float]:
    """Means over the visitors who have events both in `train` and, of the kinds `targets` (None: all), in
    `test`.

    `recommender` is fitted on `train`, or is its lists: item → items (a visitor then sees the decayed sum of
    the lists of the recent items in `train`, without these), or visitor segments, of which the list of
    everybody (key "") is used. Both sides share key maps, as the splits give them. `exclude_seen` leaves what
    a visitor has in `train` out of the lists and out of what is to be found. `n_items` is the size of the
    catalogue (default: the items with events).

    Returns precision, recall, hit_rate, mrr, map, ndcg (all @k), coverage and gini (of the served lists),
    novelty in bits, list_coverage (share of the catalogue's items that have a list; 0 for segments), served
    (share of visitors who got any item), n_users, n_lists, n_items, k.

    Raises NotEnoughData when no visitor is on both sides, ValueError for different key maps.
    """
    if train.item_keys != test.item_keys or train.visitor_keys != test.visitor_keys:
        raise ValueError(
            "train and test have different key maps; make them with time_split or leave_last_out."
        )
    serving = serving or Serving()
    users, relevant = _relevant(train, test, targets, exclude_seen)
    seen = train.matrix(binary=True)[users]
    served = _published(recommender, train.item_keys, serving.list_length)
    if isinstance(served, ItemLists):
        history = _history(train, serving)[users]
        ranked = _served_by_history(served, history, history + seen if exclude_seen else history, k)
    else:
        ranked = _served_to_everybody(served, seen if exclude_seen else sparse.csr_matrix(seen.shape), k)
    catalogue_size = n_items or int((np.bincount(train.item, minlength=train.n_items) > 0).sum())
    n_lists = served.n_lists if isinstance(served, ItemLists) else 0
    return _summary(ranked, relevant, train, catalogue_size, k) | {
        "list_coverage": min(n_lists / catalogue_size, 1.0),
        "n_users": float(len(users)),
        "n_lists": float(n_lists),
        "n_items": float(catalogue_size),
        "k": float(k),
    }


def lists_of(algorithm: Algorithm, k: int = 50) -> dict[str, list[tuple[str, float]]]:
    """The lists that a fitted algorithm would publish for items, or else for segments."""
    if ("item", "item") in algorithm.produces:
        return dict(algorithm.item_lists(k))
    return dict(algorithm.segment_lists(k))


def _relevant(
    train: Interactions, test: Interactions, targets: Iterable[str] | None, exclude_seen: bool
) -> tuple[NDArray[np.intp], sparse.csr_matrix]:
    """The visitors to judge, and their relevant items (n_users, n_items)."""
    wanted = test.select(kinds=targets).matrix(binary=True)
    seen = train.matrix(binary=True)
    if exclude_seen:
        wanted = sparse.csr_matrix(wanted - wanted.multiply(seen))
        wanted.eliminate_zeros()
    users = np.flatnonzero((np.diff(wanted.indptr) > 0) & (np.diff(seen.indptr) > 0))
    if not len(users):
        raise NotEnoughData(
            f"No visitor has events on both sides of the split: {(np.diff(seen.indptr) > 0).sum()} visitors to train, "
            f"{(np.diff(wanted.indptr) > 0).sum()} to test."
        )
    return users, wanted[users]


@dataclass(frozen=True, eq=False)
class ItemLists:
    """Item → items as a matrix of scores, (items with events) × (those, then items that only the lists
    know)."""

    similarity: sparse.csr_matrix
    n_lists: int


def _published(
    recommender: Algorithm | Lists, item_keys: Sequence[str], length: int
) -> ItemLists | NDArray[np.int64]:
    """What is published: the lists of the items, or the item codes of the list of everybody, best first."""
    neighbours = getattr(recommender, "neighbours_", None)
    if isinstance(recommender, Algorithm) and isinstance(neighbours, TopK):
        return _from_neighbours(neighbours, recommender.item_keys_, item_keys, length)
    lists = lists_of(recommender, length) if isinstance(recommender, Algorithm) else recommender
    codes = {key: code for code, key in enumerate(item_keys)}
    targets = {key for key, _ in chain.from_iterable(lists.values())}
    for key in sorted(targets.difference(codes)):
        codes[key] = len(codes)
    if EVERYBODY in lists:
        return np.array([codes[key] for key, _ in lists[EVERYBODY][:length]], np.int64)
    n_items = len(item_keys)
    known = [
        (codes[key], items[:length]) for key, items in lists.items() if codes.get(key, n_items) < n_items
    ]
    rows = np.repeat(np.array([code for code, _ in known], np.int64), [len(items) for _, items in known])
    pairs = list(chain.from_iterable(items for _, items in known))
    columns = np.array([codes[target] for target, _ in pairs], np.int64)
    scores = np.array([score for _, score in pairs], np.float64)
    similarity = sparse.csr_matrix((scores, (rows, columns)), shape=(n_items, len(codes)))
    return ItemLists(similarity, sum(1 for items in lists.values() if items))


def _from_neighbours(top: TopK, own_keys: Sequence[str], item_keys: Sequence[str], length: int) -> ItemLists:
    """The same as from the lists, without making them: for a catalogue of thousands that is most of the
    time."""
    codes = {key: code for code, key in enumerate(item_keys)}
    n_items = len(item_keys)
    code_of = np.array([codes.setdefault(key, len(codes)) for key in own_keys], np.int64)
    count = np.diff(top.indptr)
    rows = np.repeat(np.arange(len(top)), count)
    kept = (np.arange(len(rows)) - top.indptr[rows] < length) & (code_of[rows] < n_items)
    scores = np.round(top.scores[kept].astype(np.float64), SCORE_DIGITS)
    at = (code_of[rows[kept]], code_of[top.indices[kept]])
    similarity = sparse.csr_matrix((scores, at), shape=(n_items, len(codes)))
    return ItemLists(similarity, int((count > 0).sum()))


def _history(train: Interactions, serving: Serving) -> sparse.csr_matrix:
    """Visitors × items: the decayed weights of each visitor's heaviest recent items, age counted from the
    visitor's last event (as ranking does not depend on how long ago that was)."""
    rows = np.flatnonzero((train.visitor >= 0) & (train.weights(serving.history_weights) > 0))
    rows = rows[np.argsort(train.visitor[rows], kind="stable")]
    visitor = train.visitor[rows]
    ends = np.cumsum(np.bincount(visitor, minlength=train.n_visitors))
    from_end = ends[visitor] - np.arange(len(rows))
    recent = from_end <= serving.history_events
    rows, visitor = rows[recent], visitor[recent]
    last = np.zeros(train.n_visitors)
    last[visitor] = train.time[rows]  # rows are in order of time, so the last one stays
    age_hours = (last[visitor] - train.time[rows]) / 3600
    weight = train.weights(serving.history_weights)[rows] * np.exp2(
        -age_hours / serving.history_half_life_hours
    )
    shape = (train.n_visitors, train.n_items)
    history = sparse.csr_matrix((np.maximum(weight, 1e-30), (visitor, train.item[rows])), shape=shape)
    return top_k_of_rows(history, serving.seeds).to_csr()


def _served_by_history(
    lists: ItemLists, history: sparse.csr_matrix, forbidden: sparse.csr_matrix, k: int
) -> NDArray[np.int64]:
    """(n_users, k) codes of the best items by the sum of history weight × list score, -1 = none."""
    summed = sparse.csr_matrix(history.astype(np.float64) @ lists.similarity)
    hidden = sparse.csr_matrix(forbidden.astype(bool), dtype=np.float64)
    hidden.resize(summed.shape)
    best = top_k_of_rows(summed - summed.multiply(hidden), k)
    return _padded(best.indptr, best.indices, k)


def _served_to_everybody(codes: NDArray[np.int64], forbidden: sparse.csr_matrix, k: int) -> NDArray[np.int64]:
    inside = codes < forbidden.shape[1]
    shown = np.ones((forbidden.shape[0], len(codes)), bool)
    shown[:, inside] = forbidden[:, codes[inside]].toarray() == 0
    indptr = np.concatenate([[0], np.cumsum(np.minimum(shown.sum(axis=1), k))])
    _, columns = np.nonzero(shown & (np.cumsum(shown, axis=1) <= k))
    return _padded(indptr, codes[columns], k)


def _padded(indptr: NDArray[np.int64], indices: NDArray[np.integer], k: int) -> NDArray[np.int64]:
    ranked = np.full((len(indptr) - 1, k), -1, np.int64)
    count = np.diff(indptr)
    rows = np.repeat(np.arange(len(count)), count)
    ranked[rows, np.arange(len(indices)) - indptr[:-1][rows]] = indices
    return ranked


def _summary(
    ranked: NDArray[np.int64],
    relevant: sparse.csr_matrix,
    train: Interactions,
    catalogue_size: int,
    k: int,
) -> dict[str, float]:
    judged = metrics.judge(ranked, relevant)
    n_visitors = max(len(np.unique(train.visitor[train.visitor >= 0])), 1)
    visitors = np.bincount(train.matrix(binary=True).indices, minlength=int(ranked.max(initial=0)) + 1)
    bits = metrics.novelty(ranked, np.maximum(visitors, 1) / n_visitors)
    n_shown = max(catalogue_size, len(np.unique(ranked[ranked >= 0])))
    shown_codes = np.unique(ranked, return_inverse=True)[1].reshape(ranked.shape) - int((ranked < 0).any())
    return {
        "precision": float(metrics.precision_at_k(judged, k).mean()),
        "recall": float(metrics.recall_at_k(judged, k).mean()),
        "hit_rate": float(metrics.hit_rate_at_k(judged, k).mean()),
        "mrr": float(metrics.mrr_at_k(judged, k).mean()),
        "map": float(metrics.map_at_k(judged, k).mean()),
        "ndcg": float(metrics.ndcg_at_k(judged, k).mean()),
        "coverage": metrics.catalogue_coverage(ranked, n_shown),
        "gini": metrics.gini(shown_codes, n_shown),
        "novelty": float(np.nanmean(bits)) if not np.isnan(bits).all() else 0.0,
        "served": float((ranked >= 0).any(axis=1).mean()),
    }
