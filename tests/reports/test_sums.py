"""The reports' sums against the shop's own order lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from recommendations.adapter import Behaviour
from recommendations.datatypes import Kind
from recommendations.models import Event, SumCheck
from recommendations.reports.attribution import Model
from recommendations.reports.days import day_of
from recommendations.reports.rollup import roll_up
from recommendations.reports.sums import Balance, balances
from recommendations.tracking.backfill import backfill, reconcile
from shop.adapter import ShopAdapter, buyer, order_lines
from shop.models import Order, OrderLine
from tests.factories import make_order, make_product, make_user
from tests.reports.factories import click, purchase

pytestmark = pytest.mark.django_db

PLACED = timezone.now() - timedelta(days=3)
PLACED_ON = day_of(PLACED)


class ReturningAdapter(ShopAdapter):
    """A shop that keeps what was bought in cancelled orders, and takes it off as returned."""

    behaviours = (
        Behaviour(
            Kind.PURCHASE, model="shop.OrderLine", queryset=order_lines, visitor=buyer, time="order.placed_at",
            quantity="quantity", value="line_total", currency="order.currency", order="order",
        ),
        Behaviour(
            Kind.REFUND, model="shop.OrderLine", queryset=order_lines, visitor=buyer, time="order.placed_at",
            quantity="quantity", value="line_total", currency="order.currency", order="order",
            when=lambda line: line.order.status == Order.Status.CANCELLED,
        ),
    )  # fmt: skip


@pytest.fixture
def sold() -> list[OrderLine]:
    """Three orders, of which the first line was clicked before in two slates."""
    products = [make_product(), make_product()]
    user = make_user()
    for _n in range(2):
        make_order(*products, user=user, placed_at=PLACED)
    make_order(products[0], user=make_user(), status="cancelled", placed_at=PLACED)
    for placement in ("home", "cart"):
        click(
            str(products[0].pk), f"u:{user.pk}", placement=placement, occurred_at=PLACED - timedelta(hours=1)
        )
    backfill()
    return list(OrderLine.objects.order_by("pk"))


def off(model: Model) -> list[Decimal]:
    return [each.off_by for each in found(model)]


def found(model: Model = Model.LAST_CLICK) -> list[Balance]:
    return balances(PLACED_ON, PLACED_ON, "", model)


@pytest.mark.parametrize("model", Model)
def test_attributed_and_unattributed_are_the_shops_order_lines(sold: list[OrderLine], model: Model) -> None:
    roll_up()
    paid = sum(line.line_total for line in sold if line.order.status == "paid")
    (balance,) = found(model)
    assert balance.in_shop == paid > balance.attributed > 0
    assert balance.attributed + balance.unattributed - balance.refunds == paid
    assert balance.refunds == balance.off_by == 0


@pytest.mark.parametrize("model", Model)
def test_refunds_are_taken_off(sold: list[OrderLine], settings: Any, model: Model) -> None:
    returning: Mapping[str, Any] = {"ADAPTER": "tests.reports.test_sums.ReturningAdapter"}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **returning}
    Order.objects.filter(pk=sold[0].order_id).update(status="cancelled")
    backfill()
    roll_up()
    (balance,) = found(model)
    assert balance.refunds == sum(line.line_total for line in sold[:2]) + sold[4].line_total
    assert balance.in_shop == sum(line.line_total for line in sold[2:4])
    assert balance.off_by == 0


def test_rows_that_differ_are_named(sold: list[OrderLine]) -> None:
    changed, lost, gone = sold[:3]
    changed_from = changed.line_total
    OrderLine.objects.filter(pk=changed.pk).update(line_total=changed_from + 5)
    Event.objects.filter(source=f"purchase:shop.orderline:{lost.pk}").delete()
    OrderLine.objects.filter(pk=gone.pk).delete()
    invented = purchase("bread", occurred_at=PLACED, value="7.00", currency=sold[0].order.currency)
    roll_up()
    (check,) = SumCheck.objects.filter(day=PLACED_ON)
    assert check.n_different == 4
    assert {row[0]: row[1:] for row in check.differences} == {
        f"purchase:shop.orderline:{changed.pk}": [str(changed_from + 5), str(changed_from)],
        f"purchase:shop.orderline:{lost.pk}": [str(lost.line_total), None],
        f"purchase:shop.orderline:{gone.pk}": [None, str(gone.line_total)],
        f"event:{invented.pk}": [None, "7.00"],
    }
    assert off(Model.LINEAR) == [5 + lost.line_total - gone.line_total - 7]
    Event.objects.filter(pk=invented.pk).delete()
    reconcile()
    roll_up()
    assert off(Model.LINEAR) == [0]


def test_a_shop_that_declares_no_order_lines_cannot_be_compared(settings: Any) -> None:
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "ADAPTER": "recommendations.adapter.Adapter"}
    purchase()
    roll_up()
    assert not SumCheck.objects.exists()


def test_the_page_names_the_days_and_rows(sold: list[OrderLine], admin_client: Any) -> None:
    roll_up()
    page = "/admin/recommendations/report/sums/"
    agreeing = admin_client.get(page)
    assert b"The sums agree on every day, under every model." in agreeing.content
    OrderLine.objects.filter(pk=sold[0].pk).update(line_total=1)
    roll_up([PLACED_ON])
    content = admin_client.get(page).context["content"]
    off, rows, _all = content.tables
    assert [row[2] for row in off.rows] == [model.value for model in Model]
    assert rows.rows == [
        [PLACED_ON, f"purchase:shop.orderline:{sold[0].pk}", Decimal("1.00"), sold[0].line_total]
    ]
