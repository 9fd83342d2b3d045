"""What lifts a cart over the threshold of free shipping, on the shop of twelve: firsts cost 2, seconds 3, thirds 4."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from recommendations.serving.engine import recommend
from recommendations.serving.facts import Facts
from recommendations.serving.sources.free_shipping import FreeShipping
from recommendations.serving.testing import make_page
from recommendations.store import ListRequest, StoredList
from shop.models import Discount, Product
from tests.factories import make_product
from tests.serving import twelve
from tests.serving.twelve import NOBODY, keys, publish, publish_popular, shown_on

Use = Callable[..., None]


@pytest.fixture
def row(products: Any, placements: Use) -> None:
    placements(row={"sources": ["free_shipping"], "size": 8})
    publish("bought_together", {"b1": [("d3", 1.0), ("t1", 1.0), ("t2", 0.5)]})
    publish_popular(everybody=[("f1", 1.0), ("f3", 0.4)])
    twelve.CART.append("b1")


def test_what_reaches_the_threshold_comes_first_and_the_nearest_price_of_it(row: None) -> None:
    twelve.MISSING.append(Decimal("2.50"))
    # At 3: t2. At 4: d3, f3. Below 2.50: t1, f1.
    assert shown_on("row") == ["t2", "d3", "f3", "t1", "f1"]


def test_the_score_is_the_one_of_the_docs(row: None) -> None:
    twelve.MISSING.append(Decimal("2.50"))
    scores = {item.item_key: item.score for item in recommend("row", NOBODY)}
    # The cart weighs 1, everybody ½: t2 has the relevance 0.5 / 1.5, f1 0.5 / 1.5.
    assert scores["t2"] == pytest.approx((1 + 2.5 / 3 * (1 + 0.5 / 1.5) / 2) / 2)
    assert scores["f1"] == pytest.approx(2 / 2.5 * (1 + 0.5 / 1.5) / 2 / 2)


def test_nothing_is_offered_and_no_list_wanted_where_nothing_is_missing(row: None) -> None:
    assert shown_on("row") == []
    for nothing in (None, Decimal(0), Decimal("-1")):
        page = make_page(cart=frozenset({"b1"}), missing=nothing)
        assert FreeShipping().requests(page) == [] and FreeShipping().candidates(page, {}) == []


def test_what_has_no_price_fills_nothing_up() -> None:
    page = make_page(missing=Decimal(5), facts={"y": Facts(price=Decimal(6)), "z": Facts(price=Decimal(0))})
    lists = {
        ListRequest("popular", "segment", ""): StoredList(
            "popular", 1, (("x", 1.0, ""), ("y", 0.5, ""), ("z", 0.2, ""))
        )
    }
    assert [each.item_key for each in FreeShipping().candidates(page, lists)] == ["y"]  # type: ignore[arg-type]


def test_the_reason_speaks_of_what_is_paid(row: None, products: dict[str, Product]) -> None:
    twelve.MISSING.append(Decimal("2.50"))
    Discount.objects.create(product=products["t2"], percent=50)
    reasons = {item.item_key: item.reason for item in recommend("row", NOBODY)}
    # t2 costs 3, and 1.50 now: it does not reach the threshold any more.
    assert (reasons["t2"], reasons["d3"]) == (
        "Brings you nearer to free shipping",
        "With it, shipping is free",
    )


def test_the_packaged_row_takes_its_items_before_the_other_of_its_page(products: Any) -> None:
    publish("bought_together", {"b1": [("t2", 0.9), ("d3", 0.8), ("t1", 0.7)]})
    twelve.CART.append("b1")
    request = twelve.somebody(anonymous_key="a:ann")
    assert shown_on("cart_free_shipping", request) == []
    twelve.MISSING.append(Decimal(3))
    request = twelve.somebody(anonymous_key="a:ann")
    filler = recommend("cart_free_shipping", request)
    assert keys(filler)[:2] == ["t2", "d3"]


@pytest.mark.django_db
def test_the_sample_shop_says_what_its_cart_lacks(client: Client, settings: Any) -> None:
    settings.SHOP_FREE_SHIPPING_FROM = Decimal("35.00")
    bread, tea = (
        make_product(name="Bread", price=Decimal("10.00")),
        make_product(name="Tea", price=Decimal("26.00")),
    )
    publish_popular(everybody=[str(tea.pk)])
    from recommendations.models import Item

    Item.objects.update_or_create(item_key=str(tea.pk), defaults={"title": "Tea", "price": tea.price})
    client.post("/cart/add/", {"product": bread.pk})
    html = client.get("/cart/").content.decode()
    assert "$25.00 more and shipping is free" in html
    assert ">On the way to free shipping</h2>" in html and "With it, shipping is free" in html
    client.post("/cart/add/", {"product": tea.pk})
    assert "On the way to free shipping" not in client.get("/cart/").content.decode()
