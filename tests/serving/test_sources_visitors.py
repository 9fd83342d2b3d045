"""Sources that depend on who looks at the page, on the shop of twelve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.serving.engine import recommend
from recommendations.serving.sources import SOURCES
from tests.serving.twelve import NOBODY, happened, shown_on, somebody

Use = Callable[..., None]

ANN = {"anonymous_key": "a:ann"}


def test_recently_viewed_has_the_newest_first(products: Any, placements: Use) -> None:
    placements(row={"sources": ["recently_viewed"]})
    for hours, key in [(5, "b1"), (4, "t1"), (3, "b1"), (2, "d1"), (90, "f1")]:
        happened("a:ann", "view", key, hours_ago=hours)
    happened("a:ann", "cart", "t3", hours_ago=1)
    happened("a:bob", "view", "t2")
    slate = recommend("row", somebody(**ANN))
    assert [(item.item_key, item.score) for item in slate] == [
        ("d1", 1.0),
        ("b1", 0.75),
        ("t1", 0.5),
        ("f1", 0.25),
    ]
    assert {(item.source, item.recommender) for item in slate} == {("recently_viewed", "")}


def test_recently_viewed_needs_somebody_who_wants_it(products: Any, placements: Use) -> None:
    placements(row={"sources": ["recently_viewed"]})
    happened("a:ann", "view", "b1")
    assert shown_on("row", NOBODY) == []
    assert shown_on("row", somebody(**ANN, personalise=False)) == []


def test_which_kinds_are_recent_is_an_option(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "recently_viewed", "kinds": ["view", "cart"]}]})
    happened("a:ann", "view", "b1", hours_ago=2)
    happened("a:ann", "cart", "t3", hours_ago=1)
    assert shown_on("row", somebody(**ANN)) == ["t3", "b1"]


@pytest.mark.parametrize("name", ["for_you", "recently_viewed"])
def test_they_are_personal(name: str) -> None:
    assert SOURCES[name]().is_personal
