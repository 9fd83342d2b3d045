"""Less of what everybody is shown anyway, without a further query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.exceptions import ConfigurationError
from recommendations.serving.reranking.popularity import DampPopular
from tests.serving import twelve
from tests.serving.twelve import publish, publish_popular, shown_on

Use = Callable[..., None]


def row(**options: Any) -> dict[str, Any]:
    return {
        "sources": [{"source": "similar", "recommenders": ["also_viewed"]}],
        "rerank": [{"rerank": "damp_popular", **options}],
        "fallback": [],
    }


def test_scores_are_damped_by_popularity(products: Any, placements: Use) -> None:
    publish("also_viewed", {"d1": [("b1", 1.0), ("b2", 0.9), ("t1", 0.7), ("t2", 0.5)]})
    publish_popular(everybody=[("b1", 1.0), ("b2", 0.5), ("f1", 0.2)])
    for strength, shown in [
        (0, ["b1", "b2", "t1", "t2"]),
        (0.2, ["b2", "b1", "t1", "t2"]),  # b1 0.8, b2 0.9 · 0.9 = 0.81, t1 0.7, t2 0.5
        (0.5, ["t1", "b2", "b1", "t2"]),  # b1 0.5, b2 0.9 · 0.75 = 0.675, t1 0.7, t2 0.5
        (1, ["t1", "t2", "b2", "b1"]),  # b1 0, b2 0.45
    ]:
        placements(row=row(strength=strength))
        assert shown_on("row", item="d1") == shown, strength


def test_another_list_of_everybody(products: Any, placements: Use) -> None:
    publish("also_viewed", {"d1": ["b1", "b2"]})
    publish_popular(everybody=[("b2", 1.0)])
    publish("trending", {"": [("b1", 1.0)]}, "segment")
    placements(row=row(recommender="trending"))
    assert shown_on("row", item="d1") == ["b2", "b1"]


def test_it_costs_no_query(products: Any, placements: Use) -> None:
    publish("also_viewed", {"d1": ["b1", "b2"]})
    publish_popular(everybody=["b1"])
    placements(row={**row(), "rerank": []}, damped=row())
    counts = []
    for name in ("row", "damped"):
        with CaptureQueriesContext(connection) as queries:
            assert shown_on(name, item="d1")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_recommender_exists_or_was_taken_away(products: Any, settings: Any) -> None:
    with pytest.raises(ConfigurationError, match="\"recommender\" is 'liked', which does not exist. Change"):
        DampPopular(recommender="liked")
    with pytest.raises(ConfigurationError, match='"strength" is -1. Set it to a number from 0 to 1.'):
        DampPopular(strength=-1)
    publish("also_viewed", {"d1": ["b1", "b2"]})
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "RECOMMENDERS": {"popular": None},
        "PLACEMENTS": {"row": row(strength=1)},
    }
    assert shown_on("row", item="d1") == ["b1", "b2"]


def test_what_another_row_shows_stays_last_in_a_list_that_must_be_full(
    products: Any, placements: Use
) -> None:
    publish_popular(everybody=["b1", "b2", "b3", "t1", "t2"])
    placements(
        first={"page": "two", "sources": ["popular"], "size": 2},
        second={"page": "two", "sources": ["for_you"], "fallback": ["popular"], "minimum": 5, "size": 5}
        | {"rerank": [{"rerank": "damp_popular", "strength": 1}]},
    )
    # Damped by themselves the scores are 0, 0.0475, 0.09, 0.1275, 0.16.
    assert shown_on("second") == ["t2", "t1", "b3", "b2", "b1"]
