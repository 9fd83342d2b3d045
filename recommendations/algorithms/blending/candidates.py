"""Candidates: the items that a weighted sum of all algorithms puts first, with every algorithm's score."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.ranking import best_codes, dense, pick

#: Histories are scored in blocks of about so many numbers an algorithm.
BLOCK_CELLS = 8_000_000


@dataclass(frozen=True, eq=False)
class Candidates:
    """`codes` (n, c): items, -1 = none. `raw` (n, c, m): the score of each algorithm. `top` (n, m): the best score of
    each algorithm for the history, at least a little above 0. `blend` (n, c): the weighted sum, best first."""

    codes: NDArray[np.int32]
    raw: NDArray[np.float32]
    top: NDArray[np.float32]
    blend: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def relative(self) -> NDArray[np.float32]:
        """Scores ÷ the best score of the algorithm for this history, (n, c, m)."""
        return self.raw / self.top[:, None, :]


@dataclass(eq=False)
class Scorer:
    """Fitted algorithms, scored together. `seconds` adds up what each of them took."""

    algorithms: Sequence[Algorithm]
    item_keys: tuple[str, ...]
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seconds = [0.0] * len(self.algorithms)
        self._columns = [self._columns_of(algorithm) for algorithm in self.algorithms]

    def _columns_of(self, algorithm: Algorithm) -> NDArray[np.int64] | None:
        """Where our items are among the algorithm's, -1 = nowhere; None when they are the same."""
        if algorithm.item_keys_ == self.item_keys:
            return None
        codes = {key: code for code, key in enumerate(algorithm.item_keys_)}
        return np.array([codes.get(key, -1) for key in self.item_keys], np.int64)

    def blocks(self, histories: Histories) -> Iterator[tuple[slice, list[NDArray[np.float32]]]]:
        """Blocks of histories with the scores of each algorithm, (n_block, n_items) float32."""
        size = max(1, BLOCK_CELLS // max(len(self.item_keys), 1))
        for begin in range(0, len(histories), size):
            part = slice(begin, min(begin + size, len(histories)))
            block = histories[part]
            yield part, [self._score(m, block) for m in range(len(self.algorithms))]

    def _score(self, m: int, block: Histories) -> NDArray[np.float32]:
        begun = time.perf_counter()
        scores = dense(self.algorithms[m].scores_of(block))
        columns = self._columns[m]
        if columns is not None:
            scores = np.where(columns >= 0, scores[:, np.maximum(columns, 0)], np.float32(0))
        self.seconds[m] += time.perf_counter() - begun
        return scores

    def pool(self, histories: Histories, hidden: sparse.csr_matrix | None, each: int) -> Candidates:
        """The `each` best of every algorithm, together, in no particular order; `blend` is 0."""
        parts = []
        for part, scores in self.blocks(histories):
            mask = None if hidden is None else hidden[part]
            found = np.concatenate([best_codes(s, each, mask)[0] for s in scores], axis=1)
            found.sort(axis=1)
            found[:, 1:][found[:, 1:] == found[:, :-1]] = -1
            found = -np.sort(-found, axis=1)
            found = found[:, : max(1, int((found >= 0).sum(axis=1).max(initial=0)))]
            parts.append(_gathered(found, scores, np.zeros(found.shape, np.float32)))
        return _joined(parts, len(self.algorithms))

    def best(
        self,
        histories: Histories,
        hidden: sparse.csr_matrix | None,
        weights: NDArray[np.float64],
        n: int,
        watch: Callable[[slice, list[NDArray[np.float32]]], None] | None = None,
    ) -> Candidates:
        """The `n` items with the largest Σ_m weight_m · score_m / best score_m, best first.

        `watch` is called with every block and its scores, in order.
        """
        parts = []
        for part, scores in self.blocks(histories):
            total = np.zeros_like(scores[0])
            for weight, score in zip(weights.tolist(), scores, strict=True):
                if weight:
                    total += (np.float32(weight) / _top(score))[:, None] * score
            codes, values = best_codes(total, n, None if hidden is None else hidden[part])
            parts.append(_gathered(codes, scores, values))
            if watch is not None:
                watch(part, scores)
        return _joined(parts, len(self.algorithms))


def _top(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.maximum(scores.max(axis=1, initial=0.0), np.float32(1e-9))


def _gathered(
    codes: NDArray[np.int32], scores: list[NDArray[np.float32]], blend: NDArray[np.float32]
) -> Candidates:
    raw = np.stack([pick(score, codes) for score in scores], axis=2)
    return Candidates(codes, raw, np.stack([_top(score) for score in scores], axis=1), blend)


def _joined(parts: list[Candidates], n_algorithms: int) -> Candidates:
    width = max((part.codes.shape[1] for part in parts), default=0)
    n = sum(len(part) for part in parts)
    codes = np.full((n, width), -1, np.int32)
    raw = np.zeros((n, width, n_algorithms), np.float32)
    top = np.ones((n, n_algorithms), np.float32)
    blend = np.zeros((n, width), np.float32)
    begin = 0
    for part in parts:
        rows, wide = slice(begin, begin + len(part)), part.codes.shape[1]
        codes[rows, :wide], raw[rows, :wide] = part.codes, part.raw
        top[rows], blend[rows, :wide] = part.top, part.blend
        begin += len(part)
    return Candidates(codes, raw, top, blend)
