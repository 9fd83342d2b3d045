"""Places that are kept for items which would not be seen otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.datatypes import Candidate
from recommendations.exceptions import ConfigurationError, UnknownOption
from recommendations.serving.facts import Facts
from recommendations.serving.reranking.floors import Floor
from recommendations.serving.testing import make_page
from tests.serving.twelve import publish, publish_popular, shown_on

Use = Callable[..., None]

NORTH = {"supplier": "North"}  # has the first ones of each shelf


def test_the_best_such_items_take_the_last_places(products: Any, placements: Use) -> None:
    publish_popular(everybody=["b1", "b2", "b3", "t1", "t2", "d1", "f1"])
    for options, shown in [
        ({"where": NORTH}, ["b1", "b2", "b3"]),
        ({"where": NORTH, "n": 2}, ["b1", "b2", "t1"]),
        ({"where": NORTH, "n": 3}, ["b1", "t1", "d1"]),
        ({"where": NORTH, "n": 9}, ["b1", "t1", "d1"]),
        ({"where": NORTH, "share": 0.34}, ["b1", "b2", "t1"]),  # of 3 places 1.02: 2
        ({"where": {"age_days": {"below": 30}}}, ["b1", "b2", "t1"]),
        ({"where": {"brand": "Dale"}, "n": 2}, ["b1", "b2", "d1"]),  # there is one only
        ({"where": {"brand": "Acme"}}, ["b1", "b2", "b3"]),
        ({"where": {"other": ["brand"]}}, ["b1", "b2", "b3"]),  # than the item shown, and none is
    ]:
        placements(row={"sources": ["popular"], "size": 3, "rerank": [{"rerank": "floor", **options}]})
        assert shown_on("row") == shown, options
    assert shown_on("row", item="b1") == ["b1", "b2", "t1"]


def test_the_long_tail_is_what_the_list_of_everybody_lacks(products: Any, placements: Use) -> None:
    publish("also_viewed", {"d1": ["b1", "b2", "b3", "t1", "t2"]})
    publish_popular(everybody=["b1", "b2", "b3", "f1"])
    for options, shown in [
        ({"outside": "popular"}, ["b1", "b2", "t1"]),
        ({"outside": "popular", "share": 0.5}, ["b1", "t1", "t2"]),
        ({"outside": "popular", "where": {"price": {"from": 3}}}, ["b1", "b2", "t2"]),
        ({"outside": "trending"}, ["b1", "b2", "b3"]),  # nothing is published: all are outside
    ]:
        similar = {"source": "similar", "recommenders": ["also_viewed"]}
        placements(row={"sources": [similar], "size": 3, "rerank": [{"rerank": "floor", **options}]})
        assert shown_on("row", item="d1") == shown, options


def test_the_fallback_is_part_of_the_list(products: Any, placements: Use) -> None:
    publish("also_viewed", {"d1": ["b2", "b1"]})
    publish_popular(everybody=["t2", "t3", "t1", "f1"])
    row = {
        "sources": [{"source": "similar", "recommenders": ["also_viewed"]}],
        "fallback": ["popular"],
        "minimum": 4,
        "size": 4,
    }
    for n, shown in {1: "b2 b1 t2 t3", 2: "b2 b1 t2 t1", 3: "b2 b1 t1 f1"}.items():
        placements(row={**row, "rerank": [{"rerank": "floor", "where": NORTH, "n": n}]})
        assert shown_on("row", item="d1") == shown.split(), n


def test_a_share_is_not_rounded_up_for_nothing() -> None:
    assert Floor(where=NORTH, share=0.1).wanted(30) == 3
    assert Floor(where=NORTH, share=0.1).wanted(31) == 4
    assert Floor(where=NORTH, share=1).wanted(8) == 8


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 12), st.integers(0, 4), st.integers(1, 6))
def test_as_many_as_there_can_be_and_the_order_stays(
    north: list[bool], size: int, n_placed: int, n: int
) -> None:
    facts = {str(k): Facts(supplier="North" if each else "South") for k, each in enumerate(north)}
    everything = [Candidate(key, 1.0, "popular") for key in facts]
    placed, offered = everything[:n_placed], everything[n_placed:]
    page = make_page(facts=facts)
    found = Floor(where=NORTH, n=n).rerank(offered, page, size, placed)
    there, before = (
        sum(facts[each.item_key].supplier == "North" for each in part)
        for part in ([*placed, *found[:size]], placed)
    )
    possible = before + min(size, sum(north[n_placed:]))
    unchanged = sum(north[: n_placed + size])
    assert there == max(unchanged, min(n, possible))
    for supplier in ("North", "South"):
        of_one = [each for each in found if facts[each.item_key].supplier == supplier]
        assert of_one == [each for each in offered if each in of_one]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, '"where" is {}, which means every item. Say which: {"brand": "Acme"}.'),
        ({"where": {"colour": "red"}}, '"where"["colour"]: there is no such test. Known: '),
        ({"outside": "hidden"}, "\"outside\" is 'hidden', which does not exist. Change it to one of: "),
        ({"where": NORTH, "n": 0}, '"n" is 0. Set it to a whole number from 1.'),
        ({"where": NORTH, "share": 0}, '"share" is 0. Set it to a number above 0, up to 1.'),
        ({"where": NORTH, "share": 2}, '"share" is 2. Set it to a number above 0, up to 1.'),
        ({"where": NORTH, "n": 2, "share": 0.5}, 'Both "n" and "share" are set. Set one of them.'),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Floor(**options)
    assert str(error.value).startswith(message)
    with pytest.raises(UnknownOption):
        Floor(where=NORTH, most=3)
