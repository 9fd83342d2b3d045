"""Pairs of items that share baskets: counting them, and judging them against chance."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import xlogy

from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.similarity import BLOCK_BYTES


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Pairs of items, (n_pairs,) each: common baskets, their weight, the weight of all pairs of each item, and that of
    all items which cannot be its partners (itself, or all of its group). `total` is the weight of all pairs."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    both: NDArray[np.float64]
    weight: NDArray[np.float64]
    of_first: NDArray[np.float64]
    of_second: NDArray[np.float64]
    beside_first: NDArray[np.float64]
    beside_second: NDArray[np.float64]
    total: float

    def __len__(self) -> int:
        return len(self.first)

    def where(self, mask: NDArray[np.bool_]) -> PairCounts:
        """Only some of the pairs."""
        names = [each.name for each in fields(self) if each.name != "total"]
        return replace(self, **{name: getattr(self, name)[mask] for name in names})

    def matrix(self, values: NDArray[np.float64], n_items: int) -> sparse.csr_matrix:
        """Items × items: the value of each pair, both ways."""
        rows, columns = np.concatenate([self.first, self.second]), np.concatenate([self.second, self.first])
        return sparse.csr_matrix((np.tile(values, 2), (rows, columns)), shape=(n_items, n_items))


def count_pairs(
    baskets: sparse.csr_matrix,
    min_support: int = 1,
    basket_exponent: float = 0.0,
    groups: NDArray[np.int32] | None = None,
    *,
    apart: bool = False,
) -> PairCounts:
    """Pairs of different items (of different groups) with at least `min_support` common baskets, each pair
    once (first < second). With `apart` the pairs within a group are none: chance draws partners from the other groups.

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
    beside = of_item
    if apart and groups is not None:
        of_item = of_item - _within(by_basket, weight, groups)
        beside = np.bincount(groups, of_item)[groups]
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
        first = np.repeat(block, np.diff(counts.indptr))
        keep = (counts.data >= min_support) & (first < counts.indices)
        if groups is not None:
            keep &= groups[first] != groups[counts.indices]
        second = counts.indices[keep].astype(np.int64)
        parts.append((first[keep], second, counts.data[keep], weights.data[keep]))
    first, second, both, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return PairCounts(
        first,
        second,
        both,
        weights,
        *(of_item[first], of_item[second]),
        *(beside[first], beside[second]),
        total=float(of_item.sum()),
    )


def _within(
    baskets: sparse.csr_matrix, weight: NDArray[np.float64], groups: NDArray[np.int32]
) -> NDArray[np.float64]:
    """The weight of the pairs of each item with others of its group, (n_items,)."""
    cells = baskets.tocoo()
    key = cells.row.astype(np.int64) * (int(groups.max(initial=0)) + 1) + groups[cells.col]
    _, which, count = np.unique(key, return_inverse=True, return_counts=True)
    partners = weight[cells.row] * (count[which.reshape(-1)] - 1)
    return np.bincount(cells.col, partners, baskets.shape[1]).astype(np.float64)


def count_visitors(
    pairs: PairCounts, baskets: sparse.csr_matrix, actors: NDArray[np.int64]
) -> NDArray[np.float64]:
    """How many different actors have a basket with both items of a pair, (n_pairs,).

    `actors` is who each basket belongs to, (n_baskets,).
    """
    items = sparse.csr_matrix(sparse.csr_matrix(baskets, dtype=np.float32).T)
    items.sort_indices()
    n_actors = int(actors.max(initial=0)) + 1
    sizes = np.diff(items.indptr)
    cost = (sizes[pairs.first] + sizes[pairs.second]).astype(np.float64) * 24 + 64
    block_of = (np.cumsum(cost) // BLOCK_BYTES).astype(np.int64)
    found = [np.zeros(0)]
    for block in np.split(np.arange(len(pairs)), np.flatnonzero(np.diff(block_of)) + 1):
        common = sparse.csr_matrix(items[pairs.first[block]].multiply(items[pairs.second[block]]))
        pair = np.repeat(np.arange(len(block), dtype=np.int64), np.diff(common.indptr))
        witness = np.sort(pair * n_actors + actors[common.indices])
        witness = witness[np.diff(witness, prepend=-1) > 0]
        found.append(np.bincount(witness // n_actors, minlength=len(block)).astype(np.float64))
    return np.concatenate(found)


def basket_actors(interactions: Interactions) -> NDArray[np.int64]:
    """Who each row of `interactions.baskets(...)` of the same events belongs to, (n_baskets,), codes from
    0."""
    placed = interactions.basket >= 0
    _, first, inverse = np.unique(interactions.basket[placed], return_index=True, return_inverse=True)
    actor = interactions.actors()[placed][first]
    return np.unique(actor, return_inverse=True)[1].reshape(-1)[np.argsort(first)]


def log_likelihood_ratio(pairs: PairCounts) -> NDArray[np.float64]:
    """G² of each pair's 2×2 table, (n_pairs,); 0 where the pair is no more frequent than chance.

    An item is never its own partner, so chance has C − c_i to choose from (where groups are apart, what is left of C
    without the item's group); of the two sides' totals the harmonic mean is taken.
    """
    without_first, without_second = pairs.total - pairs.beside_first, pairs.total - pairs.beside_second
    choices = 2 * without_first * without_second / np.maximum(without_first + without_second, 1e-300)
    # A table whose cells do not fit into the choices has nothing outside its pair's own rows.
    choices = np.maximum(choices, pairs.of_first + pairs.of_second - pairs.weight)
    above = np.flatnonzero(pairs.weight * choices > pairs.of_first * pairs.of_second * (1 + 1e-9))
    k11, n = pairs.weight[above], choices[above]
    row, column = pairs.of_first[above], pairs.of_second[above]
    k12, k21, k22 = row - k11, column - k11, np.maximum(n - row - column + k11, 0.0)
    k12, k21 = np.maximum(k12, 0.0), np.maximum(k21, 0.0)
    cells = xlogy(k11, k11) + xlogy(k12, k12) + xlogy(k21, k21) + xlogy(k22, k22)
    margins = (
        xlogy(row, row) + xlogy(n - row, n - row) + xlogy(column, column) + xlogy(n - column, n - column)
    )
    evidence = np.zeros(len(pairs))
    evidence[above] = np.maximum(2 * (cells - margins + xlogy(n, n)), 0.0)
    return evidence


def entropies(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """−p ln p − (1 − p) ln(1 − p), in nats."""
    share = np.clip(share, 0.0, 1.0)
    return -(xlogy(share, share) + xlogy(1 - share, 1 - share))
