"""Each source on the shop of twelve, with lists put there by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.datatypes import Candidate
from recommendations.serving.blending import blend
from recommendations.serving.engine import recommend
from tests.serving import twelve
from tests.serving.twelve import NOBODY, happened, publish, publish_popular, shown_on, somebody

Use = Callable[..., None]


def test_similar_follows_the_list_of_the_item_shown(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "similar", "recommenders": ["also_viewed"]}]})
    publish("also_viewed", {"b1": ["b2", "d1", "t1"], "b2": ["b3"]})
    assert shown_on("row", item=products["b1"]) == ["b2", "d1", "t1"]
    assert shown_on("row", item="b2") == ["b3"]
    assert shown_on("row", item="t3") == []
    assert shown_on("row") == []


def test_two_recommenders_of_a_source_are_averaged(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "similar", "recommenders": ["also_viewed", "also_bought"]}]})
    publish("also_viewed", {"b1": [("b2", 0.8), ("d1", 0.6)]})
    snapshot = publish("also_bought", {"b1": [("d1", 0.9), ("t1", 0.5)]})
    slate = recommend("row", NOBODY, item="b1")
    assert [(item.item_key, round(item.score, 6)) for item in slate] == [
        ("d1", 0.75),
        ("b2", 0.4),
        ("t1", 0.25),
    ]
    assert [(item.recommender, item.seed_key) for item in slate][:2] == [
        ("also_bought", "b1"),
        ("also_viewed", "b1"),
    ]
    assert snapshot.pk


def test_a_recommender_without_a_snapshot_does_not_weigh(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "similar", "recommenders": ["also_viewed", "also_bought"]}]})
    publish("also_viewed", {"b1": [("b2", 0.8)]})
    assert [item.score for item in recommend("row", NOBODY, item="b1")] == [0.8]


def test_sources_are_blended_by_weight(products: Any, placements: Use) -> None:
    placements(
        row={
            "sources": [
                {"source": "similar", "recommenders": ["also_viewed"], "weight": 1.0},
                {"source": "similar", "recommenders": ["similar_content"], "weight": 3.0},
            ]
        }
    )
    publish("also_viewed", {"b1": [("b2", 1.0), ("d1", 0.8)]})
    publish("similar_content", {"b1": [("b3", 0.5), ("d1", 0.4)]})
    slate = recommend("row", NOBODY, item="b1")
    # d1: (1 · 0.8 + 3 · 0.4) / 4; b3: 3 · 0.5 / 4; b2: 1 · 1 / 4
    assert [(item.item_key, round(item.score, 6)) for item in slate] == [
        ("d1", 0.5),
        ("b3", 0.375),
        ("b2", 0.25),
    ]
    assert slate.items[0].recommender == "similar_content"


def test_blending_nothing_gives_nothing() -> None:
    assert blend([]) == []
    assert blend([(1.0, [])]) == []
    only = Candidate("a", 0.5, "popular")
    assert blend([(2.0, [only]), (1.0, [])]) == [only]


def test_together_uses_the_items_given_else_the_cart(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "together", "recommenders": ["bought_together"]}]})
    publish("bought_together", {"b1": [("d1", 0.9), ("d2", 0.2)], "t1": [("d2", 0.9), ("b1", 0.8)]})
    # d2: (0.2 + 0.9) / 2, d1: 0.9 / 2; b1 is one of the items themselves.
    assert shown_on("row", items=[products["b1"], "t1"]) == ["d2", "d1"]
    assert shown_on("row") == []
    twelve.CART.append("b1")
    assert shown_on("row") == ["d1", "d2"]


def test_what_completes_the_cart_is_of_other_departments(products: Any, placements: Use) -> None:
    placements(row={"sources": ["cross_category"]})
    publish("bought_together", {"b1": ["b2"]})
    publish("complements", {"b1": [("t1", 0.8), ("f1", 0.4)], "t1": [("b1", 0.8), ("f1", 0.6)]})
    assert shown_on("row", item=products["b1"]) == ["t1", "f1"]
    twelve.CART.extend(["b1", "t1"])
    slate = recommend("row", NOBODY)
    assert [(item.item_key, round(item.score, 6), item.source) for item in slate] == [
        ("f1", 0.5, "cross_category")
    ]


def test_what_those_bought_who_looked_at_the_item_shown(products: Any, placements: Use) -> None:
    placements(row={"sources": ["viewed_bought"]})
    publish("viewed_bought", {"b1": [("b2", 0.6), ("d1", 0.3)], "b2": ["b1"]})
    slate = recommend("row", NOBODY, item=products["b1"])
    assert [(item.item_key, item.score, item.seed_key) for item in slate] == [
        ("b2", 0.6, "b1"),
        ("d1", 0.3, "b1"),
    ]
    assert shown_on("row", item="t1") == shown_on("row") == []


def test_for_you_is_the_decayed_sum_of_recent_lists(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "for_you", "recommenders": ["also_viewed"]}]})
    publish("also_viewed", {"b1": [("b2", 0.9), ("d1", 0.5)], "t1": [("t2", 0.9), ("d1", 0.5), ("b1", 0.4)]})
    happened("a:ann", "view", "b1", hours_ago=73)
    happened("a:ann", "view", "t1", hours_ago=1)
    slate = recommend("row", somebody(anonymous_key="a:ann"))
    # Three days are one half-life: t1 weighs 1, b1 ½. d1: 0.5, t2: 0.9 / 1.5, b2: ½ · 0.9 / 1.5.
    assert [(item.item_key, round(item.score, 3)) for item in slate] == [
        ("t2", 0.6),
        ("d1", 0.5),
        ("b2", 0.3),
    ]
    assert [item.seed_key for item in slate] == ["t1", "t1", "b1"]


def test_the_next_page_reflects_what_was_just_viewed(products: Any, settings: Any) -> None:
    publish("also_viewed", {"b1": ["b2", "b3"], "t1": ["t2", "t3"]})
    publish_popular(everybody=["d1", "d2"])
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"home_popular": None}}
    ann = {"anonymous_key": "a:ann"}
    assert shown_on("home_for_you", somebody(**ann)) == ["d1", "d2"]
    happened("a:ann", "view", "b1", hours_ago=0.1)
    assert shown_on("home_for_you", somebody(**ann)) == ["b2", "b3"]
    happened("a:ann", "view", "t1", hours_ago=0.01)
    assert shown_on("home_for_you", somebody(**ann))[0] == "t2"
    assert shown_on("home_for_you", somebody(anonymous_key="a:bob")) == ["d1", "d2"]


def test_a_cart_says_more_than_a_view(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "for_you", "recommenders": ["also_viewed"]}]})
    publish("also_viewed", {"b1": [("b2", 0.5)], "t1": [("t2", 0.5)]})
    happened("a:ann", "cart", "b1", hours_ago=2)
    happened("a:ann", "view", "t1", hours_ago=1)
    assert shown_on("row", somebody(anonymous_key="a:ann")) == ["b2", "t2"]


def test_popular_is_the_list_of_everybody(products: Any) -> None:
    publish_popular(everybody=["t1", "b1"], Grocery=["b2"])
    assert shown_on("home_popular") == ["t1", "b1"]


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("Grocery/Bread", ["b1", "b2", "b3", "d1"]),
        ("Grocery/Dairy", ["b1", "d1", "d2", "d3", "b2"]),
        ("Grocery/Dairy/Cheese/Goat", ["b1", "d1", "d2", "d3", "b2"]),
        ("Drinks/Tea", ["t1", "t2"]),
        ("Nowhere", ["f1"]),
    ],
)
def test_popular_in_category_takes_the_most_specific_level_with_enough(
    products: Any, category: str, expected: list[str]
) -> None:
    publish_popular(
        Grocery_Bread=["b1", "b2", "b3", "d1"],
        Grocery_Dairy=["d1", "d2", "d3"],
        Grocery=["b1", "d1", "d2", "d3", "b2"],
        Drinks_Tea=["t1"],
        Drinks=["t1", "t2"],
        everybody=["f1"],
    )
    assert shown_on("category_popular", category=category) == expected


def test_how_many_are_enough_is_an_option(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "popular_in_category", "enough": 1}]})
    publish_popular(Drinks_Tea=["t1"], Drinks=["t1", "t2"])
    assert shown_on("row", category="Drinks/Tea") == ["t1"]


def test_the_category_of_the_item_shown_is_known(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "popular_in_category", "enough": 1}]})
    publish_popular(Drinks_Tea=["t1", "t2"])
    assert shown_on("row", item=products["t3"]) == ["t1", "t2"]
    assert shown_on("row", item="t3") == ["t1", "t2"]
    assert shown_on("row", item="no-such-key") == []
