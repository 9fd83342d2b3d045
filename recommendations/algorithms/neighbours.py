"""What ItemKNN and UserKNN have in common: options, what they learn from, and predicting ratings."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import Algorithm, AlgorithmConfig
from recommendations.algorithms.histories import Histories, Pairs, as_histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ratings import rating_matrix
from recommendations.algorithms.similarities import SIMILARITIES
from recommendations.algorithms.similarity import cap_row_entries
from recommendations.algorithms.weighting import WEIGHTINGS
from recommendations.exceptions import ConfigurationError, NotEnoughData

#: Ratings are predicted for so many cells at once.
_BLOCK_CELLS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class NeighbourConfig(AlgorithmConfig):
    """`feedback`: "implicit" learns from what visitors did, "explicit" from the ratings among it (the last of each
    item; `half_life_days`, `weighting` and `damping` are not used). `similarity` and its `alpha`: see
    docs/algorithms/neighbours.md. `neighbours`: how many are kept. `shrinkage`: so many average cells are added to
    both norms, or to the size of the overlap. `threshold`: what is not more similar is no neighbour; below 0, with
    explicit feedback, what is dissimilar counts against. `weighting`: none, tfidf or bm25. `damping`: what repeated
    events add: all (sum), less and less (log), nothing (binary). `history_decay`: each event further back in a
    history counts e^−decay of the next. `mean_centred`: whether ratings count as differences from a mean.
    `max_items_per_visitor`: heavier visitors keep their strongest and most recent."""

    feedback: str = "implicit"
    similarity: str = "cosine"
    alpha: float = 0.5
    neighbours: int = 100
    shrinkage: float = 0.0
    threshold: float = 0.0
    weighting: str = "none"
    damping: str = "binary"
    history_decay: float = 0.0
    mean_centred: bool = True
    max_items_per_visitor: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        self._one_of("feedback", ("implicit", "explicit"))
        self._one_of("similarity", self.similarities())
        self._one_of("weighting", WEIGHTINGS)
        self._one_of("damping", ("sum", "log", "binary"))
        self._between(0, float("inf"), "shrinkage", "history_decay")
        self._between(float("-inf"), float("inf"), "threshold")
        self._between(0, 1, "alpha")
        self._between(1, 10_000_000, "neighbours", "max_items_per_visitor")
        if self.feedback == "explicit" and self.weighting != "none":
            raise ConfigurationError(
                f"weighting must be 'none' with feedback 'explicit', got {self.weighting!r}."
            )

    @classmethod
    def similarities(cls) -> tuple[str, ...]:
        """The similarities to choose from."""
        return SIMILARITIES


class NeighbourAlgorithm(Algorithm):
    """Learns from visitors × items, of events or of ratings."""

    Config = NeighbourConfig
    config: NeighbourConfig
    accepts = frozenset({"explicit", "implicit"})

    def predict(self, histories: Histories | Pairs) -> NDArray[np.float32]:
        """The rating that each history's owner would give each item: (len(histories), len(item_keys_)), float32.

        For `feedback="explicit"`. A history is `Histories` with ratings, or plain (item key, rating). Ratings stay
        within those that were learned from. Raises ConfigurationError when it was not ratings that were learned.
        """
        if not self._explicit:
            raise ConfigurationError(
                f'{type(self).__name__} predicts ratings with feedback="explicit" only, got feedback="implicit".'
            )
        given = as_histories(histories, self.item_keys_)
        predicted = np.empty((len(given), len(self.item_keys_)), np.float32)
        size = max(1, _BLOCK_CELLS // max(len(self.item_keys_), 1))
        for begin in range(0, len(given), size):
            block = slice(begin, begin + size)
            predicted[block] = self._predicted(rating_matrix(given[block]))
        return predicted

    @abstractmethod
    def _predicted(self, ratings: sparse.csr_matrix) -> NDArray[np.float32]:
        """What the visitors with these ratings, (n, n_items), would give each item, (n, n_items)."""

    @property
    def _explicit(self) -> bool:
        return self.config.feedback == "explicit"

    def _learned(self, chosen: Interactions) -> sparse.csr_matrix:
        """Visitors × items, float64: damped weights above 0, or the last ratings.

        Raises NotEnoughData when there are none of known visitors.
        """
        config, name = self.config, type(self).__name__
        if self._explicit:
            ratings = rating_matrix(Histories.of(chosen), config.max_items_per_visitor)
            if not ratings.nnz:
                raise NotEnoughData(f"{name} needs ratings of known visitors: 0 of {len(chosen)} events are.")
            return ratings
        visitors = chosen.matrix(config.events, half_life_days=config.half_life_days)
        if not visitors.nnz:
            raise NotEnoughData(
                f"{name} needs events of known visitors: all of them are of nobody or weigh nothing."
            )
        visitors = self._damped(cap_row_entries(visitors, config.max_items_per_visitor))
        if config.damping == "binary":
            visitors.data[:] = 1.0
        return visitors

    def _damped(self, visitors: sparse.csr_matrix) -> sparse.csr_matrix:
        """Only weights above 0, in float64; when binary none above 1, so that in a query less still counts less."""
        visitors = visitors.astype(np.float64)
        visitors.data[visitors.data <= 0] = 0.0
        visitors.eliminate_zeros()
        if self.config.damping == "binary":
            visitors.data = np.minimum(visitors.data, 1.0)
        elif self.config.damping == "log":
            visitors.data = np.log1p(visitors.data)
        return visitors
