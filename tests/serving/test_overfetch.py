"""The factor follows how often rows come short, and what is shown does not depend on it."""

from __future__ import annotations

import random

import pytest

from recommendations.serving import overfetch


def test_begins_with_a_margin() -> None:
    assert overfetch.n_asked("", "home", 12) == 21


@pytest.mark.parametrize("sold_share", [0.95, 0.6])
def test_comes_to_stand_where_few_rows_are_short(sold_share: float) -> None:
    dice = random.Random(1)
    size, short = 8, 0
    for turn in range(20_000):
        n = overfetch.n_asked("", "home", size)
        was_short = sum(dice.random() < sold_share for _ in range(n)) < size
        overfetch.note("", "home", was_short=was_short)
        short += was_short and turn >= 10_000
    assert 0.005 < short / 10_000 < 0.02
    expected = size / sold_share
    assert expected < overfetch.n_asked("", "home", size) < 1.9 * expected


def test_each_placement_has_its_own_within_bounds() -> None:
    for _ in range(2_000):
        overfetch.note("", "all sold", was_short=False)
        overfetch.note("", "never sold", was_short=True)
    assert overfetch.n_asked("", "all sold", 10) == 11
    assert overfetch.n_asked("", "never sold", 10) == 40
    assert overfetch.n_asked("other", "all sold", 10) == 18
