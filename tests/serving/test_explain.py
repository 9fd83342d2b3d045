"""Every item says why it is there, truthfully."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import translation

from recommendations.datatypes import Context
from recommendations.models import Override
from recommendations.overrides.changing import activate, person, propose, roll_back
from recommendations.serving.engine import recommend
from recommendations.serving.explain import _SAYINGS
from recommendations.serving.sources import SOURCES
from tests.serving import twelve
from tests.serving.twelve import NOBODY, happened, publish, publish_popular, shown_on, somebody
from tests.support.queries import queries_of

Use = Callable[..., None]


def reasons(placement: str, context: Context = NOBODY, **options: Any) -> dict[str, str]:
    return {item.item_key: item.reason for item in recommend(placement, context, **options)}


def test_what_the_visitor_did_is_named(products: Any, placements: Use) -> None:
    placements(
        row={
            "sources": [{"source": "for_you", "recommenders": ["also_bought"]}],
            "fallback": ["popular"],
            "minimum": 8,
        }
    )
    publish("also_bought", {"b1": ["b2"], "d1": ["d2"], "f1": ["f2"], "t3": ["t1"]})
    publish_popular(everybody=["b3"])
    happened("u:1", "view", "b1")
    happened("u:1", "cart", "d1")
    happened("u:1", "purchase", "f1")
    happened("u:1", "view", "f1")
    happened("u:1", "view", "t3")
    products["t3"].stock = 0
    products["t3"].save()
    context = somebody("u:1")
    assert reasons("row", context) == {
        "b2": "Because you viewed Bread b1",
        "d2": "Because you put Dairy d1 into your cart",
        "f2": "Because you bought Fruit f1",
        "t1": "Because of what you looked at lately",  # no longer sold: not named
        "b3": "Popular right now",
    }
    with translation.override("zh-hans"):
        assert reasons("row", context)["b2"] == "因为您浏览过 Bread b1"


class Discreet(twelve.TwelveAdapter):
    def is_sensitive(self, item: Any) -> bool:
        return item.sku == "b1"


def test_what_is_sensitive_is_not_named(products: Any, settings: Any) -> None:
    row = {"sources": [{"source": "for_you", "recommenders": ["also_bought"]}]}
    settings.RECOMMENDATIONS = {"ADAPTER": f"{__name__}.Discreet", "PLACEMENTS": {"row": row}}
    publish("also_bought", {"b1": ["b2"]})
    happened("u:1", "view", "b1")
    assert reasons("row", somebody("u:1")) == {"b2": "Because of what you looked at lately"}


def test_beside_an_item_the_recommender_decides_what_is_said(products: Any, placements: Use) -> None:
    names = ("also_bought", "also_viewed", "similar_content", "also_like")
    placements(
        **{name: {"sources": [{"source": "similar", "recommenders": [name]}]} for name in names},
        cart={"sources": [{"source": "together", "recommenders": ["bought_together"]}]},
    )
    for name in (*names, "bought_together"):
        publish(name, {"b1": ["t1"], "d1": ["t2"]})
    assert reasons("also_bought", item=products["b1"]) == {"t1": "Often bought with this"}
    assert reasons("also_viewed", item="b1") == {"t1": "Often viewed with this"}
    assert reasons("similar_content", item="b1") == {"t1": "Similar to this"}
    assert reasons("also_like", item="b1") == {
        "t1": "Goes with this"
    }  # a blend: nobody knows by which of its parts
    twelve.CART.extend(["b1", "d1"])
    found = reasons("cart")
    assert found == {"t1": "Often bought with Bread b1", "t2": "Often bought with Dairy d1"}


def test_what_is_said_follows_the_override_that_counts(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "similar", "recommenders": ["also_bought"]}]})
    publish("also_bought", {"b1": ["b2"]})
    assert reasons("row", item="b1") == {"b2": "Often bought with this"}
    changed = propose("recommender", "also_bought", {"options": {"events": {"view": 1.0}}}, by=person("ann"))
    activate(changed.pk, by=person("ann"))
    shown_on("row", item="b1")  # hears of the change
    assert reasons("row", item="b1") == {"b2": "Often viewed with this"}
    roll_back("recommender", "also_bought", by=person("ann"))
    shown_on("row", item="b1")
    assert reasons("row", item="b1") == {"b2": "Often bought with this"}


def test_an_override_that_fits_no_more_says_nothing(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "similar", "recommenders": ["also_bought"]}]})
    publish("also_bought", {"b1": ["b2"]})
    changed = propose("recommender", "also_bought", {"options": {"events": {"view": 1.0}}}, by=person("ann"))
    activate(changed.pk, by=person("ann"))
    Override.objects.update(base={"algorithm": "another"})
    shown_on("row", item="b1")
    assert reasons("row", item="b1") == {"b2": "Often bought with this"}


def test_categories_and_rules(products: Any, settings: Any) -> None:
    publish_popular(Grocery_Bread=["b1", "b2", "b3", "d1"])
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "PLACEMENTS": {"row": {"sources": ["popular_in_category"], "size": 2}},
        "RULES": {"tea": {"action": "pin", "where": {"item": "t1"}}},
    }
    assert reasons("row", category="Grocery/Bread") == {"t1": "Picked by us", "b1": "Popular in Bread"}


def test_what_viewers_bought(products: Any, placements: Use) -> None:
    placements(row={"sources": ["viewed_bought"]})
    publish("viewed_bought", {"b1": ["b2"]})
    assert reasons("row", item="b1") == {"b2": "Bought by many who viewed this"}


def test_every_source_has_something_to_say() -> None:
    without = {"given"}  # the caller knows
    assert set(SOURCES) - without <= set(_SAYINGS)


def test_reasons_cost_no_query(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "for_you", "recommenders": ["also_bought"]}]})
    publish("also_bought", {"b1": ["b2"]})
    happened("u:1", "view", "b1")
    reasons("row", somebody("u:1"))
    found: dict[str, str] = {}
    queries = queries_of(lambda: found.update(reasons("row", somebody("u:1"))))
    assert found == {"b2": "Because you viewed Bread b1"}
    assert len(queries) == 4, queries  # history, lists, products, groups


@pytest.mark.parametrize("name", sorted(_SAYINGS))
def test_every_saying_is_of_a_source(name: str) -> None:
    assert name in {*SOURCES, "rule", "explore"}
