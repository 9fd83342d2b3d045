"""Lists of the best items of everybody and of parts of the catalogue, for algorithms that give each item one score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.datatypes import EVERYBODY, brand_segment, category_segment, price_segment
from recommendations.exceptions import ConfigurationError

_PARTS = ("category", "brand", "price")


@dataclass(frozen=True, kw_only=True)
class SegmentConfig(AlgorithmConfig):
    """`by`: which parts of the catalogue get lists of their own: category (every level), brand, price (bands)."""

    by: Sequence[str] = ("category",)

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.by if name not in _PARTS]
        if unknown:
            raise ConfigurationError(f"by may name category, brand and price, got {unknown[0]!r}.")


class SegmentAlgorithm(Algorithm):
    """An algorithm whose lists are the items with the best `score_` of everybody and of each part of the catalogue.

    `fit` calls `_learned`; the rest is done here.
    """

    Config = SegmentConfig
    config: SegmentConfig
    produces = frozenset({("segment", "item")})

    #: The score of each item in 0..1, (n_items,); 0 = not listed.
    score_: NDArray[np.float64]

    def segment_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """ "" = everybody, `category:…` for every level, `brand:…` and `price:…` when asked for; none is empty."""
        for segment, members in [(EVERYBODY, np.arange(len(self.item_keys_))), *self._members.items()]:
            pairs = best_of(self.item_keys_, members, self.score_[members], k)
            if pairs:
                yield segment, pairs

    def _learned(
        self, item_keys: tuple[str, ...], score: NDArray[np.float64], catalogue: Catalogue | None
    ) -> None:
        self.item_keys_ = item_keys
        self.score_ = score
        self._members = parts(item_keys, catalogue, self.config.by, score > 0)

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """The same for every history."""
        n, listed = len(histories), np.flatnonzero(self.score_)
        indptr = np.arange(n + 1) * len(listed)
        data = np.tile(self.score_[listed].astype(np.float32), n)
        return sparse.csr_matrix((data, np.tile(listed, n), indptr), shape=(n, len(self.item_keys_)))


def parts(
    item_keys: Sequence[str], catalogue: Catalogue | None, by: Sequence[str], listed: NDArray[np.bool_]
) -> dict[str, NDArray[np.intp]]:
    """Segment key → the codes of its items among those `listed` (n_items,), for the parts that `by` names."""
    if catalogue is None:
        return {}
    members: dict[str, list[int]] = {}
    for code in np.flatnonzero(listed).tolist():
        position = catalogue.codes.get(item_keys[code])
        for name in () if position is None else dict.fromkeys(_segments(catalogue, position, by)):
            members.setdefault(name, []).append(code)
    return {name: np.array(codes, np.intp) for name, codes in sorted(members.items())}


def _segments(catalogue: Catalogue, position: int, by: Sequence[str]) -> Iterator[str]:
    """The keys of the segments that an item of the catalogue belongs to."""
    if "category" in by:
        yield from (category_segment(level) for level in catalogue.levels(position))
    if "brand" in by and catalogue.brands[position]:
        yield brand_segment(catalogue.brands[position])
    if "price" in by and (band := price_segment(catalogue.prices[position])):
        yield band


def best_of(
    item_keys: Sequence[str], members: NDArray[np.intp], scores: NDArray[np.float64], k: int
) -> list[tuple[str, float]]:
    """The ≤ `k` members with the best scores above 0, rounded, ties by index. `members` are codes, `scores` theirs."""
    rounded = np.round(scores, SCORE_DIGITS)
    best = np.lexsort((members, -rounded))[:k]
    best = best[rounded[best] > 0]
    return [
        (item_keys[code], score)
        for code, score in zip(members[best].tolist(), rounded[best].tolist(), strict=True)
    ]


def strengths(
    chosen: Interactions, weight: NDArray[np.float64], period: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """(actor, item, period, strongest event) of every triple that has one above 0: a visitor counts once an item and
    period, by the strongest event, however often or however much. `weight` and `period` (default: one) are (n,)."""
    when = np.zeros(len(chosen), np.int64) if period is None else period
    n_items, n_periods = chosen.n_items, int(when.max(initial=0)) + 1
    triple = (chosen.actors() * n_items + chosen.item) * n_periods + when
    order = np.argsort(triple, kind="stable")
    starts = np.flatnonzero(np.diff(triple[order], prepend=-1))
    strongest = np.maximum.reduceat(weight[order], starts) if len(starts) else np.zeros(0)
    triple = triple[order][starts]
    positive = strongest > 0
    pair, when = np.divmod(triple[positive], n_periods)
    return pair // n_items, pair % n_items, when, strongest[positive]


def as_counts(strength: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of events scaled so that sums of them vary like counts, (n,): by Σw / Σw² (the scaled Poisson
    distribution, Bohm & Zech 2014, §2.2). Where all weigh the same, each counts 1."""
    squares = float((strength**2).sum())
    return strength * (float(strength.sum()) / squares) if squares else strength
