"""All sources at once on one page cost no more queries than a few do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.datatypes import ListKind
from recommendations.serving.engine import recommend
from recommendations.serving.sources import SOURCES
from tests.serving.twelve import SETTINGS, happened, publish, publish_popular, somebody
from tests.support.queries import queries_of

USER_KNN = {"algorithm": "recommendations.algorithms.user_knn.UserKNN"}


@pytest.fixture
def everything(products: Any, settings: Any) -> list[str]:
    """A placement for each source, all on one page."""
    # In so small a shop the rows have to share what there is.
    rows: dict[str, dict[str, Any]] = {
        name: {"page": "all", "sources": [name], "fallback": ["popular"], "repeats": True} for name in SOURCES
    }
    rows["blend"] = {"page": "all", "sources": [{"source": "for_you", "published": ["buy_again"]}]}
    settings.RECOMMENDATIONS = {
        **SETTINGS,
        "RECOMMENDERS": {"similar_visitors": USER_KNN},
        "PLACEMENTS": rows,
    }
    publish_popular(everybody=["t1", "b1"], Grocery_Bread=["b2", "b3"])
    publish("also_viewed", {"b1": ["b2", "t1"], "t2": ["t3"]})
    publish("buy_again", {"u:1": ["d1"], "a:ann": ["d2"]}, ListKind.VISITOR)
    return list(rows)


@pytest.mark.parametrize("known", [True, False])
def test_all_sources_of_a_page_cost_five_queries(products: Any, everything: list[str], known: bool) -> None:
    happened("u:1" if known else "a:ann", "view", "t2")

    def render(item: Any) -> Callable[[], None]:
        context = somebody("u:1" if known else "", "a:ann")

        def make() -> None:
            about = {"item": item, "query": "bread", "items": ["d3"]}
            assert all(recommend(name, context, **about) for name in everything)

        return make

    assert len(queries_of(render(products["b1"]))) == 4
    assert len(queries_of(render("b1"))) == 5
