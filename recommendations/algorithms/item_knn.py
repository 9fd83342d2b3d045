"""Items that the same visitors chose, or rated alike: item-item neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.measures import pattern
from recommendations.algorithms.neighbour_search import as_lists, nearest
from recommendations.algorithms.neighbours import NeighbourAlgorithm, NeighbourConfig
from recommendations.algorithms.ratings import Scale, less, means, rating_matrix
from recommendations.algorithms.similarities import measure
from recommendations.algorithms.similarity import TopK
from recommendations.algorithms.weighting import Weighting


@dataclass(frozen=True, kw_only=True)
class ItemKNNConfig(NeighbourConfig):
    """`visitor_exponent`: how much a visitor with many items counts less, 0 = not; for implicit feedback and the
    similarities cosine and asymmetric_cosine. For the rest see NeighbourConfig."""

    half_life_days: float | None = 180.0
    shrinkage: float = 10.0
    damping: str = "log"
    visitor_exponent: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, 2, "visitor_exponent")


class ItemKNN(NeighbourAlgorithm):
    """Item-item collaborative filtering.

    Implicit feedback: x_ui = damped sum of visitor u's weighted, decayed events on item i; n_u = u's number of items;

        sim(i, j) = Σ_u x_ui x_uj n_u^−g / √((‖x_i‖² + s)(‖x_j‖² + s)),   ‖x_i‖² = Σ_u x_ui² n_u^−g

    Cosine of item columns (Sarwar et al. 2001, §3.1.1; Deshpande & Karypis 2004, §4) with the shrinkage s in
    both norms: two items that one visitor happened to choose no longer look identical. Other similarities can be
    chosen, see docs/algorithms/neighbours.md. A history's score for an item is Σ weight × similarity.

    Explicit feedback: `predict` gives μ_i + Σ_j sim(i, j)(r_uj − μ_j) / Σ_j |sim(i, j)| over the neighbours j of i that
    u rated, with μ_i the mean rating of i; without `mean_centred` it is the weighted sum of Sarwar et al. 2001, §3.2.1.
    A score is the sum above the line.
    """

    Config = ItemKNNConfig
    config: ItemKNNConfig
    produces = frozenset({("item", "item")})

    search_space = {
        "similarity": ("cosine", "asymmetric_cosine", "conditional", "jaccard", "log_likelihood"),
        "shrinkage": (0.0, 3.0, 10.0, 30.0, 100.0),
        "visitor_exponent": (0.0, 0.25, 0.5, 0.75, 1.0),
        "damping": ("binary", "log", "sum"),
        "half_life_days": (30.0, 90.0, 180.0, 365.0, None),
        "weighting": ("none", "tfidf", "bm25"),
    }

    #: The neighbours of each item.
    neighbours_: TopK
    #: With explicit feedback: the mean rating of each item, (n_items,), and the scale.
    means_: NDArray[np.float64]
    scale_: Scale

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """`catalogue`, when given, keeps variants of one product out of each other's lists.

        Raises NotEnoughData when no event of a known visitor has one of the kinds asked for, or none has a rating.
        """
        config = self.config
        visitors = self._learned(self.selected(interactions))
        self.item_keys_ = interactions.item_keys
        items = sparse.csr_matrix(visitors.T)
        if self._explicit:
            self.scale_ = Scale.of(items)
            self.means_ = means(items, self.scale_.mean)
        else:
            items = self._weighted(items)
        groups = None if catalogue is None else catalogue.groups(self.item_keys_)
        if groups is None:  # no variants: each item is a product of its own, and never its own neighbour
            groups = np.arange(len(self.item_keys_), dtype=np.int32)
        alike = measure(
            config.similarity,
            items,
            ratings=self._explicit,
            shrinkage=config.shrinkage,
            alpha=config.alpha,
        )
        self.neighbours_ = nearest(alike, items, config.neighbours, threshold=config.threshold, groups=groups)
        self._at_most_one = alike.at_most_one
        self.__dict__.pop("_similarity", None)
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list, the most similar first.

        A similarity s that can be above 1, as that of asymmetric_cosine, is given as s / (1 + s).
        """
        top = as_lists(self.neighbours_, self._at_most_one)
        return top.lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """Σ over the history of weight × similarity to the item; of ratings, see the class."""
        if self._explicit:
            return self._votes(rating_matrix(histories)).astype(np.float32)
        return sparse.csr_matrix(histories.decayed(self.config.history_decay).matrix() @ self._similarity)

    def _predicted(self, ratings: sparse.csr_matrix) -> NDArray[np.float32]:
        weights = pattern(ratings) @ abs(self._similarity.T)
        return self.scale_.predicted(
            self._votes(ratings), weights, self.means_, mean_centred=self.config.mean_centred
        )

    def _votes(self, ratings: sparse.csr_matrix) -> sparse.csr_matrix:
        """Σ over the rated neighbours j of an item of sim · (r − μ_j), or of sim · r: (n, n_items)."""
        counted = less(ratings, self.means_, axis=1) if self.config.mean_centred else ratings
        return sparse.csr_matrix(counted @ self._similarity.T)

    @cached_property
    def _similarity(self) -> sparse.csr_matrix:
        return self.neighbours_.to_csr()

    def _weighted(self, items: sparse.csr_matrix) -> sparse.csr_matrix:
        """Items × visitors, √ of the visitor weight already in both factors."""
        config = self.config
        n_items = np.bincount(items.indices, minlength=items.shape[1])
        items = Weighting(config.weighting, items)(items)
        if config.similarity in ("cosine", "asymmetric_cosine"):
            share = np.maximum(n_items, 1.0) ** (-config.visitor_exponent / 2)
            items.data = items.data * share[items.indices]
        return items
