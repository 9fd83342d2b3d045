"""Time-limited discounts, campaigns and coupons."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PERCENT_RANGE = (MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100)))


class WindowQuerySet(models.QuerySet):
    """Rows with `starts_at` and `ends_at`, either of which may be open."""

    def active(self) -> Self:
        now = timezone.now()
        return self.filter(
            Q(starts_at=None) | Q(starts_at__lte=now),
            Q(ends_at=None) | Q(ends_at__gt=now),
        )


class Window(models.Model):
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)

    objects = WindowQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def has_started(self) -> bool:
        return self.starts_at is None or self.starts_at <= timezone.now()

    @property
    def has_ended(self) -> bool:
        return self.ends_at is not None and self.ends_at <= timezone.now()


class Discount(Window):
    """A price cut of one product for a while; of several in force the largest counts."""

    product = models.ForeignKey(
        "shop.Product", verbose_name=_("product"), related_name="discounts", on_delete=models.CASCADE
    )
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2, validators=PERCENT_RANGE)
    name = models.CharField(_("name"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        indexes = (models.Index(fields=("product", "ends_at"), name="shop_discount_product"),)

    def __str__(self) -> str:
        return f"{self.name or _('Discount')} −{self.percent.normalize():f} %"


class Campaign(Window):
    """A wave of coupons sent to some households."""

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=60, blank=True)
    source_key = models.CharField(_("key in the source"), max_length=60, blank=True, db_index=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")

    def __str__(self) -> str:
        return self.name


class Coupon(Window):
    """A code that takes `percent` off the products it names, or off everything when it names none."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2, validators=PERCENT_RANGE)
    campaign = models.ForeignKey(
        Campaign, verbose_name=_("campaign"), null=True, blank=True, related_name="coupons",
        on_delete=models.SET_NULL,
    )  # fmt: skip
    min_total = models.DecimalField(_("minimum order"), max_digits=10, decimal_places=2, default=Decimal(0))
    products = models.ManyToManyField(
        "shop.Product", verbose_name=_("products"), blank=True, related_name="coupons"
    )

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")

    def __str__(self) -> str:
        return self.code


class CouponRedemption(models.Model):
    coupon = models.ForeignKey(
        Coupon, verbose_name=_("coupon"), related_name="redemptions", on_delete=models.CASCADE
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), null=True, blank=True,
        related_name="coupon_redemptions", on_delete=models.SET_NULL,
    )  # fmt: skip
    order = models.ForeignKey(
        "shop.Order", verbose_name=_("order"), null=True, blank=True, related_name="redemptions",
        on_delete=models.CASCADE,
    )  # fmt: skip
    redeemed_at = models.DateTimeField(_("redeemed"), default=timezone.now)

    class Meta:
        verbose_name = _("coupon redemption")
        verbose_name_plural = _("coupon redemptions")

    def __str__(self) -> str:
        return f"{self.coupon_id} · {self.redeemed_at:%Y-%m-%d}"
