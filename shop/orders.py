"""What can happen to an order. Views, the admin and simulations all come through here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.cart import CartLine, totals_of
from shop.coupons import CouponRefused
from shop.models import Coupon, CouponRedemption, Order, OrderLine, Product
from shop.signals import order_placed


class OrderRefused(Exception):
    """Nothing was changed. The message is a sentence for the shopper."""


@dataclass(frozen=True)
class Buyer:
    email: str
    ship_to: str = ""
    user: User | None = None


def place_order(
    lines: Sequence[CartLine],
    buyer: Buyer,
    *,
    currency: str,
    coupon: Coupon | None = None,
    pay_later: bool = False,
    simulated: bool = False,
    placed_at: datetime | None = None,
    request: HttpRequest | None = None,
) -> Order:
    """Take the stock, write the order with its lines and tell `order_placed`; all of it or nothing.

    `placed_at` is now, unless a simulated visitor's order is dated back.

    Raises OrderRefused for an empty cart or when stock has run out meanwhile, CouponRefused when the buyer has
    used the coupon meanwhile.
    """
    if not lines:
        raise OrderRefused(_("Your cart is empty."))
    with transaction.atomic():
        _take_stock(lines)
        totals = totals_of(lines)
        order = Order.objects.create(
            user=buyer.user,
            email=buyer.email,
            ship_to=buyer.ship_to,
            status=Order.Status.PENDING if pay_later else Order.Status.PAID,
            currency=currency,
            subtotal=totals.subtotal,
            discount=totals.discount,
            shipping=totals.shipping,
            total=totals.total,
            coupon=coupon,
            simulated=simulated,
            placed_at=placed_at or timezone.now(),
        )
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                product=line.product,
                quantity=line.quantity,
                unit_price=line.unit_price,
                discount=line.discount,
                line_total=line.total,
                position=position,
            )
            for position, line in enumerate(lines)
        )
        if coupon is not None:
            _redeem(coupon, order)
        order_placed.send(sender=Order, order=order, request=request)
    return order


def _take_stock(lines: Sequence[CartLine]) -> None:
    # The condition is in the update itself, so two buyers of the last one cannot both get it; going by key keeps
    # two orders of the same products from waiting for each other.
    for line in sorted(lines, key=lambda line: line.product.pk):
        taken = Product.objects.filter(pk=line.product.pk, is_active=True, stock__gte=line.quantity).update(
            stock=F("stock") - line.quantity, updated_at=timezone.now()
        )
        if not taken:
            raise OrderRefused(_shortage(line))


def _shortage(line: CartLine) -> str:
    stock = (
        Product.objects.filter(pk=line.product.pk, is_active=True).values_list("stock", flat=True).first()
        or 0
    )
    values = {"stock": stock, "name": line.product.full_name, "wanted": line.quantity}
    if not stock:
        return _("“%(name)s” has just sold out. Please remove it from your cart.") % values
    return (
        ngettext(
            "Only %(stock)d of “%(name)s” is left; your cart has %(wanted)d.",
            "Only %(stock)d of “%(name)s” are left; your cart has %(wanted)d.",
            stock,
        )
        % values
    )


def _redeem(coupon: Coupon, order: Order) -> None:
    # Locked, so that the same person cannot redeem it in two orders at the same moment.
    Coupon.objects.select_for_update().get(pk=coupon.pk)
    if order.user and CouponRedemption.objects.filter(coupon=coupon, user=order.user).exists():
        raise CouponRefused(_("You have used coupon %(code)s already.") % {"code": coupon.code})
    CouponRedemption.objects.create(coupon=coupon, order=order, user=order.user)


def mark_paid(order: Order) -> bool:
    """A pending order has been paid; False when it was not pending."""
    return _move(order, {Order.Status.PENDING}, Order.Status.PAID)


def cancel(order: Order) -> bool:
    """Call a pending order off and put its goods back; False when it was not pending."""
    with transaction.atomic():
        moved = _move(order, {Order.Status.PENDING}, Order.Status.CANCELLED)
        if moved:
            _put_back(order)
    return moved


def refund(order: Order) -> bool:
    """Give the money of a paid order back, and take its goods back; False when it was not paid."""
    with transaction.atomic():
        moved = _move(order, {Order.Status.PAID}, Order.Status.REFUNDED)
        if moved:
            _put_back(order)
    return moved


def _move(order: Order, allowed: set[str], status: str) -> bool:
    """Change the status through the model's save(), so that everybody who listens to it hears of it."""
    with transaction.atomic():
        current = Order.objects.select_for_update().get(pk=order.pk)
        if current.status not in allowed:
            return False
        order.status = status
        order.save(update_fields=["status"])
    return True


def _put_back(order: Order) -> None:
    for line in order.lines.order_by("product_id"):
        Product.objects.filter(pk=line.product_id).update(
            stock=F("stock") + line.quantity, updated_at=timezone.now()
        )
    order.redemptions.all().delete()
