"""A product page view is an event only for a human GET of a page that rendered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from recommendations.models import Event
from tests.factories import HUMAN, ROBOT, browser_client, make_product, make_user
from tests.tracking.conftest import Committing

pytestmark = pytest.mark.django_db


def test_a_humans_get_is_a_view(committing: Committing) -> None:
    product = make_product()
    client = browser_client()
    with committing():
        assert client.get(product.get_absolute_url()).status_code == 200
    event = Event.objects.get()
    assert (event.kind, event.item_key) == ("view", str(product.pk))
    assert event.visitor_key == f"a:{client.cookies['visitor'].value.split('.')[0]}"
    assert event.session_key


def test_a_variants_page_is_a_view_of_its_parent(committing: Committing) -> None:
    parent = make_product("Bread")
    variant = make_product("Bread", parent=parent, variant_label="500 g")
    with committing():
        browser_client().get(variant.get_absolute_url())
    assert Event.objects.get().item_key == str(parent.pk)


def test_recording_a_view_costs_one_insert(committing: Committing) -> None:
    product = make_product()
    client = browser_client()
    client.get("/")
    with CaptureQueriesContext(connection) as queries, committing():
        client.get(product.get_absolute_url())
    ours = [q["sql"] for q in queries if "recommendations_event" in q["sql"] and "SELECT" not in q["sql"][:6]]
    assert len(ours) == 1
    assert ours[0].startswith("INSERT")


@pytest.mark.parametrize(
    ("headers", "method", "name"),
    [
        ({"user-agent": ROBOT}, "get", "bot"),
        ({"user-agent": ""}, "get", "bot"),
        ({"DNT": "1"}, "get", "no_consent"),
        ({"Sec-GPC": "1"}, "get", "no_consent"),
        ({"Sec-Purpose": "prefetch;prerender"}, "get", "prefetch"),
        ({}, "head", ""),
    ],
)
def test_what_is_no_view(
    committing: Committing, counted: Callable[[str], int], headers: dict[str, str], method: str, name: str
) -> None:
    product = make_product()
    client = browser_client(**{"user-agent": HUMAN, **headers})
    with committing():
        assert getattr(client, method)(product.get_absolute_url()).status_code == 200
    assert not Event.objects.exists()
    if name:
        assert counted(name) == 1


def test_without_consent_no_cookie_is_set_and_a_known_one_is_taken_back(committing: Committing) -> None:
    product = make_product()
    client = browser_client()
    with committing():
        client.get(product.get_absolute_url())
    assert client.cookies["visitor"].value
    response = client.get(product.get_absolute_url(), headers={"DNT": "1"})
    assert response.cookies["visitor"]["max-age"] == 0
    other = browser_client(DNT="1")
    other.get(product.get_absolute_url())
    assert "visitor" not in other.cookies


def test_staff_are_counted_and_not_recorded(committing: Committing, counted: Callable[[str], int]) -> None:
    product = make_product()
    client = browser_client()
    client.force_login(make_user(is_staff=True))
    with committing():
        client.get(product.get_absolute_url())
    assert not Event.objects.exists()
    assert counted("staff") == 1


def test_a_page_that_failed_is_no_view(committing: Committing, monkeypatch: pytest.MonkeyPatch) -> None:
    product = make_product()
    client = browser_client()
    client.raise_request_exception = False
    from shop.views import product as views

    def broken(*args: object, **kwargs: object) -> object:
        views.product_viewed.send(sender=None, product=product, request=args[0])
        raise RuntimeError("no page")

    monkeypatch.setattr("shop.views.product.render", broken)
    with committing():
        assert client.get(product.get_absolute_url()).status_code == 500
    assert not Event.objects.exists()


def test_a_search_is_recorded_with_its_words(committing: Committing) -> None:
    make_product("Rye bread")
    with committing():
        browser_client().get("/search/?q=rye+bread")
    event = Event.objects.get()
    assert (event.kind, event.query, event.item_key) == ("search", "rye bread", "")
    assert event.context == {"n_results": 1}


@override_settings(RECOMMENDATIONS={"ADAPTER": "shop.adapter.ShopAdapter", "MAX_EVENTS_PER_MINUTE": 3})
def test_who_is_too_fast_is_counted_only(committing: Committing, counted: Callable[[str], int]) -> None:
    product = make_product()
    client = browser_client()
    with committing():
        for _ in range(6):
            client.get(product.get_absolute_url())
    assert Event.objects.count() <= 4  # the first without a cookie, then three with it
    assert counted("too_fast") == 6 - Event.objects.count() > 0
