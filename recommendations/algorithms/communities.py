"""Visitors of one taste, and what they like: lists for visitors of whom little is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.clustering import (
    TasteSpace,
    before_and_after,
    centres_of,
    choose,
    counts_of,
    nearest,
)
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.segments import best_of
from recommendations.algorithms.visitor_matrix import MatrixAlgorithm, MatrixConfig
from recommendations.datatypes import INTEREST_WEIGHTS, community_segment

#: A visitor is in so many communities at most.
_MOST_COMMUNITIES = 3
#: Numbers of communities that are tried, up to the largest allowed.
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, kw_only=True)
class VisitorCommunitiesConfig(MatrixConfig):
    """`communities`: how many (None: as many as foretell best). `max_communities`: no more than so many are tried.
    `min_visitors`: smaller communities are given up. `components`: dimensions of the space of tastes.
    `lift_exponent`: how much it counts that a community likes an item more than the whole shop does. `seed`: of the
    random starts."""

    events: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    communities: int | None = None
    max_communities: int = 64
    min_visitors: int = 20
    components: int = 16
    lift_exponent: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._whole(1, "max_communities", "min_visitors", "components")
        self._whole(0, "seed")
        if self.communities is not None:
            self._whole(1, "communities")
        self._between(0, 5, "lift_exponent")


class VisitorCommunities(MatrixAlgorithm):
    """Spectral clusters of visitors.

    Visitors are points: their rows of x̃ = D_u^−½ x D_i^−½ (x = who chose what, D the sums of rows and columns), turned
    by the right singular vectors after the first, at unit length (Dhillon 2001, §4; Ng, Jordan & Weiss 2002). k-means
    finds the communities. Their number is the smallest that foretells each visitor's latest items, from the earlier
    ones, about as well as any (see `clustering.choose`); 1 where tastes do not differ. Communities are named by size,
    the largest is `community:1`; names mean nothing from one training to the next.

    What a community c likes: with n_ci of its visitors having chosen item i, N_c = Σ_i n_ci, p_i the item's share in
    the whole shop, and s chosen with the number of communities,

        p_ci = (n_ci + s·p_i) / (N_c + s),     rank by  p_ci · (p_ci / p_i)^γ

    the popularity in the community, shrunk towards the shop's, times a power of the lift. Within a list the score is
    relative to the best item's, less the weight of one visitor.
    """

    Config = VisitorCommunitiesConfig
    config: VisitorCommunitiesConfig
    produces = frozenset({("visitor", "segment"), ("segment", "item")})

    #: The centre of each community in the space of tastes, (n_communities, ≤ components).
    centres_: NDArray[np.float64]
    #: What each community likes, in 0..1, (n_communities, n_items).
    likes_: NDArray[np.float64]
    #: s, events of the whole shop that are added to a community's own.
    smoothing_: float

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no event of a known visitor has one of the kinds asked for."""
        config, matrix = self.config, self._learn_from(interactions)
        histories = self.histories_
        owner, item = histories.owner, histories.item.astype(np.int64)
        shape = (len(histories), histories.n_items)
        earlier, later = before_and_after(owner, item, histories.time, shape)
        most = min(config.max_communities, int((np.diff(matrix.indptr) > 0).sum()) // config.min_visitors)
        sizes = [size for size in _SIZES if size <= max(most, 1)]
        if config.communities is not None:
            sizes = [config.communities]
        choice = choose(earlier, sizes, config.components, config.min_visitors, config.seed, later)
        self.smoothing_ = choice.smoothing
        self._space = TasteSpace.of(matrix, config.components, config.seed)
        points = self._space.points(matrix)
        n_groups = choice.n_groups if config.communities is None else config.communities
        self.centres_ = centres_of(matrix, points, n_groups, config.min_visitors, config.seed)
        known = np.diff(matrix.indptr) > 0
        counts = counts_of(matrix[known], nearest(points[known], self.centres_), len(self.centres_))
        self.likes_ = self._likes(counts)
        return self

    def segment_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """`community:1`, the largest, and so on: what each likes."""
        everything = np.arange(len(self.item_keys_))
        for number, likes in enumerate(self.likes_, start=1):
            yield community_segment(number), best_of(self.item_keys_, everything, likes, k)

    def visitor_segments(self, keys: Iterable[str], k: int = 50) -> Iterator[RankedPairs]:
        """The communities whose taste is most like the visitor's, three at most, by the cosine. Visitors without events
        have none."""
        codes = {key: code for code, key in enumerate(self.visitor_keys_)}
        known = [key for key in keys if key in codes]
        nearness = self._nearness(self.histories_[np.array([codes[key] for key in known], np.int64)])
        names = [community_segment(number) for number in range(1, len(self.centres_) + 1)]
        everything = np.arange(len(names))
        for key, near in zip(known, nearness, strict=True):
            pairs = best_of(names, everything, near, min(k, _MOST_COMMUNITIES))
            if pairs:
                yield key, pairs

    def _scores(self, histories: Histories) -> NDArray[np.float32]:
        """What the communities nearest to a history like: the mean, weighted by the squared cosine."""
        weight = self._nearness(histories) ** 2
        total = weight.sum(axis=1, keepdims=True)
        share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
        return np.asarray(share @ self.likes_, np.float32)

    def _nearness(self, histories: Histories) -> NDArray[np.float64]:
        """The cosine of each history and community, 0 where it is negative, (n, n_communities)."""
        query = self._query(histories)
        if len(self.centres_) == 1:  # everybody is in the only one
            return (np.diff(query.indptr) > 0).astype(np.float64)[:, None]
        return np.clip(self._space.points(query) @ self.centres_.T, 0.0, 1.0)

    def _likes(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        whole = counts.sum(axis=0) / counts.sum()
        size = counts.sum(axis=1, keepdims=True)
        share = (counts + self.smoothing_ * whole) / (size + self.smoothing_)
        lift = np.divide(share, whole, out=np.zeros_like(share), where=whole > 0)
        strength = np.where(counts > 0, share * lift**self.config.lift_exponent, 0.0)
        one_visitor = 1 / (size + self.smoothing_)
        likes: NDArray[np.float64] = strength / (strength.max(axis=1, keepdims=True) + one_visitor)
        return np.round(likes, SCORE_DIGITS)
