"""What figures prove, looked at every day. Floats or arrays of them go in and come out; numpy loads in workers only.

*Intervals* are asymptotic confidence sequences: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, "Time-uniform central
limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024), theorem 2.2. With probability
1 − alpha the truth is in *all* of them, however often one looks, so the first one that lies beside 0 decides. For N
visitors and an estimate of variance V:

    estimate ± sqrt(V · 2 (N ρ² + 1) / (N ρ²) · log(sqrt(N ρ² + 1) / alpha)).

*Ratios* such as clicks a row are means of linearised values: Deng, Knoblich & Lu, "Applying the delta method in metric
analytics", KDD 2018. *CUPED* takes off what was so before: Deng, Xu, Kohavi & Walker, WSDM 2013. The *sample ratio* is
tested by a Bayes factor that may be looked at as often: Lindon & Malek, "Anytime-valid inference for multinomial count
data", NeurIPS 2022.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

#: An array of numbers, one a visitor.
Values = Any

ALPHA = 0.05
#: Number of visitors, of both arms, at which intervals are the narrowest they can be.
TUNED_FOR = 5_000
#: No interval says anything below so many visitors in either arm: what it rests on holds for many.
FEWEST_VISITORS = 100
#: The sample ratio is alarming when it is so unlikely; the prior weighs like so many visitors.
RATIO_ALPHA = 0.001
RATIO_PRIOR = 100.0


class Moments(NamedTuple):
    """Of the visitors of an arm: how many, the mean of their values and the variance of a value."""

    n: Any
    mean: Any
    variance: Any


class Interval(NamedTuple):
    """An estimate, and between what it lies. Infinite where nothing is known yet."""

    estimate: Any
    low: Any
    high: Any


def moments(values: Values) -> Moments:
    """Of a value a visitor."""
    n = len(values)
    return Moments(n, float(values.mean()) if n else 0.0, float(values.var(ddof=1)) if n > 1 else 0.0)


def ratio_moments(numerators: Values, denominators: Values) -> Moments:
    """Of a ratio of sums, e.g. clicks by rows in view, both a visitor."""
    total = float(denominators.sum())
    if not total:
        return Moments(len(numerators), 0.0, 0.0)
    ratio = float(numerators.sum()) / total
    linear = (numerators - ratio * denominators) / (total / len(denominators))
    return Moments(len(linear), ratio, float(linear.var(ddof=1)) if len(linear) > 1 else 0.0)


def adjusted(values: Sequence[Values], before: Sequence[Values]) -> list[Values]:
    """CUPED: the values of each arm without what follows from the same visitors' values before. One slope for all arms,
    so that no arm chooses its own."""
    import numpy as np

    all_before = np.concatenate(list(before))
    if len(all_before) < FEWEST_VISITORS:
        return list(values)
    variance, centre = float(all_before.var()), float(all_before.mean())
    if not variance:
        return list(values)
    within = sum(
        float(((y - y.mean()) * (x - x.mean())).sum()) for y, x in zip(values, before, strict=True) if len(y)
    )
    spread = sum(float(((x - x.mean()) ** 2).sum()) for x in before if len(x))
    slope = within / spread if spread else 0.0
    return [y - slope * (x - centre) for y, x in zip(values, before, strict=True)]


def half_width(variance: Any, n: Any, alpha: float = ALPHA, tuned_for: float = TUNED_FOR) -> Any:
    """Half the width of the interval of an estimate of this variance from `n` visitors."""
    import numpy as np

    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha)) + 1) / tuned_for
    scale = np.asarray(n) * rho2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(variance * 2 * (scale + 1) / scale * np.log(np.sqrt(scale + 1) / alpha))


def difference(variant: Moments, control: Moments, alpha: float = ALPHA) -> Interval:
    """variant − control, in units of the metric."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        variance = variant.variance / np.asarray(variant.n) + control.variance / np.asarray(control.n)
    half = half_width(variance, np.asarray(variant.n) + control.n, alpha)
    return _from(variant, control, variant.mean - control.mean, half)


def relative(variant: Moments, control: Moments, alpha: float = ALPHA) -> Interval:
    """variant / control − 1, by Fieller's theorem (1954): all ratios r for which variant − r · control may be 0. So it
    lies beside 0 when `difference` does. Infinite while the control itself may be 0."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        of_variant = np.asarray(variant.variance / np.asarray(variant.n))
        of_control = np.asarray(control.variance / np.asarray(control.n))
        k2 = np.square(half_width(1.0, np.asarray(variant.n) + control.n, alpha))
        a = np.square(control.mean) - k2 * of_control
        b = np.asarray(variant.mean) * control.mean
        c = np.square(variant.mean) - k2 * of_variant
        root = np.sqrt(np.maximum(b * b - a * c, 0.0))
        ratio = np.asarray(variant.mean) / control.mean - 1
        known = (np.minimum(variant.n, control.n) >= FEWEST_VISITORS) & (a > 0)
        low = np.where(known, (b - root) / a - 1, -np.inf)
        high = np.where(known, (b + root) / a - 1, np.inf)
    return Interval(ratio, low, high)


def _from(variant: Moments, control: Moments, estimate: Any, half: Any) -> Interval:
    import numpy as np

    enough = np.minimum(variant.n, control.n) >= FEWEST_VISITORS
    half = np.where(enough & np.isfinite(half), half, np.inf)
    known = np.where(np.isfinite(estimate), estimate, 0.0)
    return Interval(estimate, known - half, known + half)


def ratio_alarm(
    counts: Sequence[int], shares: Sequence[float], alpha: float = RATIO_ALPHA
) -> tuple[float, bool]:
    """The Bayes factor against the planned shares, as its natural logarithm, and whether it is alarming."""
    prior = [RATIO_PRIOR * share for share in shares]
    log_factor = (
        _log_beta([a + n for a, n in zip(prior, counts, strict=True)])
        - _log_beta(prior)
        - sum(n * math.log(share) for n, share in zip(counts, shares, strict=True))
    )
    return log_factor, log_factor > math.log(1 / alpha)


def _log_beta(values: Sequence[float]) -> float:
    return sum(map(math.lgamma, values)) - math.lgamma(sum(values))


def detectable(mean: float, variance: float, n: int, share: float = 0.5, alpha: float = ALPHA) -> float:
    """The smallest relative effect that `n` visitors find in four of five experiments, `share` of them in the variant.

    That the estimate comes to lie outside of the interval's half width with 80 % probability: (half width + z(0.8) ·
    sqrt(V)) / mean, with V = variance · (1 / (n · share) + 1 / (n · (1 − share))). Plain Python: forms ask for it.
    """
    if mean <= 0 or n <= 0:
        return math.inf
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha)) + 1) / TUNED_FOR
    scale = n * rho2
    of_estimate = variance * (1 / (n * share) + 1 / (n * (1 - share)))
    width = math.sqrt(of_estimate * 2 * (scale + 1) / scale * math.log(math.sqrt(scale + 1) / alpha))
    return (width + NormalDist().inv_cdf(0.8) * math.sqrt(of_estimate)) / mean
