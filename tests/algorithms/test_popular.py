from __future__ import annotations

import pytest

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.popular import Popular
from recommendations.exceptions import NotEnoughData
from tests.algorithms.data import DAY, purchases

ONLY_PURCHASES = {"events": {"purchase": 1.0}, "half_life_days": None}


def test_visitors_count_not_units_nor_repeats() -> None:
    rows = [("u:1", "fuel")] * 9 + [("u:1", "bread"), ("u:2", "bread")]
    events = purchases(rows, quantity=[90_000.0] * 9 + [1.0, 1.0])
    popular = Popular(**ONLY_PURCHASES).fit(events)
    assert dict(zip(popular.item_keys_, popular.popularity_.tolist(), strict=True)) == {"bread": 2, "fuel": 1}
    assert dict(popular.segment_lists()) == {"": [("bread", 0.66667), ("fuel", 0.33333)]}
    scores = popular.score([[], [("bread", 1.0)]])
    assert scores.tolist() == [pytest.approx([2 / 3, 1 / 3])] * 2


def test_each_guest_order_is_a_visitor() -> None:
    events = purchases([("", "a"), ("", "a"), ("", "a"), ("u:1", "b")], basket=["x", "x", "y", "z"])
    assert Popular(**ONLY_PURCHASES).fit(events).popularity_.tolist() == [2, 1]


def test_the_strongest_event_of_a_visitor_decays() -> None:
    events = Interactions.from_columns(
        visitor=["u:1", "u:1", "u:2"],
        item=["a", "a", "b"],
        kind=["purchase", "view", "view"],
        time=[0.0, 20 * DAY, 20 * DAY],
    )
    popular = Popular(events={"purchase": 10.0, "view": 2.0}, half_life_days=10.0).fit(events)
    # u:1 on a: max(1 · 2^-2, 0.2); u:2 on b: 0.2
    assert popular.popularity_.tolist() == pytest.approx([0.25, 0.2])


def test_every_level_of_a_category_and_brands_when_asked() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c", "d"],
        categories=[["Food/Bread"], ["Food/Milk"], ["Food/Bread", "Gifts"], ["Food"]],
        brands=["Acme", "", "Acme", "Acme"],
    )
    events = purchases([("u:1", "a"), ("u:2", "a"), ("u:1", "b"), ("u:3", "c")])
    popular = Popular(**ONLY_PURCHASES, by=("category", "brand"), prior_visitors=0).fit(events, catalogue)
    assert dict(popular.segment_lists()) == {
        "": [("a", 1.0), ("b", 0.5), ("c", 0.5)],
        "brand:Acme": [("a", 1.0), ("c", 0.5)],
        "category:Food": [("a", 1.0), ("b", 0.5), ("c", 0.5)],
        "category:Food/Bread": [("a", 1.0), ("c", 0.5)],
        "category:Food/Milk": [("b", 1.0)],
        "category:Gifts": [("c", 1.0)],
    }
    assert [len(pairs) for _, pairs in popular.segment_lists(1)] == [1] * 6
    without = Popular(**ONLY_PURCHASES, by=()).fit(events, catalogue)
    assert list(dict(without.segment_lists())) == [""]


def test_price_bands_when_asked() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c", "d"], prices=[4.99, 5.0, 9.5, None])
    events = purchases([("u:1", "a"), ("u:1", "b"), ("u:2", "c"), ("u:3", "c"), ("u:1", "d")])
    popular = Popular(**ONLY_PURCHASES, by=("price",), prior_visitors=0).fit(events, catalogue)
    assert dict(popular.segment_lists()) == {
        "": [("c", 1.0), ("a", 0.5), ("b", 0.5), ("d", 0.5)],
        "price:2-5": [("a", 1.0)],
        "price:5-10": [("c", 1.0), ("b", 0.5)],
    }


def test_segments_of_visitors() -> None:
    events = purchases([("u:1", "a"), ("u:2", "a"), ("u:3", "b")]).with_segments(
        {"stage:new": ["u:3"], "stage:lost": []}
    )
    lists = dict(Popular(**ONLY_PURCHASES).fit(events).segment_lists())
    assert lists == {"": [("a", 0.66667), ("b", 0.33333)], "stage:new": [("b", 0.5)]}


def test_an_unwanted_kind_alone_is_not_popularity() -> None:
    events = Interactions.from_columns(visitor=["u:1"], item=["a"], kind="dismiss", time=[0.0])
    assert list(Popular(events={"dismiss": -1.0}).fit(events).segment_lists()) == []


def test_no_event_of_the_kinds() -> None:
    with pytest.raises(NotEnoughData) as caught:
        Popular(events={"cart": 1.0}).fit(purchases([("u:1", "a")]))
    assert str(caught.value) == "Popular needs events of the kinds cart: 0 of 1 events are."
