"""Viewed this, bought that: what visitors buy after they looked at an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.algorithms.markov import without_own_group
from recommendations.algorithms.ranking import best
from recommendations.algorithms.segments import strengths
from recommendations.algorithms.similarity import TopK
from recommendations.exceptions import ConfigurationError, NotEnoughData

#: Pairs of a look and a purchase are made so many at a time.
_PAIRS_AT_ONCE = 5_000_000


@dataclass(frozen=True, kw_only=True)
class ViewedBoughtConfig(AlgorithmConfig):
    """`seen`: kinds of event by which a visitor looked at an item; `bought`: kinds that are what it came to.
    `within_days`: the purchase comes so soon after a look. `shrinkage`: so much weight is added to each item's
    lookers and buyers. `visitor_exponent`: how much a visitor who looks at many items counts less, 0 = not.
    `neighbours`: how many are kept an item."""

    events: Mapping[str, float] = field(default_factory=lambda: {"view": 1.0, "click": 1.0, "purchase": 1.0})
    half_life_days: float | None = 180.0
    seen: Sequence[str] = ("view", "click")
    bought: Sequence[str] = ("purchase",)
    within_days: float = 3.0
    shrinkage: float = 10.0
    visitor_exponent: float = 0.5
    neighbours: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        self._positive("within_days")
        self._between(0, float("inf"), "shrinkage")
        self._between(0, 2, "visitor_exponent")
        self._between(1, 10_000_000, "neighbours")
        for name in ("seen", "bought"):
            missing = [kind for kind in getattr(self, name) if not self.events.get(kind)]
            if missing or not getattr(self, name):
                raise ConfigurationError(
                    f"{name} must name kinds that events gives a weight, got {list(getattr(self, name))!r}."
                )


class ViewedBought(Algorithm):
    """What was bought by those who looked at an item shortly before, set against who looks and who buys at all.

    With a = 2^(−age / half-life) of a look of visitor u at item i, and b of a purchase of item j by u, at most
    `within_days` later; n_u the number of items that u looked at, w_u = n_u^−g, and a_ui, b_uj the largest a and b:

        c_ij = Σ_u w_u max √(a b)      over the visitors u with such a pair of events
        sim(i, j) = c_ij / √((Σ_u w_u a_ui + s)(Σ_u w_u b_uj + s))

    the cosine of ItemKNN (Sarwar et al. 2001, §3.1.1) between the looks at one item and the purchases of another, with
    the shrinkage s in both norms. It lies in 0..1 and is not symmetric. A history's score is Σ weight × sim.
    """

    Config = ViewedBoughtConfig
    config: ViewedBoughtConfig
    produces = frozenset({("item", "item")})

    search_space = {
        "within_days": (1.0, 3.0, 7.0, 14.0),
        "shrinkage": (0.0, 3.0, 10.0, 30.0),
        "visitor_exponent": (0.0, 0.25, 0.5, 0.75, 1.0),
    }

    #: What each item leads to.
    neighbours_: TopK

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """`catalogue`, when given, keeps variants of one product out of each other's lists.

        Raises NotEnoughData when nobody bought anything soon after looking at something else.
        """
        config = self.config
        chosen = self.selected(interactions)
        self.item_keys_ = interactions.item_keys
        n_items, actor = chosen.n_items, chosen.actors()
        decay = chosen.weights(half_life_days=config.half_life_days)
        seen = np.isin(chosen.kind, chosen.kind_codes(config.seen))
        bought = np.isin(chosen.kind, chosen.kind_codes(config.bought))
        looks = strengths(chosen.select(mask=seen), decay[seen])
        purchases = strengths(chosen.select(mask=bought), decay[bought])
        n_looked_at = np.bincount(looks[0], minlength=int(actor.max()) + 1)
        say = np.maximum(n_looked_at, 1.0) ** -config.visitor_exponent
        counts = sparse.csr_matrix((n_items, n_items))
        for who, first, second, value in _pairs(chosen, actor, decay, seen, bought, config.within_days):
            part = sparse.csr_matrix((say[who] * value, (first, second)), shape=(n_items, n_items))
            counts = counts + part
        groups = catalogue.groups(self.item_keys_) if catalogue is not None else None
        counts = without_own_group(sparse.csr_matrix(counts), groups)
        if not counts.nnz:
            raise NotEnoughData(
                "ViewedBought needs visitors who bought something soon after a look at something else: "
                f"of {len(looks[0])} looks and {len(purchases[0])} purchases, no two are such."
            )
        left, right = (self._scale(each, say, n_items) for each in (looks, purchases))
        self.neighbours_ = best(sparse.csr_matrix(left @ counts @ right), config.neighbours)
        self._similarity = self.neighbours_.to_csr()
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list, what is likeliest bought first."""
        return self.neighbours_.lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """Σ over the history of weight × similarity."""
        return sparse.csr_matrix(histories.matrix() @ self._similarity)

    def _scale(self, done: Any, say: NDArray[np.float64], n_items: int) -> sparse.dia_matrix:
        """1 / norm of each item, on a diagonal; `done` as `strengths` gives it."""
        who, item, _, strength = done
        norm = np.bincount(item, say[who] * strength, n_items) + self.config.shrinkage
        return sparse.diags(np.where(norm > 0, norm, 1.0) ** -0.5)


#: (visitor, item looked at, item bought, √(a b)) of each triple, (n,) each.
_Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _pairs(
    chosen: Interactions,
    actor: NDArray[np.int64],
    decay: NDArray[np.float64],
    seen: NDArray[np.bool_],
    bought: NDArray[np.bool_],
    within_days: float,
) -> Iterator[_Pairs]:
    """Every visitor, item looked at, and item bought at most so many days later, once; some visitors at a time."""
    looks, purchases = np.flatnonzero(seen), np.flatnonzero(bought)
    looks = looks[np.lexsort((chosen.time[looks], actor[looks]))]
    purchases = purchases[np.argsort(actor[purchases], kind="stable")]
    times = np.unique(chosen.time[looks])
    width = len(times) + 1
    place = actor[looks] * width + np.searchsorted(times, chosen.time[looks])
    base, when = actor[purchases] * width, chosen.time[purchases]
    low = np.searchsorted(place, base + np.searchsorted(times, when - within_days * SECONDS_PER_DAY))
    high = np.searchsorted(place, base + np.searchsorted(times, when, side="right"))
    count = high - low
    before = np.cumsum(count) - count
    _, first_of_actor, which = np.unique(actor[purchases], return_index=True, return_inverse=True)
    block = before[first_of_actor][which] // _PAIRS_AT_ONCE
    for rows in np.split(np.arange(len(purchases)), np.flatnonzero(np.diff(block)) + 1):
        n = count[rows]
        purchase = np.repeat(purchases[rows], n)
        nth = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        look = looks[np.repeat(low[rows], n) + nth]
        value = np.sqrt(decay[look] * decay[purchase])
        key = (actor[look] * chosen.n_items + chosen.item[look]) * chosen.n_items + chosen.item[purchase]
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        if len(starts):
            kept = np.maximum.reduceat(value[order], starts)
            rest, second = np.divmod(key[order][starts], chosen.n_items)
            yield rest // chosen.n_items, rest % chosen.n_items, second, kept
