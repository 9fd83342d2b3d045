"""The past becomes events: once, in batches, and again where it was left off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.adapter import get_adapter
from recommendations.exceptions import InvalidEvent
from recommendations.models import Event, Job
from recommendations.paths import as_moment
from recommendations.tracking.backfill import backfill, reconcile
from shop.models import Order, OrderLine, Review
from tests.factories import make_order, make_product, make_user

pytestmark = pytest.mark.django_db


def make_past(n_orders: int = 5) -> None:
    """Orders that no signal told of, since nothing here commits."""
    products = [make_product(), make_product()]
    for number in range(n_orders):
        make_order(*products, user=make_user(), placed_at=timezone.now() - timedelta(days=40 + number))
    make_order(products[0], user=make_user(), status="cancelled")
    Review.objects.create(product=products[0], user=make_user(), rating=5)
    assert not Event.objects.exists()


def test_every_row_becomes_an_event_once() -> None:
    make_past()
    report = backfill(batch_size=3)
    assert report.kinds == {"purchase": 10, "rating": 1, "wish": 0}
    lines = report.declarations["purchase:shop.orderline"]
    assert (lines.rows, lines.new, lines.not_counting) == (11, 10, 1)
    assert lines.first is not None and lines.last is not None
    assert round((lines.last - lines.first) / timedelta(days=1)) == 4
    assert Event.objects.count() == 11
    again = backfill(batch_size=4)
    assert again.total.new == again.total.changed == again.total.voided == 0
    assert again.total.unchanged == 11
    assert Event.objects.count() == 11


def test_a_dry_run_counts_and_writes_nothing() -> None:
    make_past()
    report = backfill(dry_run=True)
    assert report.total.new == 11
    assert not Event.objects.exists()


class Interrupted(Exception):
    pass


class InterruptAfter:
    """A progress that ends the run after so many batches, as Ctrl-C would."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def start(self, stage: str, total: int | None = None) -> None:
        self.stage = stage

    def advance(self, n: int = 1) -> None:
        self.left -= 1
        if self.left < 0:
            raise Interrupted

    def finish(self) -> None:
        raise AssertionError("it was interrupted")


def test_an_interrupted_backfill_goes_on_where_it_stopped() -> None:
    make_past()
    with pytest.raises(Interrupted):
        backfill(batch_size=3, progress=InterruptAfter(2))
    assert 0 < Event.objects.count() < 11
    left_off = Event.objects.count()
    report = backfill(batch_size=3)
    assert report.resumed
    assert report.declarations["purchase:shop.orderline"].rows < 11
    assert Event.objects.count() == 11 and left_off < 11
    assert Job.objects.get(name="backfill").state == {}
    assert not backfill().resumed


def test_memory_does_not_grow_with_the_rows() -> None:
    make_past(n_orders=8)
    with CaptureQueriesContext(connection) as queries:
        backfill(batch_size=4)
    reads = [q["sql"] for q in queries if 'FROM "shop_orderline"' in q["sql"] and "COUNT" not in q["sql"]]
    assert len(reads) == 5 and all("LIMIT 4" in sql for sql in reads)


def test_since_leaves_out_what_is_older() -> None:
    make_past()
    report = backfill(since=timezone.now() - timedelta(days=42, hours=1))
    assert report.declarations["purchase:shop.orderline"].new == 6


def test_reconcile_picks_up_what_no_signal_told() -> None:
    make_past()
    reconcile()
    assert Event.objects.count() == 11
    order = Order.objects.filter(status="paid").first()
    assert order is not None
    product = make_product()
    OrderLine.objects.bulk_create(
        [OrderLine(order=Order.objects.create(status="paid", user=order.user), product=product,
                   unit_price=Decimal(1), line_total=Decimal(1))]
    )  # fmt: skip
    report = reconcile()
    assert report.total.new == 1
    assert report.total.rows < 11  # incremental: the orders of 40 days ago are not read again
    assert Event.objects.valid().filter(item_key=str(product.pk)).count() == 1


def test_reconcile_voids_what_is_gone_and_revises_what_changed() -> None:
    order = make_order(make_product(), make_product(), user=make_user())
    reconcile()
    gone, changed = order.lines.order_by("pk")
    with connection.cursor() as cursor:  # past Django: no signal is sent
        cursor.execute("DELETE FROM shop_orderline WHERE id = %s", [gone.pk])
        cursor.execute("UPDATE shop_orderline SET quantity = 5 WHERE id = %s", [changed.pk])
    report = reconcile()
    assert (report.total.voided, report.total.changed) == (1, 1)
    assert [event.quantity for event in Event.objects.valid()] == [Decimal(5)]


def test_a_row_that_makes_no_valid_event_is_reported_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_past(n_orders=2)
    broken = OrderLine.objects.order_by("pk")[:1].get()
    adapter = get_adapter()
    key = "x" * 200
    monkeypatch.setattr(
        adapter, "order_key", lambda order: key if order.pk == broken.order_id else str(order.pk)
    )
    report = backfill()
    assert (report.total.invalid, report.total.new) == (2, 3)
    assert report.total.errors[0].startswith(
        f"shop.OrderLine {broken.pk}: order_key is longer than 190 characters: 'xxx"
    )


def test_a_naive_or_date_time_of_a_row_is_understood() -> None:
    assert as_moment(date(2026, 1, 2)) == datetime(2026, 1, 2, 12, tzinfo=UTC)
    assert as_moment(datetime(2026, 1, 2, 3)) == datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert as_moment(None) is None
    with pytest.raises(InvalidEvent, match="must be a date or datetime, not 'yesterday'"):
        as_moment("yesterday")
