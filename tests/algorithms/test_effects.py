from __future__ import annotations

import numpy as np
import pytest

from recommendations.algorithms.effects import group_effects, shrunk


def test_the_variances_by_hand() -> None:
    # Groups (1, 3), (5, 7), (9, 11): within 2·3/3 = 2; between ((2·16 + 0 + 2·16)/2 − 2)/2 = 15.
    values, group = np.array([1.0, 3, 5, 7, 9, 11]) - 6, np.array([0, 0, 1, 1, 2, 2])
    effects = group_effects(values, group, 4)
    assert (effects.within, effects.between) == (2.0, 15.0)
    share = 2 / (2 + 2 / 15)
    assert effects.offset == pytest.approx([-4 * share, 0.0, 4 * share, 0.0])


def test_unequal_groups_by_hand() -> None:
    # (0, 0, 6), (4): within 24/2 = 12; n₀ = (4 − 10/4)/1 = 1.5; between ((3·0.25 + 1·2.25)/1 − 12)/1.5 < 0.
    effects = group_effects(np.array([0.0, 0, 6, 4]), np.array([0, 0, 0, 1]), 2)
    assert (effects.within, effects.between, effects.offset.tolist()) == (12.0, 0.0, [0.0, 0.0])


def test_the_components_behind_many_groups_are_found() -> None:
    rng = np.random.default_rng(3)
    group = rng.integers(0, 3000, 12_000)
    truth = rng.normal(0, 0.7, 3000)
    effects = group_effects(truth[group] + rng.normal(0, 1.2, 12_000), group, 3000)
    assert effects.within == pytest.approx(1.44, rel=0.05)
    assert effects.between == pytest.approx(0.49, rel=0.1)
    there = np.bincount(group, minlength=3000) > 0
    assert (
        np.mean((effects.offset - truth)[there] ** 2) < 0.25
    )  # 0.2, where the groups' plain means have 0.47


@pytest.mark.parametrize("group", [[0, 0, 0], [0, 1, 2]])
def test_one_group_or_one_value_each_says_nothing(group: list[int]) -> None:
    effects = group_effects(np.array([1.0, -1.0, 2.0]), np.array(group), 3)
    assert (effects.within, effects.between, effects.offset.tolist()) == (2.0, 0.0, [0.0, 0.0, 0.0])


def test_no_values() -> None:
    effects = group_effects(np.zeros(0), np.zeros(0, np.int64), 2)
    assert (effects.within, effects.between, effects.offset.tolist()) == (0.0, 0.0, [0.0, 0.0])


def test_what_is_left_open_shrinks_with_what_is_known() -> None:
    offset, left_open = shrunk(np.array([2.0, 2.0, 2.0]), np.array([0, 0, 1]), 3, within=1.0, between=0.5)
    assert offset == pytest.approx([1.0, 2 / 3, 0.0])
    assert left_open == pytest.approx([0.25, 1 / 3, 0.5])
    exact, nothing = shrunk(np.array([2.0]), np.array([0]), 2, within=0.0, between=0.5)
    assert (exact.tolist(), nothing.tolist()) == ([2.0, 0.0], [0.0, 0.5])
