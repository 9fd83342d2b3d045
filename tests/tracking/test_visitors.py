"""Who a visitor is: the cookie, the login, the shared computer."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from recommendations.datatypes import bucket_of
from recommendations.models import Event, VisitorLink
from recommendations.tracking.visitors import new_cookie, read_cookie
from tests.factories import browser_client, make_product, make_user
from tests.tracking.conftest import Committing

pytestmark = pytest.mark.django_db


def cookie_of(client: Client) -> str:
    return f"a:{client.cookies['visitor'].value.split('.')[0]}"


def test_the_cookie_is_ours_and_out_of_scripts_reach(committing: Committing) -> None:
    client = browser_client()
    product = make_product()
    client.get(product.get_absolute_url(), secure=True)
    cookie = client.cookies["visitor"]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"
    client = browser_client()
    client.get(product.get_absolute_url())
    assert not client.cookies["visitor"]["secure"]
    with override_settings(RECOMMENDATIONS={"ADAPTER": "shop.adapter.ShopAdapter", "COOKIE_SECURE": True}):
        client = browser_client()
        client.get(product.get_absolute_url())
        assert client.cookies["visitor"]["secure"]


def test_a_page_that_asks_for_no_visitor_sets_no_cookie() -> None:
    client = browser_client()
    client.get("/admin/login/")
    assert "visitor" not in client.cookies


def test_login_links_the_anonymous_past_and_gives_a_fresh_cookie(committing: Committing) -> None:
    product, user, client = make_product(), make_user("ann"), browser_client()
    with committing():
        client.get(product.get_absolute_url())
        anonymous = cookie_of(client)
        client.post("/account/login/", {"username": "ann", "password": "secret"})
        client.get(product.get_absolute_url())
    link = VisitorLink.objects.get()
    assert (link.anonymous_key, link.visitor_key) == (anonymous, f"u:{user.pk}")
    assert link.bucket == bucket_of(anonymous)
    assert cookie_of(client) != anonymous
    assert list(Event.objects.order_by("pk").values_list("visitor_key", flat=True)) == [
        anonymous,
        f"u:{user.pk}",
    ]


def test_logout_rotates_the_cookie(committing: Committing) -> None:
    product, client = make_product(), browser_client()
    client.force_login(make_user())
    client.get(product.get_absolute_url())
    before = cookie_of(client)
    client.post("/account/logout/")
    assert cookie_of(client) != before


def test_on_a_shared_computer_the_past_stays_with_whose_it_was(committing: Committing) -> None:
    product, client = make_product(), browser_client()
    ann, bob = make_user("ann"), make_user("bob")
    with committing():
        client.get(product.get_absolute_url())
        first = client.cookies["visitor"].value
        client.post("/account/login/", {"username": "ann", "password": "secret"})
        client.post("/account/logout/")
        client.cookies["visitor"] = first  # a browser restored from a backup still has the old one
        client.post("/account/login/", {"username": "bob", "password": "secret"})
    assert list(VisitorLink.objects.values_list("visitor_key", flat=True)) == [f"u:{ann.pk}"]
    assert not VisitorLink.objects.filter(visitor_key=f"u:{bob.pk}").exists()


def test_a_session_ends_after_a_pause_and_is_renewed_by_use() -> None:
    cookie = new_cookie(now=1_000_000)
    text = f"{cookie.visitor_id}.{cookie.session_start:x}.{cookie.renewed_at:x}"
    soon = read_cookie(text, now=1_000_100)
    assert (soon.session_key, soon.must_send) == (cookie.session_key, False)
    later = read_cookie(text, now=1_000_000 + 600)
    assert (later.session_key, later.must_send, later.renewed_at) == (cookie.session_key, True, 1_000_600)
    after_a_pause = read_cookie(text, now=1_000_000 + 31 * 60)
    assert after_a_pause.visitor_id == cookie.visitor_id
    assert after_a_pause.session_key != cookie.session_key


@pytest.mark.parametrize("value", ["", "x", "a:b.1.2", "<script>.1.2", "é" * 22 + ".1.1", "a" * 22 + ".zz.1"])
def test_a_damaged_cookie_is_replaced(value: str) -> None:
    assert read_cookie(value).must_send


def test_a_cookie_from_the_future_begins_a_new_session() -> None:
    assert (
        read_cookie(f"{'a' * 22}.{2_000_000_000:x}.{2_000_000_000:x}", now=1_000_000).session_start
        == 1_000_000
    )


def test_a_users_cookie_is_in_the_bucket_that_they_were_first_known_by(committing: Committing) -> None:
    product, user = make_product(), make_user("ann")
    seen = []
    for _ in range(2):  # two devices
        client = browser_client()
        with committing():
            client.get(product.get_absolute_url())
            seen.append(bucket_of(cookie_of(client)))
            client.post("/account/login/", {"username": "ann", "password": "secret"})
            client.get(product.get_absolute_url())
        seen.append(bucket_of(cookie_of(client)))
    assert seen[1] == seen[0] == seen[3]
    assert VisitorLink.objects.filter(visitor_key=f"u:{user.pk}").count() == 2
