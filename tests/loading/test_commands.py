"""Both commands into the shop's tables: once, twice, after an interruption, weeks later."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone

from shop.loading.base import OrderRow
from shop.loading.completejourney import CompleteJourney, read_tables
from shop.loading.progress import Progress
from shop.loading.shift import WEEK
from shop.loading.writer import ORDERS_IN_BATCH, Writer, batches
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
from tests.loading import gifts, grocery

pytestmark = pytest.mark.django_db

TABLES = (
    Campaign, Category, Coupon, Coupon.products.through, CouponRedemption, Customer, Discount, Order, OrderLine,
    Product, get_user_model(),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return grocery.write_folder(tmp_path)


def load_demo(folder: Path, *arguments: str, verbosity: int = 1) -> str:
    out = io.StringIO()
    call_command(
        "load_demo", "--full", "--data", str(folder), *arguments, stdout=out, stderr=io.StringIO(), verbosity=verbosity
    )  # fmt: skip
    return out.getvalue()


def load_gifts(folder: Path, *arguments: str) -> str:
    out = io.StringIO()
    call_command("load_online_retail", str(folder), *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in TABLES}


def write(folder: Path, now: datetime, **options: Any) -> Writer:
    writer = Writer(CompleteJourney(read_tables(folder), full=True), Progress(io.StringIO(), quiet=True))
    writer.load(now=now, **options)
    return writer


def test_the_demo_is_loaded_whole(folder: Path) -> None:
    text = load_demo(folder)
    assert counts() == {
        "Campaign": 1, "Category": 8, "Coupon": 1, "Coupon_products": 1, "CouponRedemption": 1, "Customer": 2,
        "Discount": Discount.objects.count(), "Order": grocery.N_ORDERS, "OrderLine": grocery.N_LINES,
        "Product": 7, "User": 2,
    }  # fmt: skip
    assert f"{'order lines':<18}{grocery.N_LINES:>12}{0:>16}" in text
    assert "           2 order lines: not goods (department Fuel)" in text


def test_loading_twice_doubles_nothing(folder: Path) -> None:
    load_demo(folder)
    before = counts()
    text = load_demo(folder)
    assert counts() == before
    assert f"{'orders':<18}{0:>12}{grocery.N_ORDERS:>16}" in text
    assert f"{'products':<18}{0:>12}{7:>16}" in text


def test_the_last_order_lies_within_seven_days_and_everything_moves_along(folder: Path) -> None:
    load_demo(folder)
    last = Order.objects.latest("placed_at").placed_at
    now = timezone.now()
    assert now - WEEK < last <= now
    shift = last - grocery.LAST.replace(tzinfo=UTC)
    assert shift % WEEK == timedelta(0)
    assert Campaign.objects.get().starts_at == datetime(2017, 1, 9, tzinfo=UTC) + shift
    assert Coupon.objects.get().ends_at == datetime(2017, 5, 1, tzinfo=UTC) + shift
    assert CouponRedemption.objects.get().redeemed_at == datetime(2017, 1, 11, 1, tzinfo=UTC) + shift
    assert Product.objects.get(sku="CJ-1001").created_at == datetime(2017, 1, 2, tzinfo=UTC) + shift


def test_times_can_be_kept(folder: Path) -> None:
    load_demo(folder, "--no-shift")
    assert Order.objects.latest("placed_at").placed_at == grocery.LAST.replace(tzinfo=UTC)


def test_a_load_of_another_week_is_kept_as_it_is(folder: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    write(folder, now)
    last = Order.objects.latest("placed_at").placed_at
    Order.objects.filter(number="CJ-105").delete()
    report = write(folder, now + 5 * WEEK).report
    assert Order.objects.latest("placed_at").placed_at == last
    moved = (last - grocery.LAST.replace(tzinfo=UTC)) // WEEK
    original = grocery.MONDAY.replace(tzinfo=UTC) + 5 * WEEK
    assert Order.objects.get(number="CJ-105").placed_at == original + moved * WEEK
    assert report.notes == [
        f"Loaded before with times moved by {moved} weeks; that is kept"
        f" (this load would have moved them by {moved + 5})."
    ]


def test_order_sums_are_the_sums_of_their_lines(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    load_demo(folder)
    load_gifts(gifts.write_folder(tmp_path_factory.mktemp("gifts")))
    orders = Order.objects.annotate(
        paid=Sum("lines__line_total"), off=Sum("lines__discount"), n=Count("lines")
    )
    assert orders.count() == grocery.N_ORDERS + 3
    for order in orders:
        assert order.n
        assert order.total == order.paid == order.subtotal - order.discount
        assert order.discount == order.off
        assert order.status == Order.Status.PAID and order.paid_at == order.placed_at
    assert set(Order.objects.values_list("currency", flat=True)) == {"USD", "GBP"}
    assert Order.objects.get(number="CJ-200").coupon == Coupon.objects.get()


def test_line_positions_count_from_zero(folder: Path) -> None:
    load_demo(folder)
    spans = Order.objects.annotate(low=Min("lines__position"), high=Max("lines__position"), n=Count("lines"))
    assert all((order.low, order.high) == (0, order.n - 1) for order in spans)


def test_names_are_unique(folder: Path) -> None:
    load_demo(folder)
    names = [product.full_name for product in Product.objects.all()]
    assert len(names) == len({name.casefold() for name in names})
    assert all(product.slug for product in Product.objects.all())


class Interrupted(Exception):
    pass


def interrupted_after(n: int, rows: Iterator[OrderRow]) -> Iterator[OrderRow]:
    for place, row in enumerate(rows):
        if place == n:
            raise Interrupted
        yield row


def test_an_interrupted_load_is_completed_by_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr("shop.loading.writer.ORDERS_IN_BATCH", 5)
    source = CompleteJourney(read_tables(folder), full=True)
    original = source.orders
    source.orders = lambda skip=frozenset(): interrupted_after(7, original(skip))  # type: ignore[method-assign]
    with pytest.raises(Interrupted):
        Writer(source, Progress(io.StringIO(), quiet=True)).load(now=now)
    assert Order.objects.count() == 5
    assert CouponRedemption.objects.count() == 0
    # Weeks later the rest still gets the times of the first part.
    report = write(folder, now + 9 * WEEK).report
    assert (report.present["orders"], report.written["orders"]) == (5, grocery.N_ORDERS - 5)
    assert OrderLine.objects.count() == grocery.N_LINES
    assert CouponRedemption.objects.count() == 1
    span = Order.objects.aggregate(first=Min("placed_at"), last=Max("placed_at"))
    assert span["last"] - span["first"] == grocery.LAST - grocery.MONDAY


def test_an_order_never_stands_without_its_lines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(*args: Any) -> None:
        raise IntegrityError("no room")

    monkeypatch.setattr("shop.loading.writer.insert_rows", break_off)
    with pytest.raises(IntegrityError):
        write(folder, datetime(2026, 1, 1, tzinfo=UTC))
    assert Order.objects.count() == 0


def test_the_quick_demo_can_grow_into_the_full_one(folder: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    quick = CompleteJourney(read_tables(folder), n_households=2, min_lines=5)
    Writer(quick, Progress(io.StringIO(), quiet=True)).load(now=now)
    assert Order.objects.count() < grocery.N_ORDERS
    write(folder, now)
    assert Product.objects.count() == 7
    assert Coupon.products.through.objects.count() == 1


def test_households_cannot_log_in_and_the_demo_logins_can(folder: Path, client: Any) -> None:
    load_demo(folder, "--with-logins")
    users = get_user_model().objects
    assert not users.get(username="household-2").has_usable_password()
    assert users.get(username="household-2").email == "household-2@example.invalid"
    assert client.login(username="shopper", password="shopper")
    shopper = users.get(username="shopper")
    assert shopper.customer.source_key == "household-1"  # type: ignore[attr-defined]
    assert shopper.orders.count() == 12  # type: ignore[attr-defined]
    assert not shopper.is_staff
    assert client.login(username="merchandiser", password="merchandiser")
    assert users.get(username="merchandiser").is_superuser


def test_without_debug_there_are_no_demo_logins_unless_asked(folder: Path) -> None:
    load_demo(folder)
    assert set(get_user_model().objects.values_list("username", flat=True)) == {"household-1", "household-2"}


def test_a_login_made_before_gets_the_history_and_keeps_its_password(folder: Path, client: Any) -> None:
    get_user_model().objects.create_user("shopper", password="my own words")
    load_demo(folder, "--with-logins")
    assert client.login(username="shopper", password="my own words")
    assert Order.objects.filter(user__username="shopper").count() == 12


def test_somebody_elses_username_stays_theirs(folder: Path) -> None:
    stranger = get_user_model().objects.create_user("household-2")
    load_demo(folder)
    assert not Order.objects.filter(user=stranger).exists()
    assert Order.objects.filter(user__username="household-2@completejourney").count() == 2


def test_gifts_with_guests_and_derived_categories(tmp_path: Path) -> None:
    gifts.write_folder(tmp_path)
    text = load_gifts(tmp_path)
    assert counts() | {"Discount": 0} == {
        "Campaign": 0, "Category": 7, "Coupon": 0, "Coupon_products": 0, "CouponRedemption": 0, "Customer": 1,
        "Discount": 0, "Order": 3, "OrderLine": 4, "Product": 5, "User": 1,
    }  # fmt: skip
    assert Order.objects.get(number="OR-500002").user is None
    assert not Category.objects.filter(derived=False).exists()
    assert OrderLine.objects.aggregate(total=Sum("line_total"))["total"] == Decimal("30.75")
    assert "negative quantity (returned)" in text
    before = counts()
    load_gifts(tmp_path)
    assert counts() == before


def test_a_bad_file_ends_the_command_with_its_message_and_writes_nothing(tmp_path: Path) -> None:
    gifts.write_folder(tmp_path, lines=gifts.LINES.replace("10,1.65", "ten,1.65", 1))
    with pytest.raises(CommandError) as caught:
        load_gifts(tmp_path)
    assert str(caught.value) == (
        "order_lines.csv.gz, line 2: qty is 'ten', which is not a whole number."
        f" Correct that line of {tmp_path / 'order_lines.csv.gz'}, or delete it."
    )
    assert not any(counts().values())


def test_quiet_commands_say_nothing(folder: Path) -> None:
    assert load_demo(folder, verbosity=0) == ""


def test_batches_are_whole_and_in_order() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches([], 2)) == []
    assert ORDERS_IN_BATCH > 1
