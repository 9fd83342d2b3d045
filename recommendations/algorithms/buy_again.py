"""What a visitor bought before and is due to need again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtr

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.effects import group_effects, shrunk
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.algorithms.priors import gamma_prior
from recommendations.algorithms.repeats import Repeats, repeats_of
from recommendations.algorithms.similarity import TopK
from recommendations.exceptions import ConfigurationError, NotEnoughData

#: The chance that a purchase was the last one, see `BuyAgain`.
_STOPS = 0.01
#: However regular, an interval is not known more exactly than this (standard deviation of its logarithm).
_LEAST_DEVIATION = 0.1


@dataclass(frozen=True, kw_only=True)
class BuyAgainConfig(PersonalConfig):
    """`horizon_days`: the score is the chance of a purchase within so many days. `exclude_seen` must be False: what was
    bought before is all there is."""

    exclude_seen: bool = False
    horizon_days: float = 7.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(1e-3, 36_500, "horizon_days")
        if self.exclude_seen:
            raise ConfigurationError(
                "exclude_seen must be False: BuyAgain lists only what was bought before."
            )


class BuyAgain(PersonalAlgorithm):
    """The chance that a visitor buys an item again within the next days: how often × whether it is time.

    **How often.** Visitor u bought item i again n times in the T days since the first purchase. Purchases are Poisson
    with a rate that is Gamma between visitors (Ehrenberg 1959), so by the Poisson-Gamma model of Bhagat,
    Muralidharan, Lobzhanidze & Vishwanath 2018

        λ_ui = (n + m_i·β) / (T + β)

    with m_i, the item's usual rate, itself shrunk to its category's and that to the shop's; β and all weights are
    learned by moments (`priors.gamma_prior`). Who stopped buying something has a falling rate, as T grows.

    **Whether it is time.** Logarithms of intervals are normal: the shop's mean, plus what category, item, visitor and
    the visitor with this item add, each shrunk by its variance components (`effects.group_effects`). With F, the
    distribution of the interval, and its mean Ḡ, e days after the last purchase and for the next h days,

        τ_ui = (1 − s) · [F(e + h) − F(e)] / [1 − (1 − s) · F(e)] ÷ [1 − exp(−h / Ḡ)]

    is how much more likely than on average the purchase is now: little after a purchase, most when it is due. The
    chance s = 0.01 that a purchase was the last (a mixture cure model, Farewell 1982) lets it fall again when it is
    long overdue, however regular it was.

        score = 1 − exp(−λ_ui · h · τ_ui)

    To let a Poisson-Gamma rate peak where the usual interval ends is the modified model of Bhagat et al.; they lengthen
    T away from there, where this multiplies by the hazard of the interval.
    """

    Config = BuyAgainConfig
    config: BuyAgainConfig
    produces = frozenset({("visitor", "item")})

    #: The end of the training data, POSIX seconds.
    now_: float
    #: m_i, purchases a day, (n_items,).
    rate_: NDArray[np.float64]
    #: β, days.
    rate_weight_: float
    #: The usual logarithm of each item's interval in days, (n_items,).
    log_interval_: NDArray[np.float64]
    #: Variance of log intervals within a pair of visitor and item, between pairs and between visitors.
    variances_: tuple[float, float, float]

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when nobody known bought the same thing again later."""
        chosen = self.selected(interactions)
        self._remember(chosen)
        self.now_ = float(interactions.time.max())
        repeats = self._repeats(self.histories_)
        if not len(repeats.gap):
            raise NotEnoughData(
                f"BuyAgain needs visitors who bought something again: of {len(repeats.item)} pairs of a known visitor "
                "and an item, none did."
            )
        category = _categories(self.item_keys_, catalogue)
        self._learn_rates(repeats, category)
        self._learn_intervals(repeats, category)
        return self

    def _learn_rates(self, repeats: Repeats, category: NDArray[np.int64]) -> None:
        n_items = len(self.item_keys_)
        again, days = repeats.n_repeats, repeats.watched
        counts, exposure = _sums(repeats.item, again, n_items), _sums(repeats.item, days, n_items)
        n_categories = int(category.max()) + 1
        of_categories = _sums(category, counts, n_categories), _sums(category, exposure, n_categories)
        usual = gamma_prior(*of_categories).posterior(*of_categories)[category]
        self.rate_ = _towards(usual, gamma_prior(counts, exposure).exposure, counts, exposure)
        self.rate_weight_ = gamma_prior(again, days).exposure

    def _learn_intervals(self, repeats: Repeats, category: NDArray[np.int64]) -> None:
        pair, left = repeats.gap_pair, np.log(repeats.gap)
        item, visitor = repeats.item[pair], repeats.owner[pair]
        centre = float(left.mean())
        left = left - centre
        categories = group_effects(left, category[item], int(category.max()) + 1)
        left = left - categories.offset[category[item]]
        items = group_effects(left, item, len(self.item_keys_))
        self.log_interval_ = centre + categories.offset[category] + items.offset
        left = left - items.offset[item]
        visitors = group_effects(left, visitor, repeats.n_owners)
        own = group_effects(left - visitors.offset[visitor], pair, len(repeats.item))
        self.variances_ = own.within, own.between, visitors.between

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """The chance of a purchase within `horizon_days` after the end of the training data, or of a history that ends
        later. Histories without times (plain pairs) count as bought once, as long ago as usual."""
        repeats = self._repeats(histories)
        if histories.kinds == ("",):
            repeats = replace(repeats, elapsed=np.exp(self.log_interval_[repeats.item]))
        rate = self._rate(repeats)
        chance = -np.expm1(-rate * self.config.horizon_days * self._timing(repeats))
        shape = (len(histories), len(self.item_keys_))
        return sparse.csr_matrix((chance.astype(np.float32), (repeats.owner, repeats.item)), shape=shape)

    def _calibrated(self, top: TopK) -> TopK:
        """Chances are in 0..1 as they are."""
        return top

    def _repeats(self, histories: Histories) -> Repeats:
        now = np.full(len(histories), self.now_)
        np.maximum.at(now, histories.owner, histories.time)
        wanted = np.array(
            [kind == "" or self.config.events.get(kind, 0.0) > 0 for kind in histories.kinds], bool
        )
        chosen = wanted[histories.kind] if len(wanted) else np.zeros(0, bool)
        return repeats_of(histories.where(chosen & (histories.weight > 0)), now)

    def _rate(self, repeats: Repeats) -> NDArray[np.float64]:
        """λ of each pair, purchases a day."""
        return _towards(self.rate_[repeats.item], self.rate_weight_, repeats.n_repeats, repeats.watched)

    def _timing(self, repeats: Repeats) -> NDArray[np.float64]:
        """τ of each pair."""
        within, of_pairs, of_visitors = self.variances_
        pair, owner = repeats.gap_pair, repeats.owner
        left = np.log(repeats.gap) - self.log_interval_[repeats.item[pair]]
        visitor, visitor_open = shrunk(left, owner[pair], repeats.n_owners, within + of_pairs, of_visitors)
        own, own_open = shrunk(left - visitor[owner[pair]], pair, len(repeats.item), within, of_pairs)
        mean = self.log_interval_[repeats.item] + visitor[owner] + own
        deviation = np.maximum(np.sqrt(within + own_open + visitor_open[owner]), _LEAST_DEVIATION)
        horizon = self.config.horizon_days
        since = (np.log(np.maximum(repeats.elapsed, 1e-6)) - mean) / deviation
        until = (np.log(repeats.elapsed + horizon) - mean) / deviation
        open_, going_on = ndtr(-since), 1 - _STOPS
        now = going_on * (open_ - ndtr(-until)) / (_STOPS + going_on * open_)
        usual = -np.expm1(-horizon / np.exp(mean + deviation**2 / 2))
        timing: NDArray[np.float64] = now / usual
        return timing


def _sums(codes: NDArray[np.int64], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return np.bincount(codes, values, n).astype(np.float64)


def _towards(
    usual: NDArray[np.float64], weight: float, counts: NDArray[np.float64], days: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Counts a day, drawn towards the usual rates by so many days."""
    if not np.isfinite(weight):
        return usual
    rate: NDArray[np.float64] = (counts + usual * weight) / (days + weight)
    return rate


def _categories(item_keys: tuple[str, ...], catalogue: Catalogue | None) -> NDArray[np.int64]:
    """A code for the first category of each item, (n_items,); those without one are together."""
    codes: dict[str, int] = {"": 0}
    found = np.zeros(len(item_keys), np.int64)
    for code, key in enumerate(item_keys if catalogue is not None else ()):
        position = catalogue.codes.get(key) if catalogue is not None else None
        if catalogue is not None and position is not None and catalogue.categories[position]:
            found[code] = codes.setdefault(catalogue.categories[position][0], len(codes))
    return found
