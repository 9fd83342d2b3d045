"""What many visitors want now: overall, by category, brand and segment of visitors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.base import Algorithm, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.segments import SegmentConfig, best_of, parts, strengths
from recommendations.datatypes import EVERYBODY, INTEREST_WEIGHTS


@dataclass(frozen=True, kw_only=True)
class PopularConfig(SegmentConfig):
    """`prior_visitors`: a list's best item with so many visitors scores ½."""

    events: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    half_life_days: float | None = 30.0
    prior_visitors: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, float("inf"), "prior_visitors")


class Popular(Algorithm):
    """Decayed number of distinct visitors.

    p_i = Σ_u max over u's events e on i of w(kind_e) · 2^(−age_e / half-life), weights scaled so that the
    heaviest kind is 1. A visitor counts once an item however often or however many units are bought, so
    neither a bulk buyer nor goods sold by the litre win. A guest's order is a visitor of its own. Within a
    list the score is p_i / (max p + prior), so a list built on one visitor does not claim certainty.
    """

    Config = PopularConfig
    config: PopularConfig
    produces = frozenset({("segment", "item")})
    search_space = {"half_life_days": (7.0, 14.0, 30.0, 60.0, 120.0, None)}

    #: p_i of every item, (n_items,).
    popularity_: NDArray[np.float64]

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no event has one of the kinds asked for."""
        chosen = self.selected(interactions)
        weight = chosen.weights(self.config.events, half_life_days=self.config.half_life_days)
        actor, item, _, strength = strengths(chosen, weight / max(map(abs, self.config.events.values())))
        self.item_keys_ = interactions.item_keys
        n_items = len(self.item_keys_)
        self.popularity_ = np.bincount(item, strength, n_items).astype(np.float64)
        self._members = parts(self.item_keys_, catalogue, self.config.by, self.popularity_ > 0)
        self._by_visitors = {
            segment: np.bincount(item[inside], strength[inside], n_items).astype(np.float64)
            for segment, visitors in chosen.segments.items()
            if (inside := np.isin(actor, visitors)).any()
        }
        return self

    def segment_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """ "" = everybody, `category:…` for every level, `brand:…` and `price:…` when asked for, and
        the segments of visitors."""
        yield from self._list(EVERYBODY, np.arange(len(self.item_keys_)), self.popularity_, k)
        for segment, members in self._members.items():
            yield from self._list(segment, members, self.popularity_, k)
        for segment, popularity in self._by_visitors.items():
            yield from self._list(segment, np.arange(len(self.item_keys_)), popularity, k)

    def _scores(self, histories: Histories) -> NDArray[np.float32]:
        """The same for every history."""
        best = self.popularity_.max() + self.config.prior_visitors
        return np.tile((self.popularity_ / best).astype(np.float32), (len(histories), 1))

    def _list(
        self, segment: str, members: NDArray[np.intp], popularity: NDArray[np.float64], k: int
    ) -> Iterator[RankedPairs]:
        most = float(popularity[members].max(initial=0.0)) + self.config.prior_visitors
        pairs = best_of(self.item_keys_, members, popularity[members] / (most or 1.0), k)
        if pairs:
            yield segment, pairs
