"""What more visitors want now than usually do: each item against its own past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.algorithms.newness import born
from recommendations.algorithms.priors import concentration
from recommendations.algorithms.segments import SegmentAlgorithm, SegmentConfig, as_counts, strengths
from recommendations.algorithms.significance import Excess, believable
from recommendations.datatypes import INTEREST_WEIGHTS
from recommendations.exceptions import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class TrendingConfig(SegmentConfig):
    """`recent_days`: what "now" is, best whole weeks. `baseline_days`: what "usually" is, the time before that, in
    periods as long as the recent one. `confidence`: of the items listed, this share has really risen, or more.
    `min_visitors`: items with fewer, in both together, are not compared."""

    events: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    recent_days: float = 7.0
    baseline_days: float = 56.0
    confidence: float = 0.9
    min_visitors: float = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(1e-3, 36_500, "recent_days", "baseline_days")
        self._between(0.5, 0.999999, "confidence")
        self._between(0, float("inf"), "min_visitors")
        if self.n_periods < 2:
            raise ConfigurationError(
                f"baseline_days must be at least twice recent_days ({self.recent_days:g}), got {self.baseline_days!r}."
            )

    @property
    def n_periods(self) -> int:
        """Periods of the baseline."""
        return round(self.baseline_days / self.recent_days)


class Trending(SegmentAlgorithm):
    """The rise of an item's interest over its own baseline, as far as it is certain.

    r_i = visitors of item i in the recent period, b_i in the periods of the baseline (a visitor counts once an item and
    period, by the strongest event, see `segments.as_counts`); R = Σ r, B_i = Σ b over the time in which item i was
    there. If only the shop as a whole rose or fell, r_i would be binomial in n_i = r_i + b_i with the share
    m_i = R / (R + B_i): two Poisson rates, conditional on their sum (Przyborowski & Wilenski 1940). Interest in an item
    also strays from one period to the next: its share has the variance of a Beta with the concentration
    c·(R + B_i) / (mean of B a period), c learned from the periods of the baseline by maximum likelihood (see
    `significance.Excess`). With p_i, the chance of r_i visitors or more if nothing is unusual, those items are listed
    whose p_i is at most the limit α that keeps the expected share of false ones among them below 1 − `confidence`
    (Benjamini & Hochberg 1995). With q_i, the lower end of the interval for the item's share at the level α (Benjamini
    & Yekutieli 2005, §3: so the intervals of what was selected hold), interest rose at least by the factor

        ρ_i = q_i / (1 − q_i) · (1 − m_i) / m_i

    and the score is 1 − 1/ρ_i: at least this share of the recent interest is new. When nothing trends the lists are
    empty.
    """

    Config = TrendingConfig
    config: TrendingConfig
    steady = False

    #: r_i and b_i, (n_items,).
    recent_: NDArray[np.float64]
    baseline_: NDArray[np.float64]
    #: ρ_i, (n_items,); 0 = not known.
    rise_: NDArray[np.float64]
    #: c: 1/c is about the squared relative deviation of a period from the next.
    concentration_: float

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Items without a baseline, because they are new, are not compared. Raises NotEnoughData when no event
        has one of the kinds asked for."""
        config = self.config
        now, length = float(interactions.time.max(initial=0.0)), config.recent_days * SECONDS_PER_DAY
        counts = self._counts(self.selected(interactions), now, length)
        shop = counts.sum(axis=0)
        whole = (now - born(interactions, catalogue))[:, None] / length - np.arange(1, config.n_periods + 1)
        there = np.clip(whole, 0.0, 1.0)
        self.recent_, self.baseline_ = counts[:, 0], counts[:, 1:].sum(axis=1)
        usual = shop[1:][shop[1:] > 0].mean() if shop[1:].any() else 1.0
        self.concentration_ = _scatter(counts[:, 1:], (there == 1) * shop[1:], usual)
        self.rise_ = self._rise(float(shop[0]), there @ shop[1:], usual)
        score = 1 - 1 / np.maximum(self.rise_, 1.0)
        self._learned(interactions.item_keys, score, catalogue)
        return self

    def _counts(self, chosen: Interactions, now: float, length: float) -> NDArray[np.float64]:
        """Visitors of each item in each period, the recent one first, (n_items, 1 + n_periods)."""
        ago = np.floor((now - chosen.time) / length).astype(np.int64)
        inside = ago <= self.config.n_periods
        chosen, ago = chosen.select(mask=inside), ago[inside]
        _, item, period, strength = strengths(chosen, chosen.weights(self.config.events), ago)
        width = self.config.n_periods + 1
        return (
            np.bincount(item * width + period, as_counts(strength), chosen.n_items * width)
            .reshape(-1, width)
            .astype(np.float64)
        )

    def _rise(self, recent_total: float, there: NDArray[np.float64], usual: float) -> NDArray[np.float64]:
        """ρ_i of the items that are sure to have risen, 0 for others; `there` is B_i, `usual` its mean a period."""
        rise, n = np.zeros(len(there)), self.recent_ + self.baseline_
        compared = (
            np.flatnonzero((there > 0) & (n >= self.config.min_visitors))
            if recent_total
            else np.zeros(0, np.intp)
        )
        total = recent_total + there[compared]
        mean = recent_total / total
        excess = Excess(self.recent_[compared], n[compared], mean, self.concentration_ * total / usual)
        limit = believable(excess.chance(), 1 - self.config.confidence)
        if limit:
            q = excess.least_share(limit)
            rise[compared] = q / np.maximum(1 - q, 1e-12) * (1 - mean) / mean
        return rise


def _scatter(counts: NDArray[np.float64], shop: NDArray[np.float64], usual: float) -> float:
    """c: how far the counts of an item's periods stray from the shop's. `counts` and `shop` are (n_items, n_periods),
    `shop` 0 where the item was not there all the period."""
    own = np.where(shop > 0, counts, 0.0)
    total, exposed = own.sum(axis=1, keepdims=True), shop.sum(axis=1, keepdims=True)
    mean = np.divide(shop, exposed, out=np.zeros_like(shop), where=exposed > 0)
    rows = (shop > 0) & (total > 0)
    trials, units = np.broadcast_to(total, rows.shape), np.broadcast_to(exposed / usual, rows.shape)
    return concentration(own[rows], trials[rows], mean[rows], units[rows])
