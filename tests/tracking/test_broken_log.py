"""Logging never breaks a sale: with our tables gone, pages render and orders are written.

Runs on the suite's database, so on PostgreSQL too, where an error that is swallowed without a savepoint would spoil
the shop's own transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.db import connection

from recommendations.adapter import get_adapter
from recommendations.models import Event, Impression, OrderVisitor, RankedList, VisitorLink
from recommendations.tracking.backfill import reconcile
from shop.signals import product_viewed
from tests.factories import browser_client, make_product, make_user
from tests.flows import check_out

pytestmark = pytest.mark.django_db(transaction=True)

OURS = (Event, VisitorLink, OrderVisitor, Impression, RankedList)


@pytest.fixture
def broken_log() -> Iterator[None]:
    """Our tables are renamed away, as if they were lost."""
    with connection.schema_editor() as editor:
        for model in OURS:
            editor.alter_db_table(model, model._meta.db_table, f"lost_{model._meta.model_name}")
    yield
    with connection.schema_editor() as editor:
        for model in OURS:
            editor.alter_db_table(model, f"lost_{model._meta.model_name}", model._meta.db_table)


def test_pages_login_and_order_work_without_the_log(
    broken_log: None, caplog: pytest.LogCaptureFixture
) -> None:
    product, client = make_product(), browser_client()
    make_user("ann")
    with caplog.at_level(logging.ERROR, logger="recommendations"):
        assert client.get("/").status_code == 200
        assert client.get(product.get_absolute_url()).status_code == 200
        assert client.post("/account/login/", {"username": "ann", "password": "secret"}).status_code == 302
        order = check_out(client, product)
        assert client.get(f"/checkout/complete/{order.number}/").status_code == 200
    assert order.lines.count() == 1 and order.status == "paid"
    assert "Reading a user's bucket at login failed" in caplog.text
    assert "Writing events failed; the shop's page goes on without it" in caplog.text
    assert "Bringing events in line with saved rows failed" in caplog.text


def test_what_was_lost_is_picked_up_by_reconcile() -> None:
    product = make_product()
    with connection.schema_editor() as editor:
        editor.alter_db_table(Event, "recommendations_event", "lost_event")
    try:
        check_out(browser_client(), product)
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(Event, "lost_event", "recommendations_event")
    assert not Event.objects.filter(kind="purchase").exists()
    reconcile()
    assert Event.objects.get(kind="purchase").item_key == str(product.pk)


def test_a_receiver_of_ours_never_raises_into_the_shop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(obj: object) -> str:
        raise RuntimeError("no key")

    product = make_product()
    monkeypatch.setattr(get_adapter(), "item_key", broken)
    product.save()
    product_viewed.send(sender=None, product=product, request=None)
    assert caplog.text.count("RuntimeError: no key") == 2
