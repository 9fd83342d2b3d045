"""No more than so many of one kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.exceptions import ConfigurationError, UnknownOption
from recommendations.serving.reranking.caps import AtMost
from tests.serving.twelve import publish, publish_popular, shown_on

Use = Callable[..., None]


def test_at_most_so_many_of_a_brand_also_with_the_fallback(products: Any, placements: Use) -> None:
    publish("also_viewed", {"d1": ["b1", "b2", "b3"]})
    publish_popular(everybody=["b2", "t1", "t2", "t3", "f1"])
    row = {
        "sources": [{"source": "similar", "recommenders": ["also_viewed"]}],
        "fallback": ["popular"],
        "minimum": 4,
        "size": 4,
    }
    placements(
        row=row, capped=row | {"rerank": [{"rerank": "at_most", "n": 2}]}, one=row | {"rerank": ["at_most"]}
    )
    assert shown_on("row", item="d1") == ["b1", "b2", "b3", "t1"]
    assert shown_on("capped", item="d1") == ["b1", "b2", "t1", "t2"]
    assert shown_on("one", item="d1") == ["b1", "t1", "f1"]  # rather short than monotonous


def test_by_supplier_category_and_department(products: Any, placements: Use) -> None:
    publish_popular(everybody=["b1", "b2", "d1", "f1", "t2"])
    for per, shown in {
        "supplier": ["b1", "b2"],
        "category": ["b1", "d1", "f1", "t2"],
        "department": ["b1", "f1", "t2"],
    }.items():
        placements(row={"sources": ["popular"], "rerank": [{"rerank": "at_most", "per": per}]})
        assert shown_on("row") == shown, per


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ConfigurationError, match='"n" is 0. Set it to a whole number from 1.'):
        AtMost(n=0)
    with pytest.raises(ConfigurationError, match="\"per\" is 'colour'. Set it to one of: brand, supplier, "):
        AtMost(per="colour")
    with pytest.raises(UnknownOption):
        AtMost(most=3)
