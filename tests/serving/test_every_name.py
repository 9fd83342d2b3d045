"""Each source, filter and rule action that settings can name, on the shop of twelve, asked in Python and by an app.

What is expected was worked out by hand. Lists without scores hold 1.0, 0.95, 0.9, …. Rerankers:
`tests/api/test_rerankers.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from recommendations.datatypes import ListKind
from recommendations.serving.filters import FILTERS
from recommendations.serving.rules import ACTIONS
from recommendations.serving.sources import SOURCES
from recommendations.store import get_store
from tests.serving import twelve
from tests.serving.twelve import happened, publish, shown_on, somebody

ITEM, SEGMENT, VISITOR, TERM = ListKind.ITEM, ListKind.SEGMENT, ListKind.VISITOR, ListKind.TERM

USER_KNN = {"algorithm": "recommendations.algorithms.user_knn.UserKNN"}


@dataclass(frozen=True)
class Case:
    """Lists as (recommender, kind, {key: list}), "me" for the visitor; events as (kind, item, hours ago)."""

    shown: str
    about: Mapping[str, Any] = field(default_factory=dict)
    lists: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()
    events: tuple[tuple[str, str, float], ...] = ()
    cart: str = ""
    missing: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def everybody(recommender: str) -> Case:
    return Case("d1 t2", lists=((recommender, SEGMENT, {"": ["d1", "t2"]}),))


ABOUT_B1 = {"item": "b1"}
RYE = (("similar_content", TERM, {"rye": [("b2", 0.8), ("b1", 0.4)], "loaf": [("b1", 0.6)]}),)
CRUMBS = {"category:Grocery/Bread": ["b2", "b1", "b3"], "brand:Crust": ["b3", "b1"]}

OF_SOURCES: dict[str, Case] = {
    # The mean of two lists: b2 (1 + 0) / 2, t1 (0.95 + 1) / 2.
    "similar": Case(
        "t1 b2",
        ABOUT_B1,
        (("also_viewed", ITEM, {"b1": ["b2", "t1"]}), ("also_bought", ITEM, {"b1": ["t1"]})),
    ),
    # t1 (0.95 + 1) / 2, b2 1 / 2, and d1 is what they go with.
    "together": Case(
        "t1 b2",
        {"items": ["b1", "d1"]},
        (("bought_together", ITEM, {"b1": ["b2", "t1"], "d1": ["t1", "b1"]}),),
    ),
    "cross_category": Case("t2 f1", ABOUT_B1, (("complements", ITEM, {"b1": ["t2", "f1"]}),)),
    # 3 are missing: t2 costs 3 (1), t3 costs 4 (1 + 0.75 · 0.95) / 2, t1 costs 2 and does not reach it.
    "free_shipping": Case(
        "t2 t3 t1", {}, (("bought_together", ITEM, {"b1": ["t2", "t1", "t3"]}),), cart="b1", missing="3.00"
    ),
    "viewed_bought": Case("b3 d1", ABOUT_B1, (("viewed_bought", ITEM, {"b1": ["b3", "d1"]}),)),
    # Both words count for b1: 0.4 + 0.6 against 0.8.
    "search": Case("b1 b2", {"query": "rye loaf"}, RYE),
    "onboarding": Case("b2 b1", {"query": "rye"}, RYE),
    # A purchase of an hour ago weighs more than a view of a day ago.
    "for_you": Case(
        "d2 b2",
        lists=(("also_bought", ITEM, {"b1": ["b2"], "d1": ["d2"]}),),
        events=(("view", "b1", 24), ("purchase", "d1", 1)),
    ),
    "given": Case(
        "b2 f1 d2",
        {"items": ["f1", "d2", "b2"]},
        (("also_bought", ITEM, {"b1": ["b2"]}),),
        (("view", "b1", 1),),
    ),
    "recently_viewed": Case("t1 b1", events=(("view", "b1", 3), ("view", "t1", 2), ("cart", "d1", 1))),
    "buy_again": Case("d1 b1", lists=(("buy_again", VISITOR, {"me": ["d1", "b1"], "u:0": ["t1"]}),)),
    "similar_visitors": Case("t1 b1", lists=(("similar_visitors", VISITOR, {"me": ["t1", "b1"]}),)),
    # By the square of nearness: t1 1 · 0.5, b1 0.36 · 0.8, nobody is near to the third.
    "from_community": Case(
        "t1 b1",
        lists=(
            ("communities", SEGMENT, {"community:1": [("b1", 0.8)], "community:2": [("t1", 0.5)]}),
            ("communities", "near", {"me": [("community:2", 1.0), ("community:1", 0.6)]}),
        ),
    ),
    **{
        name: everybody(name)
        for name in ("popular", "trending", "new_arrivals", "best_sellers", "most_viewed", "most_carted")
    },
    **{name: everybody(name) for name in ("high_conversion", "on_sale", "price_dropped")},
    # There are too few in the category, but there is none above it.
    "popular_in_category": Case("b2 b1 b3", {"category": "Grocery/Bread"}, (("popular", SEGMENT, CRUMBS),)),
    "same_category": Case("b2 b3", ABOUT_B1, (("popular", SEGMENT, CRUMBS),)),
    "same_brand": Case("b3", ABOUT_B1, (("popular", SEGMENT, CRUMBS),)),
}

FIVE = (("popular", SEGMENT, {"": ["b1", "b2", "d1", "t1", "f2"]}),)

OF_FILTERS: dict[str, Case] = {
    "shown_item": Case("b1 b2 d1 t1", {"item": "f3"}, FIVE),  # f2 is a variant of it
    "cart": Case("b1 b2 t1 f2", {}, FIVE, cart="d1"),
    "purchased": Case("b1 d1 t1 f2", {}, FIVE, (("purchase", "b2", 24), ("purchase", "t1", 24 * 40))),
    "dismissed": Case("b1 b2 d1 f2", {}, FIVE, (("dismiss", "t1", 24 * 40),)),
    "only": Case("b1 b2 d1 t1", {}, FIVE, options={"where": {"category": ["Grocery", "Drinks"]}}),
    "exclude": Case("b2 f2", {}, FIVE, options={"where": {"supplier": "North"}}),
}

CRUST = {"where": {"brand": "Crust"}}

OF_RULES: dict[str, Case] = {
    "exclude": Case("d1 t1 f2", {}, FIVE, options=CRUST),
    "only": Case("b1 b2", {}, FIVE, options=CRUST),
    # d1 0.9, t1 0.85, f2 0.8; b1 0.5, b2 0.475.
    "boost": Case("d1 t1 f2 b1 b2", {}, FIVE, options={**CRUST, "factor": 0.5}),
    "cap": Case("b1 d1 t1 f2", {}, FIVE, options={**CRUST, "n": 1, "per": "brand"}),
    # The better of the two that match.
    "promote": Case("t1 b1 b2 d1 f2", {}, FIVE, options={"where": {"item": ["f2", "t1"]}, "slots": 1}),
    "pin": Case("b1 t3 b2 d1 t1", {}, FIVE, options={"where": {"item": "t3"}, "position": 2}),
}


@pytest.mark.parametrize(
    ("cases", "known"), [(OF_SOURCES, SOURCES), (OF_FILTERS, FILTERS), (OF_RULES, ACTIONS)]
)
def test_every_name_has_its_case(cases: dict[str, Case], known: Any) -> None:
    assert set(cases) == set(known)


Ask = Callable[[Case, dict[str, Any]], list[str]]


@pytest.fixture(params=["python", "api"])
def ask(request: Any, products: Any, settings: Any) -> Ask:
    """What a placement shows to a known customer."""

    def shown(case: Case, ours: dict[str, Any]) -> list[str]:
        user = User.objects.create_user("ann")
        me = f"u:{user.pk}"
        settings.RECOMMENDATIONS = {
            **twelve.SETTINGS,
            "RECOMMENDERS": {"similar_visitors": USER_KNN},
            **ours,
        }
        _publish(case, me)
        for kind, item_key, hours_ago in case.events:
            happened(me, kind, item_key, hours_ago)
        twelve.CART.extend(case.cart.split())
        twelve.MISSING.extend([Decimal(case.missing)] if case.missing else [])
        if request.param == "python":
            return shown_on("row", somebody(me), **case.about)
        client = Client(headers={"user-agent": "Mozilla/5.0 Firefox/130"})
        client.force_login(user)
        answer = client.get("/api/recommendations/row/", case.about)
        assert answer.status_code == 200, answer.content
        return [item["item"] for item in answer.json()["items"]]

    return shown


def _publish(case: Case, me: str) -> None:
    snapshots: dict[str, Any] = {}
    for recommender, kind, lists in case.lists:
        mine = {me if key == "me" else key: targets for key, targets in lists.items()}
        if kind != "near":
            snapshots[recommender] = publish(recommender, mine, kind)
            continue
        rows = [(VISITOR, key, SEGMENT, [(*pair, 0) for pair in pairs]) for key, pairs in mine.items()]
        get_store().write(snapshots[recommender], rows)


def row(**entry: Any) -> dict[str, Any]:
    return {"row": {"fallback": [], "minimum": 0, **entry}}


@pytest.mark.parametrize("name", OF_SOURCES)
def test_every_source(ask: Ask, name: str) -> None:
    case = OF_SOURCES[name]
    assert " ".join(ask(case, {"PLACEMENTS": row(sources=[name])})) == case.shown


@pytest.mark.parametrize("name", OF_FILTERS)
def test_every_filter(ask: Ask, name: str) -> None:
    case = OF_FILTERS[name]
    filters = [{"filter": name, **case.options}]
    assert " ".join(ask(case, {"PLACEMENTS": row(sources=["popular"], filters=filters)})) == case.shown


@pytest.mark.parametrize("name", OF_RULES)
def test_every_action_of_rules(ask: Ask, name: str) -> None:
    case = OF_RULES[name]
    ours = {
        "PLACEMENTS": row(sources=["popular"], size=5),
        "RULES": {"wish": {"action": name, **case.options}},
    }
    assert " ".join(ask(case, ours)) == case.shown
