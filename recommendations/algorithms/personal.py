"""Lists for visitors, for all algorithms that can score a history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ranking import best
from recommendations.algorithms.similarity import TopK, calibrated

#: Visitors are scored in blocks of about so many numbers.
_BLOCK_CELLS = 8_000_000


@dataclass(frozen=True, kw_only=True)
class PersonalConfig(AlgorithmConfig):
    """`exclude_seen`: whether a visitor's list leaves out what the visitor has had to do with already."""

    exclude_seen: bool = True


class PersonalAlgorithm(Algorithm):
    """An algorithm whose visitor → items lists are its scores for what the visitor did.

    `fit` calls `_remember`; `_scores` does the rest.
    """

    Config = PersonalConfig
    config: PersonalConfig

    #: What the visitors did, in the order of `visitor_keys_`.
    histories_: Histories
    visitor_keys_: tuple[str, ...]

    def _remember(self, chosen: Interactions) -> None:
        """Keep the histories of the visitors in `chosen`, and the keys of items and visitors."""
        self.item_keys_ = chosen.item_keys
        self.visitor_keys_ = chosen.visitor_keys
        self.histories_ = Histories.of(chosen).weighted_by_kind(self.config.events)

    def visitor_lists(
        self, keys: Iterable[str], k: int = 50, exclude: Mapping[str, Collection[str]] | None = None
    ) -> Iterator[RankedPairs]:
        """Visitors without events have no list."""
        codes = {key: code for code, key in enumerate(self.visitor_keys_)}
        known = [key for key in keys if key in codes]
        size = max(1, _BLOCK_CELLS // max(len(self.item_keys_), 1))
        for begin in range(0, len(known), size):
            block = known[begin : begin + size]
            histories = self.histories_[np.array([codes[key] for key in block], np.int64)]
            top = best(self._scores(histories), k, self._hidden(block, histories, exclude))
            yield from self._calibrated(top).lists(tuple(block), self.item_keys_, k, SCORE_DIGITS)

    def _calibrated(self, top: TopK) -> TopK:
        """Scores in 0..1, in the same order."""
        return calibrated(top)

    def _hidden(
        self, keys: list[str], histories: Histories, exclude: Mapping[str, Collection[str]] | None
    ) -> sparse.csr_matrix | None:
        named = [[(item, 1.0) for item in (exclude or {}).get(key, ())] for key in keys]
        hidden = Histories.from_pairs(named, self.item_keys_).matrix()
        if self.config.exclude_seen:
            hidden = hidden + histories.matrix(binary=True)
        return sparse.csr_matrix(hidden) if hidden.nnz else None
