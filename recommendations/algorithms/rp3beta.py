"""Random walks from item to visitor to item, with popular ends damped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ranking import Scores, multiply
from recommendations.algorithms.similarity import calibrated, cap_row_entries, top_k_similar
from recommendations.algorithms.topk import TopK
from recommendations.algorithms.visitor_matrix import (
    MatrixAlgorithm,
    MatrixConfig,
    column_sums,
    powers,
    row_sums,
)


@dataclass(frozen=True, kw_only=True)
class RP3betaConfig(MatrixConfig):
    """`alpha`: the power of each step's probability. `beta`: how much a popular end of the walk is damped.
    `neighbours`: how many are kept an item. `max_items_per_visitor`: heavier visitors keep their strongest."""

    alpha: float = 0.5
    beta: float = 0.35
    neighbours: int = 500
    max_items_per_visitor: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, 2, "alpha", "beta")
        self._whole(1, "neighbours", "max_items_per_visitor")


class RP3beta(MatrixAlgorithm):
    """The three-step random walk of Paudel, Christoffel, Newell & Bernstein 2017, "Updatable, accurate, diverse, and
    scalable recommendations for interactive applications": visitor → item → visitor → item.

    With p_iu = x_ui / d_i and p_uj = x_ui / d_u, d_i and d_u the sums of the columns and rows of x,

        w_ij = Σ_u (p_iu p_uj)^α / d_j^β,      score(h, j) = Σ_(i in h) x_hi w_ij

    β = 0 is P3alpha (Cooper et al. 2014). Each item keeps its `neighbours` best.
    """

    Config = RP3betaConfig
    config: RP3betaConfig
    produces = frozenset({("item", "item"), ("visitor", "item")})

    search_space = {
        "alpha": (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
        "beta": (0.0, 0.2, 0.35, 0.5, 0.65, 0.8),
        "history_decay": (0.0, 0.2, 0.4, 0.7),
    }

    #: Where the walks from each item end.
    neighbours_: TopK

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """`catalogue`, when given, keeps variants of one product out of each other's lists.

        Raises NotEnoughData when no event of a known visitor has one of the kinds asked for.
        """
        config = self.config
        users = cap_row_entries(self._learn_from(interactions), config.max_items_per_visitor)
        degree = column_sums(users)
        halfway = powers(row_sums(users), -config.alpha / 2)  # both factors of a product have it
        steps = sparse.diags(halfway) @ users.astype(np.float64).power(config.alpha)
        self.neighbours_ = top_k_similar(
            sparse.csr_matrix(steps.T),
            config.neighbours,
            row_norm=degree**config.alpha,
            column_norm=degree**config.beta,
            groups=catalogue.groups(self.item_keys_) if catalogue is not None else None,
        )
        self._weights = self.neighbours_.to_csr()
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list, the likeliest end first."""
        return calibrated(self.neighbours_).lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def item_weights(self) -> sparse.csr_matrix:
        """w_ij, row i = the seed."""
        return self._weights

    def _scores(self, histories: Histories) -> Scores:
        return multiply(self._query(histories), self._weights)
