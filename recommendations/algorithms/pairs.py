"""Pairs of items that share baskets: counting them, and judging them against chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import xlogy

from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.similarity import BLOCK_BYTES


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Ordered pairs of items, (n_pairs,) each: common baskets, their weight, and the weight of all pairs of
    each item. `total` is the weight of all pairs."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    both: NDArray[np.float64]
    weight: NDArray[np.float64]
    of_first: NDArray[np.float64]
    of_second: NDArray[np.float64]
    total: float

    def __len__(self) -> int:
        return len(self.first)

    def where(self, mask: NDArray[np.bool_]) -> PairCounts:
        """Only some of the pairs."""
        names = ("first", "second", "both", "weight", "of_first", "of_second")
        return replace(self, **{name: getattr(self, name)[mask] for name in names})


def count_pairs(
    baskets: sparse.csr_matrix,
    min_support: int = 1,
    basket_exponent: float = 0.0,
    groups: NDArray[np.int32] | None = None,
) -> PairCounts:
    """Pairs of different items (of different groups) with at least `min_support` common baskets.

    `baskets` is baskets × items, binary. A pair in a basket of s items weighs (s − 1)^−basket_exponent,
    scaled so that the weights of all pairs of all items sum to their number. Works through blocks of items,
    in bounded memory.
    """
    by_basket = sparse.csr_matrix(baskets, dtype=np.float64)
    by_basket = by_basket[np.diff(by_basket.indptr) > 1]
    items = sparse.csr_matrix(by_basket.T)
    sizes = np.diff(by_basket.indptr).astype(np.float64)
    others = sizes - 1
    weight = others**-basket_exponent
    if len(weight):
        weight *= (sizes * others).sum() / (sizes * others * weight).sum()
    of_item = items @ (others * weight)
    weighted = sparse.csr_matrix(items @ sparse.diags(weight))
    frequent = np.flatnonzero(np.diff(items.indptr) >= min_support)
    cost = np.minimum(items @ sizes, items.shape[0])[frequent] * 32 + 64
    block_of = (np.cumsum(cost) // BLOCK_BYTES).astype(np.int64)
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))]
    for block in np.split(frequent, np.flatnonzero(np.diff(block_of)) + 1):
        counts = items[block] @ by_basket
        weights = weighted[block] @ by_basket
        if not np.array_equal(counts.indices, weights.indices):
            counts.sort_indices()
            weights.sort_indices()
        keep = np.flatnonzero(counts.data >= min_support)
        first = np.repeat(block, np.diff(counts.indptr))[keep]
        second = counts.indices[keep].astype(np.int64)
        apart = first != second if groups is None else (first != second) & (groups[first] != groups[second])
        parts.append((first[apart], second[apart], counts.data[keep][apart], weights.data[keep][apart]))
    first, second, both, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return PairCounts(first, second, both, weights, of_item[first], of_item[second], float(of_item.sum()))


def count_visitors(
    pairs: PairCounts, baskets: sparse.csr_matrix, actors: NDArray[np.int64]
) -> NDArray[np.float64]:
    """How many different actors have a basket with both items of a pair, (n_pairs,).

    `actors` is who each basket belongs to, (n_baskets,). Pairs must come both ways, as `count_pairs` gives
    them.
    """
    items = sparse.csr_matrix(sparse.csr_matrix(baskets, dtype=np.float32).T)
    items.sort_indices()
    n_items, n_actors = items.shape[0], int(actors.max(initial=0)) + 1
    half = np.flatnonzero(pairs.first < pairs.second)
    sizes = np.diff(items.indptr)
    cost = (sizes[pairs.first[half]] + sizes[pairs.second[half]]).astype(np.float64) * 24 + 64
    block_of = (np.cumsum(cost) // BLOCK_BYTES).astype(np.int64)
    found = [np.zeros(0)]
    for block in np.split(half, np.flatnonzero(np.diff(block_of)) + 1):
        common = sparse.csr_matrix(items[pairs.first[block]].multiply(items[pairs.second[block]]))
        pair = np.repeat(np.arange(len(block), dtype=np.int64), np.diff(common.indptr))
        witness = np.sort(pair * n_actors + actors[common.indices])
        witness = witness[np.diff(witness, prepend=-1) > 0]
        found.append(np.bincount(witness // n_actors, minlength=len(block)).astype(np.float64))
    n_visitors = np.concatenate(found)
    keys = pairs.first[half] * n_items + pairs.second[half]
    order = np.argsort(keys)
    wanted = np.minimum(pairs.first, pairs.second) * n_items + np.maximum(pairs.first, pairs.second)
    return n_visitors[order][np.searchsorted(keys[order], wanted)] if len(keys) else np.zeros(len(pairs))


def basket_actors(interactions: Interactions) -> NDArray[np.int64]:
    """Who each row of `interactions.baskets(...)` of the same events belongs to, (n_baskets,), codes from
    0."""
    placed = interactions.basket >= 0
    _, first, inverse = np.unique(interactions.basket[placed], return_index=True, return_inverse=True)
    actor = interactions.actors()[placed][first]
    return np.unique(actor, return_inverse=True)[1].reshape(-1)[np.argsort(first)]


def log_likelihood_ratio(pairs: PairCounts) -> NDArray[np.float64]:
    """G² of each pair's 2×2 table, (n_pairs,); 0 where the pair is no more frequent than chance.

    An item is never its own partner, so chance has C − c_i to choose from; of the two sides' totals the
    harmonic mean is taken.
    """
    k11 = pairs.weight
    k12, k21 = np.maximum(pairs.of_first - k11, 0.0), np.maximum(pairs.of_second - k11, 0.0)
    without_first, without_second = pairs.total - pairs.of_first, pairs.total - pairs.of_second
    choices = 2 * without_first * without_second / np.maximum(without_first + without_second, 1e-300)
    k22 = np.maximum(choices - k11 - k12 - k21, 0.0)
    n = k11 + k12 + k21 + k22
    cells = xlogy(k11, k11) + xlogy(k12, k12) + xlogy(k21, k21) + xlogy(k22, k22)
    margins = sum(xlogy(m, m) for m in (k11 + k12, k21 + k22, k11 + k21, k12 + k22))
    evidence = 2 * (cells - margins + xlogy(n, n))
    above = k11 * n > (k11 + k12) * (k11 + k21) * (1 + 1e-9)
    return np.where(above, np.maximum(evidence, 0.0), 0.0)


def entropies(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """−p ln p − (1 − p) ln(1 − p), in nats."""
    share = np.clip(share, 0.0, 1.0)
    return -(xlogy(share, share) + xlogy(1 - share, 1 - share))
