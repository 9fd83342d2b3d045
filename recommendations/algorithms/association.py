"""Bought together: pairs that share baskets more often than chance would have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import xlogy

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import history_matrix
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.similarity import BLOCK_BYTES, TopK, cap_row_entries, top_k_of_rows
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, kw_only=True)
class AssociationConfig(AlgorithmConfig):
    """`min_support`: a pair needs so many common baskets. `min_evidence`: and a G² above this (3.84: p < .05,
    10.83: p < .001). `rank_by`: information, evidence or lift. `neighbours`: how many are kept an item.
    `lift_damping`: common baskets at which lift counts half. `max_items_per_basket`: larger ones are cut."""

    min_support: int = 3
    min_evidence: float = 10.83
    rank_by: str = "information"
    neighbours: int = 100
    lift_damping: float = 10.0
    max_items_per_basket: int = 200

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, float("inf"), "min_evidence", "lift_damping")
        self._between(1, 10_000_000, "min_support", "neighbours", "max_items_per_basket")
        self._one_of("rank_by", ("information", "evidence", "lift"))


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Pairs of items with their common baskets, and what chance is judged by. All arrays are (n_pairs,)."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    both: NDArray[np.float64]
    n_first: NDArray[np.float64]
    n_second: NDArray[np.float64]
    n_baskets: float


class Association(Algorithm):
    """Item pairs from baskets by the log-likelihood ratio (Dunning 1993, §4).

    With n_i, n_j baskets of each item, n_ij of both, N baskets in all, the 2×2 table k = (n_ij, n_i − n_ij,
    n_j − n_ij, N − n_i − n_j + n_ij) gives G² = 2 Σ k ln(k / expected), kept only when n_ij is above
    expectation.

    Large baskets make every pair of frequent items look related, so N is the number of baskets that chance
    sees: N = (Σ_b s_b)² / Σ_b s_b (s_b − 1), s_b = items in basket b. Then n_i n_j / N is what the baskets'
    sizes alone explain (bipartite configuration model), and bananas are not everyone's neighbour.
    """

    Config = AssociationConfig
    config: AssociationConfig
    produces = frozenset({("item", "item")})
    accepts = frozenset({"basket"})

    #: The neighbours of each item.
    neighbours_: TopK

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no basket holds two items.

        A pair below `min_support` or `min_evidence` is not listed; when no pair is left, there are no lists.
        """
        config = self.config
        chosen = self.selected(interactions)
        baskets = cap_row_entries(chosen.baskets(chosen.kinds), config.max_items_per_basket)
        sizes = np.diff(baskets.indptr)
        if not (sizes > 1).any():
            raise NotEnoughData(
                f"Association needs baskets of two items or more: 0 of {len(sizes)} baskets are."
            )
        self.item_keys_ = interactions.item_keys
        groups = catalogue.groups(self.item_keys_) if catalogue is not None else None
        pairs = count_pairs(baskets, config.min_support, groups)
        evidence = log_likelihood_ratio(pairs)
        strength = np.where(evidence >= config.min_evidence, self._strength(pairs, evidence), 0.0)
        n_items = len(self.item_keys_)
        matrix = sparse.csr_matrix((strength, (pairs.first, pairs.second)), shape=(n_items, n_items))
        self.neighbours_ = calibrated(top_k_of_rows(matrix, config.neighbours))
        self._similarity: sparse.csr_matrix | None = None
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list, the strongest first."""
        yield from self.neighbours_.lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def score(self, histories: Sequence[Sequence[tuple[str, float]]]) -> NDArray[np.float32]:
        """Σ over the history (a cart, say) of weight × strength of the pair."""
        if self._similarity is None:
            self._similarity = self.neighbours_.to_csr()
        return (history_matrix(histories, self.item_keys_) @ self._similarity).toarray()

    def _strength(self, pairs: PairCounts, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.config.rank_by == "evidence":
            return evidence
        if self.config.rank_by == "lift":
            lift = pairs.both * pairs.n_baskets / (pairs.n_first * pairs.n_second)
            return lift * pairs.both / (pairs.both + self.config.lift_damping)
        entropy = np.sqrt(
            entropies(pairs.n_first, pairs.n_baskets) * entropies(pairs.n_second, pairs.n_baskets)
        )
        return evidence / (2 * pairs.n_baskets * np.maximum(entropy, 1e-12))


def chance_baskets(sizes: NDArray[np.int64]) -> float:
    """The number of baskets of even size in which chance pairs would be as frequent: (Σ s)² / Σ s (s − 1)."""
    sizes = sizes.astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes * (sizes - 1)).sum())


def count_pairs(
    baskets: sparse.csr_matrix, min_support: int, groups: NDArray[np.int32] | None = None
) -> PairCounts:
    """Ordered pairs of different items (of different groups) with at least `min_support` common baskets.

    `baskets` is baskets × items, binary. Works through blocks of items, in bounded memory.
    """
    items = sparse.csr_matrix(baskets.T, dtype=np.float32)
    by_basket = sparse.csr_matrix(baskets, dtype=np.float32)
    sizes = np.diff(by_basket.indptr)
    count = np.diff(items.indptr).astype(np.float64)
    cost = np.minimum(items @ sizes.astype(np.float64), items.shape[0]) * 12 + 64
    frequent = np.flatnonzero(count >= min_support)
    block_of = (np.cumsum(cost[frequent]) // BLOCK_BYTES).astype(np.int64)
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for block in np.split(frequent, np.flatnonzero(np.diff(block_of)) + 1):
        product = items[block] @ by_basket
        first = np.repeat(block, np.diff(product.indptr))
        second = product.indices.astype(np.int64)
        keep = (product.data >= min_support) & (first != second)
        if groups is not None:
            keep &= groups[first] != groups[second]
        parts.append((first[keep], second[keep], product.data[keep].astype(np.float64)))
    first, second, both = (np.concatenate(column) for column in zip(*parts, strict=True))
    # Chance cannot see fewer baskets than a pair's two items fill.
    n_baskets = max(chance_baskets(sizes), float(count.max(initial=0.0)))
    return PairCounts(first, second, both, count[first], count[second], n_baskets)


def log_likelihood_ratio(pairs: PairCounts) -> NDArray[np.float64]:
    """G² of each pair's 2×2 table, (n_pairs,); 0 when the pair is no more frequent than chance."""
    k11, n = pairs.both, pairs.n_baskets
    k12, k21 = pairs.n_first - k11, pairs.n_second - k11
    k22 = np.maximum(n - k11 - k12 - k21, 0.0)
    n = k11 + k12 + k21 + k22
    rows, columns = (k11 + k12, k21 + k22), (k11 + k21, k12 + k22)
    cells = xlogy(k11, k11) + xlogy(k12, k12) + xlogy(k21, k21) + xlogy(k22, k22)
    margins = sum(xlogy(m, m) for m in rows + columns)
    evidence = 2 * (cells - margins + xlogy(n, n))
    above = k11 * n > pairs.n_first * pairs.n_second
    return np.where(above, np.maximum(evidence, 0.0), 0.0)


def entropies(count: NDArray[np.float64], n_baskets: float) -> NDArray[np.float64]:
    """The entropy, in nats, of whether a basket holds the item."""
    share = np.clip(count / n_baskets, 0.0, 1.0)
    return -(xlogy(share, share) + xlogy(1 - share, 1 - share))


def calibrated(top: TopK) -> TopK:
    """Strengths → 0..1 by s / (s + m), m = the median of the best strength of each item's list."""
    starts = top.indptr[:-1][np.diff(top.indptr) > 0]
    if not len(starts):
        return top
    median = float(np.median(top.scores[starts]))
    return top.scaled(top.scores / (top.scores + median))
