"""What the most similar visitors chose: user-user neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.measures import OF_SETS, InnerProduct, Measure, OfSets
from recommendations.algorithms.neighbour_search import nearest
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.algorithms.similarity import cap_row_entries
from recommendations.algorithms.weighting import WEIGHTINGS, Weighting
from recommendations.exceptions import NotEnoughData

_SIMILARITIES = ("generalised", "cosine", "asymmetric_cosine", "conditional", *OF_SETS)


@dataclass(frozen=True, kw_only=True)
class UserKNNConfig(PersonalConfig):
    """`similarity`: how alike two visitors are, see docs/algorithms/neighbours.md; `item_exponent` and
    `norm_exponent` are those of "generalised", `alpha` that of "asymmetric_cosine" and "conditional". `weighting`
    of the items a visitor has: none, tfidf or bm25. `damping`: what repeated events add: all (sum), less and less
    (log), nothing (binary). `history_decay`: each event further back in a history counts e^−decay of the next.
    `neighbours`: how many similar visitors have a say, each by similarity^`power`. `shrinkage`: so many average
    cells are added to both norms, or to the size of the overlap. `threshold`: less similar visitors have no say.
    `max_items_per_visitor`: heavier visitors keep their strongest and most recent."""

    similarity: str = "generalised"
    neighbours: int = 200
    shrinkage: float = 0.0
    threshold: float = 0.0
    weighting: str = "none"
    power: float = 1.0
    alpha: float = 0.5
    item_exponent: float = 0.5
    norm_exponent: float = 0.5
    damping: str = "binary"
    history_decay: float = 0.0
    max_items_per_visitor: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        self._one_of("similarity", _SIMILARITIES)
        self._one_of("weighting", WEIGHTINGS)
        self._one_of("damping", ("sum", "log", "binary"))
        self._between(1, 10_000_000, "neighbours", "max_items_per_visitor")
        self._between(0, float("inf"), "shrinkage", "history_decay")
        self._between(0, 1, "threshold", "alpha")
        self._between(0, 10, "power")
        self._between(0, 2, "item_exponent", "norm_exponent")


class UserKNN(PersonalAlgorithm):
    """User-user collaborative filtering: what the visitors most like this one chose.

    x_vi = damped sum of visitor v's weighted, decayed events on item i; N(q) = the `neighbours` most similar to q:

        score(q, i) = Σ_{v ∈ N(q)} sim(q, v)^power · x_vi
        generalised: sim(q, v) = Σ_i q_i v_i d_i^−a / ((‖q‖² + s)(‖v‖² + s))^b,  d_i = visitors who have item i

    Resnick et al. 1994 for ratings, Sarwar et al. 2000 for what was bought; amplification by Breese et al. 1998, §2.2.
    It scores any history, of a visitor it knows or not: somebody whom it knows is a neighbour of himself.
    """

    Config = UserKNNConfig
    config: UserKNNConfig
    produces = frozenset({("visitor", "item"), ("visitor", "visitor")})

    #: What each visitor chose, visitors × items, damped.
    visitors_: sparse.csr_matrix

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no event of a known visitor has one of the kinds asked for."""
        config = self.config
        chosen = self.selected(interactions)
        visitors = chosen.matrix(config.events, half_life_days=config.half_life_days)
        if not visitors.nnz:
            raise NotEnoughData(
                "UserKNN needs events of known visitors: all of them are of nobody or weigh nothing."
            )
        self._remember(chosen)
        self.visitors_ = self._damped(cap_row_entries(visitors, config.max_items_per_visitor))
        if config.damping == "binary":
            self.visitors_.data[:] = 1.0
        self._weighting = Weighting(config.weighting, self.visitors_)
        self._measure = self._compared(self._weighting(self.visitors_))
        return self

    def visitor_neighbours(self, keys: Iterable[str], k: int = 50) -> Iterator[RankedPairs]:
        """For each of the visitors that has any: the ≤ `k` most similar other visitors, whatever `neighbours` says.

        A similarity s that can be above 1 is given as s / (1 + s).
        """
        codes = {key: code for code, key in enumerate(self.visitor_keys_)}
        known = [key for key in keys if key in codes]
        which = np.array([codes[key] for key in known], np.int64)
        config = self.config
        own = (which, np.arange(len(self.visitor_keys_)))
        top = nearest(
            self._measure, self._weighting(self.visitors_[which]), k, threshold=config.threshold, apart=own
        )
        yield from top.scaled(self._measure.of_one(top.scores)).lists(
            tuple(known), self.visitor_keys_, k, SCORE_DIGITS
        )

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """Σ over the neighbours v of similarity^power × x_vi."""
        config = self.config
        queries = self._weighting(self._damped(histories.decayed(config.history_decay).matrix()))
        neighbours = nearest(self._measure, queries, config.neighbours, threshold=config.threshold).to_csr()
        if config.power != 1:
            neighbours.data **= np.float32(config.power)
        return sparse.csr_matrix(neighbours @ self.visitors_)

    def _damped(self, visitors: sparse.csr_matrix) -> sparse.csr_matrix:
        """Visitors × items, float32, all above 0. In a query a weight below 1 counts also when binary."""
        visitors = visitors.astype(np.float32)
        visitors.data[visitors.data <= 0] = 0.0
        visitors.eliminate_zeros()
        if self.config.damping == "binary":
            visitors.data = np.minimum(visitors.data, 1)
        elif self.config.damping == "log":
            visitors.data = np.log1p(visitors.data)
        return visitors

    def _compared(self, visitors: sparse.csr_matrix) -> Measure:
        config = self.config
        s = config.shrinkage
        name = config.similarity
        if name in OF_SETS:
            return OfSets(visitors, OF_SETS[name], shrinkage=s)
        if name == "conditional":
            return InnerProduct(visitors, left=1.0, right=config.alpha, binary=True, shrinkage=s)
        if name == "asymmetric_cosine":
            return InnerProduct(visitors, left=config.alpha, right=1 - config.alpha, shrinkage=s)
        if name == "cosine":
            return InnerProduct(visitors, shrinkage=s)
        y = config.norm_exponent
        return InnerProduct(visitors, left=y, right=y, feature_exponent=config.item_exponent, shrinkage=s)
