"""The packaged rerankers keep the contract that is shipped for a shop's own, whatever they are given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.datatypes import Candidate, Context
from recommendations.exceptions import ConfigurationError
from recommendations.profiles.session import Touch
from recommendations.ranking.features import Features
from recommendations.ranking.model import RankerModel
from recommendations.ranking.trees import Tree, TreeEnsemble
from recommendations.serving.facts import Facts
from recommendations.serving.history import History
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker
from recommendations.serving.reranking.known import RERANKERS
from recommendations.serving.seen import Sight
from recommendations.serving.testing import RerankerContract, check_reranked, make_page
from recommendations.store import ListRequest, StoredList

#: Reranker → options with which it changes what is shown on the page below.
OPTIONS: Mapping[str, list[dict[str, Any]]] = {
    "at_most": [{}, {"per": "category"}],
    "diversity": [{}, {"strength": 1, "by": "supplier"}, {"by": ["department", "brand"]}],
    "damp_popular": [{"strength": 0.3}, {"strength": 1}],
    "floor": [
        {"where": {"brand": "Dale"}},
        {"where": {"price": {"from": 5}}, "share": 1},
        {"outside": "popular", "n": 2},
    ],
    "in_context": [{"where": {"brand": "Dale"}, "when": {"months": [12]}, "factor": n} for n in (0.5, 3)],
    "objective": [{}, {"of": "revenue", "weight": 5}],
    "near_price": [{"strength": 0.5}, {"strength": 1}],
    "learned": [{"recommender": "popular"}],
    "repeat_penalty": [{"n": 2}, {"n": 2, "factor": 0.5}],
}

CASES = [(name, options) for name, several in OPTIONS.items() for options in several]

NOW = datetime(2026, 12, 5, 9, 30, tzinfo=UTC)

FACTS = {
    key: Facts(
        categories=(category,),
        brand=brand,
        supplier=brand,
        price=Decimal(price),
        cost=Decimal(1),
        stock=9,
        created_at=NOW,
    )
    for key, category, brand, price in [
        ("a", "Grocery/Bread", "Crust", 2),
        ("b", "Grocery/Bread", "Crust", 3),
        ("c", "Grocery/Dairy", "Dale", 9),
        ("d", "Drinks/Tea", "Leaf", 40),
    ]
}


#: Everybody likes a most, then c.
POPULAR = ListRequest("popular", "segment", "")
_NAMES = Features(("popular",)).names
#: What costs more than 5.00 has three times the score.
TREES = RankerModel(
    ("popular",),
    "popular",
    TreeEnsemble(
        _NAMES,
        (Tree((_NAMES.index("price"),), (1.6,), (True,), (-1,), (-2,), (0.0, 1.1), (2,), (1, 1)),),
    ),
).to_json()


def _row_of_trees(key: str, text: str) -> tuple[ListRequest, StoredList]:
    return ListRequest("popular", "ranker", key, "trees"), StoredList("popular", 1, ((text, 1.0, "popular"),))


LISTS = dict(
    [
        (POPULAR, StoredList("popular", 1, (("a", 1.0, "popular"), ("c", 0.5, "popular")))),
        _row_of_trees("model", TREES),
        _row_of_trees("version", RankerModel.version_of(TREES)),
    ]
)


def page_of(facts: Mapping[str, Facts]) -> Page:
    """Of a visitor who looked at d a moment ago, and at c before."""
    touches = (Touch("d", "view", NOW), Touch("c", "view", NOW - timedelta(days=3)))
    history, shown = History(touches), Facts(price=Decimal(9))
    # a was in view twice without being taken up.
    return make_page(
        "x",
        about=shown,
        facts=facts,
        lists=LISTS,
        history=history,
        context=Context(moment=NOW),
        seen=(Sight("a", NOW), Sight("a", NOW - timedelta(days=1))),
    )


def test_every_reranker_is_tried() -> None:
    assert set(OPTIONS) == set(RERANKERS)


@pytest.mark.parametrize(("name", "options"), CASES)
class TestRerankers(RerankerContract):
    @pytest.fixture(autouse=True)
    def made(self, name: str, options: dict[str, Any]) -> None:
        self.name, self.options = name, options

    def make_reranker(self) -> Reranker:
        return RERANKERS[self.name](**self.options)

    def make_page(self) -> Page:
        return page_of(FACTS)


JUNK: list[Any] = [
    *(None, True, 0, -1, 2.5, float("nan"), float("inf"), 10**400, "", "x", "brand", "popular"),
    *([], [None], ["x"], ["brand", 1], [[]], {}, {"x": 1}, {"brand": []}, {"months": [None]}, {"hours": 3}),
    *({"hours": {"from": "x"}}, {"device": {}}, {1: 2}, object(), b"x"),
]


@pytest.mark.parametrize("name", RERANKERS)
@pytest.mark.parametrize("value", JUNK, ids=[str(n) for n in range(len(JUNK))])
def test_any_value_of_an_option_works_or_is_refused(name: str, value: Any) -> None:
    offered = [Candidate(key, 1.0, "popular") for key in FACTS]
    for option in RERANKERS[name].options:
        try:
            made = RERANKERS[name](**OPTIONS[name][0] | {option: value})
        except ConfigurationError as error:
            assert re.search(r"\b(Set|Write|Say|Change|[Kk]nown)\b", str(error))  # what to do about it
        else:
            check_reranked(offered, made.rerank(offered, page_of(FACTS), 2, ()))


KEYS = st.sampled_from("abcdefghij")
MONEY = st.none() | st.decimals(0, 10_000, places=2)
SOME_FACTS = st.builds(
    Facts,
    categories=st.lists(st.sampled_from(["A/B", "A/C", "D", ""]), max_size=3, unique=True).map(tuple),
    brand=st.sampled_from(["", "Crust", "Dale"]),
    supplier=st.sampled_from(["", "North", "South"]),
    price=MONEY,
    cost=MONEY,
    stock=st.none() | st.integers(0, 9),
)


@pytest.mark.parametrize(("name", "options"), CASES)
@given(
    scores=st.dictionaries(KEYS, st.floats(0, 1)),
    facts=st.dictionaries(KEYS, SOME_FACTS),
    n_placed=st.integers(0, 3),
    size=st.integers(0, 12),
)
def test_whatever_comes_in_some_of_it_goes_out(
    name: str,
    options: dict[str, Any],
    scores: dict[str, float],
    facts: dict[str, Facts],
    n_placed: int,
    size: int,
) -> None:
    best_first = sorted(scores.items(), key=lambda pair: -pair[1])
    everything = [Candidate(key, score, "popular") for key, score in best_first]
    placed, offered = everything[:n_placed], everything[n_placed:]
    found = RERANKERS[name](**options).rerank(tuple(offered), page_of(facts), size, placed)
    check_reranked(offered, found)
    if name not in ("at_most", "repeat_penalty"):
        assert len(found) == len(offered)  # puts in order, leaves out nothing
    if "strength" in RERANKERS[name].options:
        unchanged = RERANKERS[name](**options | {"strength": 0})
        assert unchanged.rerank(offered, page_of(facts), size, placed) == offered
