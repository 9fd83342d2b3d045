"""The middleware in an asynchronous stack, and missing altogether."""

from __future__ import annotations

import asyncio

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, RequestFactory, modify_settings

from recommendations.middleware import RecommendationsMiddleware
from recommendations.models import Event
from recommendations.shortcuts import record
from recommendations.tracking.visitors import current_request, state_of
from tests.factories import HUMAN, browser_client, make_product
from tests.tracking.conftest import Committing

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_view_is_recorded_in_an_asynchronous_stack_too() -> None:
    product = make_product()
    response = asyncio.run(AsyncClient().get(product.get_absolute_url(), headers={"user-agent": HUMAN}))
    assert response.status_code == 200
    assert Event.objects.get().item_key == str(product.pk)
    assert "visitor" in response.cookies


def test_without_the_middleware_behaviour_is_still_recorded(committing: Committing) -> None:
    name = "recommendations.middleware.RecommendationsMiddleware"
    assert name in settings.MIDDLEWARE
    product = make_product()
    with modify_settings(MIDDLEWARE={"remove": [name]}), committing():
        client = browser_client()
        assert client.post("/cart/add/", {"product": product.pk, "quantity": 1}).status_code == 302
    assert Event.objects.get().kind == "cart"
    assert "visitor" not in client.cookies


def test_the_running_request_is_known_only_while_it_runs() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(current_request.get())
        record("search", query="x", request=request)
        return HttpResponse("ok")

    request = RequestFactory().get("/", headers={"user-agent": HUMAN})
    response = RecommendationsMiddleware(view)(request)
    assert seen == [request] and current_request.get() is None
    assert response.cookies["visitor"].value.startswith(state_of(request).anonymous_key.removeprefix("a:"))
    assert Event.objects.get().query == "x"
