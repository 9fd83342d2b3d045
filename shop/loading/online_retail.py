"""A British gift shop's year: `products.csv`, `orders.csv.gz`, `order_lines.csv.gz` of one folder.

Times are British local time to the minute. Orders without a customer are guests'. Prices of lines are what was paid
(less for large quantities), so lines have no discount. Negative quantities, zero prices, and what is no product
(postage, bank charges, vouchers) are left out and counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from shop.loading.base import CategoryRow, CustomerRow, LineRow, OrderRow, ProductRow, Source
from shop.loading.csv_files import read_csv
from shop.loading.gift_categories import category_of
from shop.loading.made_up import cost_of, stock_of
from shop.loading.names import NameBook
from shop.loading.wording import title_case

LOCAL = ZoneInfo("Europe/London")
TIME_FORMAT, DAY_FORMAT = "%Y-%m-%d %H:%M", "%Y-%m-%d"
#: The two larger lines of the original (74,215 and 80,995 pieces) were cancelled minutes later.
MAX_QUANTITY = 10_000
_PRODUCT_CODE = re.compile(r"\d{5}[A-Za-z]{0,3}|DCGS[0-9A-Z]+")
_NOT_GOODS = re.compile(
    r"\b(?:postage|carriage|manual|bank charges|voucher|adjust(?:ment|ed)?|amazon fee|samples?|discount|cruk|"
    r"commission|packing charge|high resolution image|damages?|lost|wrongly)\b",
    re.IGNORECASE,
)
_WORDS = {
    "T-light": "T-Light", "T-lights": "T-Lights", "Hldr": "Holder", "Asst": "Assorted", "Ass": "Assorted",
    "Col": "Colour", "Dec": "Decoration", "Necklac": "Necklace", "Neckl.": "Necklace", "P'weight": "Paperweight",
    "Cm": "cm", "Ctr": "Centre", "Usb": "USB", "Ipod": "iPod", "Diy": "DIY", "Uk": "UK", "Bbq": "BBQ",
    "Turq": "Turquoise",
}  # fmt: skip


class _Order(NamedTuple):
    number: str
    placed_at: datetime
    customer: str
    country: str


class OnlineRetail(Source):
    """Everything in `folder`. All three files are read and checked at once."""

    name: ClassVar[str] = "online_retail"
    currency: ClassVar[str] = "GBP"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._first_sold: dict[str, datetime] = {}
        self._rejected: dict[str, str] = {}
        self._products = self._read_products()
        orders = self._read_orders()
        self._lines = self._read_lines({order.number for order in orders})
        self._orders = sorted((order for order in orders if order.number in self._lines), key=_by_time)
        self.report.drop("orders", "no goods in it", len(orders) - len(self._orders))

    # -- reading -------------------------------------------------------------------------------------------------

    def _read_products(self) -> dict[str, tuple[str, Decimal]]:
        """Stock code → name and price."""
        found: dict[str, tuple[str, Decimal]] = {}
        for line in read_csv(self.folder / "products.csv", ("StockCode", "name", "price", "first_sold")):
            code, name, price = line.text("StockCode"), line.values["name"].strip(), line.money("price")
            first_sold = line.moment("first_sold", DAY_FORMAT)
            reason = not_goods(code, name) or ("no name" if not name else "no price" if price <= 0 else "")
            if reason:
                self.report.drop("products", reason)
                self._rejected[code] = reason
                continue
            if code in found:
                raise line.error("StockCode", "new: an earlier line has the same")
            found[code] = (name, price)
            self._first_sold[code] = to_utc(first_sold)
        return found

    def _read_orders(self) -> list[_Order]:
        found: dict[str, _Order] = {}
        for line in read_csv(self.folder / "orders.csv.gz", ("InvoiceNo", "date", "customer", "country")):
            number = line.text("InvoiceNo")
            if number in found:
                raise line.error("InvoiceNo", "new: an earlier line has the same")
            placed_at = to_utc(line.moment("date", TIME_FORMAT))
            found[number] = _Order(
                number, placed_at, line.values["customer"].strip(), line.values["country"].strip()
            )
        return list(found.values())

    def _read_lines(self, numbers: set[str]) -> dict[str, list[LineRow]]:
        kept: dict[str, list[LineRow]] = defaultdict(list)
        for line in read_csv(self.folder / "order_lines.csv.gz", ("InvoiceNo", "StockCode", "qty", "price")):
            number, code = line.text("InvoiceNo"), line.text("StockCode")
            quantity, price = line.integer("qty"), line.money("price")
            if number not in numbers:
                raise line.error("InvoiceNo", "an order of orders.csv.gz")
            reason = self._why_dropped(code, quantity, price)
            if reason:
                self.report.drop("order lines", reason)
            else:
                kept[number].append(LineRow(sku_of(code), quantity, price, Decimal("0.00"), price * quantity))
        return dict(kept)

    def _why_dropped(self, code: str, quantity: int, price: Decimal) -> str:
        if quantity < 0:
            return "negative quantity (returned)"
        if quantity == 0:
            return "quantity zero"
        if quantity > MAX_QUANTITY:
            return f"quantity over {MAX_QUANTITY:,} (was cancelled)"
        if price <= 0:
            return "price zero"
        if code not in self._products:
            return self._rejected.get(code) or not_goods(code, "") or "product not in products.csv"
        return ""

    # -- the interface -------------------------------------------------------------------------------------------

    @property
    def last_order_at(self) -> datetime:
        return max((order.placed_at for order in self._orders), default=datetime(2011, 10, 31, tzinfo=UTC))

    def created_at(self, sku: str) -> datetime | None:
        return self._first_sold.get(sku.removeprefix("OR-"))

    def sizes(self) -> dict[str, int]:
        return {"products": len(self._products), "orders": len(self._orders)}

    def categories(self) -> Iterator[CategoryRow]:
        paths = {category_of(name) for name, _price in self._products.values()}
        parents = {path.split("/")[0] for path in paths}
        return (CategoryRow(path, derived=True) for path in sorted(paths | parents))

    @cached_property
    def _weekly_sales(self) -> dict[str, float]:
        pieces: dict[str, int] = defaultdict(int)
        for lines in self._lines.values():
            for line in lines:
                pieces[line.sku] += line.quantity
        first = self._orders[0].placed_at if self._orders else self.last_order_at
        weeks = max(1.0, (self.last_order_at - first).days / 7)
        return {sku: n / weeks for sku, n in pieces.items()}

    def products(self) -> Iterator[ProductRow]:
        book = NameBook()
        for code, (raw, price) in sorted(self._products.items()):
            name, category, sku = book.name(tidy(raw)), category_of(raw), sku_of(code)
            yield ProductRow(
                sku=sku, name=name, category=category, price=price, cost=cost_of(price, category, sku),
                stock=stock_of(self._weekly_sales.get(sku, 0.0), sku), created_at=self._first_sold[code] + self.shift,
                description=f"{name}. From our gift shop, under {category.replace('/', ' › ')}.",
            )  # fmt: skip

    def customers(self) -> Iterator[CustomerRow]:
        seen: set[str] = set()
        for order in self._orders:
            if order.customer and order.customer not in seen:
                seen.add(order.customer)
                key = customer_key(order.customer)
                country = {"country": order.country} if order.country else {}
                yield CustomerRow(key, f"{key}@example.invalid", order.placed_at + self.shift, dict(country))

    def orders(self, skip: frozenset[str] = frozenset()) -> Iterator[OrderRow]:
        for order in self._orders:
            number = f"OR-{order.number}"
            if number in skip:
                continue
            key = customer_key(order.customer) if order.customer else ""
            yield OrderRow(
                key=order.number, number=number, customer_key=key,
                email=f"{key or f'guest-{order.number}'}@example.invalid", placed_at=order.placed_at + self.shift,
                lines=tuple(self._lines[order.number]),
            )  # fmt: skip


def _by_time(order: _Order) -> tuple[datetime, str]:
    return order.placed_at, order.number


def sku_of(code: str) -> str:
    return f"OR-{code}"


def customer_key(customer: str) -> str:
    return f"customer-{customer}"


def to_utc(local: datetime) -> datetime:
    return local.replace(tzinfo=LOCAL).astimezone(UTC)


def not_goods(code: str, name: str) -> str:
    """Why `code` is no product; "" when it is one."""
    if not _PRODUCT_CODE.fullmatch(code) or _NOT_GOODS.search(name):
        return "not goods (postage, fees, vouchers and the like)"
    return ""


def tidy(raw: str) -> str:
    """The till's capitals as a title, its shorthand written out: "Set of 6 T-Lights, Red" for "SET/6 T-LIGHTS,RED"."""
    text = raw.strip(" *.,").replace("`", "'")
    text = re.sub(r"\bPACK/\s?(\d+)", r"PACK OF \1", text, flags=re.IGNORECASE)
    text = re.sub(r"\bS(?:ET)?/\s?(\d+)", r"SET OF \1", text, flags=re.IGNORECASE)
    text = re.sub(r"\bSET (\d+)\b", r"SET OF \1", text, flags=re.IGNORECASE)
    text = re.sub(r"\bW/\s?", "WITH ", text, flags=re.IGNORECASE)
    text = re.sub(r"\bW\b(?=\s)", "WITH", text)
    text = re.sub(r"\s*,\s*", ", ", text)
    text = re.sub(r"\s*([+&/])\s*", r" \1 ", text).replace(" + ", " & ").replace(" / ", " & ")
    return re.sub(r"[^\s,]+", lambda word: _WORDS.get(word[0], word[0]), title_case(text))
