"""The Item mirror follows the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.models import Item
from recommendations.signals import content_changed
from recommendations.tracking.items import sync_item_keys, sync_items
from shop.models import Product
from tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_the_whole_catalogue_is_mirrored_and_what_is_gone_is_marked() -> None:
    bread, milk = make_product("Bread", brand="Rye & Co", cost=Decimal("1.50")), make_product("Milk")
    make_product("Bread", parent=bread)
    report = sync_items(batch_size=1)
    assert (report.seen, report.new, report.changed, report.gone) == (2, 2, 0, 0)
    item = Item.objects.get(item_key=str(bread.pk))
    assert (item.title, item.brand, item.price, item.cost, item.stock) == (
        "Bread", "Rye & Co", Decimal("4.00"), Decimal("1.50"), 50,
    )  # fmt: skip
    assert item.group_key == item.item_key
    milk.delete()
    Product.objects.filter(pk=bread.pk).update(price=Decimal("3.00"))
    report = sync_items()
    assert (report.seen, report.new, report.changed, report.gone) == (1, 0, 1, 1)
    item.refresh_from_db()
    assert item.price_changed_at is not None and item.previous_price == Decimal("4.00")
    assert Item.objects.get(is_gone=True).title == "Milk"
    sync_items()
    item.refresh_from_db()
    assert item.previous_price == Decimal("4.00")


def test_nothing_changed_is_nothing_changed() -> None:
    make_product("Bread")
    sync_items()
    first = Item.objects.get()
    report = sync_items()
    assert (report.new, report.changed, report.gone) == (0, 0, 0)
    again = Item.objects.get()
    assert (again.content_hash, again.price_changed_at, again.previous_price) == (
        first.content_hash,
        None,
        None,
    )


def test_the_number_of_queries_depends_on_the_batches_only() -> None:
    for _ in range(6):
        make_product()
    with CaptureQueriesContext(connection) as one_batch:
        sync_items(batch_size=100)
    for _ in range(30):  # SQLite takes some 40 in one statement
        make_product()
    with CaptureQueriesContext(connection) as still_one_batch:
        sync_items(batch_size=100)
    assert len(one_batch) == len(still_one_batch)


def test_it_is_told_which_items_say_something_new(django_capture_on_commit_callbacks: Any) -> None:
    told: list[tuple[str, list[str]]] = []

    def listen(sender: Any, scope: str, item_keys: list[str], **kwargs: Any) -> None:
        told.append((scope, item_keys))

    def synced(act: Callable[[], object] = sync_items) -> list[tuple[str, list[str]]]:
        told.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
            assert told == []  # only after the commit
        return list(told)

    content_changed.connect(listen)
    try:
        bread, milk = make_product("Bread"), make_product("Milk")
        assert synced() == [("", [str(bread.pk), str(milk.pk)])]
        assert synced() == []
        Product.objects.filter(pk=milk.pk).update(price=9, stock=0)
        assert synced() == []
        Product.objects.filter(pk=milk.pk).update(description="Fresh")
        assert synced(lambda: sync_items(batch_size=1)) == [("", [str(milk.pk)])]
        Item.objects.filter(item_key=str(bread.pk)).update(is_gone=True)
        assert synced(lambda: sync_item_keys([str(bread.pk)])) == [("", [str(bread.pk)])]
    finally:
        content_changed.disconnect(listen)
