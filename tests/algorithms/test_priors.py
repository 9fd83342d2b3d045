from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recommendations.algorithms.priors import (
    BetaPrior,
    GammaPrior,
    beta_prior,
    concentration,
    gamma_prior,
    lower_bound,
)


def numbers(*values: float) -> np.ndarray:
    return np.array(values, np.float64)


def test_the_beta_behind_many_items_is_found() -> None:
    rng = np.random.default_rng(1)
    trials = rng.integers(1, 400, 4000).astype(float)
    successes = rng.binomial(trials.astype(int), rng.beta(2.0, 38.0, 4000)).astype(float)
    prior = beta_prior(successes, trials)
    assert prior.mean == pytest.approx(0.05, rel=0.03)
    assert prior.concentration == pytest.approx(40.0, rel=0.1)
    assert concentration(successes, trials, np.full(4000, prior.mean)) == pytest.approx(
        prior.concentration, rel=1e-3
    )


def test_the_beta_is_the_most_likely_one() -> None:
    successes, trials = numbers(0, 3, 1, 9, 2), numbers(10, 10, 8, 12, 0)
    prior = beta_prior(successes, trials)

    def likelihood(mean: float, weight: float) -> float:
        tried = trials > 0
        x, n = successes[tried].astype(int), trials[tried].astype(int)
        return float(stats.betabinom.logpmf(x, n, mean * weight, (1 - mean) * weight).sum())

    best = likelihood(prior.mean, prior.concentration)
    for mean, weight in ((1.05, 1.0), (0.95, 1.0), (1.0, 1.1), (1.0, 0.9)):
        assert likelihood(prior.mean * mean, prior.concentration * weight) < best


def test_items_that_do_not_differ_share_one_rate() -> None:
    prior = beta_prior(numbers(10, 10, 10, 10), numbers(100, 100, 100, 100))
    assert prior.mean == pytest.approx(0.1, abs=1e-4)
    assert prior.concentration > 1e5


@pytest.mark.parametrize("successes", [0.0, 4.0])
def test_all_or_nothing(successes: float) -> None:
    prior = beta_prior(np.full(9, successes), np.full(9, 4.0))
    assert 0 <= prior.mean <= 1
    assert prior.mean == pytest.approx(successes / 4, abs=1e-3)


def test_a_flat_prior_without_trials() -> None:
    assert beta_prior(numbers(0, 0), numbers(0, 0)) == BetaPrior(0.5, 2.0)
    assert concentration(numbers(0), numbers(0), numbers(0.5)) == 1e6


def test_the_lower_bound_is_a_quantile_of_the_posterior() -> None:
    bound = lower_bound(numbers(3, 0), numbers(10, 0), 0.25, 4.0, 0.9)
    assert bound == pytest.approx([stats.beta.ppf(0.1, 4, 10), stats.beta.ppf(0.1, 1, 3)])


def test_the_gamma_behind_rates_by_hand() -> None:
    # x = 8, 0, 4 in t = 2, 2, 4: m = 12/8 = 1.5; Σ t(x/t − m)²/Σt = (2·6.25 + 2·2.25 + 4·0.25)/8 = 2.25;
    # v = 2.25 − 1.5/(8/3) = 1.6875; weight 1.5/1.6875 = 8/9.
    counts, exposure = numbers(8, 0, 4, 5), numbers(2, 2, 4, 0)
    prior = gamma_prior(counts, exposure)
    assert (prior.mean, prior.exposure) == (1.5, pytest.approx(8 / 9))
    assert prior.posterior(numbers(8, 0), numbers(2, 0)) == pytest.approx([(8 + 4 / 3) / (2 + 8 / 9), 1.5])


def test_rates_that_do_not_differ_are_one() -> None:
    prior = gamma_prior(numbers(3, 3), numbers(1, 1))
    assert prior == GammaPrior(3.0, np.inf)
    assert prior.posterior(numbers(90, 0), numbers(1, 1)).tolist() == [3.0, 3.0]
    assert gamma_prior(numbers(), numbers()) == GammaPrior(0.0, np.inf)
    assert gamma_prior(numbers(0, 0), numbers(1, 9)) == GammaPrior(0.0, np.inf)
