from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.high_conversion import HighConversion
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import DAY

Rows = list[tuple[str, str, str, float]]


def events(rows: Rows) -> Interactions:
    """Events from (visitor, item, kind, day)."""
    visitor, item, kind, day = zip(*rows, strict=True)
    return Interactions.from_columns(visitor=visitor, item=item, kind=kind, time=[d * DAY for d in day])


def visits(**counts: tuple[int, int]) -> Rows:
    """So many visitors who looked at each item, so many of whom bought it."""
    rows = [
        (f"u:{n}", item, "view", float(n % 9)) for item, (looked, _) in counts.items() for n in range(looked)
    ]
    return rows + [
        (f"u:{n}", item, "purchase", n % 9 + 0.5)
        for item, (_, bought) in counts.items()
        for n in range(bought)
    ]


class TestHighConversion(AlgorithmContract):
    algorithm_class = HighConversion
    options = {"within_days": 60, "by": ("category", "brand")}


class TestHighConversionToCart(AlgorithmContract):
    algorithm_class = HighConversion
    options = {"goals": ("cart", "purchase"), "within_days": 60, "confidence": 0.6}


def test_the_lower_bound_by_hand() -> None:
    counts = {f"usual{n}": (100, 5) for n in range(6)} | {
        "good": (100, 30),
        "lucky": (2, 1),
        "poor": (400, 2),
    }
    shop = HighConversion(min_buyers=1).fit(events(visits(**counts)))
    known = {key: n for n, key in enumerate(shop.item_keys_)}
    assert (shop.lookers_[known["good"]], shop.buyers_[known["good"]]) == (100, 30)
    mean, weight = shop.prior_.mean, shop.prior_.concentration
    scores = dict(dict(shop.segment_lists())[""])
    for item, (looked, bought) in {"good": (100, 30), "lucky": (2, 1)}.items():
        sure = stats.beta.ppf(0.1, weight * mean + bought, weight * (1 - mean) + looked - bought)
        assert scores[item] == pytest.approx(sure / (sure + mean), abs=1e-5)
    assert list(scores) == ["good", "lucky"]
    assert scores["good"] > 0.5 > scores["lucky"]
    assert shop.score([[]])[0][known["good"]] == pytest.approx(scores["good"], abs=1e-5)
    assert shop.score([[]])[0][known["poor"]] == 0


def test_who_bought_without_looking_or_late_or_before_says_nothing() -> None:
    rows = [
        ("u:1", "a", "view", 1.0),
        ("u:1", "a", "view", 9.0),
        ("u:1", "a", "purchase", 2.0),
        ("u:1", "a", "purchase", 3.0),
        ("u:2", "a", "purchase", 2.0),
        ("u:3", "a", "view", 1.0),
        ("u:3", "a", "purchase", 8.5),
        ("u:4", "a", "purchase", 0.5),
        ("u:4", "a", "click", 1.0),
        ("u:5", "a", "view", 1.0),
        ("u:5", "a", "purchase", 8.0),
        ("u:1", "z", "purchase", 1.0),
    ]
    shop = HighConversion(within_days=7).fit(events(rows))
    assert (shop.lookers_.tolist(), shop.buyers_.tolist()) == ([4, 0], [2, 0])


def test_one_sale_is_no_conversion() -> None:
    shop = HighConversion().fit(events(visits(a=(1, 1), b=(2, 2), c=(50, 5))))
    assert [item for item, _ in dict(shop.segment_lists())[""]] == ["b"]


def test_carts_may_be_the_goal() -> None:
    rows = [
        ("u:1", "a", "view", 1.0),
        ("u:1", "a", "cart", 1.1),
        ("u:2", "a", "view", 1.0),
        ("u:2", "a", "purchase", 1.2),
    ]
    assert HighConversion().fit(events(rows)).buyers_.tolist() == [1]
    assert HighConversion(goals=["cart", "purchase"]).fit(events(rows)).buyers_.tolist() == [2]


def test_guests_are_joined_by_their_session() -> None:
    shop = HighConversion().fit(
        Interactions.from_columns(
            visitor=["", "", ""],
            item=["a", "a", "a"],
            kind=["view", "purchase", "view"],
            time=[0.0, 60.0, 0.0],
            session=["s1", "s1", "s2"],
        )
    )
    assert (shop.lookers_.tolist(), shop.buyers_.tolist()) == ([2], [1])


def test_lists_of_categories() -> None:
    known = Catalogue.from_columns(item_keys=["a", "b", "c"], categories=[["X/Y"], ["X"], ["Z"]])
    rows = visits(a=(50, 20), b=(50, 10), c=(50, 1))
    lists = dict(HighConversion().fit(events(rows), known).segment_lists())
    assert {segment: [item for item, _ in pairs] for segment, pairs in lists.items()} == {
        "": ["a"],
        "category:X": ["a"],
        "category:X/Y": ["a"],
    }


def test_all_alike() -> None:
    shop = HighConversion().fit(events(visits(a=(50, 50), b=(50, 50))))
    assert np.isfinite(shop.score_).all()
    (pair,) = {score for _, score in dict(shop.segment_lists())[""]}
    assert pair == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("u:1", "a", "wish", 0.0)],
            "HighConversion needs events of the kinds cart, click, purchase, view: 0 of 1 events are.",
        ),
        (
            [("u:1", "a", "view", 0.0), ("u:2", "a", "purchase", 0.0)],
            "HighConversion needs visitors with purchase soon after view or click: "
            "none of 1 visits to an item came to that.",
        ),
        (
            [("u:2", "a", "purchase", 0.0)],
            "HighConversion needs visitors with purchase soon after view or click: "
            "none of 0 visits to an item came to that.",
        ),
    ],
)  # fmt: skip
def test_too_little(rows: Rows, message: str) -> None:
    with pytest.raises(NotEnoughData) as caught:
        HighConversion().fit(events(rows))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seen": ["look"]}, "seen must name kinds that events gives a weight, got ['look']."),
        ({"goals": []}, "goals must name kinds that events gives a weight, got []."),
        ({"goals": ["view"]}, "seen and goals must differ, both name 'view'."),
        ({"within_days": -1}, "within_days must be within 0..36500, got -1."),
        ({"min_buyers": 0}, "min_buyers must be within 1..1e+06, got 0."),
        ({"confidence": 0.2}, "confidence must be within 0.5..0.999999, got 0.2."),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        HighConversion(**options)
    assert str(caught.value) == message
