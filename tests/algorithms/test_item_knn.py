from __future__ import annotations

import numpy as np
import pytest

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.exceptions import NotEnoughData
from tests.algorithms.data import DAY, purchases

PLAIN = {"damping": "binary", "shrinkage": 0.0, "visitor_exponent": 0.0, "half_life_days": None}
ROWS = [("u:1", "a"), ("u:1", "b"), ("u:2", "a"), ("u:2", "b"), ("u:3", "a"), ("u:3", "c")]


def test_cosine_of_item_columns() -> None:
    # a = (1 1 1), b = (1 1 0), c = (0 0 1): cos(a, b) = 2/√6, cos(a, c) = 1/√3
    lists = dict(ItemKNN(**PLAIN).fit(purchases(ROWS)).item_lists())
    assert lists == {"a": [("b", 0.8165), ("c", 0.57735)], "b": [("a", 0.8165)], "c": [("a", 0.57735)]}


def test_shrinkage_is_in_visitors() -> None:
    # one more visitor in both norms: 2/√(4·3), 1/√(4·2)
    shrunk = ItemKNN(**(PLAIN | {"shrinkage": 1.0}))
    assert dict(shrunk.fit(purchases(ROWS)).item_lists())["a"] == [("b", 0.57735), ("c", 0.35355)]
    # whatever the scale of the weights
    heavy = ItemKNN(**(PLAIN | {"shrinkage": 1.0, "damping": "sum", "events": {"purchase": 7.0}}))
    assert dict(heavy.fit(purchases(ROWS)).item_lists())["a"] == [("b", 0.57735), ("c", 0.35355)]


def test_visitors_with_many_items_count_less() -> None:
    rows = [("u:1", item) for item in "abcd"] + [("u:2", "a"), ("u:2", "b")]
    # n = 4 and 2: ‖a‖² = ‖b‖² = 1/4 + 1/2, a·b the same; a·c = 1/4, ‖c‖² = 1/4
    lists = dict(ItemKNN(**(PLAIN | {"visitor_exponent": 1.0})).fit(purchases(rows)).item_lists())
    assert lists["a"] == [("b", 1.0), ("c", 0.57735), ("d", 0.57735)]
    assert round(0.25 / np.sqrt(0.75 * 0.25), 5) == 0.57735


def test_repeats_are_summed_damped_or_ignored() -> None:
    rows = [("u:1", "a")] * 3 + [("u:1", "b"), ("u:2", "a")]
    a, b = {"sum": (3, 1), "log": (np.log(4), np.log(2)), "binary": (1, 1)}, {"sum": 1, "log": np.log(2)}
    for damping, (first, second) in a.items():
        last = b.get(damping, 1)
        expected = first * second / (np.hypot(first, last) * second)
        lists = dict(ItemKNN(**(PLAIN | {"damping": damping})).fit(purchases(rows)).item_lists())
        assert lists["a"] == [("b", pytest.approx(expected, abs=1e-5))], damping


def test_old_events_fade() -> None:
    events = purchases(
        [("u:1", "a"), ("u:1", "b"), ("u:2", "a"), ("u:2", "c")], time=[0.0, 0.0, 10 * DAY, 10 * DAY]
    )
    lists = dict(ItemKNN(**(PLAIN | {"damping": "sum", "half_life_days": 10.0})).fit(events).item_lists())
    assert lists["a"] == [("c", 0.89443), ("b", 0.44721)]  # a = (½ 1): 1/√1.25 and ½/√1.25


def test_a_robot_is_capped() -> None:
    robot = [("u:robot", f"{n:03d}") for n in range(50)]
    events = purchases(robot + [("u:1", "000"), ("u:1", "001")])
    lists = dict(ItemKNN(**(PLAIN | {"max_items_per_visitor": 2})).fit(events).item_lists())
    assert lists == {"000": [("001", 1.0)], "001": [("000", 1.0)]}


def test_variants_stay_apart_when_a_catalogue_says_so() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], group_keys=["g", "g", ""])
    lists = dict(ItemKNN(**PLAIN).fit(purchases(ROWS), catalogue).item_lists())
    assert lists == {"a": [("c", 0.57735)], "c": [("a", 0.57735)]}


def test_score_sums_the_lists_of_a_history() -> None:
    knn = ItemKNN(**PLAIN).fit(purchases(ROWS))
    scores = knn.score([[("b", 1.0), ("c", 0.5), ("unknown", 9.0)], []])
    assert scores.tolist() == [pytest.approx([2 / 6**0.5 + 0.5 / 3**0.5, 0, 0]), [0, 0, 0]]
    with pytest.raises(ValueError, match="histories: a weight is NaN or infinite."):
        knn.score([[("a", float("nan"))]])


def test_single_visitor_single_item_and_all_alike() -> None:
    assert list(ItemKNN(**PLAIN).fit(purchases([("u:1", "a")])).item_lists()) == []
    alike = [(f"u:{n}", item) for n in range(3) for item in "cab"]
    lists = dict(ItemKNN(**PLAIN).fit(purchases(alike)).item_lists())
    assert lists == {
        "a": [("b", 1.0), ("c", 1.0)],
        "b": [("a", 1.0), ("c", 1.0)],
        "c": [("a", 1.0), ("b", 1.0)],
    }


def test_guests_alone_are_not_enough() -> None:
    with pytest.raises(NotEnoughData) as caught:
        ItemKNN().fit(purchases([("", "a"), ("", "b")]))
    assert str(caught.value) == (
        "ItemKNN needs events of known visitors: all of them are of nobody or weigh nothing."
    )
