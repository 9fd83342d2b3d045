from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from recommendations.algorithms.segments import best_of, strengths
from recommendations.datatypes import price_segment
from tests.algorithms.data import purchases


@pytest.mark.parametrize(
    ("price", "segment"),
    [
        (1, "price:1-2"),
        (1.99, "price:1-2"),
        (2, "price:2-5"),
        (Decimal("4.99"), "price:2-5"),
        (5.0, "price:5-10"),
        (10, "price:10-20"),
        (0.3, "price:0.2-0.5"),
        (0.05, "price:0.05-0.1"),
        (999.99, "price:500-1000"),
        (1000, "price:1000-2000"),
        (25_000_000, "price:20000000-50000000"),
        (0, ""),
        (-1, ""),
        (float("nan"), ""),
        (float("inf"), ""),
    ],
)
def test_price_bands(price: float | Decimal, segment: str) -> None:
    assert price_segment(price) == segment


@pytest.mark.parametrize("exponent", range(-3, 9))
def test_a_band_holds_its_lower_bound(exponent: int) -> None:
    for first in (1, 2, 5):
        bound = float(f"{first}e{exponent}")
        assert price_segment(bound).startswith(f"price:{bound:.12g}-")


def test_the_strongest_event_of_each_period_counts() -> None:
    rows = [("u:1", "a"), ("u:1", "a"), ("u:1", "a"), ("u:1", "b"), ("", "a"), ("", "a")]
    events = purchases(rows, time=[0.0, 1.0, 9.0, 2.0, 3.0, 4.0], basket=["", "", "", "", "x", "x"])
    weight = np.array([1.0, 3.0, 0.0, 2.0, 4.0, 5.0])  # in order of time: a a b a* a* a
    period = (events.time >= 5).astype(np.int64)
    actor, item, when, strength = strengths(events, weight, period)
    assert item.tolist() == [0, 0, 0]
    assert when.tolist() == [0, 1, 0]
    assert strength.tolist() == [3.0, 5.0, 4.0]
    assert len(set(actor.tolist())) == 2
    assert [len(column) for column in strengths(events, np.zeros(6))] == [0] * 4


def test_ties_go_to_the_lower_index() -> None:
    members = np.array([3, 1, 2])
    assert best_of("wxyz", members, np.array([0.5, 0.5, 0.0]), 5) == [("x", 0.5), ("z", 0.5)]
    assert best_of("wxyz", members, np.array([0.5, 0.4999999, 0.9]), 2) == [("y", 0.9), ("x", 0.5)]
