"""What has become cheaper: a discount, and how much the item is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.segments import SegmentAlgorithm, SegmentConfig, strengths
from recommendations.datatypes import INTEREST_WEIGHTS
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, kw_only=True)
class DiscountConfig(SegmentConfig):
    """`min_discount`: items that became cheaper by less than this share are not listed."""

    events: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    half_life_days: float | None = 30.0
    min_discount: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, 1, "min_discount")


class DiscountAlgorithm(SegmentAlgorithm):
    """An algorithm over the catalogue that scores discounts; `fit` calls `_rank`, the rest is done here."""

    Config = DiscountConfig
    config: DiscountConfig
    accepts = frozenset({"implicit", "content"})
    steady = False

    #: The share by which each item of the catalogue is cheaper, (n_items,); 0 = not.
    discount_: NDArray[np.float64]
    #: Decayed number of its visitors, as Popular counts them, (n_items,).
    visitors_: NDArray[np.float64]

    def _priced(self, catalogue: Catalogue | None) -> Catalogue:
        """Raises NotEnoughData when there is no catalogue that says what anything costs."""
        if catalogue is None or np.isnan(catalogue.prices).all():
            raise NotEnoughData(f"{type(self).__name__} needs a catalogue with prices.")
        return catalogue

    def _rank(
        self,
        interactions: Interactions,
        catalogue: Catalogue,
        before: NDArray[np.float64],
        factor: NDArray[np.float64] | float = 1.0,
    ) -> None:
        """Learn the scores: discount × `factor` × (v + m) / (v + 2m), see the classes. `before`: the former price of
        each item of the catalogue, (n_items,), NaN where there is none."""
        now = catalogue.prices
        cheaper = (now >= 0) & (now < before) & np.isfinite(before)
        share = np.where(cheaper, 1 - now / np.where(cheaper, before, 1.0), 0.0)
        self.discount_ = np.where(share >= self.config.min_discount, share, 0.0)
        self.visitors_ = self._visitors(interactions, catalogue)
        listed = self.discount_ > 0
        mean = float(self.visitors_[listed].mean()) if listed.any() else 0.0
        wanted = (self.visitors_ + mean) / (self.visitors_ + 2 * mean) if mean else 1.0
        self._learned(catalogue.item_keys, self.discount_ * factor * wanted, catalogue)

    def _visitors(self, interactions: Interactions, catalogue: Catalogue) -> NDArray[np.float64]:
        found = np.zeros(len(catalogue))
        try:
            chosen = self.selected(interactions)
        except NotEnoughData:  # the discounts alone count
            return found
        weight = chosen.weights(self.config.events, half_life_days=self.config.half_life_days)
        _, item, _, strength = strengths(chosen, weight / max(map(abs, self.config.events.values())))
        count = np.bincount(item, strength, chosen.n_items)
        for code in np.flatnonzero(count).tolist():
            position = catalogue.codes.get(chosen.item_keys[code])
            if position is not None:
                found[position] = count[code]
        return found
