"""An item is on a page once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from django.test import Client

from recommendations.datatypes import Context
from recommendations.serving.engine import recommend
from tests.serving import twelve
from tests.serving.twelve import keys, publish, publish_popular, shown_on, somebody
from tests.support.queries import queries_of

Use = Callable[..., None]

BOUGHT = {"source": "similar", "recommenders": ["also_bought"]}
VIEWED = {"source": "similar", "recommenders": ["also_viewed"]}

#: Bought: b2 f3 t1 t2; viewed: b2 f2 t1 d1 d2; popular: t1 t2 d1 d2 d3 b3.
PAGE: dict[str, Any] = {
    "bought": {"page": "mine", "sources": [BOUGHT], "size": 2},
    "viewed": {"page": "mine", "sources": [VIEWED], "size": 3},
    "liked": {"page": "mine", "sources": ["new_arrivals"], "fallback": ["popular"], "size": 3},
}


@pytest.fixture
def page(products: Any, placements: Use) -> Any:
    placements(**PAGE)
    publish("also_bought", {"b1": ["b2", "f3", "t1", "t2"]})
    publish("also_viewed", {"b1": ["b2", "f2", "t1", "d1", "d2"]})
    publish_popular(everybody=["t1", "t2", "d1", "d2", "d3", "b3"])
    return products


def shown_in_order(names: Any, context: Context) -> dict[str, list[str]]:
    return {name: shown_on(name, context, item="b1") for name in names}


def test_what_is_shown_first_keeps_its_items(page: Any) -> None:
    assert shown_in_order(["bought", "viewed", "liked"], somebody()) == {
        "bought": ["b2", "f3"],
        "viewed": ["t1", "d1", "d2"],  # f2 is a variant of f3
        "liked": ["t2", "d3", "b3"],
    }
    assert shown_in_order(["viewed", "bought"], somebody()) == {
        "viewed": ["b2", "f2", "t1"],
        "bought": ["t2"],
    }


@pytest.mark.parametrize("order", list(permutations(PAGE)), ids="-".join)
def test_in_any_order_nothing_is_shown_twice(page: Any, placements: Use, order: tuple[str, ...]) -> None:
    placements(**{name: {**row, "minimum": 0} for name, row in PAGE.items()})
    rows = shown_in_order(order, somebody())
    groups = [key.replace("f3", "f2") for items in rows.values() for key in items]
    assert len(groups) == len(set(groups))


def test_a_placement_that_is_not_shown_takes_nothing(page: Any) -> None:
    assert shown_on("viewed", somebody(), item="b1") == ["b2", "f2", "t1"]


def test_asked_again_a_placement_shows_the_same(page: Any) -> None:
    context = somebody()
    once = shown_in_order(PAGE, context)
    assert shown_in_order(reversed(PAGE), context) == once


def test_rows_that_are_asked_for_at_once_are_those_of_the_page(page: Any) -> None:
    rows = shown_in_order(PAGE, somebody())
    answer = Client().get("/api/recommendations/", {"placements": ",".join(PAGE), "item": "b1"})
    slates = answer.json()["slates"]
    assert {slate["placement"]: [item["item"] for item in slate["items"]] for slate in slates} == rows


def test_a_row_may_repeat(page: Any, placements: Use) -> None:
    placements(**{**PAGE, "viewed": {**PAGE["viewed"], "repeats": True}})
    rows = shown_in_order(PAGE, somebody())
    assert rows["viewed"] == ["b2", "f2", "t1"]
    assert rows["liked"] == ["t1", "t2", "d1"], "what such a row shows is free for the others"


def test_rows_that_name_no_page_are_each_a_page(page: Any, placements: Use) -> None:
    placements(**{name: {**row, "page": ""} for name, row in PAGE.items()})
    assert shown_in_order(PAGE, somebody())["viewed"] == ["b2", "f2", "t1"]


def test_a_fallback_takes_nothing_from_the_sources_of_another_row(page: Any, placements: Use) -> None:
    liked = {**PAGE["liked"], "sources": ["new_arrivals"]}
    placements(liked=liked, popular={"page": "mine", "sources": ["popular"], "size": 3})
    assert shown_in_order(["liked", "popular"], somebody()) == {
        "liked": ["d2", "d3", "b3"],
        "popular": ["t1", "t2", "d1"],
    }


@pytest.mark.parametrize(
    ("minimum", "second", "third"), [(0, ["t2"], []), (1, ["t2"], ["b2"]), (2, ["t2", "b2"], ["b2", "f3"])]
)
def test_the_minimum_comes_first(
    page: Any, placements: Use, minimum: int, second: list[str], third: list[str]
) -> None:
    one = {"page": "mine", "sources": [BOUGHT], "size": 3, "minimum": minimum}
    placements(first=one, second=one, third=one)
    rows = shown_in_order(["first", "second", "third"], somebody())
    assert rows == {"first": ["b2", "f3", "t1"], "second": second, "third": third}


def test_another_size_takes_nothing_from_the_others(page: Any) -> None:
    context = somebody()
    assert shown_on("bought", context, item="b1", size=1) == ["b2"]
    assert shown_on("viewed", context, item="b1", size=2) == ["f2", "t1"]
    assert shown_on("bought", context, item="b1", size=4) == ["b2", "t2"], "f3 is a variant of f2"


def test_what_is_pinned_in_a_row_is_kept_for_it(page: Any, settings: Any) -> None:
    pin = {"action": "pin", "where": {"item": "b2"}, "placements": ["liked"]}
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": PAGE, "RULES": {"campaign": pin}}
    assert shown_in_order(PAGE, somebody()) == {
        "bought": ["f3", "t1"],
        "viewed": ["d1", "d2"],
        "liked": ["b2", "t2", "d3"],
    }


def test_what_is_pinned_everywhere_is_in_the_first_row(page: Any, settings: Any) -> None:
    pin = {"action": "pin", "where": {"item": "d3"}}
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": PAGE, "RULES": {"campaign": pin}}
    assert shown_in_order(PAGE, somebody()) == {
        "bought": ["d3", "b2"],
        "viewed": ["f2", "t1", "d1"],
        "liked": ["t2", "d2", "b3"],
    }


def test_rows_about_something_else_count_too(page: Any) -> None:
    context = somebody()
    assert shown_on("liked", context) == ["t1", "t2", "d1"]
    assert shown_on("viewed", context, item="b1") == ["b2", "f2", "d2"]


def test_it_costs_no_query(page: Any, placements: Use) -> None:
    def render() -> None:
        context = somebody()
        for name in PAGE:
            recommend(name, context, item="b1")

    render()
    sharing = len(queries_of(render))
    placements(**{name: {**row, "repeats": True} for name, row in PAGE.items()})
    assert len(queries_of(render)) == sharing


def test_the_default_product_page_shows_what_its_other_row_does_not(products: Any) -> None:
    publish("bought_together", {"b1": ["t1", "t2"]})
    publish("also_like", {"b1": ["t1", "t2", "d1", "d2"]})
    context = somebody()
    slates = {name: recommend(name, context, item="b1") for name in ("product_together", "product_page")}
    assert keys(slates["product_together"]) == ["t1", "t2"]
    assert keys(slates["product_page"]) == ["d1", "d2"]
