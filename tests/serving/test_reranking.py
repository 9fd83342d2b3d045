"""Rerankers together: in the order of the entry, and without a query of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.serving.engine import recommend
from recommendations.serving.placements import placement_errors
from recommendations.serving.reranking.known import RERANKERS
from tests.serving.twelve import happened, publish, publish_popular, shown_on, somebody

Use = Callable[..., None]

ALL: list[Any] = [
    {"rerank": "damp_popular", "strength": 0.2},
    {"rerank": "near_price", "strength": 0.2},
    {"rerank": "in_context", "where": {"other": ["brand"]}, "when": {"hours": {"from": 0}}, "factor": 1.1},
    {"rerank": "objective", "of": "revenue", "weight": 0.2},
    {"rerank": "learned", "recommender": "also_viewed"},
    {"rerank": "at_most", "n": 2},
    {"rerank": "diversity", "strength": 0.2},
    {"rerank": "floor", "where": {"supplier": "North"}, "share": 0.5},
]


def test_all_of_them_on_three_placements_cost_what_a_page_costs(products: Any, placements: Use) -> None:
    publish("also_viewed", {"d1": ["b1", "b2", "b3", "t1", "t2"], "b1": ["f1", "f2"]})
    publish("bought_together", {"d1": ["f1", "d2", "d3"]})
    publish_popular(everybody=["b1", "t1", "t3", "d1", "d2"])
    placements(
        similar_row={"page": "all", "sources": ["similar"], "fallback": ["popular"], "rerank": ALL},
        together_row={"page": "all", "sources": ["together"], "fallback": ["popular"], "rerank": ALL},
        own_row={"page": "all", "sources": ["for_you"], "fallback": ["popular"], "rerank": ALL},
    )
    # What the visitor has seen in vain is the one thing that costs a query: see test_repeat_penalty.py.
    assert {entry["rerank"] for entry in ALL} == set(RERANKERS) - {"repeat_penalty"}
    for key in ("b1", "t3"):
        happened("a:ann", "view", key)
    for item, most in ((products["d1"], 4), ("d1", 5)):
        with CaptureQueriesContext(connection) as queries:
            context = somebody(anonymous_key="a:ann")
            rows = ("similar_row", "together_row", "own_row")
            slates = [recommend(name, context, item=item, size=4) for name in rows]
        asked = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        assert len(asked) <= most, asked
        assert all(slates)
        assert all(0 <= each.score <= 1 for slate in slates for each in slate)


def test_each_acts_on_what_the_one_before_made(products: Any, placements: Use) -> None:
    publish_popular(everybody=["b1", "b2", "t2", "d1"])
    cap, floor = {"rerank": "at_most", "n": 1}, {"rerank": "floor", "where": {"brand": "Crust"}, "n": 2}
    placements(
        capped_last={"sources": ["popular"], "size": 3, "rerank": [floor, cap]},
        near_first={
            "sources": ["popular"],
            "size": 3,
            "rerank": [{"rerank": "near_price", "strength": 1}, cap],
        },
    )
    assert shown_on("capped_last") == ["b1", "t2", "d1"]
    assert shown_on("near_first", item="d2") == ["b2", "t2", "d1"]  # b2 is nearer to 3.00 than b1


def test_what_is_wrong_is_told_with_the_place(products: Any, placements: Use) -> None:
    placements(row={"sources": ["popular"], "rerank": ["at_most", {"rerank": "floor", "n": 2}]})
    assert str(placement_errors()["row"]) == (
        'RECOMMENDATIONS["PLACEMENTS"]["row"]["rerank"][1]: "where" is {}, which means every item. '
        'Say which: {"brand": "Acme"}.'
    )
