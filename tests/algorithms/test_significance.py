from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recommendations.algorithms.significance import Excess, believable


def numbers(*values: float) -> np.ndarray:
    return np.array(values, np.float64)


def test_without_straying_the_chance_is_binomial() -> None:
    excess = Excess(
        numbers(20, 0, 30), numbers(30, 30, 30), numbers(1 / 3, 1 / 3, 1 / 3), numbers(1e15, 1e15, 1e15)
    )
    assert excess.chance() == pytest.approx([stats.binom.sf(19, 30, 1 / 3), 1.0, (1 / 3) ** 30])
    exact = stats.binomtest(20, 30).proportion_ci(0.9, method="exact").low
    assert excess.least_share(0.05) == pytest.approx([exact, 0.0, 0.05 ** (1 / 30)])


def test_straying_divides_the_counts() -> None:
    straying = Excess(numbers(20), numbers(40), numbers(0.25), numbers(38.0))  # φ = 78 / 39
    plain = Excess(numbers(10), numbers(20), numbers(0.25), numbers(1e15))
    assert straying.chance() == pytest.approx(plain.chance())
    assert straying.least_share(0.05) == pytest.approx(plain.least_share(0.05))


def test_which_chances_to_believe() -> None:
    # Benjamini & Hochberg 1995, §4: the fifteen ordered chances of an example; four are below 0.05 · k / 15.
    chances = numbers(
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
    )
    assert believable(chances, 0.05) == pytest.approx(0.05 * 4 / 15)
    assert believable(numbers(0.5, 0.9), 0.05) == 0.0
    assert believable(numbers(), 0.05) == 0.0
