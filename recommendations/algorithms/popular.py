"""What many visitors want now: overall, by category, brand and segment of visitors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.datatypes import EVERYBODY, INTEREST_WEIGHTS, category_segment
from recommendations.exceptions import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class PopularConfig(AlgorithmConfig):
    """`by`: which parts of the catalogue get lists of their own (category, brand). `prior_visitors`: a list's
    best item with so many visitors scores ½."""

    events: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    half_life_days: float | None = 30.0
    by: Sequence[str] = ("category",)
    prior_visitors: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, float("inf"), "prior_visitors")
        unknown = [name for name in self.by if name not in ("category", "brand")]
        if unknown:
            raise ConfigurationError(f"by may name category and brand, got {unknown[0]!r}.")


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

    #: p_i of every item, (n_items,).
    popularity_: NDArray[np.float64]

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no event has one of the kinds asked for."""
        chosen = self.selected(interactions)
        actor, item, strength = self._strengths(chosen)
        self.item_keys_ = interactions.item_keys
        n_items = len(self.item_keys_)
        self.popularity_ = np.bincount(item, strength, n_items).astype(np.float64)
        self._members = self._parts(catalogue)
        self._by_visitors = {
            segment: np.bincount(item[inside], strength[inside], n_items).astype(np.float64)
            for segment, visitors in chosen.segments.items()
            if (inside := np.isin(actor, visitors)).any()
        }
        return self

    def segment_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """ "" = everybody, `category:…` for every level, `brand:…` when asked for, and the segments of
        visitors."""
        yield from self._list(EVERYBODY, np.arange(len(self.item_keys_)), self.popularity_, k)
        for segment, members in self._members.items():
            yield from self._list(segment, members, self.popularity_, k)
        for segment, popularity in self._by_visitors.items():
            yield from self._list(segment, np.arange(len(self.item_keys_)), popularity, k)

    def _scores(self, histories: Histories) -> NDArray[np.float32]:
        """The same for every history."""
        best = self.popularity_.max() + self.config.prior_visitors
        return np.tile((self.popularity_ / best).astype(np.float32), (len(histories), 1))

    def _strengths(
        self, chosen: Interactions
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """(actor, item, strongest event) of every pair that has a positive one."""
        weight = chosen.weights(self.config.events, half_life_days=self.config.half_life_days)
        weight /= max(map(abs, self.config.events.values()))
        n_items = chosen.n_items
        pair = chosen.actors() * n_items + chosen.item
        order = np.argsort(pair, kind="stable")
        starts = np.flatnonzero(np.diff(pair[order], prepend=-1))
        strongest = np.maximum.reduceat(weight[order], starts)
        pair = pair[order][starts]
        positive = strongest > 0
        return pair[positive] // n_items, pair[positive] % n_items, strongest[positive]

    def _parts(self, catalogue: Catalogue | None) -> dict[str, NDArray[np.intp]]:
        """Segment key → its items, for the parts of the catalogue that `by` names."""
        members: dict[str, dict[int, None]] = {}
        for code, key in enumerate(self.item_keys_ if catalogue is not None else ()):
            position = catalogue.codes.get(key) if catalogue is not None else None
            if catalogue is None or position is None or self.popularity_[code] <= 0:
                continue
            names = []
            if "category" in self.config.by:
                names += [category_segment(level) for level in catalogue.levels(position)]
            if "brand" in self.config.by and catalogue.brands[position]:
                names.append(f"brand:{catalogue.brands[position]}")
            for name in names:
                members.setdefault(name, {})[code] = None
        return {name: np.fromiter(codes, np.intp) for name, codes in sorted(members.items())}

    def _list(
        self, segment: str, members: NDArray[np.intp], popularity: NDArray[np.float64], k: int
    ) -> Iterator[RankedPairs]:
        most = float(popularity[members].max(initial=0.0)) + self.config.prior_visitors
        scores: NDArray[np.float64] = np.round(popularity[members] / (most or 1.0), SCORE_DIGITS)
        best = np.lexsort((members, -scores))[:k]
        best = best[scores[best] > 0]
        if len(best):
            keys = [self.item_keys_[code] for code in members[best].tolist()]
            yield segment, list(zip(keys, scores[best].tolist(), strict=True))
