"""At prices such as the visitor looks at; the first of a shelf costs 2, the next 3 and 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.datatypes import Context
from recommendations.exceptions import ConfigurationError
from recommendations.models import Item
from recommendations.serving.reranking.prices import NearPrice
from tests.serving.twelve import NOBODY, happened, publish_popular, shown_on, somebody

Use = Callable[..., None]


def row(**options: Any) -> dict[str, Any]:
    return {"sources": ["popular"], "fallback": [], "rerank": [{"rerank": "near_price", **options}]}


@pytest.fixture
def everybody(products: Any) -> None:
    publish_popular(everybody=["b3", "b2", "b1"])  # 1.0, 0.95, 0.9


def ann(*viewed: str) -> Context:
    for key in viewed:
        happened("a:ann", "view", key, hours_ago=1)
    return somebody(anonymous_key="a:ann")


def test_near_what_the_visitor_looked_at(everybody: None, placements: Use) -> None:
    context = ann("t1")
    for strength, shown in [
        (0, ["b3", "b2", "b1"]),
        (0.1, ["b3", "b2", "b1"]),  # 0.95, 0.95 · (1 − 0.1 · ⅓) = 0.918, 0.9
        (0.5, ["b1", "b2", "b3"]),  # 0.75, 0.95 · (1 − 0.5 · ⅓) = 0.792, 0.9
    ]:
        placements(row=row(strength=strength))
        assert shown_on("row", context) == shown, strength


def test_near_the_item_shown_for_whom_nothing_is_known(everybody: None, placements: Use) -> None:
    placements(row=row(strength=0.5))
    assert shown_on("row", NOBODY, item="d1") == ["b1", "b2", "b3"]
    assert shown_on("row", ann("t3"), item="d1") == ["b3", "b2", "b1"]
    assert shown_on("row", NOBODY) == ["b3", "b2", "b1"]
    Item.objects.filter(item_key="d1").update(price=0)
    assert shown_on("row", NOBODY, item="d1") == ["b3", "b2", "b1"]


def test_an_item_without_a_price_is_as_near_as_the_others(everybody: None, placements: Use) -> None:
    placements(row=row(strength=0.5))
    Item.objects.filter(item_key="b3").update(price=None)
    # b3 is as near as ⅔ and 1 are in the mean: 1 − 0.5 · ⅙ = 0.917; b2 0.792, b1 0.9.
    assert shown_on("row", ann("t1")) == ["b3", "b1", "b2"]


def test_the_prices_are_read_with_the_candidates(everybody: None, placements: Use) -> None:
    placements(row=row())
    context = ann("t1", "t2", "d3")
    with CaptureQueriesContext(connection) as queries:
        assert shown_on("row", context)
    asked = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) == 4  # the history, the lists, the products, what the mirror says of them


def test_who_does_not_want_it_is_not_remembered(everybody: None, placements: Use) -> None:
    placements(row=row(strength=0.5))
    assert shown_on("row", ann("t1").with_(personalise=False)) == ["b3", "b2", "b1"]


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="\"strength\" is 'much'. Set it to a number from 0 to 1."):
        NearPrice(strength="much")
