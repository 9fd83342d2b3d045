"""The sample shop's discounts in force reach the row "On sale now": from its own promotions, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from recommendations.models import Item
from recommendations.tracking.items import sync_items
from recommendations.training.runner import train
from shop.models import Discount, Product
from tests.factories import make_product
from tests.support.queries import queries_of


@pytest.fixture
def stock(db: None) -> dict[str, Product]:
    """Tea at a fifth less, a jug whose discount is over, a cup whose discount is to come, and a pot without one."""
    now, day = timezone.now(), timedelta(days=1)
    found = {name: make_product(name=name, price=Decimal("10.00")) for name in ("Tea", "Jug", "Cup", "Pot")}
    Discount.objects.create(product=found["Tea"], percent=20, starts_at=now - day, ends_at=now + day)
    Discount.objects.create(product=found["Jug"], percent=20, starts_at=now - 2 * day, ends_at=now - day)
    Discount.objects.create(product=found["Cup"], percent=20, starts_at=now + day)
    return found


def test_the_mirror_says_what_is_paid_and_what_was_asked_before(stock: dict[str, Product]) -> None:
    sync_items()
    told = {item.title: (item.price, item.attributes) for item in Item.objects.all()}
    assert told["Tea"] == (Decimal("8.00"), {"regular_price": "10.00"})
    assert told["Jug"] == told["Cup"] == told["Pot"] == (Decimal("10.00"), {})


def test_it_costs_no_query_a_product(stock: dict[str, Product]) -> None:
    few = len(queries_of(sync_items))
    for number in range(20):
        make_product(name=f"Bowl {number}")
    assert len(queries_of(sync_items)) == few


def test_the_home_page_shows_them(stock: dict[str, Product], client: Client) -> None:
    before = client.get("/").content.decode()
    # The shop's own shelf, until there is a list.
    assert 'id="shelf-deals"' in before and "rec--home_on_sale" not in before
    sync_items()
    (result,) = train(["on_sale"], force=True)  # nobody has looked at anything yet
    assert result.status == "live", result.reason
    html = client.get("/").content.decode()
    row: Any = html.partition("rec--home_on_sale")[2].partition("</section>")[0]
    assert row.count("<li") == 1 and ">Tea</span>" in row and "$8.00" in row and "$10.00" in row
    assert 'id="shelf-deals"' not in html and html.count(">On sale now</h2>") == 1
