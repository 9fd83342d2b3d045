"""Orders and their lines.

`total` = sum of `line_total` + `shipping` = `subtotal` − `discount` + `shipping`.
"""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Without 0/O and 1/I, which people mix up on the telephone.
NUMBER_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_order_number() -> str:
    """Not guessable and not counting, e.g. "24-7KQ2MX9D"."""
    return f"{timezone.now():%y}-" + "".join(secrets.choice(NUMBER_ALPHABET) for _place in range(8))


class Order(models.Model):
    class Status(models.TextChoices):
        PENDING = "pending", _("waiting for payment")
        PAID = "paid", _("paid")
        CANCELLED = "cancelled", _("cancelled")
        REFUNDED = "refunded", _("refunded")

    number = models.CharField(_("number"), max_length=40, unique=True, default=new_order_number)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), null=True, blank=True, related_name="orders",
        on_delete=models.SET_NULL,
    )  # fmt: skip
    email = models.EmailField(_("e-mail"), blank=True)
    ship_to = models.TextField(_("ship to"), blank=True, help_text=_("Name and address, a line each."))
    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.PENDING, db_index=True
    )
    placed_at = models.DateTimeField(_("placed"), default=timezone.now, db_index=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    subtotal = models.DecimalField(_("subtotal"), max_digits=12, decimal_places=2, default=Decimal(0))
    discount = models.DecimalField(_("discount"), max_digits=12, decimal_places=2, default=Decimal(0))
    shipping = models.DecimalField(_("shipping"), max_digits=10, decimal_places=2, default=Decimal(0))
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2, default=Decimal(0))
    coupon = models.ForeignKey(
        "shop.Coupon", verbose_name=_("coupon"), null=True, blank=True, related_name="orders",
        on_delete=models.SET_NULL,
    )  # fmt: skip
    simulated = models.BooleanField(_("simulated"), default=False, db_index=True)
    source_key = models.CharField(_("key in the source"), max_length=60, blank=True, db_index=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-placed_at", "-pk")

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.status == self.Status.PAID and self.paid_at is None:
            self.paid_at = timezone.now()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "paid_at"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("shop:order", kwargs={"number": self.number})

    @property
    def can_be_cancelled(self) -> bool:
        return self.status == self.Status.PENDING


class OrderLine(models.Model):
    order = models.ForeignKey(Order, verbose_name=_("order"), related_name="lines", on_delete=models.CASCADE)
    product = models.ForeignKey(
        "shop.Product", verbose_name=_("product"), related_name="order_lines", on_delete=models.PROTECT
    )
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    unit_price = models.DecimalField(_("unit price"), max_digits=10, decimal_places=2)
    discount = models.DecimalField(
        _("discount"), max_digits=12, decimal_places=2, default=Decimal(0), help_text=_("Of the whole line.")
    )
    line_total = models.DecimalField(
        _("line total"), max_digits=12, decimal_places=2, help_text=_("After discounts.")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("order", "position", "pk")

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_id}"
