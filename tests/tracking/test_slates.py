"""What the browser says of a slate: once a slate and item, with a token that is ours."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from recommendations.datatypes import Candidate
from recommendations.models import Event, Impression
from recommendations.serving import tokens
from tests.factories import browser_client
from tests.tracking.conftest import Committing

pytestmark = pytest.mark.django_db

ITEMS = [Candidate("7", 0.9, "similar", "also_bought", 3), Candidate("8", 0.5, "popular", "popular", 4)]


def token(slate_id: str = "s1", **kwargs: Any) -> str:
    return tokens.make(slate_id, "product_page", "", ITEMS, **kwargs)


def post(client: Client, *slates: dict[str, Any], **headers: str) -> Any:
    return client.post(
        "/recommendations/track/",
        json.dumps({"slates": slates}),
        content_type="text/plain",
        headers=headers or None,
    )


def test_seen_is_one_row_a_slate_however_often_it_is_told() -> None:
    client = browser_client()
    assert post(client, {"token": token(), "seen": [0]}).status_code == 204
    post(client, {"token": token(), "seen": [0]})
    post(client, {"token": token(), "seen": [1, 0]})
    impression = Impression.objects.get()
    assert (impression.placement, impression.seen, impression.n_seen) == ("product_page", [0, 1], 2)
    assert impression.items == [["7", "similar", "also_bought"], ["8", "popular", "popular"]]
    assert impression.visitor_key.startswith("a:")


def test_a_double_click_is_one_click(committing: Committing) -> None:
    client = browser_client()
    with committing():
        post(client, {"token": token(), "clicked": "8"})
        post(client, {"token": token(), "clicked": "8"})
        post(client, {"token": token("s2"), "clicked": "8"})
    first, second = Event.objects.order_by("pk")
    assert (first.kind, first.item_key, first.placement, first.position) == ("click", "8", "product_page", 1)
    assert first.origin == {"source": "popular", "recommender": "popular", "snapshot": 4}
    assert second.slate_id == "s2"


def test_what_is_forged_expired_or_foreign_is_refused_and_counted(counted: Callable[[str], int]) -> None:
    client = browser_client()
    forged = post(client, {"token": token()[:-2] + "xx", "seen": [0]})
    expired = post(client, {"token": token(issued_at=1_000_000), "seen": [0]})
    assert forged.status_code == expired.status_code == 400
    assert counted("refused_token") == 2
    assert (
        post(client, {"token": token(), "seen": [0]}, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    )
    assert counted("foreign_page") == 1
    assert not Impression.objects.exists()


def test_the_servers_clock_counts_whatever_a_browser_says(committing: Committing) -> None:
    before = timezone.now()
    with committing():
        told = {"token": token(), "seen": [0], "clicked": "7", "occurred_at": "1999-01-01", "timestamp": 1}
        assert post(browser_client(), told, Date="Fri, 01 Jan 1999 00:00:00 GMT").status_code == 204
    for moment in (Impression.objects.get().occurred_at, Event.objects.get().occurred_at):
        assert before <= moment <= timezone.now()


def test_a_token_from_the_future_is_refused(counted: Callable[[str], int]) -> None:
    response = post(browser_client(), {"token": token(issued_at=int(time.time()) + 3600), "seen": [0]})
    assert response.status_code == 400
    assert counted("refused_token") == 1
    assert not Impression.objects.exists()


@pytest.mark.parametrize(
    ("slate", "message"),
    [
        ({"seen": [2]}, "Slate s1 has 2 items; there is no position 2."),
        ({"seen": [-1]}, "Slate s1 has 2 items; there is no position -1."),
        ({"clicked": "9"}, "Slate s1 did not offer item '9'."),
        ({"seen": "all"}, "`seen` must be a list of positions."),
        ({"seen": ["0"]}, "`seen` must be a list of positions."),
        ({"clicked": 8}, "`clicked` must be an item key."),
        ({"dismissed": 8}, "`dismissed` must be an item key."),
        ({"restored": "9"}, "Slate s1 did not offer item '9'."),
    ],
)
def test_what_does_not_fit_is_refused(slate: dict[str, Any], message: str) -> None:
    response = post(browser_client(), {"token": token(), **slate})
    assert response.status_code == 400
    assert response.json()["errors"] == [message]


def test_not_interested_and_taken_back(committing: Committing) -> None:
    client = browser_client()
    with committing():
        post(client, {"token": token(), "dismissed": "7"})
    event = Event.objects.get(kind="dismiss")
    assert (event.item_key, event.slate_id, event.voided_at) == ("7", "s1", None)
    with committing():
        post(browser_client(), {"token": token(), "restored": "7"})  # somebody else's
    assert Event.objects.valid().filter(kind="dismiss").exists()
    with committing():
        post(client, {"token": token(), "restored": "7"})
    event.refresh_from_db()
    assert event.voided_at is not None and event.changed_at >= event.voided_at
    with committing():
        post(client, {"token": token(), "restored": "7"})
    assert not Event.objects.valid().filter(kind="dismiss").exists()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"slates": 1}', json.dumps({"slates": [{}] * 51})])
def test_a_body_of_another_shape_is_refused(body: str) -> None:
    response = browser_client().post("/recommendations/track/", body, content_type="text/plain")
    assert response.status_code == 400
    assert response.json()["errors"] == ['Send {"slates": […]} with at most 50 slates.']


def test_bots_see_and_click_nothing(committing: Committing) -> None:
    with committing():
        post(Client(headers={"user-agent": "curl/8"}), {"token": token(), "seen": [0], "clicked": "7"})
    assert not Impression.objects.exists() and not Event.objects.exists()


def test_only_posts_are_taken() -> None:
    assert browser_client().get("/recommendations/track/").status_code == 405


def test_a_tested_place_is_noted_as_seen_whatever_it_showed(committing: Committing) -> None:
    client = browser_client()
    empty = tokens.make("s9", "product_page", "", [], experiment=4, variant="nothing")
    assert post(client, {"token": empty, "seen": []}).status_code == 204
    impression = Impression.objects.get()
    assert (impression.experiment, impression.variant, impression.n_seen) == (4, "nothing", 0)
    with committing():
        post(client, {"token": token("s2", experiment=4, variant="B"), "seen": [0], "clicked": "7"})
    click = Event.objects.get()
    assert (click.origin["experiment"], click.origin["variant"]) == (4, "B")
    assert Impression.objects.get(slate_id="s2").variant == "B"


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
            "desktop",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari", "phone"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/130.0 Mobile Safari/537.36", "phone"),
        ("Mozilla/5.0 (Linux; Android 14; SM-X910) Chrome/130.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) Version/16.0 Mobile/15E148 Safari", "tablet"),
    ],
)
def test_the_device_is_read_off_the_browser(agent: str, device: str) -> None:
    client = browser_client()
    post(client, {"token": token(), "seen": [0]}, **{"User-Agent": agent})
    assert Impression.objects.get().device == device
