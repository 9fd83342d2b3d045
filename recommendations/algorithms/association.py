"""Bought together: pairs that share baskets more often than chance would have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.pairs import (
    PairCounts,
    basket_actors,
    count_pairs,
    count_visitors,
    entropies,
    log_likelihood_ratio,
)
from recommendations.algorithms.ranking import best
from recommendations.algorithms.similarity import TopK, calibrated, cap_row_entries
from recommendations.exceptions import NotEnoughData

#: What the option `across` sets apart.
_GROUPS = {"products": Catalogue.groups, "departments": Catalogue.departments}


@dataclass(frozen=True, kw_only=True)
class AssociationConfig(AlgorithmConfig):
    """`min_support`: a pair needs so many common baskets. `min_visitors`: of so many different visitors.
    `min_evidence`: and a G² above this (3.84: p < .05, 10.83: p < .001). `rank_by`: evidence, information or
    lift. `basket_exponent`: how much less a large basket says about each of its pairs, 0 = not.
    `lift_damping`: common baskets at which lift counts half. `neighbours`: how many are kept an item.
    `max_items_per_basket`: larger ones are cut. `across`: pairs are of different products, or of different
    departments (the outermost level of the first category)."""

    min_support: int = 3
    min_visitors: int = 3
    min_evidence: float = 3.84
    rank_by: str = "evidence"
    basket_exponent: float = 0.5
    lift_damping: float = 10.0
    neighbours: int = 100
    max_items_per_basket: int = 200
    across: str = "products"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, float("inf"), "min_evidence", "lift_damping")
        self._between(0, 2, "basket_exponent")
        self._between(1, 10_000_000, "min_support", "min_visitors", "neighbours", "max_items_per_basket")
        self._one_of("across", tuple(_GROUPS))
        self._one_of("rank_by", ("evidence", "information", "lift"))


class Association(Algorithm):
    """Item pairs from baskets by the log-likelihood ratio (Dunning 1993, §4), corrected for the size of
    baskets.

    Basket b of s_b items gives each of its pairs the weight w_b = (s_b − 1)^−β, scaled so that all pairs
    together keep their number. With c_ij = Σ_b w_b over common baskets, c_i = Σ_j c_ij and C = Σ_i c_i, a
    partner of i drawn by chance is j in c_i c_j / C_ij of the cases, C_ij = the harmonic mean of C − c_i and
    C − c_j (no item is its own partner). So what a large basket holds in any case explains its pairs, and
    bananas, which are in most large baskets, are not everyone's neighbour.

    G² = 2 Σ k ln(k / expected) over the table k = (c_ij, c_i − c_ij, c_j − c_ij, C_ij − c_i − c_j + c_ij),
    kept only where c_ij is above expectation. Pairs of fewer than `min_visitors` visitors are dropped: one
    household's weekly habit is not a pattern. With `across="departments"` pairs within a department are none,
    in c_i and C neither, and C_ij is what the item's department leaves of C.
    """

    Config = AssociationConfig
    config: AssociationConfig
    produces = frozenset({("item", "item")})
    accepts = frozenset({"basket"})

    search_space = {
        "rank_by": ("evidence", "information", "lift"),
        "basket_exponent": (0.0, 0.25, 0.5, 0.75, 1.0),
        "min_support": (2, 3, 5, 8),
        "min_evidence": (0.0, 3.84, 10.83),
    }

    #: The neighbours of each item.
    neighbours_: TopK

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no basket holds two items.

        A pair below `min_support`, `min_visitors` or `min_evidence` is not listed; when no pair is left,
        there are no lists.
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
        groups = _GROUPS[config.across](catalogue, self.item_keys_) if catalogue is not None else None
        pairs = count_pairs(
            baskets,
            config.min_support,
            config.basket_exponent,
            groups,
            apart=config.across == "departments",
        )
        evidence = log_likelihood_ratio(pairs)
        convincing = (evidence >= config.min_evidence) & (evidence > 0)
        pairs, evidence = pairs.where(convincing), evidence[convincing]
        several = count_visitors(pairs, baskets, basket_actors(chosen)) >= config.min_visitors
        strength = np.where(several, self._strength(pairs, evidence), 0.0)
        matrix = pairs.matrix(strength, len(self.item_keys_))
        self.neighbours_ = calibrated(best(matrix, config.neighbours))
        self._similarity: sparse.csr_matrix | None = None
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list, the strongest first."""
        return self.neighbours_.lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """Σ over the history (a cart, say) of weight × strength of the pair."""
        if self._similarity is None:
            self._similarity = self.neighbours_.to_csr()
        return sparse.csr_matrix(histories.matrix() @ self._similarity)

    def _strength(self, pairs: PairCounts, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.config.rank_by == "evidence":
            return evidence
        if self.config.rank_by == "lift":
            lift = pairs.weight * pairs.total / (pairs.of_first * pairs.of_second)
            return lift * pairs.both / (pairs.both + self.config.lift_damping)
        entropy = np.sqrt(entropies(pairs.of_first / pairs.total) * entropies(pairs.of_second / pairs.total))
        return evidence / (2 * pairs.total * np.maximum(entropy, 1e-12))
