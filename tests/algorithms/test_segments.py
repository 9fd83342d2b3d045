from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommendations.algorithms.high_conversion import HighConversion
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.new_arrivals import NewArrivals
from recommendations.algorithms.segments import SegmentAlgorithm, as_counts, best_of, strengths
from recommendations.algorithms.trending import Trending
from recommendations.datatypes import price_segment
from recommendations.exceptions import NotEnoughData
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


ALGORITHMS: list[tuple[type[SegmentAlgorithm], dict[str, Any]]] = [
    (Trending, {"min_visitors": 0.0, "confidence": 0.5, "recent_days": 5000.0, "baseline_days": 20_000.0}),
    (NewArrivals, {"max_age_days": 5000.0}),
    (HighConversion, {"window_days": None, "within_days": 36_500.0}),
]
Rows = list[tuple[str, str, str, float, str]]
rows = st.lists(
    st.tuples(
        st.sampled_from(["", "u:1", "u:2", "u:3", "a:x"]),
        st.sampled_from(["a", "b", "茶", "d'e", "f g", "é", "0", "item/9"]),
        st.sampled_from(["view", "purchase", "dismiss"]),
        st.floats(-1e9, 4e9, allow_nan=False),
        st.sampled_from(["", "o1", "o2", "o3", "o4"]),
    ),
    max_size=40,
)
bounded = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
with_every_algorithm = pytest.mark.parametrize(("algorithm", "options"), ALGORITHMS)


def learn(algorithm: type[SegmentAlgorithm], options: dict[str, Any], rows: Rows) -> Any:
    """The list of everybody, or None when there is too little to learn from."""
    visitor, item, kind, time, basket = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    events = Interactions.from_columns(visitor=visitor, item=item, kind=kind, time=time, basket=basket)
    try:
        fitted = algorithm(**options).fit(events)
    except NotEnoughData:
        return None
    assert np.isfinite(fitted.score_).all()
    return dict(fitted.segment_lists(5)).get("", [])


@with_every_algorithm
@bounded
@given(rows=rows)
def test_lists_are_well_formed(
    algorithm: type[SegmentAlgorithm], options: dict[str, Any], rows: Rows
) -> None:
    pairs = learn(algorithm, options, rows) or []
    assert len({item for item, _ in pairs}) == len(pairs) <= 5
    assert {item for item, _ in pairs} <= {item for _, item, *_ in rows}
    assert all(0 < score <= 1 for _, score in pairs)
    assert pairs == sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


@with_every_algorithm
@bounded
@given(rows=rows, data=st.data())
def test_order_of_rows(
    algorithm: type[SegmentAlgorithm], options: dict[str, Any], rows: Rows, data: st.DataObject
) -> None:
    assert learn(algorithm, options, data.draw(st.permutations(rows))) == learn(algorithm, options, rows)


@with_every_algorithm
@bounded
@given(rows=rows)
def test_relabelling_changes_only_the_keys(
    algorithm: type[SegmentAlgorithm], options: dict[str, Any], rows: Rows
) -> None:
    other = [(visitor and f"z{visitor}", f"x-{item}", *rest) for visitor, item, *rest in rows]
    before, after = learn(algorithm, options, rows), learn(algorithm, options, other)  # type: ignore[arg-type]
    assert after == (None if before is None else [(f"x-{item}", score) for item, score in before])


def test_weights_become_counts() -> None:
    assert as_counts(np.array([0.2, 0.2, 0.2])) == pytest.approx([1.0, 1.0, 1.0])
    scaled = as_counts(np.array([1.0, 1.0, 5.0]))
    assert scaled == pytest.approx(np.array([1.0, 1.0, 5.0]) * 7 / 27)
    assert (scaled**2).sum() == pytest.approx(scaled.sum())
    assert as_counts(np.zeros(0)).tolist() == []
