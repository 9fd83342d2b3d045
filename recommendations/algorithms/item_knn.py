"""Items that the same visitors chose: item-item cosine with shrinkage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.similarity import (
    TopK,
    cap_row_entries,
    normalised,
    square_norms,
    top_k_similar,
)
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, kw_only=True)
class ItemKNNConfig(AlgorithmConfig):
    """`neighbours`: how many are kept an item. `shrinkage`: so many average visitors are added
    to both norms. `damping`: what
    repeated events add: all (sum), less and less (log), nothing (binary). `visitor_exponent`: how much a
    visitor with many items counts less, 0 = not. `max_items_per_visitor`: heavier visitors keep their
    strongest and most recent."""

    half_life_days: float | None = 180.0
    neighbours: int = 100
    shrinkage: float = 10.0
    damping: str = "log"
    visitor_exponent: float = 0.5
    max_items_per_visitor: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, float("inf"), "shrinkage")
        self._between(0, 2, "visitor_exponent")
        self._between(1, 10_000_000, "neighbours", "max_items_per_visitor")
        self._one_of("damping", ("sum", "log", "binary"))


class ItemKNN(Algorithm):
    """Item-item collaborative filtering for implicit feedback.

    x_ui = damped sum of visitor u's weighted, decayed events on item i; n_u = u's number of items;

        sim(i, j) = Σ_u x_ui x_uj n_u^−g / √((‖x_i‖² + s)(‖x_j‖² + s)),   ‖x_i‖² = Σ_u x_ui² n_u^−g

    Cosine of item columns (Sarwar et al. 2001, §3.1.1; Deshpande & Karypis 2004, §4) with the shrinkage s in
    both norms: two items that one visitor happened to choose no longer look identical.
    """

    Config = ItemKNNConfig
    config: ItemKNNConfig
    produces = frozenset({("item", "item")})

    #: The neighbours of each item.
    neighbours_: TopK

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """`catalogue`, when given, keeps variants of one product out of each other's lists.

        Raises NotEnoughData when no event of a known visitor has one of the kinds asked for.
        """
        config = self.config
        users = self.selected(interactions).matrix(config.events, half_life_days=config.half_life_days)
        if not users.nnz:
            raise NotEnoughData(
                "ItemKNN needs events of known visitors: all of them are of nobody or weigh nothing."
            )
        users = cap_row_entries(users, config.max_items_per_visitor)
        self.item_keys_ = interactions.item_keys
        items = self._weighted(users)
        norms = np.sqrt(square_norms(items) + config.shrinkage * np.mean(items.data**2))
        groups = catalogue.groups(self.item_keys_) if catalogue is not None else None
        self.neighbours_ = top_k_similar(normalised(items, norms), config.neighbours, groups=groups)
        self._similarity: sparse.csr_matrix | None = None
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list, the most similar first."""
        yield from self.neighbours_.lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """Σ over the history of weight × similarity to the item."""
        if self._similarity is None:
            self._similarity = self.neighbours_.to_csr()
        return sparse.csr_matrix(histories.matrix() @ self._similarity)

    def _weighted(self, users: sparse.csr_matrix) -> sparse.csr_matrix:
        """Items × visitors, √ of the visitor weight already in both factors."""
        users = users.astype(np.float64)
        if self.config.damping == "binary":
            users.data[:] = 1.0
        elif self.config.damping == "log":
            users.data = np.log1p(users.data)
        n_items = np.diff(users.indptr)
        share = np.maximum(n_items, 1.0) ** (-self.config.visitor_exponent / 2)
        return sparse.csr_matrix((sparse.diags(share) @ users).T)
