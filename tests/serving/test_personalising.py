"""Stop personalising, which really stops it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from recommendations.serving.sources import SOURCES
from tests.serving import twelve
from tests.serving.twelve import happened, publish, publish_popular
from tests.support.browser import accessibility_violations

pytestmark = pytest.mark.urls("tests.serving.urls")

URL = "/recommendations/personalise/"


def row(client: Client) -> list[str]:
    answer = client.get("/api/recommendations/mine/")
    assert answer.status_code == 200, answer.content
    return [item["item"] for item in answer.json()["items"]]


@pytest.fixture
def shop(products: Any, settings: Any) -> None:
    """A row of the visitor's own, of every kind of personal source, before what is popular."""
    personal = ["for_you", "recently_viewed", "buy_again", "from_community"]
    assert set(personal) <= set(SOURCES)
    entry = {"sources": personal, "fallback": ["popular"]}
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"mine": entry}}
    publish("also_bought", {"b1": ["b2"]})
    publish_popular(everybody=["t1"])


def test_it_stops_and_begins_again(shop: None) -> None:
    client = Client(headers={"user-agent": "Mozilla/5.0 Firefox/130"})
    assert row(client) == ["t1"]
    visitor = client.get("/api/recommendations/mine/").wsgi_request.recommendations.anonymous_key  # type: ignore[attr-defined]
    happened(visitor, "view", "b1")
    publish("buy_again", {visitor: ["d1"]}, "visitor")
    assert set(row(client)) == {"b1", "b2", "d1"}
    stopped = client.post(URL, {"on": False}, content_type="application/json")
    assert stopped.status_code == 204 and client.cookies["visitor_personal"]["httponly"]
    assert row(client) == ["t1"]
    assert client.post(URL, {"on": True}, content_type="application/json").status_code == 204
    assert set(row(client)) == {"b1", "b2", "d1"}


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"on": 1}'])
def test_other_bodies_are_refused(db: None, body: str) -> None:
    answer = Client().post(URL, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json() == {"errors": ['Send {"on": true} or {"on": false}.']}


def test_other_sites_are_refused(db: None) -> None:
    client = Client(headers={"Sec-Fetch-Site": "cross-site"})
    assert client.post(URL, {"on": False}, content_type="application/json").status_code == 403


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_a_browser(live_server: Any, page: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = twelve.SETTINGS
    twelve.CART.clear()
    twelve.stock_the_shop()
    publish("also_viewed", {"b1": ["b2"]})
    publish_popular(everybody=["t1"])
    page.goto(f"{live_server.url}/bread/")
    note = page.locator("[data-item=b2] details").first
    note.locator("summary").click()
    with page.expect_navigation():
        note.get_by_role("button", name="Stop personalising").click()
    note.locator("summary").click()
    again = note.get_by_role("button", name="Personalise again")
    again.wait_for()
    assert accessibility_violations(page) == []
    assert any(cookie["name"] == "visitor_personal" for cookie in page.context.cookies())
    with page.expect_navigation():
        again.click()
    assert not any(cookie["name"] == "visitor_personal" for cookie in page.context.cookies())
