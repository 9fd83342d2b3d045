from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.adapter import Adapter
from recommendations.models import Event, Item, Profile, VisitorLink
from recommendations.profiles.build import update_profiles

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)


def event(kind: str, visitor: str, item: str = "", days_ago: float = 0, **fields: Any) -> Event:
    moment = NOW - timedelta(days=days_ago)
    return Event.objects.create(kind=kind, visitor_key=visitor, item_key=item, occurred_at=moment, **fields)


def rows() -> list[dict]:
    return list(Profile.objects.order_by("scope", "visitor_key").values())


@pytest.fixture
def shop() -> None:
    Item.objects.create(item_key="milk", title="Milk", categories=["Grocery/Dairy"], brand="Acme")
    Item.objects.create(item_key="tea", title="Tea", categories=["Grocery/Drinks"], brand="Bell")
    event("view", "a:1", "tea", 200)
    event("purchase", "u:1", "milk", 100, order_key="1", value="3.00")
    event("purchase", "u:1", "tea", 100, order_key="1", value="4.00")
    event("purchase", "u:1", "milk", 10, order_key="2", value="5.00")
    event("refund", "u:1", "milk", 9, order_key="2", value="1.50")
    event("purchase", "u:2", "tea", 50, value="1.00")
    event("view", "a:9", "milk", 0)
    event("search", "", query="tea")
    VisitorLink.objects.create(anonymous_key="a:1", visitor_key="u:1", bucket=1)


def test_known_answer(shop: None) -> None:
    report = update_profiles(now=NOW)
    assert (report.written, report.deleted, report.typical_interval_days) == (3, 0, 90)
    browser, one, two = Profile.objects.order_by("visitor_key")
    assert [browser.visitor_key, one.visitor_key, two.visitor_key] == ["a:9", "u:1", "u:2"]
    assert one.first_seen_at == NOW - timedelta(days=200)
    assert one.last_seen_at == NOW - timedelta(days=9)
    assert one.last_order_at == NOW - timedelta(days=10)
    assert (one.n_orders, one.value, one.stage) == (2, Decimal("10.50"), "active")
    assert (one.recency_score, one.frequency_score, one.monetary_score) == (4, 4, 4)
    assert (two.n_orders, two.value, two.stage) == (1, Decimal("1.00"), "new")
    assert (two.recency_score, two.frequency_score, two.monetary_score) == (2, 2, 2)
    assert (browser.n_orders, browser.stage, browser.recency_score) == (0, "prospect", 0)
    assert browser.last_order_at is None
    assert browser.preferences == {"categories": {"Grocery/Dairy": 1.0}, "brands": {"Acme": 1.0}}
    dairy = 5 * (2 ** (-100 / 90) + 2 ** (-10 / 90))
    drinks = 5 * 2 ** (-100 / 90) + 2 ** (-200 / 90)
    share = round(dairy / (dairy + drinks), 4)
    assert one.preferences["brands"] == pytest.approx({"Acme": share, "Bell": 1 - share}, abs=2e-4)


def test_running_again_changes_nothing(shop: None) -> None:
    update_profiles(now=NOW)
    before = rows()
    update_profiles(now=NOW)
    assert rows() == before


def test_profiles_follow_the_events(shop: None) -> None:
    update_profiles(now=NOW)
    Event.objects.filter(visitor_key="u:2").update(voided_at=NOW)
    Event.objects.filter(visitor_key="a:9").delete()
    assert update_profiles().deleted == 2
    assert [row["visitor_key"] for row in rows()] == ["u:1"]


def test_scopes_are_kept_apart(shop: None) -> None:
    event("purchase", "u:1", "milk", 1, value="2.00", scope="uk")
    update_profiles("uk", now=NOW)
    update_profiles(now=NOW)
    assert [(row["scope"], row["visitor_key"], row["n_orders"]) for row in rows()] == [
        ("", "a:9", 0),
        ("", "u:1", 2),
        ("", "u:2", 1),
        ("uk", "u:1", 1),
    ]


def test_simulated_visitors_have_no_profile_unless_asked(settings) -> None:
    event("view", "a:1", "milk", simulated=True)
    update_profiles()
    assert rows() == []
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TRAIN_ON_SIMULATED": True}
    update_profiles()
    assert len(rows()) == 1


class Discreet(Adapter):
    """Products are users here; the one called `secret` is sensitive."""

    product_models = ("auth.User",)

    def is_sensitive(self, item: Any) -> bool:
        return item.username == "secret"


def test_sensitive_items_never_enter_a_profile(settings) -> None:
    settings.RECOMMENDATIONS = {"ADAPTER": f"{__name__}.Discreet"}
    for name in ("secret", "open"):
        user = get_user_model().objects.create(username=name)
        Item.objects.create(item_key=str(user.pk), title=name, brand=name)
        event("purchase", "u:1", str(user.pk), value="1")
    Item.objects.create(item_key="gone", title="gone", brand="gone")
    event("purchase", "u:1", "gone", value="1")
    update_profiles()
    assert rows()[0]["preferences"] == {"categories": {}, "brands": {"open": 1.0}}
    assert rows()[0]["n_orders"] == 3


def test_queries_do_not_grow_with_the_events(shop: None, django_assert_num_queries) -> None:
    with CaptureQueriesContext(connection) as before:
        update_profiles()
    for n in range(300):
        event("view", "a:9", f"item{n}", n)
    with django_assert_num_queries(len(before)):
        update_profiles()
