"""What each visitor did on each day."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from recommendations.models import Event, Item, VisitorDay, VisitorLink
from recommendations.reports.changes import changed_days
from recommendations.reports.days import day_of
from recommendations.reports.rollup import roll_up
from tests.reports.factories import DAY, at, click, event, purchase, refund

pytestmark = pytest.mark.django_db

FIELDS = ("views", "clicks", "carts", "orders", "units", "revenue", "margin")


def days(visitor: str, currency: str = "") -> list[tuple]:
    rows = VisitorDay.objects.filter(visitor_key=visitor, currency=currency, day=DAY)
    return list(rows.values_list(*FIELDS))


def a_day_of(visitor: str) -> None:
    event("view", "milk", visitor, 1)
    event("view", "bread", visitor, 1)
    click("milk", visitor, 1)
    click("milk", visitor, 1, placement="")
    event("cart", "milk", visitor, 1)
    purchase("milk", visitor, 2, "10.00", quantity=2, order_key=f"{visitor}1")
    purchase("bread", visitor, 2, "5.00", order_key=f"{visitor}1")
    purchase("bread", visitor, 3, None, order_key="", currency="USD")
    refund("milk", visitor, 4, "2.50", quantity=1, order_key=f"{visitor}1")
    event("view", "milk", visitor, 1, voided_at=at())


def test_visits_and_orders_of_a_day() -> None:
    Item.objects.create(item_key="milk", title="Milk", cost=Decimal("3.00"))
    a_day_of("u:1")
    event("view", "milk", "", 1)
    event("view", "milk", "u:1", 30)
    roll_up([DAY])
    roll_up([DAY])
    assert days("u:1") == [(2, 1, 1, 0, 0, 0, 0)]
    # Two pieces of milk for 10 that cost 6, one of them back for 2.50 that cost 3; what bread costs is not known.
    assert days("u:1", "USD") == [(0, 0, 0, 2, Decimal(3), Decimal("12.50"), Decimal("4.50"))]
    assert VisitorDay.objects.count() == 2


def test_without_a_currency_a_day_is_one_row() -> None:
    event("view", "milk", "u:1", 1)
    purchase("milk", "u:1", 2, "10.00", currency="")
    roll_up([DAY])
    assert days("u:1") == [(1, 0, 0, 1, 1, 10, 0)]


def test_a_cookie_that_turned_out_to_be_a_user_is_that_user() -> None:
    event("view", "milk", "a:x", 1)
    event("view", "milk", "a:y", 1)
    event("view", "milk", "u:1", 1)
    purchase("milk", "a:x", 2, "10.00")
    VisitorLink.objects.create(anonymous_key="a:x", visitor_key="u:1", bucket=1)
    roll_up([DAY])
    assert days("u:1") == [(2, 0, 0, 0, 0, 0, 0)]
    assert days("u:1", "USD") == [(0, 0, 0, 1, 1, 10, 0)]
    assert days("a:y") == [(1, 0, 0, 0, 0, 0, 0)]
    assert days("a:x") == []


def test_a_login_moves_the_days_of_the_past_once() -> None:
    for visitor in ("a:x", "u:1"):
        event("view", "milk", visitor, 1, changed_at=at())
    roll_up()
    assert days("a:x") == days("u:1") == [(1, 0, 0, 0, 0, 0, 0)]
    VisitorLink.objects.create(anonymous_key="a:x", visitor_key="u:1", bucket=1)
    assert DAY not in changed_days()
    for _again in range(2):
        roll_up()
        assert days("u:1") == [(2, 0, 0, 0, 0, 0, 0)]
        assert days("a:x") == []
    roll_up([DAY])
    assert days("u:1") == [(2, 0, 0, 0, 0, 0, 0)]


def test_scopes_and_simulated_visitors_are_kept_apart() -> None:
    event("view", "milk", "u:1", 1, scope="uk")
    event("view", "milk", "u:1", 1, simulated=True)
    roll_up([DAY])
    assert set(VisitorDay.objects.values_list("scope", "simulated")) == {("uk", False), ("", True)}


def test_a_late_click_redoes_the_refund_of_what_it_led_to() -> None:
    purchase(order_key="1", changed_at=at())
    refund(order_key="1", hours=100, changed_at=at())
    roll_up()
    click(hours=-1)
    assert {day_of(at(0)), day_of(at(100))} <= changed_days()


def test_a_late_rating_or_cart_redoes_its_day() -> None:
    roll_up()
    event("cart", hours=-48)
    event("rating", hours=-96, rating=4)
    assert {day_of(at(-48)), day_of(at(-96))} <= changed_days()
    assert not Event.objects.filter(occurred_at__gt=timezone.now())
