from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.profiles.lifecycle import STAGES, personal_interval, stage, typical_interval
from recommendations.profiles.preferences import Taste, decayed, preferences, shares
from recommendations.profiles.rfm import quintile_scores

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


class TestQuintiles:
    @pytest.mark.parametrize(
        ("values", "scores"),
        [
            ([], []),
            ([7], [3]),
            ([7, 7, 7], [3, 3, 3]),
            ([50, 10, 40, 20, 30], [5, 1, 4, 2, 3]),
            ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
            ([1, 1, 1, 1, 9], [2, 2, 2, 2, 5]),
            ([1, 1, 1, 1, 1, 1, 1, 1, 1, 9], [3, 3, 3, 3, 3, 3, 3, 3, 3, 5]),
            ([1, 2], [2, 4]),
        ],
    )
    def test_known_answers(self, values: list[int], scores: list[int]) -> None:
        assert quintile_scores(values) == scores

    @given(st.lists(st.integers(0, 20), max_size=60))
    def test_order_and_ties_are_kept(self, values: list[int]) -> None:
        scores = quintile_scores(values)
        assert all(1 <= score <= 5 for score in scores)
        for a, score_a in zip(values, scores, strict=True):
            for b, score_b in zip(values, scores, strict=True):
                assert score_a == score_b if a == b else (score_a <= score_b) == (a < b) or score_a == score_b


class TestLifecycle:
    def test_the_shops_rhythm_is_that_of_its_usual_returning_customer(self) -> None:
        histories = [
            (3, ago(20), ago(0)),  # every 10 days
            (2, ago(40), ago(0)),  # 40
            (5, ago(80), ago(0)),  # 20
            (1, ago(9), ago(9)),
            (2, ago(5), ago(5) + timedelta(hours=2)),
        ]
        assert typical_interval(histories) == 20
        assert typical_interval(histories[3:]) == 30
        assert typical_interval([(2, ago(900), ago(0))]) == 180

    def test_many_orders_make_ones_own_rhythm(self) -> None:
        assert personal_interval(1, ago(3), ago(3), typical=30) == 30
        assert personal_interval(2, ago(10), ago(0), typical=30) == 20
        assert personal_interval(11, ago(70), ago(0), typical=30) == pytest.approx(100 / 11)
        assert personal_interval(50, ago(1), ago(0), typical=30) == 3

    @pytest.mark.parametrize(
        ("n_orders", "first", "last", "expected"),
        [
            (0, None, None, "prospect"),
            (1, 1, 1, "new"),
            (1, 60, 60, "new"),
            (1, 61, 61, "one_time"),
            (2, 40, 20, "active"),  # personal interval 25 days
            (2, 70, 50, "active"),
            (2, 71, 51, "at_risk"),
            (2, 120, 100, "at_risk"),
            (2, 121, 101, "lapsed"),
            (10, 90, 27, "at_risk"),  # comes every 9.3 days
        ],
    )
    def test_stages(self, n_orders: int, first: int | None, last: int | None, expected: str) -> None:
        dates = [None if days is None else ago(days) for days in (first, last)]
        assert stage(n_orders, dates[0], dates[1], NOW, typical=30) == expected
        assert expected in STAGES


class TestPreferences:
    def test_half_of_a_weight_is_left_after_a_half_life(self) -> None:
        assert decayed(4, 0) == 4
        assert decayed(4, 90) == 2
        assert decayed(4, 20, half_life_days=10) == 1
        assert decayed(4, -5) == 4

    def test_known_answer(self) -> None:
        tastes = {
            "milk": Taste(("Grocery/Dairy",), "Acme"),
            "tea": Taste(("Grocery/Drinks", "Gifts"), "Bell"),
            "plain": Taste(),
        }
        found = preferences([("milk", 3), ("tea", 1), ("milk", 1), ("plain", 9), ("unknown", 9)], tastes)
        assert found == {
            "categories": {"Grocery/Dairy": 0.8, "Gifts": 0.1, "Grocery/Drinks": 0.1},
            "brands": {"Acme": 0.8, "Bell": 0.2},
        }

    def test_nothing_known_is_nothing_liked(self) -> None:
        assert preferences([("x", 1)], {}) == {"categories": {}, "brands": {}}

    def test_small_shares_are_dropped_and_the_rest_sums_to_one(self) -> None:
        found = shares({"a": 600, "b": 399, "c": 1})
        assert found == {"a": 0.6006, "b": 0.3994}

    @given(st.dictionaries(st.text(min_size=1, max_size=3), st.floats(0, 1000), max_size=40))
    def test_shares_sum_to_one_biggest_first(self, weights: dict[str, float]) -> None:
        found = shares(weights)
        assert list(found.values()) == sorted(found.values(), reverse=True)
        assert not found or sum(found.values()) == pytest.approx(1, abs=1e-9)
        assert len(found) <= 20
