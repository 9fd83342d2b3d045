"""Recording from code: what is checked, and what never raises."""

from __future__ import annotations

import logging
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from recommendations.models import Event
from recommendations.shortcuts import record
from recommendations.tracking.bots import RateGuard, is_bot
from tests.factories import HUMAN, ROBOT, make_product, make_user
from tests.tracking.conftest import Committing

pytestmark = pytest.mark.django_db


def test_an_event_from_code(committing: Committing) -> None:
    product, user = make_product(), make_user()
    with committing():
        assert record("share", product, user=user, context={"to": "friend"})
    event = Event.objects.get()
    assert (event.kind, event.item_key, event.visitor_key) == ("share", str(product.pk), f"u:{user.pk}")
    assert event.context == {"to": "friend"}


def test_nothing_is_recorded_before_the_commit(committing: Committing) -> None:
    with committing(), transaction.atomic():
        record("share", "7", visitor_key="a:x")
        assert not Event.objects.exists()
    assert Event.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "glance", "item": "7"}, "Unknown kind 'glance'. Known: cart, click,"),
        ({"kind": "view"}, "A view event needs an item."),
        ({"kind": "view", "item": "x" * 191}, "item_key is longer than 190 characters"),
        ({"kind": "view", "item": "7", "quantity": "many"}, "quantity must be a number, not 'many'."),
        (
            {"kind": "view", "item": "7", "value": float("nan")},
            "value must be a finite number below 10^11, not nan.",
        ),
        ({"kind": "view", "item": "7", "occurred_at": datetime(2026, 1, 1)}, "must be an aware datetime"),
    ],
)
def test_an_invalid_event_is_logged_and_not_raised(
    committing: Committing, caplog: pytest.LogCaptureFixture, arguments: dict[str, Any], message: str
) -> None:
    with committing(), caplog.at_level(logging.ERROR, logger="recommendations"):
        assert not record(**arguments)
    assert message in caplog.text
    assert not Event.objects.exists()


@override_settings(RECOMMENDATIONS={"ADAPTER": "shop.adapter.ShopAdapter", "EVENT_KINDS": ["sample"]})
def test_a_shop_adds_its_own_kind(committing: Committing) -> None:
    with committing():
        assert record("sample", "7", visitor_key="a:x", value=Decimal("1.005"))
    assert Event.objects.get().value == Decimal("1.01")


def test_a_search_is_cut_to_what_the_table_holds(committing: Committing) -> None:
    with committing():
        record("search", query="x" * 1000, visitor_key="a:x")
    assert len(Event.objects.get().query) == 255


@pytest.mark.parametrize("agent", [ROBOT, "", "  ", "curl/8.1", "python-requests/2.31", "HeadlessChrome/142"])
def test_robots_are_known_by_their_names(agent: str) -> None:
    assert is_bot(agent)


def test_a_browser_is_no_robot() -> None:
    assert not is_bot(HUMAN)


def test_without_the_list_of_names_common_robots_are_still_known(monkeypatch: pytest.MonkeyPatch) -> None:
    from recommendations.tracking import bots

    monkeypatch.setattr(bots, "_detector", lambda: None)
    assert bots.is_bot.__wrapped__(ROBOT)
    assert bots.is_bot.__wrapped__("curl/8.1")
    assert not bots.is_bot.__wrapped__(HUMAN)


def test_the_rate_guard_forgets_whom_it_saw_longest_ago() -> None:
    guard = RateGuard(n_keys=2)
    assert not any(guard.too_fast("a", now=60.0 * 5 + n / 10) for n in range(120))
    assert guard.too_fast("a", now=60.0 * 5 + 30)
    assert not guard.too_fast("a", now=60.0 * 6)
    guard.too_fast("b"), guard.too_fast("c")
    assert set(guard._windows) == {"b", "c"}
