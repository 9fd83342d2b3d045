"""Whether a coupon counts for a cart, and what to say when it does not."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.contrib.auth.models import AnonymousUser, User
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from shop.models import Coupon, CouponRedemption
from shop.money import format_money


class CouponRefused(Exception):
    """The message is a sentence for the shopper."""


def find_coupon(code: str) -> Coupon:
    """The coupon with this code, whatever its case; CouponRefused when there is none."""
    code = code.strip()
    if not code:
        raise CouponRefused(_("Please enter a coupon code."))
    coupon = Coupon.objects.filter(code__iexact=code).order_by("pk").first()
    if coupon is None:
        raise CouponRefused(_("There is no coupon “%(code)s”.") % {"code": code})
    return coupon


def check_coupon(
    coupon: Coupon,
    *,
    user: User | AnonymousUser,
    products: Collection[int],
    eligible: Collection[int] | None,
    total: Decimal,
) -> None:
    """Raise CouponRefused unless `coupon` counts now.

    `products` are the keys in the cart, `eligible` the keys that the coupon is for (None: all), `total` the
    cart's sum after the products' own discounts.
    """
    if not coupon.has_started:
        day = date_format(localtime(coupon.starts_at), "DATE_FORMAT")
        raise CouponRefused(_("Coupon %(code)s starts on %(day)s.") % {"code": coupon.code, "day": day})
    if coupon.has_ended:
        day = date_format(localtime(coupon.ends_at), "DATE_FORMAT")
        raise CouponRefused(_("Coupon %(code)s ended on %(day)s.") % {"code": coupon.code, "day": day})
    if eligible is not None and not set(products) & set(eligible):
        raise CouponRefused(
            _("Coupon %(code)s is for other products than those in your cart.") % {"code": coupon.code}
        )
    if total < coupon.min_total:
        raise CouponRefused(
            _("Coupon %(code)s needs an order of at least %(least)s; yours is %(total)s.")
            % {"code": coupon.code, "least": format_money(coupon.min_total), "total": format_money(total)}
        )
    if user.is_authenticated and CouponRedemption.objects.filter(coupon=coupon, user=user).exists():
        raise CouponRefused(_("You have used coupon %(code)s already.") % {"code": coupon.code})
