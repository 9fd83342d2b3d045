"""The cart: product keys and quantities in the session, prices always fresh from the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.coupons import CouponRefused, check_coupon, find_coupon
from shop.models import Coupon, Product
from shop.money import ZERO, share_out, to_cents
from shop.signals import cart_added, cart_removed

SESSION_KEY = "cart"
COUPON_KEY = "cart_coupon"
MAX_QUANTITY = 999


class CartError(Exception):
    """The message is a sentence for the shopper."""


@dataclass(frozen=True)
class CartLine:
    """`unit_price` is the regular one; `discount` what all discounts together take off the line."""

    product: Product
    quantity: int
    unit_price: Decimal
    sale_price: Decimal
    coupon_discount: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        return self.unit_price * self.quantity

    @property
    def net(self) -> Decimal:
        """After the product's own discount, before the coupon."""
        return self.sale_price * self.quantity

    @property
    def discount(self) -> Decimal:
        return self.gross - self.total

    @property
    def total(self) -> Decimal:
        return self.net - self.coupon_discount

    @property
    def is_short(self) -> bool:
        return self.quantity > self.product.stock


@dataclass(frozen=True)
class Totals:
    subtotal: Decimal
    product_discount: Decimal
    coupon_discount: Decimal
    shipping: Decimal
    missing_for_free_shipping: Decimal

    @property
    def discount(self) -> Decimal:
        return self.product_discount + self.coupon_discount

    @property
    def total(self) -> Decimal:
        return self.subtotal - self.discount + self.shipping


def price_lines(
    lines: Sequence[CartLine], coupon: Coupon | None, eligible: set[int] | None
) -> list[CartLine]:
    """`lines` with the coupon's discount shared out over those it is for, to the cent."""
    if coupon is None:
        return list(lines)
    weights = [line.net if eligible is None or line.product.pk in eligible else ZERO for line in lines]
    discount = to_cents(sum(weights, ZERO) * coupon.percent / 100)
    return [
        CartLine(line.product, line.quantity, line.unit_price, line.sale_price, part)
        for line, part in zip(lines, share_out(discount, weights), strict=True)
    ]


def totals_of(lines: Sequence[CartLine]) -> Totals:
    """Sums of `lines`, and the shipping that follows from them."""
    subtotal = sum((line.gross for line in lines), ZERO)
    net = sum((line.net for line in lines), ZERO)
    coupon_discount = sum((line.coupon_discount for line in lines), ZERO)
    missing = max(settings.SHOP_FREE_SHIPPING_FROM - (net - coupon_discount), ZERO)
    shipping = settings.SHOP_SHIPPING if lines and missing else ZERO
    return Totals(subtotal, subtotal - net, coupon_discount, shipping, missing if lines else ZERO)


class Cart:
    """The request's cart. Changing it sends the shop's signals; reading it costs one query, or none if empty."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def quantities(self) -> dict[str, int]:
        return dict(self.request.session.get(SESSION_KEY, {}))

    def __len__(self) -> int:
        return sum(self.quantities.values())

    def add(self, product: Product, quantity: int = 1) -> None:
        """CartError when not so many are in stock, or the product is not sold now."""
        self.set_quantity(product, self.quantities.get(str(product.pk), 0) + quantity)

    def set_quantity(self, product: Product, quantity: int) -> None:
        """Make `quantity` the number of `product` in the cart; 0 or less removes it."""
        before = self.quantities.get(str(product.pk), 0)
        quantity = min(max(quantity, 0), MAX_QUANTITY)
        if quantity > before:
            self._check_stock(product, quantity)
        quantities = self.quantities
        if quantity:
            quantities[str(product.pk)] = quantity
        else:
            quantities.pop(str(product.pk), None)
        self._store(quantities)
        if quantity > before:
            cart_added.send(sender=Cart, product=product, quantity=quantity - before, request=self.request)
        elif quantity < before:
            cart_removed.send(sender=Cart, product=product, quantity=before - quantity, request=self.request)

    def clear(self) -> None:
        """Forget everything, as after an order; that is no removal, so no signal is sent."""
        self._store({})
        self.request.session.pop(COUPON_KEY, None)

    def _store(self, quantities: dict[str, int]) -> None:
        self.request.session[SESSION_KEY] = quantities
        for name in ("_loaded", "lines", "totals", "_coupon"):
            self.__dict__.pop(name, None)

    @staticmethod
    def _check_stock(product: Product, quantity: int) -> None:
        if product.stock <= 0:
            raise CartError(_("“%(name)s” is sold out.") % {"name": product.full_name})
        if quantity > product.stock:
            raise CartError(
                ngettext(
                    "Only %(stock)d of “%(name)s” is in stock.",
                    "Only %(stock)d of “%(name)s” are in stock.",
                    product.stock,
                )
                % {"stock": product.stock, "name": product.full_name}
            )

    @cached_property
    def _loaded(self) -> list[CartLine]:
        """Lines before the coupon, in the order they were added; what is no longer sold is left out."""
        quantities = self.quantities
        if not quantities:
            return []
        found = Product.objects.visible().filter(pk__in=quantities).select_related("category", "parent")
        products = {str(product.pk): product for product in found.with_prices()}
        return [
            CartLine(products[key], quantity, products[key].price, products[key].price_now)
            for key, quantity in quantities.items()
            if key in products
        ]

    @cached_property
    def lines(self) -> list[CartLine]:
        coupon, eligible, _error = self._coupon
        return price_lines(self._loaded, coupon, eligible)

    @cached_property
    def totals(self) -> Totals:
        return totals_of(self.lines)

    @property
    def products(self) -> list[Product]:
        return [line.product for line in self.lines]

    @property
    def coupon(self) -> Coupon | None:
        """The coupon that counts; one that was entered but does not count (any more) is not it."""
        return self._coupon[0]

    @property
    def coupon_error(self) -> str:
        return self._coupon[2]

    @cached_property
    def _coupon(self) -> tuple[Coupon | None, set[int] | None, str]:
        code = self.request.session.get(COUPON_KEY)
        if not code or not self._loaded:
            return None, None, ""
        try:
            return *self._checked(code), ""
        except CouponRefused as refusal:
            return None, None, str(refusal)

    def _checked(self, code: str) -> tuple[Coupon, set[int] | None]:
        coupon = find_coupon(code)
        eligible = set(coupon.products.values_list("pk", flat=True)) or None
        if eligible is not None:
            # A coupon names main products; their variants are meant too.
            eligible |= {line.product.pk for line in self._loaded if line.product.parent_id in eligible}
        check_coupon(
            coupon,
            user=self.request.user,
            products=[line.product.pk for line in self._loaded],
            eligible=eligible,
            total=sum((line.net for line in self._loaded), ZERO),
        )
        return coupon, eligible

    def use_coupon(self, code: str) -> Coupon:
        """Enter a code; CouponRefused says why it does not count, and the earlier one stays."""
        coupon, _eligible = self._checked(code)
        self.request.session[COUPON_KEY] = coupon.code
        self._store(self.quantities)
        return coupon

    def drop_coupon(self) -> None:
        self.request.session.pop(COUPON_KEY, None)
        self._store(self.quantities)
