"""Sources that read lists of everybody and of parts of the catalogue, on the shop of twelve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.conf import settings as ours
from recommendations.datatypes import ListKind
from recommendations.serving.engine import recommend
from recommendations.serving.sources import SOURCES
from tests.serving.twelve import NOBODY, publish, publish_popular, shown_on

Use = Callable[..., None]

MEASURES = (
    "trending",
    "new_arrivals",
    "best_sellers",
    "most_viewed",
    "most_carted",
    "high_conversion",
    "on_sale",
    "price_dropped",
)


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_shows_the_list_of_its_recommender(products: Any, placements: Use, name: str) -> None:
    placements(row={"sources": [name]})
    publish_popular(everybody=["b1"])
    assert shown_on("row") == []
    snapshot = publish(name, {"": [("t1", 0.8), ("d2", 0.6)], "category:Grocery": ["d3"]}, ListKind.SEGMENT)
    slate = recommend("row", NOBODY)
    assert [(item.item_key, item.score) for item in slate] == [("t1", 0.8), ("d2", 0.6)]
    assert {(item.source, item.recommender) for item in slate} == {(name, name)}
    assert snapshot.pk


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_has_a_recommender_and_is_nobodys_own(name: str) -> None:
    assert name in ours.recommenders
    assert not SOURCES[name]().is_personal


def test_a_measure_within_a_category(products: Any, placements: Use) -> None:
    row = {"source": "popular_in_category", "recommenders": ["trending"], "enough": 1}
    placements(row={"sources": [row]})
    publish("trending", {"": ["t1"], "category:Grocery/Dairy": ["d3", "d1"]}, ListKind.SEGMENT)
    assert shown_on("row", category="Grocery/Dairy") == ["d3", "d1"]


def test_the_same_category_is_that_of_the_item_shown(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "same_category", "enough": 2}]})
    publish_popular(
        everybody=["f1"], Grocery_Dairy=["d2", "d1", "d3"], Drinks_Tea=["t1"], Drinks=["t2", "t1"]
    )
    assert shown_on("row", item=products["d1"]) == shown_on("row", item="d1") == ["d2", "d3"]
    assert shown_on("row", item="d1", category="Drinks/Tea") == ["d2", "d3"]
    assert shown_on("row", item="t3") == ["t2", "t1"]
    assert shown_on("row", category="Drinks/Tea") == shown_on("row") == []


def test_the_same_brand_is_that_of_the_item_shown(products: Any, placements: Use) -> None:
    placements(row={"sources": ["same_brand"]})
    lists = {"": ["f1"], "brand:Dale": [("d1", 0.9), ("d3", 0.4)], "brand:Leaf": ["t1"]}
    publish("popular", lists, ListKind.SEGMENT)
    slate = recommend("row", NOBODY, item=products["d1"])
    assert [(item.item_key, item.score, item.source) for item in slate] == [("d3", 0.4, "same_brand")]
    assert shown_on("row", item="t3") == ["t1"]
    assert shown_on("row", item="b1") == shown_on("row", item="no-such-key") == shown_on("row") == []


def test_the_brands_have_lists_of_what_is_popular(products: Any) -> None:
    assert "brand" in ours.recommender("popular")["options"]["by"]
