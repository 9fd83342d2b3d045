"""What those who look at it buy: sales, or carts, a visitor who saw the item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.algorithms.priors import BetaPrior, beta_prior, lower_bound
from recommendations.algorithms.segments import SegmentAlgorithm, SegmentConfig
from recommendations.exceptions import ConfigurationError, NotEnoughData


@dataclass(frozen=True, kw_only=True)
class HighConversionConfig(SegmentConfig):
    """`seen`: kinds of event by which a visitor saw an item. `goals`: kinds that are a success: purchases, or with
    ("cart", "purchase") putting into the cart. `within_days`: a success comes so soon after the first look.
    `confidence`: an item's share is taken as what it exceeds with this probability. `min_buyers`: items with which
    fewer visitors reached the goal are not listed."""

    events: Mapping[str, float] = field(
        default_factory=lambda: {"view": 1.0, "click": 1.0, "cart": 1.0, "purchase": 1.0}
    )
    window_days: float | None = 90.0
    seen: Sequence[str] = ("view", "click")
    goals: Sequence[str] = ("purchase",)
    within_days: float = 14.0
    confidence: float = 0.9
    min_buyers: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, 36_500, "within_days")
        self._between(0.5, 0.999999, "confidence")
        self._between(1, 1_000_000, "min_buyers")
        for name in ("seen", "goals"):
            missing = [kind for kind in getattr(self, name) if not self.events.get(kind)]
            if missing or not getattr(self, name):
                raise ConfigurationError(
                    f"{name} must name kinds that events gives a weight, got {list(getattr(self, name))!r}."
                )
        both = sorted(set(self.seen) & set(self.goals))
        if both:
            raise ConfigurationError(f"seen and goals must differ, both name {both[0]!r}.")


class HighConversion(SegmentAlgorithm):
    """The share of an item's lookers who bought it, as far as it is certain.

    n_i = visitors who saw item i; x_i = those of them who bought it within `within_days` of their first look (who
    bought without a recorded look says nothing about looking). Items' shares are Beta(c·m, c·(1 − m)), the mean m and
    the concentration c learned from all items by maximum likelihood of the beta-binomial (Skellam 1948). With q_i, the
    `1 − confidence` quantile of the posterior Beta(c·m + x_i, c·(1 − m) + n_i − x_i), the score is

        q_i / (q_i + m)

    ½ is as good as the shop's usual item for certain. Items whose expected share is below the usual are not listed, nor
    those with fewer than `min_buyers`. Weights of events do not matter.
    """

    Config = HighConversionConfig
    config: HighConversionConfig

    #: n_i and x_i, (n_items,).
    lookers_: NDArray[np.float64]
    buyers_: NDArray[np.float64]
    #: What the shop's items usually get.
    prior_: BetaPrior

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when nobody looked, or nobody who looked reached a goal."""
        chosen = self.selected(interactions)
        self.item_keys_ = interactions.item_keys
        item, converted = self._journeys(chosen)
        if not converted.any():
            raise NotEnoughData(
                f"HighConversion needs visitors with {' or '.join(self.config.goals)} soon after "
                f"{' or '.join(self.config.seen)}: none of {len(item)} visits to an item came to that."
            )
        self.lookers_ = np.bincount(item, minlength=interactions.n_items).astype(np.float64)
        self.buyers_ = np.bincount(item, converted, interactions.n_items).astype(np.float64)
        self.prior_ = beta_prior(self.buyers_, self.lookers_)
        mean, weight = self.prior_.mean, self.prior_.concentration
        sure = lower_bound(self.buyers_, self.lookers_, mean, weight, self.config.confidence)
        expected = (self.buyers_ + weight * mean) / (self.lookers_ + weight)
        listed = (self.buyers_ >= self.config.min_buyers) & (expected >= mean)
        self._learned(interactions.item_keys, np.where(listed, sure / (sure + mean), 0.0), catalogue)
        return self

    def _journeys(self, chosen: Interactions) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(item, 1 if the goal was reached) of every visitor and item that was seen."""
        pair = chosen.actors() * chosen.n_items + chosen.item
        seen = np.isin(chosen.kind, chosen.kind_codes(self.config.seen))
        goal = np.isin(chosen.kind, chosen.kind_codes(self.config.goals))
        looked, first = np.unique(pair[seen], return_index=True)  # rows are in order of time
        reached = np.zeros(len(looked))
        if not len(looked):
            return looked, reached
        at = np.minimum(np.searchsorted(looked, pair[goal]), len(looked) - 1)
        after = (chosen.time[goal] - chosen.time[seen][first][at]) / SECONDS_PER_DAY
        reached[at[(looked[at] == pair[goal]) & (after >= 0) & (after <= self.config.within_days)]] = 1.0
        return looked % chosen.n_items, reached
