"""A grocery shop of one's own in the demo package's file format: known numbers, two kinds of trap in every table."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

MONDAY = datetime(2017, 1, 2, 15, 0)
LAST = datetime(2017, 3, 20, 18, 30)

SODA, SODA_BIG, CHIPS, CHIPS_TWIN, BANANAS, GAS, UNSOLD, CORN_STARCH, CORN_STARCH_BIG = range(1001, 1010)
NOT_IN_TABLE = 9999

Row = dict[str, Any]


def product(
    product_id: int, maker: int, department: str, category: str | None, kind: str | None, size: str | None = None,
    brand: str = "National",
) -> Row:  # fmt: skip
    return {
        "product_id": product_id, "manufacturer_id": maker, "department": department, "brand": brand,
        "product_category": category, "product_type": kind, "package_size": size,
    }  # fmt: skip


PRODUCTS = [
    product(SODA, 103, "GROCERY", "SOFT DRINKS", "SFT DRNK 2 LITER BTL CARB INCL", "2 LTR"),
    product(SODA_BIG, 103, "GROCERY", "SOFT DRINKS", "SOFT DRINKS 12/18&15PK CAN CAR", "12 PK/12 OZ"),
    product(CHIPS, 69, "GROCERY", "BAG SNACKS", "POTATO CHIPS", "12 OZ", brand="Private"),
    product(CHIPS_TWIN, 69, "GROCERY", "BAG SNACKS", "POTATO CHIPS", "12 OZ", brand="Private"),
    product(BANANAS, 2, "PRODUCE", "TROPICAL FRUIT", "BANANAS", "40 LB"),
    product(GAS, 2, "FUEL", "FUEL", "GASOLINE-REG UNLEADED"),
    product(UNSOLD, 7, "GROCERY", "SOUP", "CONDENSED SOUP", "10 OZ"),
    product(CORN_STARCH, 11, "GROCERY", "BAKING NEEDS", "CORN STARCH", "8 OZ"),
    product(CORN_STARCH_BIG, 11, "GROCERY", "BAKING NEEDS", "CORN STARCH", "16 OZ"),
]


def line(
    household: int, basket: int, product_id: int, at: datetime, quantity: int = 1, sales: float = 1.0,
    retail: float = 0.0, coupon: float = 0.0, match: float = 0.0,
) -> Row:  # fmt: skip
    return {
        "household_id": household, "store_id": 1, "basket_id": basket, "product_id": product_id,
        "quantity": quantity, "sales_value": sales, "retail_disc": retail, "coupon_disc": coupon,
        "coupon_match_disc": match, "week": 1, "transaction_timestamp": at,
    }  # fmt: skip


def transactions() -> list[Row]:
    """Household 1 buys every week; 2 bought once, 3 only fuel. Traps: quantity zero, fuel, an unknown product."""
    rows = []
    for week in range(12):
        at, basket = MONDAY + timedelta(weeks=week), 100 + week
        rows += [
            line(1, basket, SODA, at, quantity=2, sales=2.5, retail=0.5),
            line(1, basket, CHIPS, at, quantity=3, sales=10.0),
            line(1, basket, CORN_STARCH, at, sales=1.19),
            line(1, basket, CORN_STARCH_BIG, at, sales=1.99),
        ]
    rows += [
        line(1, 100, GAS, MONDAY, quantity=89_638, sales=25.0),
        line(1, 101, SODA_BIG, MONDAY + timedelta(weeks=1), quantity=0, sales=0.0),
        line(2, 200, CHIPS_TWIN, datetime(2017, 1, 11, 1, 0), sales=3.0, coupon=0.75),
        line(2, 200, BANANAS, datetime(2017, 1, 11, 1, 0), quantity=5, sales=1.0),
        line(2, 201, SODA_BIG, LAST, sales=0.0, coupon=0.5, retail=4.0),
        line(2, 201, NOT_IN_TABLE, LAST, sales=1.0),
        line(3, 300, GAS, MONDAY, quantity=10, sales=10.0),
    ]
    return rows


#: Baskets with goods in them, and their till lines of goods.
N_ORDERS, N_LINES = 14, 51

OTHERS: dict[str, list[Row]] = {
    "demographics": [
        {"household_id": 1, "age": "35-44", "income": "50-74K", "home_ownership": None, "marital_status": "Married",
         "household_size": "3", "household_comp": "2 Adults Kids", "kids_count": "1"},
    ],
    "campaigns": [{"campaign_id": 5, "household_id": 1}, {"campaign_id": 5, "household_id": 2}],
    "campaign_descriptions": [
        {"campaign_id": 5, "campaign_type": "Type A", "start_date": datetime(2017, 1, 9),
         "end_date": datetime(2017, 4, 30)},
    ],
    "coupons": [
        {"coupon_upc": 10_000_000_001, "product_id": CHIPS_TWIN, "campaign_id": 5},
        {"coupon_upc": 10_000_000_002, "product_id": UNSOLD, "campaign_id": 5},
    ],
    "coupon_redemptions": [
        # 01:00 UTC on the 11th is still the 10th where the shop stands.
        {"household_id": 2, "coupon_upc": 10_000_000_001, "campaign_id": 5, "redemption_date": datetime(2017, 1, 10)},
        {"household_id": 3, "coupon_upc": 10_000_000_001, "campaign_id": 5, "redemption_date": datetime(2017, 1, 10)},
    ],
}  # fmt: skip


def write_folder(folder: Path, **changed: list[Row]) -> Path:
    """The seven files in `folder`; a keyword replaces a table's rows."""
    tables = {"products": PRODUCTS, "transactions": transactions(), **OTHERS, **changed}
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return folder
