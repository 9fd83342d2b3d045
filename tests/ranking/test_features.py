"""What the ranker is told of candidates, by hand."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import pytest

from recommendations.profiles.session import Touch
from recommendations.ranking.features import About, Features, Session
from recommendations.ranking.model import RankerModel
from recommendations.ranking.served import SEEDS, heaviest, summed
from recommendations.ranking.trees import Tree, TreeEnsemble

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SESSION = Session(
    {"s": 3.0, "t": 1.0},
    [
        Touch("s", "cart", NOW - timedelta(hours=2)),
        Touch("t", "view", NOW - timedelta(hours=5)),
        Touch("b", "view", NOW - timedelta(hours=9)),
    ],
    NOW,
)
#: (base, weight, seed, entries)
LISTS = [
    (0, 3.0, "s", [("a", 0.8, "one"), ("b", 0.2, "one"), ("t", 0.1, "one")]),
    (1, 3.0, "s", [("b", 0.5)]),
    (0, 1.0, "t", [("b", 0.6), ("c", 0.4)]),
]
ABOUT = {
    "s": About("Grocery/Bread", "Crust", 4.0),
    "t": About("Grocery/Dairy", "Dale", 1.0),
    "a": About("Grocery/Dairy", "Crust", 8.0, (NOW - timedelta(days=10)).timestamp()),
    "b": About("Drinks/Tea", "", 0.0, (NOW + timedelta(days=1)).timestamp()),
}
FEATURES = Features(("one", "two"))


def told(*keys: str) -> dict[str, dict[str, float]]:
    rows = FEATURES.rows(keys, SESSION, LISTS, {"b": 0.25}, ABOUT)
    return {key: dict(zip(FEATURES.names, row, strict=True)) for key, row in zip(keys, rows, strict=True)}


def test_scores_ranks_and_agreement() -> None:
    found = told("a", "b", "c", "d")
    # Together: a 2.4, b 0.6 + 1.5 + 0.6 = 2.7, c 0.4, d nothing; the weights of the session are 4.
    assert [found[key]["score of one"] for key in "abcd"] == pytest.approx([0.6, 0.3, 0.1, 0.0])
    assert [found[key]["rank of one"] for key in "abcd"] == [1.0, 0.5, 1 / 3, 0.0]
    assert [found[key]["score of two"] for key in "abcd"] == pytest.approx([0.0, 0.375, 0.0, 0.0])
    assert [found[key]["score"] for key in "abcd"] == pytest.approx([2.4 / 2.7, 1.0, 0.4 / 2.7, 0.0])
    assert [found[key]["rank"] for key in "abcd"] == [0.5, 1.0, 1 / 3, 0.0]
    assert [found[key]["bases that agree"] for key in "abcd"] == [1.0, 2.0, 1.0, 0.0]
    assert [found[key]["seeds that lead to it"] for key in "abcd"] == [1.0, 2.0, 1.0, 0.0]
    assert found["b"]["share of its strongest seed"] == pytest.approx(2.1 / 2.7)
    assert [found[key]["popularity"] for key in "abcd"] == [0.0, 0.25, 0.0, 0.0]


def test_what_items_say_against_the_session() -> None:
    found = told("a", "b", "c")
    mean = 0.75 * math.log(4)  # of 4.00 three times as heavy as 1.00
    assert found["a"]["price"] == pytest.approx(math.log(8))
    assert found["a"]["price against the session"] == pytest.approx(math.log(8) - mean)
    assert found["a"]["age in days"] == pytest.approx(10)
    assert found["b"]["age in days"] == 0.0  # what is to come is new
    assert math.isnan(found["b"]["price"])
    assert math.isnan(found["c"]["age in days"])
    assert found["a"]["share of the session in its category"] == 0.25
    assert found["a"]["share of the session in its department"] == 1.0
    assert found["a"]["share of the session of its brand"] == 0.75
    assert found["b"]["share of the session of its brand"] == 0.0


def test_what_the_visitor_did() -> None:
    found = told("a", "b")
    assert [found[key]["touches of it"] for key in "ab"] == [0.0, math.log(2)]
    for key in "ab":
        assert found[key]["touches"] == math.log(4)
        assert found[key]["items touched"] == math.log(4)
        assert found[key]["hours since the last touch"] == pytest.approx(math.log(3))


def test_equal_scores_share_their_place_whatever_their_order() -> None:
    lists = [(0, 1.0, "s", [("x", 0.5), ("y", 0.5), ("z", 0.1)])]
    rows = {
        key: row
        for keys in ("xyz", "zyx")
        for key, row in zip(keys, FEATURES.rows(keys, SESSION, lists, {}, {}), strict=True)
    }
    again = dict(zip("yzx", FEATURES.rows("yzx", SESSION, lists, {}, {}), strict=True))
    assert str(rows) == str({key: again[key] for key in rows})
    assert rows["x"][1] == rows["y"][1] == 1.0
    assert rows["z"][1] == 1 / 3


def test_nobody_and_nothing() -> None:
    empty = Session({}, [], NOW)
    assert FEATURES.rows([], empty, [], {}, {}) == []
    (row,) = FEATURES.rows(["a"], empty, [], {}, {})
    assert len(row) == len(FEATURES.names)


def test_lists_are_summed_as_pages_sum_them() -> None:
    assert summed(LISTS, SESSION.weights) == [
        ("b", pytest.approx(2.7)),
        ("a", pytest.approx(2.4)),
        ("c", pytest.approx(0.4)),
    ]
    assert list(heaviest({str(n): 1.0 for n in range(30)})) == [str(n) for n in range(SEEDS)]


def model(*trees: Tree) -> RankerModel:
    return RankerModel(FEATURES.bases, "popular", TreeEnsemble(FEATURES.names, trees), candidates=2)


def test_trees_multiply_scores_and_nothing_rises_above_one() -> None:
    popular = FEATURES.names.index("popularity")
    liked = model(Tree((popular,), (0.1,), (False,), (-1,), (-2,), (0.0, math.log(4))))
    rows = FEATURES.rows(["a", "b"], SESSION, LISTS, {"b": 0.25}, ABOUT)
    assert liked.factors(rows, 2) == pytest.approx([0.25, 1.0])
    # What is behind those that are ranked stays behind them.
    assert liked.factors(rows, 4) == pytest.approx([0.25, 1.0, 0.25, 0.25])
    assert liked.factors([], 0) == []
    assert model().changes_nothing
    assert model().factors([], 2) == [1.0, 1.0]


def test_the_model_as_json() -> None:
    tree = Tree((0,), (0.5,), (True,), (-1,), (-2,), (0.25, -0.5), (10,), (4, 6))
    again = RankerModel.from_json(model(tree).to_json())
    assert (again.bases, again.popularity, again.candidates) == (("one", "two"), "popular", 2)
    assert again.ensemble.score([0.0] * len(FEATURES.names)) == 0.25
    other = json.loads(model(tree).to_json())
    other["bases"] = ["one"]
    with pytest.raises(
        ValueError, match="trained with other features than this version makes; train it again"
    ):
        RankerModel.from_json(json.dumps(other))
