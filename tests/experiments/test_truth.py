"""Do the intervals hold the truth, and does what is better win? 200 seeded runs of 2,000 visitors an arm."""

from __future__ import annotations

import numpy as np
import pytest

from recommendations.experiments import statistics

N_RUNS, N_VISITORS = 200, 2_000
CLICKS = 0.2  # a row; B's are a fifth more


def arm(rng: np.random.Generator, rate: float) -> statistics.Moments:
    """Visitors differ in how many rows they see and in how readily they click."""
    rows = 1 + rng.poisson(4, N_VISITORS)
    readiness = rng.gamma(10, 0.1, N_VISITORS)
    clicks = rng.binomial(rows, np.clip(rate * readiness, 0, 1))
    return statistics.ratio_moments(clicks.astype(float), rows.astype(float))


@pytest.fixture(scope="module")
def runs() -> dict[str, list[statistics.Interval]]:
    rng = np.random.default_rng(20)
    better = [statistics.difference(arm(rng, CLICKS * 1.2), arm(rng, CLICKS)) for _ in range(N_RUNS)]
    alike = [statistics.difference(arm(rng, CLICKS), arm(rng, CLICKS)) for _ in range(N_RUNS)]
    return {"better": better, "alike": alike}


def test_what_is_better_wins_and_intervals_hold_the_truth(runs: dict[str, list[statistics.Interval]]) -> None:
    effect = CLICKS * 0.2
    found = runs["better"]
    assert np.mean([each.low > 0 for each in found]) >= 0.8
    assert np.mean([each.low <= effect <= each.high for each in found]) >= 0.93
    assert np.median([(each.high - each.low) / 2 for each in found]) <= 0.6 * effect


def test_what_is_alike_does_not_win(runs: dict[str, list[statistics.Interval]]) -> None:
    assert np.mean([each.low > 0 or each.high < 0 for each in runs["alike"]]) <= 0.05
