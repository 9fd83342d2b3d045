"""The gift shop as rows, and errors that say which line of which file to correct."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shop.loading.base import LoadError
from shop.loading.online_retail import OnlineRetail
from tests.loading import gifts


@pytest.fixture
def shop(tmp_path: Path) -> OnlineRetail:
    return OnlineRetail(gifts.write_folder(tmp_path))


def test_products_have_tidy_unique_names_and_derived_categories(shop: OnlineRetail) -> None:
    rows = {row.sku: row for row in shop.products()}
    assert {sku: row.name for sku, row in rows.items()} == {
        "OR-10001": "Red Spotty Lunch Bag",
        "OR-10002": "Set of 6 T-Lights, Santa",
        "OR-10003": "Heart Mug with Gift Box",
        "OR-10004": "Heart Mug with Gift Box No. 2",
        "OR-10005": "Wibble",
    }
    assert rows["OR-10003"].price == Decimal("2.50")
    assert rows["OR-10003"].category == "Kitchen & Dining/Mugs & Cups"
    categories = list(shop.categories())
    assert all(row.derived for row in categories)
    assert [row.path for row in categories if "/" not in row.path] == [
        "Bags & Purses", "Candles & Scents", "Kitchen & Dining", "More Gifts",
    ]  # fmt: skip


def test_what_is_left_out_is_counted_by_reason(shop: OnlineRetail) -> None:
    not_goods = "not goods (postage, fees, vouchers and the like)"
    assert dict(shop.report.dropped) == {
        ("products", not_goods): 2,
        ("order lines", not_goods): 2,
        ("order lines", "negative quantity (returned)"): 1,
        ("order lines", "price zero"): 1,
        ("order lines", "quantity over 10,000 (was cancelled)"): 1,
        ("orders", "no goods in it"): 1,
    }


def test_orders_are_in_utc_and_guests_have_no_customer(shop: OnlineRetail) -> None:
    first, guest, last = shop.orders()
    assert first.placed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert guest.placed_at == datetime(2011, 6, 30, 11, 0, tzinfo=UTC)
    assert (guest.customer_key, guest.email) == ("", "guest-500002@example.invalid")
    assert (first.customer_key, last.customer_key) == ("customer-17850", "customer-17850")
    assert [(line.sku, line.quantity, line.line_total) for line in first.lines] == [
        ("OR-10001", 10, Decimal("16.50")),
        ("OR-10003", 2, Decimal("5.00")),
    ]
    assert [row.attributes for row in shop.customers()] == [{"country": "United Kingdom"}]


FOLDER_HINT = "Give the folder that holds products.csv, orders.csv.gz and order_lines.csv.gz."


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError) as caught:
        OnlineRetail(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'products.csv'}: no such file. {FOLDER_HINT}"


@pytest.mark.parametrize(
    ("file", "found", "instead", "message"),
    [
        (
            "products", "StockCode,name,price", "StockCode,title,price",
            "products.csv, line 1: column 'name' is missing; found StockCode, title, price, first_sold."
            " The first line of {folder}/products.csv must name StockCode, name, price, first_sold.",
        ),
        (
            "products", "1.65", "cheap",
            "products.csv, line 2: price is 'cheap', which is not an amount such as 2.95."
            " Correct that line of {folder}/products.csv, or delete it.",
        ),
        (
            "products", "10004,", "10001,",
            "products.csv, line 5: StockCode is '10001', which is not new: an earlier line has the same."
            " Correct that line of {folder}/products.csv, or delete it.",
        ),
        (
            "orders", "2011-06-30 12:00", "30/06/2011",
            "orders.csv.gz, line 3: date is '30/06/2011', which is not a time such as 2010-12-01 08:26."
            " Correct that line of {folder}/orders.csv.gz, or delete it.",
        ),
        (
            "lines", "500001,10001,10,1.65", "500001,10001,ten,1.65",
            "order_lines.csv.gz, line 2: qty is 'ten', which is not a whole number."
            " Correct that line of {folder}/order_lines.csv.gz, or delete it.",
        ),
        (
            "lines", "500003,10004,3,2.10", "599999,10004,3,2.10",
            "order_lines.csv.gz, line 8: InvoiceNo is '599999', which is not an order of orders.csv.gz."
            " Correct that line of {folder}/order_lines.csv.gz, or delete it.",
        ),
        (
            "lines", "500003,10004,3,2.10", "500003,10004,3",
            "order_lines.csv.gz, line 8: 4 fields are expected."
            " Correct that line of {folder}/order_lines.csv.gz, or delete it.",
        ),
        (
            "lines", "500003,10004,3,2.10", "500003,10004,3,NaN",
            "order_lines.csv.gz, line 8: price is 'NaN', which is not an amount such as 2.95."
            " Correct that line of {folder}/order_lines.csv.gz, or delete it.",
        ),
        (
            "orders", "500002,", ",",
            "orders.csv.gz, line 3: InvoiceNo is '', which is not a key: it is empty."
            " Correct that line of {folder}/orders.csv.gz, or delete it.",
        ),
    ],
)  # fmt: skip
def test_bad_values_are_named_with_file_and_line(
    tmp_path: Path, file: str, found: str, instead: str, message: str
) -> None:
    texts = {"products": gifts.PRODUCTS, "orders": gifts.ORDERS, "lines": gifts.LINES}
    texts[file] = texts[file].replace(found, instead, 1)
    with pytest.raises(LoadError) as caught:
        OnlineRetail(gifts.write_folder(tmp_path, **texts))
    assert str(caught.value) == message.format(folder=tmp_path)


def test_a_file_that_is_not_gzip_is_named(tmp_path: Path) -> None:
    gifts.write_folder(tmp_path)
    (tmp_path / "orders.csv.gz").write_text("InvoiceNo,date,customer,country\n")
    with pytest.raises(
        LoadError, match=r"orders\.csv\.gz: cannot be read \(Not a gzipped file .*\)\. Get the file again\."
    ):
        OnlineRetail(tmp_path)
