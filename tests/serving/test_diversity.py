"""Not all of one kind, by Maximal Marginal Relevance; values computed by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.exceptions import ConfigurationError
from recommendations.serving.reranking.diversity import Diversity, similarity
from tests.serving.twelve import publish, publish_popular, shown_on

Use = Callable[..., None]


def test_how_similar_two_items_are() -> None:
    bread = frozenset({"Grocery/Bread", "Offers"}), frozenset({"Crust"})
    assert similarity(bread, bread) == 1.0
    assert similarity(bread, (frozenset({"Offers"}), frozenset({"Dale"}))) == (1 / 2 + 0) / 2
    assert similarity(bread, (frozenset(), frozenset())) == 0.0
    assert similarity((frozenset(),), (frozenset(),)) == 0.0


def test_the_next_place_goes_to_relevance_less_similarity(products: Any, placements: Use) -> None:
    publish_popular(everybody=["b1", "b2", "b3", "t1", "d1", "f1"])  # 1.0, 0.95, … 0.75
    for options, shown in [
        ({"strength": 0}, ["b1", "b2", "b3", "t1"]),
        # After b1: b2 0.9 · 0.95 − 0.1 = 0.755, b3 0.71, t1 0.765, d1 0.72.
        ({"strength": 0.1}, ["b1", "t1", "b2", "d1"]),
        # After b1: b2 0.475 − 0.5 < 0, t1 0.425, d1 0.4, f1 0.375.
        ({"strength": 0.5}, ["b1", "t1", "d1", "f1"]),
        # Bread and dairy are one department, all first ones have one supplier.
        ({"strength": 0.5, "by": ["department"]}, ["b1", "t1", "f1", "b2"]),
        ({"strength": 0.5, "by": "supplier"}, ["b1", "b2", "b3", "t1"]),
    ]:
        placements(row={"sources": ["popular"], "size": 4, "rerank": [{"rerank": "diversity", **options}]})
        assert shown_on("row") == shown, options


def test_what_is_placed_before_the_fallback_counts(products: Any, placements: Use) -> None:
    publish("also_viewed", {"d1": ["b1"]})
    publish_popular(everybody=["b2", "t1", "t2", "f1"])
    placements(
        row={
            "sources": [{"source": "similar", "recommenders": ["also_viewed"]}],
            "fallback": ["popular"],
            "minimum": 4,
            "size": 4,
            "rerank": [{"rerank": "diversity", "strength": 0.5}],
        }
    )
    assert shown_on("row", item="d1") == ["b1", "t1", "f1", "b2"]


def test_scores_that_are_small_weigh_as_much(products: Any, placements: Use) -> None:
    publish_popular(everybody=[("b1", 0.02), ("b2", 0.019), ("t1", 0.002)])
    placements(row={"sources": ["popular"], "rerank": [{"rerank": "diversity", "strength": 0.1}]})
    assert shown_on("row") == ["b1", "b2", "t1"]  # 0.755 against 0.09


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strength": 1.5}, '"strength" is 1.5. Set it to a number from 0 to 1.'),
        ({"strength": True}, '"strength" is True. Set it to a number from 0 to 1.'),
        ({"by": "colour"}, "\"by\" is 'colour'. Set it to one or several of: brand, supplier, category"),
        ({"by": []}, '"by" is []. Set it to one or several of: '),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Diversity(**options)
    assert str(error.value).startswith(message)
