from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import bootstrap

from recommendations.evaluation import statistics
from recommendations.evaluation.statistics import bootstrap_interval, compare, holm, paired_p


def like_ndcg(rng: np.random.Generator, n: int, hit_rate: float = 0.3) -> NDArray[np.float64]:
    """Values as NDCG@10 of one item to be found: 0, or 1 / log2(rank + 1)."""
    return np.where(rng.random(n) < hit_rate, 1 / np.log2(rng.integers(2, 12, n)), 0.0)


#: The mean of 1 / log2(rank + 1) over the ranks 1…10.
WHEN_HIT = float(np.mean(1 / np.log2(np.arange(2, 12))))


def test_an_interval_of_95_percent_holds_the_truth_in_95_of_100_samples() -> None:
    rng = np.random.default_rng(0)
    held = [
        found.low <= 0.3 * WHEN_HIT <= found.high
        for found in (bootstrap_interval(like_ndcg(rng, 200), n_resamples=500, seed=n) for n in range(500))
    ]
    assert 0.92 < np.mean(held) < 0.975


def test_without_a_difference_5_of_100_are_significant_at_5_percent() -> None:
    rng = np.random.default_rng(1)
    found = [paired_p(like_ndcg(rng, 100), like_ndcg(rng, 100), n_resamples=500) for _ in range(400)]
    assert 0.025 < np.mean(np.array(found) <= 0.05) < 0.075
    assert 0.4 < np.mean(np.array(found) <= 0.5) < 0.6


def test_the_interval_is_scipys() -> None:
    values = like_ndcg(np.random.default_rng(2), 300, 0.1)
    found = bootstrap_interval(values, n_resamples=20_000)
    theirs = bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=1).confidence_interval
    assert found.mean == values.mean()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.001)
    assert found.high - found.mean > found.mean - found.low  # the values are skewed


def test_the_test_is_the_exact_one() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.random(10), rng.random(10) - 0.2
    flips = np.array(list(product([1, -1], repeat=10))) @ (a - b)
    exact = np.mean(np.abs(flips) >= abs((a - b).sum()) - 1e-12)
    assert paired_p(a, b, n_resamples=50_000) == pytest.approx(exact, abs=0.01)


def test_pairs_tell_apart_what_intervals_cannot() -> None:
    rng = np.random.default_rng(4)
    easy = rng.random(400)  # some visitors are easy to please
    a, b = easy + 0.02 + rng.normal(0, 0.05, 400), easy + rng.normal(0, 0.05, 400)
    assert bootstrap_interval(a).low < bootstrap_interval(b).high
    found = compare(a, b)
    assert found.is_significant
    assert found.p < 0.001
    assert found.difference.low < np.mean(a - b) < found.difference.high
    assert found.difference.low > 0
    back = compare(b, a)
    assert back.difference.mean == -found.difference.mean
    assert not compare(a, a).is_significant
    assert compare(a, a).p == 1.0


def test_many_distinct_values_in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    values = rng.gamma(0.5, 1.0, 3000)
    monkeypatch.setattr(statistics, "_BLOCK_CELLS", 1000)
    grouped = bootstrap_interval(values, n_resamples=1000)
    monkeypatch.setattr(statistics, "_MOST_VALUES", 10_000)
    exact = bootstrap_interval(values, n_resamples=1000)
    assert grouped.mean == exact.mean == values.mean()
    standard_error = values.std() / np.sqrt(3000)
    assert (grouped.low, grouped.high) == pytest.approx((exact.low, exact.high), abs=0.25 * standard_error)


def test_a_seed_gives_the_same_again() -> None:
    rng = np.random.default_rng(6)
    a, b = like_ndcg(rng, 100), like_ndcg(rng, 100)
    assert compare(a, b, seed=3) == compare(a, b, seed=3)
    assert compare(a, b, seed=3) != compare(a, b, seed=4)
    order = rng.permutation(100)
    shuffled = compare(a[order], b[order], seed=3)
    assert shuffled.p == compare(a, b, seed=3).p


def test_values_without_spread() -> None:
    found = bootstrap_interval(np.full(7, 0.1))
    assert (found.low, found.mean, found.high, found.n) == (found.mean, found.mean, found.mean, 7)
    assert bootstrap_interval(np.array([0.4])).high == 0.4


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"values: one value a user is needed, got shape \(0,\)"):
        bootstrap_interval(np.zeros(0))
    with pytest.raises(ValueError, match="values: a value is NaN or infinite; leave out users without one."):
        bootstrap_interval(np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="level must be between 0 and 1, got 95"):
        bootstrap_interval(np.ones(3), level=95)
    with pytest.raises(ValueError, match="a has 2 values, b 3: pairs need those of the same users."):
        compare(np.ones(2), np.ones(3))
