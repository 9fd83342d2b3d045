"""Shares of a bandit's variants: each variant gets visitors as often as it is likely to be the best one.

Thompson sampling in its batched form (Chapelle & Li, "An empirical evaluation of Thompson sampling", NeurIPS 2011,
section 4: it bears rewards that come late). A visitor is a success or none; visitors count once what they did is
settled, `SETTLED` after they were first exposed, so that no variant looks bad for being young. Every variant keeps
`FLOOR` of the visitors, so that what changes is noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

SETTLED = timedelta(days=2)
FLOOR = 0.05
_DRAWS = 4000


def shares(
    successes: Sequence[int], visitors: Sequence[int], *, floor: float = FLOOR, seed: int = 0
) -> list[float]:
    """By Beta(1 + successes, 1 + failures) a variant: with what probability it is the best, at least `floor`; they add
    up to 1. In whole per cent, which is what buckets can do."""
    import numpy as np

    won, seen = np.asarray(successes), np.asarray(visitors)
    draws = np.random.default_rng(seed).beta(1 + won, 1 + np.maximum(seen - won, 0), (_DRAWS, len(won)))
    best = np.bincount(draws.argmax(axis=1), minlength=len(won)) / _DRAWS
    rounded = np.round(100 * (floor + (1 - floor * len(won)) * best))
    rounded[rounded.argmax()] += 100 - rounded.sum()
    return [float(each) / 100 for each in rounded]
