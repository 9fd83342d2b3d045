"""POST /api/events/"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client, override_settings

from recommendations.models import Event, Impression
from tests.factories import ROBOT

Body = dict[str, Any]


@pytest.fixture
def post(client: Client, products: Any, committing: Any) -> Any:
    """`post(event, …)` sends a batch and returns the answer, once what it made is committed."""

    def send(*events: Any, status: int = 200, body: Any = None) -> Any:
        with committing():
            response = client.post("/api/events/", body or {"events": list(events)}, "application/json")
        assert response.status_code == status, response.content
        return response.json()

    return send


def rows() -> list[tuple[str, str]]:
    return list(Event.objects.order_by("pk").values_list("kind", "item_key"))


def token_of(client: Client) -> str:
    return str(client.get("/api/recommendations/product_page/", {"item": "b1"}).json()["token"])


def test_each_kind_that_a_client_may_tell(client: Client, post: Any) -> None:
    token = token_of(client)
    answer = post(
        {"kind": "view", "item": "b1"},
        {"kind": "search", "query": "rye bread"},
        {"kind": "cart", "item": "b1", "quantity": "2"},
        {"kind": "uncart", "item": "b1"},
        {"kind": "wish", "item": "b2"},
        {"kind": "share", "item": "b2"},
        {"kind": "impression", "token": token, "positions": [0, 1]},
        {"kind": "click", "token": token, "item": "t1"},
        {"kind": "dismiss", "token": token, "item": "b2"},
        {"kind": "dismiss", "item": "d1"},
    )
    assert answer == {"recorded": 10, "results": [{"index": n, "status": "recorded"} for n in range(10)]}
    assert rows() == [
        *(("view", "b1"), ("search", ""), ("cart", "b1"), ("uncart", "b1"), ("wish", "b2"), ("share", "b2")),
        *(("click", "t1"), ("dismiss", "b2"), ("dismiss", "d1")),
    ]
    assert Event.objects.get(kind="search").query == "rye bread"
    assert Event.objects.get(kind="cart").quantity == 2
    click = Event.objects.get(kind="click")
    assert (click.placement, click.position, click.origin["source"]) == ("product_page", 1, "similar")
    assert Impression.objects.get().seen == [0, 1]
    (visitor,) = set(Event.objects.values_list("visitor_key", flat=True))
    assert visitor == f"a:{client.cookies['visitor'].value.split('.')[0]}"


def test_one_bad_event_spoils_no_other(post: Any) -> None:
    answer = post(
        {"kind": "view", "item": "b1"}, {"kind": "view", "item": "zz"}, {"kind": "view", "item": "b2"}
    )
    assert answer["recorded"] == 2
    assert answer["results"][1] == {
        "index": 1,
        "status": "invalid",
        "errors": {"item": ["There is no item 'zz'."]},
    }
    assert rows() == [("view", "b1"), ("view", "b2")]


@pytest.mark.parametrize(
    ("event", "errors"),
    [
        ({}, {"kind": ["This field is required."]}),
        ({"kind": "sniff", "item": "b1"}, {"kind": ['"sniff" is not a valid choice.']}),
        (
            {"kind": "purchase", "item": "b1"},
            {
                "kind": [
                    "A purchase is recorded by the shop itself. Send one of: view, search, cart, uncart, wish, share, "
                    "click, impression, dismiss."
                ]
            },
        ),
        ({"kind": "view"}, {"item": ["Events of kind view need it."]}),
        ({"kind": "search"}, {"query": ["Events of kind search need it."]}),
        ({"kind": "click", "item": "b1"}, {"token": ["Events of kind click need it."]}),
        ({"kind": "impression", "token": "x"}, {"positions": ["Events of kind impression need it."]}),
        ({"kind": "view", "item": "b1", "price": 1}, {"price": ["There is no such field."]}),
        (
            {"kind": "cart", "item": "b1", "quantity": "-1"},
            {"quantity": ["Ensure this value is greater than or equal to 0."]},
        ),
        (
            {"kind": "click", "item": "b1", "token": "forged"},
            {"token": ["The slate token was not made here, or was damaged on its way."]},
        ),
        ("view", {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}),
    ],
)
def test_what_is_wrong_is_told_by_field(post: Any, event: Any, errors: Any) -> None:
    assert post(event) == {"recorded": 0, "results": [{"index": 0, "status": "invalid", "errors": errors}]}
    assert rows() == []


def test_what_a_slate_did_not_offer_was_neither_seen_nor_clicked(client: Client, post: Any) -> None:
    token = token_of(client)
    answer = post(
        {"kind": "click", "token": token, "item": "d3"},
        {"kind": "impression", "token": token, "positions": [7]},
    )
    assert answer["recorded"] == 0
    assert "did not offer item 'd3'" in answer["results"][0]["errors"]["item"][0]
    assert "there is no position 7" in answer["results"][1]["errors"]["positions"][0]
    assert (rows(), Impression.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    "field", ["visitor_key", "user", "user_id", "visitor", "anonymous_key", "session_key"]
)
def test_who_the_visitor_is_cannot_be_said(post: Any, field: str) -> None:
    answer = post({"kind": "view", "item": "b1"}, {"kind": "view", "item": "b1", field: "u:1"}, status=400)
    assert answer == {
        "detail": f"Event 1 names the visitor in {field!r}. Who the visitor is comes from the cookie, the session or "
        "the X-Visitor header; leave it out."
    }
    answer = post(body={"events": [], field: "u:1"}, status=400)
    assert answer["detail"].startswith(f"The body names the visitor in {field!r}.")
    assert rows() == []


def test_a_body_that_is_no_batch(client: Client, post: Any) -> None:
    expected = {"detail": 'Send {"events": [{"kind": "view", "item": "42"}, …]}.'}
    for body in ([1], {"event": []}, {"events": {}}):
        assert post(body=json.dumps(body), status=400) == expected
    assert "JSON parse error" in post(body="{", status=400)["detail"]
    assert client.post("/api/events/", {"events": "x"}).status_code == 415


def test_at_most_a_hundred_at_once(post: Any) -> None:
    event = {"kind": "view", "item": "b1"}
    assert post(*[event] * 101, status=400) == {"detail": "Send at most 100 events at once; these are 101."}
    assert post(*[event] * 100)["recorded"] == 100


def test_what_is_not_mirrored_yet_is_asked_of_the_shop(post: Any) -> None:
    from recommendations.models import Item

    Item.objects.all().delete()
    assert post({"kind": "view", "item": "b1"})["recorded"] == 1


def test_without_consent_nothing_is_kept(products: Any, committing: Any) -> None:
    client = Client(headers={"user-agent": "Mozilla/5.0 Firefox/140.0", "dnt": "1"})
    with committing():
        answer = client.post("/api/events/", {"events": [{"kind": "view", "item": "b1"}]}, "application/json")
    assert answer.json() == {"recorded": 0, "results": [{"index": 0, "status": "ignored"}]}
    assert rows() == [] and "visitor" not in client.cookies
    assert client.get("/api/recommendations/account/").json()["items"]


def test_robots_are_not_recorded(products: Any, committing: Any) -> None:
    client = Client(headers={"user-agent": ROBOT})
    with committing():
        client.post("/api/events/", {"events": [{"kind": "view", "item": "b1"}]}, "application/json")
    assert rows() == []


def test_a_session_needs_its_csrf_token_and_a_cookie_does_not(products: Any, django_user_model: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    body = {"events": [{"kind": "view", "item": "b1"}]}
    assert client.post("/api/events/", body, "application/json").status_code == 200
    client.force_login(django_user_model.objects.create_user("ann"))
    answer = client.post("/api/events/", body, "application/json")
    assert answer.status_code == 403 and "CSRF" in answer.json()["detail"]
    client.get("/")
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else "x" * 32
    client.cookies["csrftoken"] = token
    answer = client.post("/api/events/", body, "application/json", headers={"x-csrftoken": token})
    assert answer.status_code == 200


@override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"recommendations_events": "1/min"}})
def test_who_sends_too_often_has_to_wait(client: Client, post: Any) -> None:
    post({"kind": "view", "item": "b1"})
    assert client.post("/api/events/", {"events": []}, "application/json").status_code == 429
