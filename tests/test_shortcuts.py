"""What a shop's own code calls, in synchronous and in asynchronous views."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient, RequestFactory
from django.urls import include, path

from recommendations.models import Event, VisitorLink
from recommendations.shortcuts import arecommend, arecord, asimilar, link_visitor, recommend, similar
from recommendations.tracking import visitor_tokens
from shop.models import Product
from tests.factories import HUMAN, make_user
from tests.serving import twelve

pytestmark = pytest.mark.urls("tests.test_shortcuts")


@transaction.non_atomic_requests  # which the tests' settings ask for, and asynchronous views cannot have
async def view(request: HttpRequest) -> JsonResponse:
    """A page of the shop's, written as an asynchronous view."""
    product = await Product.objects.aget(sku="b1")
    taken = await arecord("cart", product, request=request)
    beside = await asimilar(product, request=request, size=2)
    popular = await arecommend("home_popular", request=request, exclude=["t1"])
    return JsonResponse({"taken": taken, "similar": twelve.keys(beside), "popular": twelve.keys(popular)})


urlpatterns = [path("async/", view), path("", include("shop.urls"))]


@pytest.fixture
def shop(settings: Any) -> None:
    settings.RECOMMENDATIONS = twelve.SETTINGS
    twelve.CART.clear()
    twelve.stock_the_shop()
    twelve.publish("also_viewed", {"b1": ["b2", "t1", "d1"]})
    twelve.publish_popular(everybody=["t1", "t2"])


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_view_records_and_recommends(shop: None) -> None:
    response = asyncio.run(AsyncClient().get("/async/", headers={"user-agent": HUMAN}))
    assert response.json() == {"taken": True, "similar": ["b2", "t1"], "popular": ["t2"]}
    event = Event.objects.get()
    assert (event.kind, event.item_key) == ("cart", "b1")
    assert event.visitor_key == f"a:{response.cookies['visitor'].value.split('.')[0]}"


@pytest.mark.django_db
def test_similar_is_the_row_of_a_products_page(shop: None) -> None:
    product = Product.objects.get(sku="b1")
    assert twelve.keys(similar(product)) == twelve.keys(recommend("product_page", item=product))
    assert twelve.keys(similar("b1", size=1, exclude=["b2"])) == ["t1"]


@pytest.mark.django_db
def test_a_login_of_the_shops_own_links_the_token(
    shop: None, django_capture_on_commit_callbacks: Any
) -> None:
    token, ann = visitor_tokens.issue("v" * 22), make_user("ann")
    request = RequestFactory().post("/login/", headers={"x-visitor": token, "user-agent": "okhttp/4"})
    with django_capture_on_commit_callbacks(execute=True):
        link_visitor(request, ann)
    link = VisitorLink.objects.get()
    assert (link.anonymous_key, link.visitor_key) == ("a:" + "v" * 22, f"u:{ann.pk}")
