"""POST /api/visitors/: visitors of apps and mini-programs, which have no cookies."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client, override_settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from recommendations.models import Event, VisitorLink
from recommendations.tracking import visitor_tokens
from tests.factories import HUMAN, make_user
from tests.serving import twelve

VIEW = {"events": [{"kind": "view", "item": "b1"}]}


def app(token: str = "", user_agent: str = "okhttp/4.12.0", **headers: str) -> Client:
    """An app: its library sends no cookies and calls itself what robots call themselves."""
    sent = {"user-agent": user_agent, **headers}
    return Client(headers={**sent, "x-visitor": token} if token else sent, enforce_csrf_checks=True)


def new_token(client: Client | None = None, **body: Any) -> str:
    response = (client or app()).post("/api/v1/visitors/", body or None, "application/json")
    assert response.status_code == 201, response.content
    answer = response.json()
    assert (answer["header"], answer["expires_in"]) == ("X-Visitor", 365 * 24 * 3600)
    return str(answer["token"])


def shown(client: Client) -> list[str]:
    response = client.get("/api/v1/recommendations/account/")
    assert response.status_code == 200, response.content
    return [item["item"] for item in response.json()["items"]]


def test_an_app_is_known_by_its_token(products: Any, committing: Any) -> None:
    token = new_token()
    client = app(token)
    with committing():
        answer = client.post("/api/v1/events/", VIEW, "application/json")
    assert answer.json()["recorded"] == 1, answer.content
    assert "visitor" not in answer.cookies, "who sends a token needs no cookie"
    key = visitor_tokens.read(token).key
    assert Event.objects.get().visitor_key == key
    client.cookies.clear()
    assert shown(client) == ["b2", "t1"]
    assert shown(app()) == ["d1", "d2"]


def test_app_mini_program_and_web_show_the_same(products: Any, client: Client, committing: Any) -> None:
    with committing():
        client.post("/api/v1/events/", VIEW, "application/json")
    token = new_token(client)  # the shop's page inside the app hands its visitor over
    assert visitor_tokens.read(token).visitor_id == client.cookies["visitor"].value.split(".")[0]
    mini_program = app(token, user_agent="Mozilla/5.0 (iPhone) MicroMessenger/8.0 miniProgram")
    assert shown(client) == shown(app(token)) == shown(mini_program) == ["b2", "t1"]


@pytest.mark.urls("tests.serving.urls")
def test_a_page_of_the_shop_shows_what_the_app_shows(products: Any, client: Client, committing: Any) -> None:
    twelve.publish("also_viewed", {"b1": ["b2", "t1", "d1", "f1"]})
    with committing():
        dismissed = {"events": [{"kind": "dismiss", "item": "t1"}]}
        client.post("/api/v1/events/", dismissed, "application/json")
    html = client.get("/bread/").content.decode()
    row = re.findall(r'<section[^>]+data-placement="product_page".*?</section>', html, re.DOTALL)
    on_the_page = re.findall(r'data-item="(\w+)"', "".join(row))
    in_the_app = app(new_token(client)).get("/api/v1/items/b1/similar/").json()
    assert on_the_page == [item["item"] for item in in_the_app["items"]] == ["b2", "d1", "f1"]


def test_a_known_user_sees_the_same_everywhere(products: Any) -> None:
    ann = make_user("ann")
    twelve.happened(f"u:{ann.pk}", "view", "b1")
    web, client = Client(headers={"user-agent": HUMAN}), app(new_token())
    web.force_login(ann)
    client.force_login(ann)
    assert shown(web) == shown(client) == ["b2", "t1"]


def test_login_with_a_token_links_its_visitor(products: Any, committing: Any) -> None:
    token, ann = new_token(), make_user("ann")
    client = Client(headers={"user-agent": "okhttp/4.12.0", "x-visitor": token})
    with committing():
        client.post("/api/v1/events/", VIEW, "application/json")
        client.post("/account/login/", {"username": "ann", "password": "secret"})
    link = VisitorLink.objects.get()
    assert (link.anonymous_key, link.visitor_key) == (visitor_tokens.read(token).key, f"u:{ann.pk}")
    web = Client(headers={"user-agent": HUMAN})
    web.force_login(ann)
    assert shown(web) == ["b2", "t1"], "what was done in the app counts on the web"
    assert shown(app(token)) == ["b2", "t1"], "and logging in has taken nothing from the token"


class AppAuthentication(BaseAuthentication):
    """As an app's login by tokens of the shop's own."""

    def authenticate(self, request: Any) -> Any:
        name = request.headers.get("Authorization", "").removeprefix("App ")
        if name == "nobody":
            raise AuthenticationFailed("There is no such user.")
        return (User.objects.get(username=name), None) if name else None

    def authenticate_header(self, request: Any) -> str:
        return "App"


def test_an_app_that_logs_in_by_itself(products: Any, settings: Any, committing: Any) -> None:
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "API_AUTHENTICATION": [f"{__name__}.AppAuthentication"],
    }
    ann, token = make_user("ann"), new_token()
    twelve.happened(f"u:{ann.pk}", "view", "b1")
    assert shown(app(token)) == ["d1", "d2"]
    client = app(token, authorization="App ann")
    assert shown(client) == ["b2", "t1"]
    with committing():
        new_token(client)
    link = VisitorLink.objects.get()
    assert (link.anonymous_key, link.visitor_key) == (visitor_tokens.read(token).key, f"u:{ann.pk}")
    refused = app(authorization="App nobody").get("/api/v1/for-you/")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "App")


def test_a_login_with_both_rotates_the_cookie_and_leaves_the_token(
    products: Any, client: Client, committing: Any
) -> None:
    make_user("ann")
    token = new_token(client)
    before = client.cookies["visitor"].value
    with committing():
        login = {"username": "ann", "password": "secret"}
        client.post("/account/login/", login, headers={"x-visitor": token})
    assert client.cookies["visitor"].value.split(".")[0] != before.split(".")[0]
    assert VisitorLink.objects.get().anonymous_key == visitor_tokens.read(token).key


def test_a_token_logs_nobody_in(products: Any, committing: Any) -> None:
    token, ann = new_token(), make_user("ann")
    client = Client(headers={"user-agent": HUMAN, "x-visitor": token})
    with committing():
        client.post("/account/login/", {"username": "ann", "password": "secret"})
    twelve.happened(f"u:{ann.pk}", "view", "b1")
    assert shown(app(token)) == ["d1", "d2"]


def test_a_token_can_be_renewed(products: Any) -> None:
    token = new_token()
    assert visitor_tokens.read(new_token(app(token))).key == visitor_tokens.read(token).key


def damaged(token: str) -> str:
    return token[:-1] + ("a" if token[-1] != "a" else "b")


@pytest.mark.parametrize("address", ["for-you/", "placements/", "recommendations/home_popular/"])
def test_a_wrong_token_is_told(products: Any, address: str) -> None:
    response = app(damaged(new_token())).get(f"/api/v1/{address}")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Visitor")
    assert response.json() == {
        "detail": "The visitor token was not made here, or was damaged on its way. Ask for a new one with "
        "POST visitors/, without the header."
    }


def test_an_old_token_is_told(products: Any) -> None:
    token = new_token()
    with override_settings(RECOMMENDATIONS={**twelve.SETTINGS, "COOKIE_AGE": -1}):
        response = app(token).post("/api/v1/events/", VIEW, "application/json")
    assert response.status_code == 401 and "expired" in response.json()["detail"]


def test_a_page_is_shown_whatever_the_header_says(products: Any) -> None:
    assert Client(headers={"user-agent": HUMAN, "x-visitor": "x"}).get("/").status_code == 200


def test_what_we_signed_for_something_else_is_no_token() -> None:
    other = signing.TimestampSigner(salt=visitor_tokens.SALT).sign("u:1")
    with pytest.raises(Exception, match="names no visitor of this release"):
        visitor_tokens.read(other)


def test_a_body_that_names_a_visitor_is_refused(products: Any) -> None:
    response = app().post("/api/v1/visitors/", {"visitor_key": "u:1"}, "application/json")
    assert response.status_code == 400
    assert response.json()["detail"].startswith("The body names the visitor in 'visitor_key'.")


@pytest.mark.parametrize("header", ["dnt", "sec-gpc"])
def test_who_does_not_consent_gets_no_token_and_is_not_recorded(
    products: Any, committing: Any, header: str
) -> None:
    response = app(**{header: "1"}).post("/api/v1/visitors/", content_type="application/json")
    assert response.status_code == 403 and "not to be tracked" in response.json()["detail"]
    with committing():
        answer = app(new_token(), **{header: "1"}).post("/api/v1/events/", VIEW, "application/json")
    assert answer.json()["results"] == [{"index": 0, "status": "ignored"}]
    assert not Event.objects.exists()


def test_who_wants_no_lists_of_their_own_gets_none(products: Any, committing: Any) -> None:
    token = new_token()
    with committing():
        app(token).post("/api/v1/events/", VIEW, "application/json")
    assert shown(app(token, **{"x-personalise": "0"})) == ["d1", "d2"]
    assert shown(app(token)) == ["b2", "t1"]


def test_a_session_by_the_clock() -> None:
    token = visitor_tokens.issue("a" * 22)
    now = int(time.time()) // 3600 * 3600
    first, last = visitor_tokens.read(token, now), visitor_tokens.read(token, now + 3599)
    assert first.session_key == last.session_key != visitor_tokens.read(token, now + 3600).session_key


@override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"recommendations_visitors": "2/min"}})
def test_tokens_are_not_given_without_end(products: Any) -> None:
    new_token()
    new_token()
    assert app().post("/api/v1/visitors/").status_code == 429
