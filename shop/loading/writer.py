"""Writes any source into the shop's tables: in batches, each in a transaction of its own, and only what is missing.

An order and its lines are written together, so a load that was interrupted is completed by running it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import connections, models, router, transaction
from django.utils.text import slugify

from shop.loading.base import OrderRow, ProductRow, Report, Source
from shop.loading.progress import Progress
from shop.loading.shift import WEEK, weeks_between, weeks_to_now
from shop.models import (
    Campaign,
    Category,
    Coupon,
    CouponRedemption,
    Customer,
    Discount,
    Order,
    OrderLine,
    Product,
)

BATCH = 2_000
ORDERS_IN_BATCH = 1_000

Row = TypeVar("Row")


def batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Lists of at most `size` rows, in order."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


LINE_FIELDS = ("order", "product", "quantity", "unit_price", "discount", "line_total", "position")


def insert_rows(model: type[models.Model], fields: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert plain values. Three times as fast as `bulk_create`, which makes an object and fetches a key for each
    row; of order lines there are so many that it matters, and nobody needs their keys."""
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(_column(model, field)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks})", rows)


def _column(model: type[models.Model], field: str) -> str:
    column = model._meta.get_field(field)
    assert isinstance(column, models.Field) and column.column
    return column.column


class Writer:
    """One load of one source. `usernames` gives chosen customers (by key) a login name of their own."""

    def __init__(self, source: Source, progress: Progress, usernames: dict[str, str] | None = None) -> None:
        self.source = source
        self.progress = progress
        self.usernames = usernames or {}
        self.report = source.report
        self.sizes = source.sizes()
        self.categories: dict[str, int] = {}
        self.products: dict[str, int] = {}
        self.users: dict[str, int] = {}
        self.campaigns: dict[str, int] = {}
        self.coupons: dict[str, int] = {}

    def load(self, *, now: datetime, shift: bool = True) -> Report:
        """Write everything that is not there yet and return the source's report."""
        started = time.monotonic()
        self.source.shift = self.report.shift = self._choose_shift(now, shift)
        for write in (
            self._categories, self._products, self._customers, self._campaigns, self._coupons, self._discounts,
            self._orders, self._redemptions,
        ):  # fmt: skip
            write()
        self.report.seconds = time.monotonic() - started
        return self.report

    def _choose_shift(self, now: datetime, wanted: bool) -> timedelta:
        chosen = weeks_to_now(self.source.last_order_at, now) if wanted else 0 * WEEK
        for sku, created_at in Product.objects.filter(source=self.source.name).values_list(
            "sku", "created_at"
        )[:50]:
            original = self.source.created_at(sku)
            found = weeks_between(original, created_at) if original else None
            if found is None:
                continue
            if found != chosen:
                self.report.notes.append(
                    f"Loaded before with times moved by {found // WEEK} weeks; that is kept"
                    f" (this load would have moved them by {chosen // WEEK})."
                )
            return found
        return chosen

    def _missing(self, what: str, rows: Iterable[Row], is_there: Callable[[Row], bool]) -> Iterator[Row]:
        """`rows` that are not there yet, with progress; the others are counted."""
        for row in self.progress.track(rows, what, self.sizes.get(what)):
            if is_there(row):
                self.report.present[what] += 1
            else:
                self.report.written[what] += 1
                yield row

    def _categories(self) -> None:
        self.categories = dict(Category.objects.values_list("path", "pk"))
        rows = self._missing("categories", self.source.categories(), lambda row: row.path in self.categories)
        with transaction.atomic():
            for row in rows:
                parent, _slash, name = row.path.rpartition("/")
                category = Category(
                    name=name, slug=slugify(name) or "category", path=row.path, derived=row.derived,
                    parent_id=self.categories[parent] if parent else None,
                )  # fmt: skip
                Category.objects.bulk_create([category])
                self.categories[row.path] = category.pk

    def _products(self) -> None:
        self.products = dict(Product.objects.filter(source=self.source.name).values_list("sku", "pk"))
        missing = self._missing("products", self.source.products(), lambda row: row.sku in self.products)
        variants: list[ProductRow] = []
        for batch in batches(missing, BATCH):
            variants += [row for row in batch if row.parent_sku]
            self._insert_products([row for row in batch if not row.parent_sku])
        for batch in batches(variants, BATCH):
            self._insert_products(batch)

    def _insert_products(self, rows: list[ProductRow]) -> None:
        made = [
            Product(
                sku=row.sku, name=row.name, slug=slugify(row.name)[:220] or "product", description=row.description,
                category_id=self.categories[row.category], brand=row.brand, supplier=row.supplier, price=row.price,
                cost=row.cost, stock=row.stock, size=row.size, created_at=row.created_at, source=self.source.name,
                parent_id=self.products.get(row.parent_sku), variant_label=row.variant_label,
            )
            for row in rows
        ]  # fmt: skip
        with transaction.atomic():
            Product.objects.bulk_create(made)
        self.products.update((product.sku, product.pk) for product in made)

    def _customers(self) -> None:
        known = Customer.objects.exclude(source_key="")
        self.users = dict(known.values_list("source_key", "user_id"))
        missing = self._missing("customers", self.source.customers(), lambda row: row.key in self.users)
        for batch in batches(missing, BATCH):
            with transaction.atomic():
                users = self._insert_users([(row.key, row.email, row.joined_at) for row in batch])
                Customer.objects.bulk_create(
                    Customer(user_id=users[row.key], source_key=row.key, attributes=row.attributes)
                    for row in batch
                )
            self.users.update(users)

    def _insert_users(self, people: list[tuple[str, str, datetime]]) -> dict[str, int]:
        """Users by customer key. The name of a demo login is taken over from a user who made it before and has no
        history; any other name that is taken belongs to somebody, so the customer gets one with the source behind."""
        model = get_user_model()
        names = {key: self.usernames.get(key, key) for key, _email, _joined in people}
        taken = dict(model._default_manager.filter(username__in=names.values()).values_list("username", "pk"))
        with_history = set(Customer.objects.filter(user__in=taken.values()).values_list("user_id", flat=True))
        for key, name in names.items():
            if name in taken and (key not in self.usernames or taken[name] in with_history):
                names[key] = f"{key}@{self.source.name}"
        made = [
            model(username=names[key], email=email, date_joined=joined, password=make_password(None))
            for key, email, joined in people
            if names[key] not in taken
        ]
        model._default_manager.bulk_create(made)
        taken |= {user.get_username(): user.pk for user in made}
        return {key: taken[name] for key, name in names.items()}

    def _campaigns(self) -> None:
        self.campaigns = dict(Campaign.objects.exclude(source_key="").values_list("source_key", "pk"))
        rows = self._missing("campaigns", self.source.campaigns(), lambda row: row.key in self.campaigns)
        made = Campaign.objects.bulk_create(
            Campaign(
                name=row.name, kind=row.kind, starts_at=row.starts_at, ends_at=row.ends_at, source_key=row.key
            )
            for row in rows
        )
        self.campaigns.update((campaign.source_key, campaign.pk) for campaign in made)

    def _coupons(self) -> None:
        """Coupons, and for new and old ones alike the products that are not joined to them yet."""
        self.coupons = dict(Coupon.objects.values_list("code", "pk"))
        joins = Coupon.products.through
        rows = list(self.source.coupons())
        for batch in batches(rows, BATCH):
            with transaction.atomic():
                made = Coupon.objects.bulk_create(
                    Coupon(
                        code=row.code, name=row.name, percent=row.percent, starts_at=row.starts_at,
                        ends_at=row.ends_at, campaign_id=self.campaigns.get(row.campaign_key),
                    )
                    for row in self._missing("coupons", batch, lambda row: row.code in self.coupons)
                )  # fmt: skip
                self.coupons.update((coupon.code, coupon.pk) for coupon in made)
                pairs = [
                    (self.coupons[row.code], self.products[sku])
                    for row in batch for sku in row.skus if sku in self.products
                ]  # fmt: skip
                there = set(
                    joins.objects.filter(coupon__in=[self.coupons[row.code] for row in batch]).values_list(
                        "coupon_id", "product_id"
                    )
                )
                joins.objects.bulk_create(
                    (joins(coupon_id=coupon, product_id=product) for coupon, product in pairs
                     if (coupon, product) not in there),
                    batch_size=BATCH,
                )  # fmt: skip

    def _discounts(self) -> None:
        there = set(Discount.objects.values_list("product_id", "name"))
        rows = self._missing(
            "discounts", self.source.discounts(), lambda row: (self.products[row.sku], row.name) in there
        )
        Discount.objects.bulk_create(
            (
                Discount(product_id=self.products[row.sku], name=row.name, percent=row.percent,
                         starts_at=row.starts_at, ends_at=row.ends_at)
                for row in rows
            ),
            batch_size=BATCH,
        )  # fmt: skip

    def _orders(self) -> None:
        mine = Order.objects.filter(source_key__startswith=f"{self.source.name}:")
        there = frozenset(mine.values_list("number", flat=True))
        self.report.present["orders"] = len(there)
        total = max(0, self.sizes.get("orders", 0) - len(there))
        rows = self.progress.track(self.source.orders(there), "orders", total)
        for batch in batches(rows, ORDERS_IN_BATCH):
            self._insert_orders(batch)
        ends = mine.order_by("placed_at").values_list("placed_at", flat=True)
        self.report.first_order, self.report.last_order = ends.first(), ends.last()

    def _insert_orders(self, rows: list[OrderRow]) -> None:
        orders = [self._order(row) for row in rows]
        with transaction.atomic():
            Order.objects.bulk_create(orders)
            lines = [
                (
                    order.pk, self.products[line.sku], line.quantity, line.unit_price, line.discount, line.line_total,
                    place,
                )
                for order, row in zip(orders, rows, strict=True)
                for place, line in enumerate(row.lines)
            ]  # fmt: skip
            insert_rows(OrderLine, LINE_FIELDS, lines)
        self.report.written["orders"] += len(orders)
        self.report.written["order lines"] += len(lines)

    def _order(self, row: OrderRow) -> Order:
        total = sum((line.line_total for line in row.lines), Decimal(0))
        discount = sum((line.discount for line in row.lines), Decimal(0))
        return Order(
            number=row.number, user_id=self.users[row.customer_key] if row.customer_key else None, email=row.email,
            status=Order.Status.PAID, placed_at=row.placed_at, paid_at=row.placed_at, currency=self.source.currency,
            subtotal=total + discount, discount=discount, total=total, coupon_id=self.coupons.get(row.coupon_code),
            source_key=f"{self.source.name}:{row.key}",
        )  # fmt: skip

    def _redemptions(self) -> None:
        there = set(CouponRedemption.objects.values_list("coupon_id", "user_id", "redeemed_at"))
        rows = list(self.source.redemptions())
        numbers = {row.order_number for row in rows if row.order_number}
        orders = dict(Order.objects.filter(number__in=numbers).values_list("number", "pk")) if numbers else {}
        missing = self._missing(
            "redemptions",
            rows,
            lambda row: (
                (self.coupons[row.coupon_code], self.users[row.customer_key], row.redeemed_at) in there
            ),
        )
        CouponRedemption.objects.bulk_create(
            (
                CouponRedemption(
                    coupon_id=self.coupons[row.coupon_code], user_id=self.users[row.customer_key],
                    order_id=orders.get(row.order_number), redeemed_at=row.redeemed_at,
                )
                for row in missing
            ),
            batch_size=BATCH,
        )  # fmt: skip
