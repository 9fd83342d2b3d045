"""Who may see an item, and when; and what is sensitive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from recommendations.adapter import get_adapter
from recommendations.datatypes import Context
from recommendations.models import Item
from recommendations.serving import scopes
from recommendations.serving.segments import segments_for
from recommendations.tracking.items import sync_items
from tests.serving import twelve
from tests.serving.test_explain import Discreet
from tests.serving.twelve import happened, publish, publish_popular, shown_on, somebody
from tests.support.queries import queries_of

MINIMUM_AGES: dict[str, int] = {}
GROUPS: dict[str, list[str] | str] = {}


class Limiting(twelve.TwelveAdapter):
    """Takes ages and groups from the dictionaries above; the visitor says who it is in headers."""

    fields = {
        **twelve.TwelveAdapter.fields,
        "minimum_age": lambda product: MINIMUM_AGES.get(product.sku),
        "customer_groups": lambda product: GROUPS.get(product.sku),
    }

    def customer_group(self, request: HttpRequest) -> str:
        return request.headers.get("X-Group", "")

    def visitor_age(self, context: Context) -> int | None:
        return int(context.request.headers["X-Age"]) if context.request else None


class Frank(Discreet):
    """Shows what is sensitive, the bread b1, on a page of its own."""

    def allows_sensitive(self, context: Context) -> bool:
        return context.page == "adults"


@pytest.fixture
def limiting(products: Any, settings: Any) -> Any:
    settings.RECOMMENDATIONS = {"ADAPTER": f"{__name__}.Limiting"}
    publish_popular(everybody=["b1", "b2", "t1"])
    yield products
    MINIMUM_AGES.clear()
    GROUPS.clear()


def mirror() -> None:
    sync_items()
    scopes.forget()


def test_some_items_are_for_some_groups(limiting: Any) -> None:
    GROUPS.update({"b1": "trade", "b2": ["gold", "silver"]})
    mirror()
    assert shown_on("home_popular") == ["t1"]
    assert shown_on("home_popular", Context(customer_group="trade")) == ["b1", "t1"]
    assert shown_on("home_popular", Context(customer_group="silver")) == ["b2", "t1"]


def test_the_adapter_says_the_group_and_the_api_follows(limiting: Any) -> None:
    GROUPS["b1"] = ["trade"]
    mirror()
    request = RequestFactory().get("/", headers={"X-Group": "trade"})
    assert get_adapter().context(request).customer_group == "trade"

    def offered(**headers: str) -> list[str]:
        answer = Client(headers=headers).get("/api/recommendations/home_popular/")
        return [item["item"] for item in answer.json()["items"]]

    assert offered(**{"X-Group": "trade", "X-Age": "18"}) == ["b1", "b2", "t1"]
    assert offered(**{"X-Age": "18"}) == ["b2", "t1"]


def test_an_age_must_be_known_to_be_enough(limiting: Any) -> None:
    MINIMUM_AGES["b1"] = 18
    mirror()
    for age, shown in (("17", ["b2", "t1"]), ("18", ["b1", "b2", "t1"])):
        context = somebody()
        context.request.META["HTTP_X_AGE"] = age
        assert shown_on("home_popular", context) == shown
    assert shown_on("home_popular") == ["b2", "t1"]


def test_items_are_shown_in_their_time(products: Any) -> None:
    publish_popular(everybody=["b1", "b2", "t1"])
    now = timezone.now()
    Item.objects.filter(item_key="b1").update(available_from=now + timedelta(days=2), is_limited=True)
    Item.objects.filter(item_key="b2").update(available_until=now + timedelta(days=1), is_limited=True)
    scopes.forget()

    def shown_in(**time: int) -> list[str]:
        return shown_on("home_popular", Context(moment=now + timedelta(**time)))

    assert shown_on("home_popular") == ["b2", "t1"]
    assert shown_in(days=1) == ["t1"]
    assert shown_in(days=2) == ["b1", "t1"]


def test_limits_cost_no_query_of_their_own(products: Any) -> None:
    publish_popular(everybody=["b1", "b2", "t1"])
    shown_on("home_popular")
    without = queries_of(lambda: shown_on("home_popular"))
    Item.objects.filter(item_key="b1").update(minimum_age=18, is_limited=True)
    assert shown_on("home_popular") == ["b1", "b2", "t1"], "the answer is kept for a minute"
    scopes.forget()
    assert shown_on("home_popular") == ["b2", "t1"]
    assert len(queries_of(lambda: shown_on("home_popular"))) == len(without)


def test_a_pin_does_not_show_what_is_not_for_this_visitor(products: Any, settings: Any) -> None:
    publish_popular(everybody=["b2", "t1"])
    pin = {"action": "pin", "where": {"item": "b1"}}
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "PLACEMENTS": {"home_for_you": None},
        "RULES": {"campaign": pin},
    }
    assert shown_on("home_popular") == ["b1", "b2", "t1"]
    Item.objects.filter(item_key="b1").update(customer_groups=["trade"], is_limited=True)
    scopes.forget()
    assert shown_on("home_popular") == ["b2", "t1"]


ROWS: dict[str, Any] = {
    "adults": {"page": "adults", "sources": ["popular"]},
    "home": {"page": "front", "sources": ["popular"]},
    "mine": {"sources": [{"source": "for_you", "recommenders": ["also_bought"]}]},
    "recent": {"sources": ["recently_viewed"]},
    "basket": {"sources": [{"source": "together", "recommenders": ["bought_together"]}]},
    "similar": {"sources": [{"source": "similar", "recommenders": ["also_bought"]}]},
}


@pytest.fixture
def frank(products: Any, settings: Any) -> Any:
    settings.RECOMMENDATIONS = {"ADAPTER": f"{__name__}.Frank", "PLACEMENTS": ROWS}
    publish_popular(everybody=["b1", "b2", "t1"])
    publish("also_bought", {"b1": ["b2"], "d1": ["b1", "d2"]})
    return products


def test_what_is_sensitive_is_shown_where_the_adapter_allows_it(frank: Any) -> None:
    assert shown_on("home") == ["b2", "t1"]
    assert shown_on("adults") == ["b1", "b2", "t1"]


def test_what_is_sensitive_leads_to_nothing(frank: Any) -> None:
    sync_items()
    assert list(Item.objects.filter(is_sensitive=True).values_list("item_key", flat=True)) == ["b1"]
    happened("u:1", "view", "b1")
    happened("u:1", "purchase", "b1")
    context = somebody("u:1", "a:ann")
    assert shown_on("mine", context) == []
    assert shown_on("recent", context) == []
    happened("u:1", "view", "d1")
    assert shown_on("mine", somebody("u:1", "a:ann")) == ["d2"]
    assert shown_on("recent", somebody("u:1", "a:ann")) == ["d1"]


def test_the_page_of_a_sensitive_item_may_show_what_goes_with_it(frank: Any) -> None:
    assert shown_on("similar", item="b1") == ["b2"]


def test_what_is_sensitive_in_a_cart_or_an_order_leads_to_nothing(frank: Any) -> None:
    sync_items()
    publish("bought_together", {"b1": ["b2", "t2"], "d1": ["t1"]})
    twelve.CART.extend(["b1", "d1"])
    assert shown_on("basket") == ["t1"]
    assert shown_on("basket", items=["b1", "d1"]) == ["t1"]
    assert shown_on("basket", items=["b1"]) == []
    assert shown_on("basket", item="b1") == ["b2", "t2"], "its own page"


def test_no_segment_is_somebodys_for_what_is_sensitive(frank: Any) -> None:
    sync_items()
    happened("u:1", "view", "b1")
    happened("u:1", "view", "d1")
    found, personal = segments_for(somebody("u:1", "a:ann"), "brand", 5)
    assert ([each.key for each in found], personal) == (["Dale"], True)


def test_sensitive_items_cost_no_query(frank: Any, settings: Any) -> None:
    def shown() -> list[str]:
        return shown_on("mine", somebody("u:1", "a:ann"))

    happened("u:1", "view", "d1")
    shown()
    with_them = len(queries_of(shown))
    settings.RECOMMENDATIONS = {"ADAPTER": twelve.SETTINGS["ADAPTER"], "PLACEMENTS": ROWS}
    assert len(queries_of(shown)) == with_them
