"""What the most similar visitors chose, or rated highly: user-user neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.measures import InnerProduct, Measure, pattern
from recommendations.algorithms.neighbour_search import as_lists, nearest, nearest_others
from recommendations.algorithms.neighbours import NeighbourAlgorithm, NeighbourConfig
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.algorithms.ratings import Scale, less, means, rating_matrix
from recommendations.algorithms.similarities import SIMILARITIES, measure
from recommendations.algorithms.weighting import Weighting


@dataclass(frozen=True, kw_only=True)
class UserKNNConfig(NeighbourConfig, PersonalConfig):
    """`item_exponent` and `norm_exponent`: those of the similarity "generalised". `power`: a neighbour's say is
    similarity^power. For the rest see NeighbourConfig and PersonalConfig."""

    similarity: str = "generalised"
    neighbours: int = 200
    item_exponent: float = 0.5
    norm_exponent: float = 0.5
    power: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, 2, "item_exponent", "norm_exponent")
        self._between(0, 10, "power")

    @classmethod
    def similarities(cls) -> tuple[str, ...]:
        return ("generalised", *SIMILARITIES)


class UserKNN(NeighbourAlgorithm, PersonalAlgorithm):
    """User-user collaborative filtering: what the visitors most like this one chose, or rated highly.

    Implicit feedback: x_vi = damped sum of visitor v's weighted, decayed events on item i; N(q) = the `neighbours`
    visitors most similar to the history q:

        score(q, i) = Σ_{v ∈ N(q)} sim(q, v)^power · x_vi
        generalised: sim(q, v) = Σ_i q_i v_i d_i^−a / ((‖q‖² + s)(‖v‖² + s))^b,  d_i = visitors who have item i

    Explicit feedback: `predict` gives μ_q + Σ_v sim(q, v)(r_vi − μ_v) / Σ_v |sim(q, v)| over the neighbours v who
    rated i, with μ_v the mean rating of v (Resnick et al. 1994); a score is the sum above the line.

    It scores any history, of a visitor it knows or not: somebody whom it knows is a neighbour of himself. Sarwar et
    al. 2000 for what was bought; amplification by `power` is Breese et al. 1998, §2.2.
    """

    Config = UserKNNConfig
    config: UserKNNConfig
    produces = frozenset({("visitor", "item"), ("visitor", "visitor")})

    search_space = {
        "neighbours": (50, 100, 200, 400, 800),
        "norm_exponent": (0.25, 0.5, 0.75),
        "item_exponent": (0.25, 0.5, 0.75),
    }

    #: What each visitor chose, damped, or rated: visitors × items.
    visitors_: sparse.csr_matrix
    #: With explicit feedback: the mean rating of each visitor, (n_visitors,), and the scale.
    means_: NDArray[np.float64]
    scale_: Scale

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no event of a known visitor has one of the kinds asked for, or none has a
        rating."""
        config = self.config
        chosen = self.selected(interactions)
        self.visitors_ = visitors = self._learned(chosen)
        self._remember(chosen)
        self._weighting = Weighting(config.weighting, visitors)
        self._measure = self._compared(self._weighting(visitors))
        if self._explicit:
            self.scale_ = Scale.of(visitors)
            self.means_ = means(visitors, self.scale_.mean)
            self._votes_of = less(visitors, self.means_, axis=0) if config.mean_centred else visitors
        else:
            self._votes_of = visitors.astype(np.float32)
        return self

    def visitor_neighbours(self, keys: Iterable[str], k: int = 50) -> Iterator[RankedPairs]:
        """For each of the visitors that has any: the ≤ `k` most similar other visitors, whatever `neighbours` says.

        A similarity s that can be above 1 is given as s / (1 + s).
        """
        codes = {key: code for code, key in enumerate(self.visitor_keys_)}
        known = [key for key in keys if key in codes]
        which = np.array([codes[key] for key in known], np.int64)
        rows = self._weighting(self.visitors_[which])
        top = nearest_others(self._measure, rows, which, k, threshold=self.config.threshold)
        top = as_lists(top, self._measure.at_most_one)
        yield from top.lists(tuple(known), self.visitor_keys_, k, SCORE_DIGITS)

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """Σ over the neighbours of similarity^power × what they chose; of ratings, see the class."""
        if self._explicit:
            return sparse.csr_matrix(
                self._neighbours(rating_matrix(histories)) @ self._votes_of, dtype=np.float32
            )
        queries = self._damped(histories.decayed(self.config.history_decay).matrix())
        return sparse.csr_matrix(self._neighbours(self._weighting(queries)) @ self._votes_of)

    def _predicted(self, ratings: sparse.csr_matrix) -> NDArray[np.float32]:
        neighbours = self._neighbours(ratings)
        return self.scale_.predicted(
            neighbours @ self._votes_of,
            abs(neighbours) @ pattern(self.visitors_),
            means(ratings, self.scale_.mean)[:, None],
            mean_centred=self.config.mean_centred,
        )

    def _neighbours(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        """Similarity^power to the nearest visitors, (n, n_visitors) float32; of a negative one -|similarity|^power."""
        config = self.config
        top = nearest(self._measure, rows, config.neighbours, threshold=config.threshold).to_csr()
        if config.power != 1:
            top.data = np.sign(top.data) * np.abs(top.data) ** np.float32(config.power)
        return top

    def _compared(self, visitors: sparse.csr_matrix) -> Measure:
        config = self.config
        if config.similarity != "generalised":
            return measure(
                config.similarity,
                visitors,
                ratings=self._explicit,
                shrinkage=config.shrinkage,
                alpha=config.alpha,
            )
        y = config.norm_exponent
        return InnerProduct(
            visitors,
            left=y,
            right=y,
            feature_exponent=config.item_exponent,
            shrinkage=config.shrinkage,
        )
