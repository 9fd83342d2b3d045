"""What has become cheaper lately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.discounts import DiscountAlgorithm, DiscountConfig
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions


@dataclass(frozen=True, kw_only=True)
class PriceDroppedConfig(DiscountConfig):
    """`fresh_days`: after so long a drop counts half. `max_age_days`: older drops are no news."""

    fresh_days: float = 7.0
    max_age_days: float = 30.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(1e-3, 36_500, "fresh_days", "max_age_days")


class PriceDropped(DiscountAlgorithm):
    """The last change of an item's price, where it was a drop: how far, how lately, and how much the item is wanted.

    t_i days ago the price of item i fell from b_i to p_i. With v_i, its decayed number of visitors (as Popular counts
    them), and m, the mean of v over the items that became cheaper,

        score = (1 − p_i / b_i) · 2^(−t_i / fresh_days) · (v_i + m) / (v_i + 2m)

    "Now" is the last thing that is known: an event or a change of a price. The shop's mirror of items notes the price
    before the last change.
    """

    Config = PriceDroppedConfig
    config: PriceDroppedConfig

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Without events, the drops alone count. Raises NotEnoughData without a catalogue that has prices."""
        catalogue = self._priced(catalogue)
        changed = catalogue.price_changed
        known = np.concatenate([interactions.time, changed[~np.isnan(changed)]])
        age = (known.max(initial=0.0) - changed) / SECONDS_PER_DAY
        fresh = np.where(age <= self.config.max_age_days, np.exp2(-age / self.config.fresh_days), 0.0)
        self._rank(interactions, catalogue, catalogue.previous_prices, fresh)
        return self
