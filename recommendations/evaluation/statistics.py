"""How sure a mean is, and whether two recommenders differ: intervals and paired tests over users.

Both work on the distinct values and their counts, which is exact: a resample of n users is a multinomial
draw of how often each value occurs. Metrics @k have few values, so memory and time hardly grow with the number
of users. Where there are more than 300, neighbours are taken together as their mean, which moves no value by
more than a 300th of the range and the variance by less than 3·10⁻⁶ of its square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

#: More distinct values than this are taken together.
_MOST_VALUES = 300

#: Values that differ by less than so many digits show are the same.
_DIGITS = 12

#: Resamples are drawn so many numbers at a time.
_BLOCK_CELLS = 2_000_000


@dataclass(frozen=True)
class Interval:
    """A mean over `n` users and the interval around it."""

    mean: float
    low: float
    high: float
    n: int
    level: float = 0.95


@dataclass(frozen=True)
class Comparison:
    """`difference`: mean of a − b over the same users, with its interval; `p`: how often so large a difference
    would come about if a and b were the same."""

    difference: Interval
    p: float

    @property
    def is_significant(self) -> bool:
        """At the level of the interval; correct `p` first when there are several comparisons (`holm`)."""
        return self.p <= 1 - self.difference.level


def bootstrap_interval(
    values: NDArray[np.floating], *, level: float = 0.95, n_resamples: int = 2000, seed: int = 0
) -> Interval:
    """The bias-corrected and accelerated bootstrap interval (BCa) of the mean of `values` (n_users,)
    (Efron 1987, eq. 2.3; acceleration by the jackknife, Efron & Tibshirani 1993, eq. 14.15).

    BCa rather than percentiles, as most users have 0 and a few much: their mean is skewed. When all values
    are the same the interval has no width, which says that nothing is known of its error. Raises ValueError
    for no values, NaN or infinite ones, or a level outside 0..1.
    """
    values = _checked(values, "values")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level!r}.")
    mean, n = float(values.mean()), len(values)
    distinct, count = _grouped(values)
    if len(distinct) == 1:
        return Interval(mean, mean, mean, n, level)
    means = np.sort(_resampled_means(distinct, count, n_resamples, np.random.default_rng(seed)))
    centre = distinct @ count / n
    below = (np.mean(means < centre) + np.mean(means <= centre)) / 2  # ties count half
    bias = ndtri(np.clip(below, 1 / (n_resamples + 1), n_resamples / (n_resamples + 1)))
    deviation = distinct - centre
    acceleration = (count @ deviation**3) / (6 * (count @ deviation**2) ** 1.5)
    z = bias + ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    low, high = np.quantile(means, ndtr(bias + z / (1 - acceleration * z)))
    return Interval(mean, float(low), float(high), n, level)


def paired_p(
    a: NDArray[np.floating], b: NDArray[np.floating], *, n_resamples: int = 10_000, seed: int = 0
) -> float:
    """Two-sided p of the paired randomisation test: the signs of the users' differences a − b are flipped at
    random, p = (1 + number of flips whose mean is at least as far from 0) / (1 + n_resamples)
    (Fisher 1935; Smucker, Allan & Carterette 2007).

    `a` and `b` (n_users,) are the values of the same users in the same order. Raises ValueError otherwise,
    and for NaN or infinite values.
    """
    difference = _differences(a, b)
    apart = np.asarray(np.round(np.abs(difference), _DIGITS), np.float64)
    if not apart.any():
        return 1.0
    distinct, count = _grouped(apart[apart > 0])  # a difference of 0 stays 0 whatever its sign
    observed = abs(float(difference.sum()))
    rng = np.random.default_rng(seed)
    farther = 0
    for size in _blocks(n_resamples, len(distinct)):
        positive = rng.binomial(count, 0.5, (size, len(distinct)))
        total = (2.0 * positive - count) @ distinct
        farther += int((np.abs(total) >= observed * (1 - 1e-9)).sum())
    return (1 + farther) / (1 + n_resamples)


def compare(
    a: NDArray[np.floating],
    b: NDArray[np.floating],
    *,
    level: float = 0.95,
    n_resamples: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Is `a` better than `b`? The mean difference over the same users with its BCa interval, and `paired_p`.

    What users have in common (some are easy to please) drops out of the differences, so pairs tell apart what
    two separate intervals cannot. Raises ValueError as these do.
    """
    difference = bootstrap_interval(_differences(a, b), level=level, n_resamples=n_resamples, seed=seed)
    return Comparison(difference, paired_p(a, b, n_resamples=n_resamples, seed=seed))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number: any of them is at most α only by chance with probability ≤ α
    (Holm 1979). In the order given; each at most 1."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = largest
    return corrected


def _grouped(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distinct values in ascending order and how often each occurs; neighbours together where they are many."""
    distinct, inverse, count = np.unique(np.round(values, _DIGITS), return_inverse=True, return_counts=True)
    if len(distinct) > _MOST_VALUES:
        step = (distinct[-1] - distinct[0]) / _MOST_VALUES
        cell = np.minimum((distinct - distinct[0]) / step, _MOST_VALUES - 1).astype(np.int64)
        _, inverse = np.unique(cell[inverse.reshape(-1)], return_inverse=True)
        count = np.bincount(inverse)
    return np.bincount(inverse.reshape(-1), values) / count, count


def _resampled_means(
    distinct: NDArray[np.float64], count: NDArray[np.int64], n_resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    n = int(count.sum())
    parts = [
        rng.multinomial(n, count / n, size) @ distinct / n for size in _blocks(n_resamples, len(distinct))
    ]
    return np.concatenate(parts)


def _blocks(n_resamples: int, width: int) -> list[int]:
    """Sizes that add up to `n_resamples`, each of at most `_BLOCK_CELLS` numbers."""
    size = max(1, min(n_resamples, _BLOCK_CELLS // width))
    return [min(size, n_resamples - begin) for begin in range(0, n_resamples, size)]


def _differences(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    first, second = _checked(a, "a"), _checked(b, "b")
    if len(first) != len(second):
        raise ValueError(f"a has {len(first)} values, b {len(second)}: pairs need those of the same users.")
    return first - second


def _checked(values: NDArray[np.floating], name: str) -> NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or not len(array):
        raise ValueError(f"{name}: one value a user is needed, got shape {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: a value is NaN or infinite; leave out users without one.")
    return array
