"""The next basket from personal frequency and that of similar visitors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.algorithms.nearest import nearest
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.algorithms.ranking import Scores, dense
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, kw_only=True)
class TIFUKNNConfig(PersonalConfig):
    """`basket_decay`: a basket n baskets ago counts e^−decay·n. `basket_half_life_days`: and, after so long, half
    (None: time does not matter). `personal`: the share of the visitor's own frequency in the score, the rest is the
    neighbours'. `neighbours`: how many are asked."""

    exclude_seen: bool = False
    basket_decay: float = 0.15
    basket_half_life_days: float | None = None
    personal: float = 0.7
    neighbours: int = 300

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, float("inf"), "basket_decay")
        self._positive("basket_half_life_days")
        self._between(0, 1, "personal")
        self._between(1, 10_000_000, "neighbours")


class TIFUKNN(PersonalAlgorithm):
    """Temporal item frequency with nearest neighbours (Hu, He, Gao & Zhang 2020, "Modeling personalized item frequency
    information for next-basket recommendation").

    With baskets b = 0 (the last), 1, … of a visitor, n of them,

        v_i = Σ_{b with i} e^−decay·b · 2^(−age_b / half-life) / n
        score = personal · v + (1 − personal) · mean of v over the nearest visitors

    Unlike the paper, weights decay smoothly instead of by groups of baskets, and nearest is by cosine.
    """

    Config = TIFUKNNConfig
    config: TIFUKNNConfig
    produces = frozenset({("visitor", "item")})
    accepts = frozenset({"basket"})
    search_space = {
        "basket_decay": (0.0, 0.05, 0.1, 0.2, 0.4),
        "personal": (0.3, 0.5, 0.7, 0.85, 1.0),
        "neighbours": (100, 300, 900),
        "basket_half_life_days": (None, 30.0, 90.0, 180.0),
    }

    #: v of the visitors, (n_visitors, n_items).
    frequency_: sparse.csr_matrix

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no event of a known visitor belongs to a basket."""
        chosen = self.selected(interactions)
        in_baskets = chosen.select(mask=(chosen.basket >= 0) & (chosen.visitor >= 0))
        if not len(in_baskets):
            raise NotEnoughData(
                f"TIFUKNN needs baskets of known visitors: none of {len(chosen)} events is in one."
            )
        self._remember(in_baskets)
        self.frequency_ = self._frequency(self.histories_)
        self._of_items = sparse.csr_matrix(_unit_rows(self.frequency_).T)
        return self

    def _scores(self, histories: Histories) -> Scores:
        """Own frequency and the neighbours'."""
        own = self._frequency(histories)
        near = nearest(_unit_rows(own), self._of_items, self.config.neighbours)
        near.data[:] = 1.0
        count = np.maximum(np.diff(near.indptr), 1.0)
        theirs = sparse.diags(1.0 / count) @ (near @ self.frequency_)
        share = self.config.personal
        return dense(sparse.csr_matrix(share * own + (1.0 - share) * theirs))

    def _frequency(self, histories: Histories) -> sparse.csr_matrix:
        """v of each history, (n, n_items) float32. An event without a basket is one by itself."""
        if not len(histories.item):
            return sparse.csr_matrix((len(histories), histories.n_items), dtype=np.float32)
        owner = histories.owner
        starts = np.ones(len(owner), bool)
        starts[1:] = (
            (owner[1:] != owner[:-1])
            | (histories.basket[1:] != histories.basket[:-1])
            | (histories.basket[1:] < 0)
        )
        number = np.cumsum(starts)
        last = np.zeros(len(histories), np.int64)
        np.maximum.at(last, owner, number)
        first = np.full(len(histories), number[-1] + 1)
        np.minimum.at(first, owner, number)
        weight = np.exp(-self.config.basket_decay * (last[owner] - number)) / (last - first + 1)[owner]
        if self.config.basket_half_life_days is not None:
            ended = np.zeros(len(histories))
            ended[owner] = histories.time  # oldest first: the latest stays
            age = (ended[owner] - histories.time) / SECONDS_PER_DAY
            weight = weight * np.exp2(-age / self.config.basket_half_life_days)
        return histories.weighted(weight * (histories.weight > 0)).matrix()


def _unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1.0 / np.maximum(norms, 1e-12)) @ matrix).astype(np.float32)
