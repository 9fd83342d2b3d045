"""What has just come into the shop, and how well it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.algorithms.newness import created, first_seen
from recommendations.algorithms.priors import GammaPrior, gamma_prior
from recommendations.algorithms.segments import SegmentAlgorithm, SegmentConfig, as_counts, strengths
from recommendations.datatypes import INTEREST_WEIGHTS
from recommendations.exceptions import NotEnoughData

#: Less than so many days is no time to be noticed in.
_A_MOMENT = 1e-4


@dataclass(frozen=True, kw_only=True)
class NewArrivalsConfig(SegmentConfig):
    """`half_life_days`: after so long an item is half as new (None: until it is no longer new). `max_age_days`: older
    items are not new."""

    events: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    half_life_days: float | None = 14.0
    max_age_days: float = 60.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(1e-3, 36_500, "max_age_days")


class NewArrivals(SegmentAlgorithm):
    """New items, the newest and the best received first.

    An item of age t_i days (since its creation, or its first event where the catalogue does not tell) with v_i visitors
    (by their strongest events, see `segments.as_counts`) has the rate of visitors a day

        λ_i = (v_i + m·e) / (t_i + e)

    the mean of a Gamma posterior, whose prior (mean m, weight e days) is learned from how all arrivals in the log began
    (empirical Bayes, Marshall 1991; see `priors.gamma_prior`). The score is newness × success,

        2^(−t_i / half-life) · λ_i / (λ_i + m)

    so an item that nobody can have noticed yet stands in the middle, as the usual arrival would, and what follows moves
    it. "Now" is the last event; items created after it are not there yet. A first event says that an item is new only
    when the log already ran for `max_age_days` without it, and is not counted itself.
    """

    Config = NewArrivalsConfig
    config: NewArrivalsConfig
    steady = False

    #: Days since each item came, (n_items,); NaN = not known to be an arrival.
    age_days_: NDArray[np.float64]
    #: What arrivals usually get: visitors a day.
    prior_: GammaPrior

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Without events, the newest of the catalogue are listed. Raises NotEnoughData when neither the catalogue nor
        the log says of any item when it came."""
        own = catalogue.item_keys if catalogue is not None else ()
        item_keys = tuple(sorted({*interactions.item_keys, *own}))
        codes = {key: code for code, key in enumerate(item_keys)}
        of_event = np.array([codes[key] for key in interactions.item_keys], np.int64)
        born = created(item_keys, catalogue)
        if not len(interactions) and np.isnan(born).all():
            raise NotEnoughData("NewArrivals needs events, or a catalogue that says when items were created.")
        now = float(interactions.time.max() if len(interactions) else np.nanmax(born))
        start = float(interactions.time.min(initial=now))
        longest = self.config.max_age_days * SECONDS_PER_DAY
        first = first_seen(interactions)
        first[first - start < longest] = np.nan
        born[of_event] = np.where(np.isnan(born[of_event]), first, born[of_event])
        born[born > now] = np.nan
        visitors = np.zeros(len(item_keys))
        visitors[of_event] = self._visitors(interactions, born[of_event], longest)
        self.age_days_ = (now - born) / SECONDS_PER_DAY
        days = np.minimum(self.age_days_, self.config.max_age_days)
        days = np.where(days < _A_MOMENT, 0.0, days)
        self.prior_ = gamma_prior(visitors[born >= start], days[born >= start])
        self._learned(item_keys, self._score(visitors, days), catalogue)
        return self

    def _visitors(
        self, interactions: Interactions, born: NDArray[np.float64], longest: float
    ) -> NDArray[np.float64]:
        """v_i: visitors of each item while it was new."""
        events, age = self.config.events, interactions.time - born[interactions.item]
        chosen = interactions.select(mask=(age > 0) & (age <= longest))
        _, item, _, strength = strengths(chosen, chosen.weights(events))
        return np.bincount(item, as_counts(strength), interactions.n_items).astype(np.float64)

    def _score(self, visitors: NDArray[np.float64], days: NDArray[np.float64]) -> NDArray[np.float64]:
        is_new = self.age_days_ <= self.config.max_age_days
        rate = self.prior_.posterior(visitors, np.where(is_new, days, 0.0))
        success = rate / (rate + self.prior_.mean) if self.prior_.mean else np.full(len(rate), 0.5)
        half_life = self.config.half_life_days
        newness = np.exp2(-np.where(is_new, days, 0.0) / half_life) if half_life else 1.0
        return np.where(is_new, newness * success, 0.0)
