"""Empirical Bayes: how much items differ beyond chance, learned from all of them, to judge those with little data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import betaincinv, betaln, digamma

#: Concentrations are searched within this range; the last means "items do not differ at all".
_LEAST, _MOST = 1e-2, 1e6


@dataclass(frozen=True)
class BetaPrior:
    """Shares of items are Beta(c·m, c·(1 − m)): their mean `mean`, and a `concentration` of so many trials."""

    mean: float
    concentration: float


def beta_prior(successes: NDArray[np.float64], trials: NDArray[np.float64]) -> BetaPrior:
    """The Beta distribution of the items' shares that makes `successes` of `trials` (n_items,) most likely.

    Maximum likelihood of the beta-binomial (Skellam 1948). Items without trials say nothing. Where all shares agree
    within chance, the concentration is the largest allowed. A flat prior when nothing was tried.
    """
    x, n, count = _distinct(successes, trials)
    if not len(n):
        return BetaPrior(0.5, 2.0)
    pooled = float((count * x).sum() / (count * n).sum())
    start = min(max(pooled, 1e-6), 1 - 1e-6)

    def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        mean, concentration = 1 / (1 + np.exp(-at[0])), np.exp(at[1])
        a, b = concentration * mean, concentration * (1 - mean)
        value = (count * (betaln(a + x, b + n - x) - betaln(a, b))).sum()
        both = digamma(a + b) - digamma(a + b + n)
        by_a = (count * (digamma(a + x) - digamma(a) + both)).sum()
        by_b = (count * (digamma(b + n - x) - digamma(b) + both)).sum()
        by_mean = (by_a - by_b) * concentration * mean * (1 - mean)
        return -value, -np.array([by_mean, by_a * a + by_b * b])

    bounds = [(-20.0, 20.0), (np.log(_LEAST), np.log(_MOST))]
    found = minimize(
        loss,
        np.array([np.log(start / (1 - start)), np.log(20.0)]),
        jac=True,
        bounds=bounds,
        method="L-BFGS-B",
    )
    return BetaPrior(float(1 / (1 + np.exp(-found.x[0]))), float(np.exp(found.x[1])))


def concentration(
    successes: NDArray[np.float64],
    trials: NDArray[np.float64],
    mean: NDArray[np.float64],
    units: NDArray[np.float64] | float = 1.0,
) -> float:
    """The c that makes the successes most likely when shares are Beta(c·u·m, c·u·(1 − m)), with the mean m and the
    units u given for each row, (n,): how far shares stray from what is expected of them. Same method as `beta_prior`.
    The largest allowed, "not at all", when nothing was tried."""
    tried = (trials > 0) & (mean > 0) & (mean < 1)
    if not tried.any():
        return _MOST
    x, n = successes[tried], trials[tried]
    a_unit = (units * mean)[tried]
    b_unit = (units * (1 - mean))[tried]

    def loss(log_concentration: float) -> float:
        a, b = np.exp(log_concentration) * a_unit, np.exp(log_concentration) * b_unit
        return float(-(betaln(a + x, b + n - x) - betaln(a, b)).sum())

    found = minimize_scalar(loss, bounds=(np.log(_LEAST), np.log(_MOST)), method="bounded")
    return float(np.exp(found.x))


def lower_bound(
    successes: NDArray[np.float64],
    trials: NDArray[np.float64],
    mean: NDArray[np.float64] | float,
    concentration: NDArray[np.float64] | float,
    confidence: float,
) -> NDArray[np.float64]:
    """The share that each item exceeds with this probability, (n_items,): a quantile of the posterior
    Beta(c·m + x, c·(1 − m) + n − x)."""
    a = concentration * np.asarray(mean) + successes
    b = concentration * (1 - np.asarray(mean)) + trials - successes
    bound: NDArray[np.float64] = betaincinv(a, b, 1 - confidence)
    return bound


@dataclass(frozen=True)
class GammaPrior:
    """Rates of items are Gamma with this `mean` and a weight of so much `exposure`; infinite = all are alike."""

    mean: float
    exposure: float

    def posterior(self, counts: NDArray[np.float64], exposure: NDArray[np.float64]) -> NDArray[np.float64]:
        """The expected rate of each item, (n_items,)."""
        if not np.isfinite(self.exposure):
            return np.full(len(counts), self.mean)
        return (counts + self.mean * self.exposure) / (exposure + self.exposure)


def gamma_prior(counts: NDArray[np.float64], exposure: NDArray[np.float64]) -> GammaPrior:
    """The mean and the weight of the distribution of rates behind Poisson counts, by moments.

    mean m = Σx / Σt; variance between items v = Σ tᵢ(xᵢ/tᵢ − m)² / Σt − m / t̄, not below 0; weight = m / v (Marshall
    1991, §2, the global smoother). Items without exposure say nothing.
    """
    there = exposure > 0
    x, t = counts[there], exposure[there]
    if not len(t) or not x.sum():
        return GammaPrior(0.0, np.inf)
    mean = float(x.sum() / t.sum())
    between = float((t * (x / t - mean) ** 2).sum() / t.sum() - mean / t.mean())
    return GammaPrior(mean, mean / between if between > 0 else np.inf)


def _distinct(
    successes: NDArray[np.float64], trials: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Each pair (successes, trials) with trials once, and how many items have it."""
    tried = trials > 0
    pairs, count = np.unique(np.stack([successes[tried], trials[tried]]), axis=1, return_counts=True)
    return pairs[0], pairs[1], count.astype(np.float64)
