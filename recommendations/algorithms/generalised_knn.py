"""Item neighbours in a form that covers cosine, conditional probability, RP3beta and much in between."""

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
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.algorithms.ranking import Scores, multiply
from recommendations.algorithms.similarity import TopK, calibrated, cap_row_entries, top_k_similar
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, kw_only=True)
class GeneralisedKNNConfig(PersonalConfig):
    """`visitor_exponent` (g), `seed_exponent` (a), `target_exponent` (b), `shrinkage` (s): see GeneralisedKNN.
    `damping`: what repeated events add: all (sum), less and less (log), nothing (binary). `history_decay`: each
    event further back in a history counts e^−decay of the next. `neighbours`: how many are kept an item.
    `max_items_per_visitor`: heavier visitors keep their strongest and most recent."""

    visitor_exponent: float = 0.3
    seed_exponent: float = 0.4
    target_exponent: float = 0.3
    shrinkage: float = 0.0
    damping: str = "binary"
    history_decay: float = 0.0
    neighbours: int = 1000
    max_items_per_visitor: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, float("inf"), "shrinkage", "history_decay")
        self._between(0, 2, "visitor_exponent", "seed_exponent", "target_exponent")
        self._between(1, 10_000_000, "neighbours", "max_items_per_visitor")
        self._one_of("damping", ("sum", "log", "binary"))


class GeneralisedKNN(PersonalAlgorithm):
    """Item-item neighbours with free exponents.

    x_ui = damped sum of u's weighted, decayed events on item i, n_u = number of u's items, n_i = of i's visitors:

        w_ij = Σ_u x_ui x_uj n_u^−g / (n_i^a n_j^b + s),   score(j) = Σ_{i in history} q_i w_ij

    g = 0, a = b = ½ is the cosine of binary columns (Sarwar et al. 2001), a = 1, b = 0 the conditional probability
    P(j | i), b > 0 its popularity-damped form (Deshpande & Karypis 2004, §4.1.2), g = 1, a = 1, b = β RP3beta with
    α = 1 (Paudel et al. 2017). What lies between is better than any of them on most data.
    """

    Config = GeneralisedKNNConfig
    config: GeneralisedKNNConfig
    produces = frozenset({("item", "item"), ("visitor", "item")})

    search_space = {
        "target_exponent": (0.0, 0.15, 0.3, 0.4, 0.5, 0.6),
        "visitor_exponent": (0.0, 0.15, 0.3, 0.45, 0.6, 0.8),
        "seed_exponent": (0.2, 0.3, 0.4, 0.5, 0.6, 0.75),
        "history_decay": (0.0, 0.1, 0.2, 0.4, 0.7),
    }

    #: The neighbours of each item.
    neighbours_: TopK

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """`catalogue`, when given, keeps variants of one product out of each other's lists.

        Raises NotEnoughData when no event of a known visitor has one of the kinds asked for.
        """
        config = self.config
        chosen = self.selected(interactions)
        users = chosen.matrix(config.events, half_life_days=config.half_life_days)
        if not users.nnz:
            raise NotEnoughData(
                "GeneralisedKNN needs events of known visitors: all of them are of nobody or weigh nothing."
            )
        self._remember(chosen)
        users = cap_row_entries(damped(users, config.damping), config.max_items_per_visitor)
        items_of = np.maximum(np.diff(users.indptr), 1.0)
        visitors_of = np.maximum(np.bincount(users.indices, minlength=users.shape[1]), 1.0)
        items = sparse.csr_matrix((sparse.diags(items_of ** (-config.visitor_exponent / 2)) @ users).T)
        self.neighbours_ = top_k_similar(
            items,
            config.neighbours,
            row_norm=visitors_of**config.seed_exponent,
            column_norm=visitors_of**config.target_exponent,
            shrinkage=config.shrinkage,
            groups=catalogue.groups(self.item_keys_) if catalogue is not None else None,
        )
        self._weights = self.neighbours_.to_csr()
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list, the strongest first."""
        return calibrated(self.neighbours_).lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def item_weights(self) -> sparse.csr_matrix:
        """w_ij, row i = the seed."""
        return self._weights

    def _scores(self, histories: Histories) -> Scores:
        """Σ over the decayed history of weight × w_ij."""
        return multiply(histories.decayed(self.config.history_decay).matrix(), self._weights)


def damped(users: sparse.csr_matrix, damping: str) -> sparse.csr_matrix:
    """Visitors × items, float64, with what repeated events add: `sum`, `log` (ln(1 + x)) or `binary`."""
    users = users.astype(np.float64)
    if damping == "binary":
        users.data[:] = 1.0
    elif damping == "log":
        users.data = np.log1p(users.data)
    return users
