"""Weights for a linear blend, found by trying."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.blending.candidates import Candidates
from recommendations.algorithms.ranking import pick
from recommendations.evaluation.metrics import discounts, ideal_dcg

#: Weights are multiplied by these, one at a time, as long as that helps.
_FACTORS = (0.0, 0.4, 0.7, 1.4, 2.5)
#: What a weight of 0 may become.
_STARTS = (0.03, 0.1, 0.3, 1.0)


def learn_weights(
    pool: Candidates, targets: sparse.csr_matrix, k: int, *, rounds: int = 4
) -> tuple[NDArray[np.float64], float]:
    """Weights (n_algorithms,) whose blend of relative scores has the best mean NDCG@k on the pool, and that NDCG.

    Coordinate ascent from the best single algorithm and from all of them: simple, without a gradient, and hard to
    overfit with a dozen weights and thousands of queries (cf. Metzler & Croft 2007, "Linear feature-based models for
    information retrieval", §4.2).
    """
    judge = _Judge(pool, targets, k)
    n_algorithms = pool.raw.shape[2]
    singles = np.array([judge(one) for one in np.eye(n_algorithms)])
    starts = [np.eye(n_algorithms)[int(np.argmax(singles))], singles / max(singles.max(), 1e-12)]
    ascents = [_ascend(judge, start, singles, rounds) for start in starts if start.any()]
    weights, best = max(ascents, key=lambda found: found[1]) if ascents else (starts[0], 0.0)
    return weights / weights.max(), best


def _ascend(
    judge: _Judge, start: NDArray[np.float64], singles: NDArray[np.float64], rounds: int
) -> tuple[NDArray[np.float64], float]:
    weights, best = start, judge(start)
    for _ in range(rounds):
        before = best
        for m in np.argsort(-singles, kind="stable").tolist():
            tried = [weights[m] * factor for factor in _FACTORS] if weights[m] else _STARTS
            for value in tried:
                changed = weights.copy()
                changed[m] = value
                score = judge(changed) if changed.any() else 0.0
                if score > best:
                    best, weights = score, changed
        if best - before < 1e-5:
            break
    return weights, best


class _Judge:
    """Mean NDCG@k of a blend on the pool."""

    def __init__(self, pool: Candidates, targets: sparse.csr_matrix, k: int) -> None:
        self._relative = pool.relative
        self._absent = pool.codes < 0
        gain = pick(sparse.csr_matrix(targets), pool.codes)
        self._row, self._column = np.nonzero(gain > 0)
        self._gain = gain[self._row, self._column]
        self._ideal = ideal_dcg(targets, k)
        self._discount = np.append(discounts(k), 0.0)
        self._k = k

    def __call__(self, weights: NDArray[np.float64]) -> float:
        scores = self._relative @ weights.astype(np.float32)
        scores[self._absent] = -np.inf
        found = scores[self._row, self._column]
        # Ties are split: half of what scores the same is before.
        before = np.zeros(len(found))
        for begin in range(0, len(found), 4096):
            part = slice(begin, begin + 4096)
            rows = scores[self._row[part]]
            before[part] = (rows > found[part, None]).sum(axis=1)
            before[part] += ((rows == found[part, None]).sum(axis=1) - 1) / 2
        rank = np.minimum(before, self._k).astype(np.int64)
        gain = np.bincount(self._row, self._gain * self._discount[rank], minlength=len(self._ideal))
        return float(np.mean(gain / np.maximum(self._ideal, 1e-12)))
