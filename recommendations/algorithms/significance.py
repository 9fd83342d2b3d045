"""Is it more than chance: counts against what is usual, and many tests at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv


@dataclass(frozen=True)
class Excess:
    """Successes beyond what is usual: each row's `successes` of `trials` against a share of `mean`, (n,) all.

    Shares stray with this `concentration`, so the variance exceeds a binomial's by φ = (n + c) / (1 + c). Both counts
    are divided by it (McCullagh & Nelder 1989, §4.5.1), and binomial tails taken by the incomplete beta function, which
    takes fractions as well.
    """

    successes: NDArray[np.float64]
    trials: NDArray[np.float64]
    mean: NDArray[np.float64]
    concentration: NDArray[np.float64]

    def chance(self) -> NDArray[np.float64]:
        """The chance of so many successes or more where nothing is unusual, (n,)."""
        a, b = self._shape()
        found: NDArray[np.float64] = np.where(self.successes > 0, betainc(a, b, self.mean), 1.0)
        return found

    def least_share(self, chance: float) -> NDArray[np.float64]:
        """The smallest share for which so many successes are no less likely than `chance`, (n,): the lower end of
        the interval of Clopper & Pearson (1934)."""
        a, b = self._shape()
        found: NDArray[np.float64] = np.where(self.successes > 0, betaincinv(a, b, chance), 0.0)
        return found

    def _shape(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        excess = (self.trials + self.concentration) / (1 + self.concentration)
        x, n = self.successes / excess, self.trials / excess
        return np.where(self.successes > 0, x, 1.0), n - x + 1


def believable(chances: NDArray[np.float64], rate: float) -> float:
    """The chance at or below which to believe a test, so that in expectation at most a share `rate` of the believed is
    false; 0 = believe none.

    rate · k / n with the largest k for which the k-th smallest of the n chances is no larger (Benjamini & Hochberg
    1995, eq. 1).
    """
    n = len(chances)
    limits = rate * np.arange(1, n + 1) / max(n, 1)
    passed = np.flatnonzero(np.sort(chances) <= limits)
    return float(limits[passed[-1]]) if len(passed) else 0.0
