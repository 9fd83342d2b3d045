from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommendations.models.events import KEY_LENGTH


class Item(models.Model):
    """Our mirror of a host product, kept by signals and `sync_items`."""

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    item_key = models.CharField(_("key"), max_length=KEY_LENGTH)
    group_key = models.CharField(
        _("group"), max_length=KEY_LENGTH, blank=True, help_text=_("Variants share it.")
    )
    title = models.CharField(_("title"), max_length=255)
    text = models.TextField(_("text"), blank=True)
    categories = models.JSONField(_("categories"), default=list, help_text=_("Paths, e.g. Grocery/Bread."))
    brand = models.CharField(_("brand"), max_length=120, blank=True)
    supplier = models.CharField(_("supplier"), max_length=120, blank=True)
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=2, null=True, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    stock = models.IntegerField(_("stock"), null=True, blank=True)
    available_from = models.DateTimeField(_("available from"), null=True, blank=True)
    available_until = models.DateTimeField(_("available until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), null=True, blank=True)
    price_changed_at = models.DateTimeField(_("price changed at"), null=True, blank=True)
    previous_price = models.DecimalField(
        _("previous price"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Before the last change."),
    )
    restocked_at = models.DateTimeField(_("restocked at"), null=True, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    is_sensitive = models.BooleanField(
        _("sensitive"),
        default=False,
        help_text=_(
            "Nothing is recommended because of it, and it is shown only where the adapter allows it."
        ),
    )
    minimum_age = models.PositiveSmallIntegerField(
        _("minimum age"), default=0, help_text=_("Of visitors who may see it.")
    )
    customer_groups = models.JSONField(
        _("customer groups"), default=list, blank=True, help_text=_("Who may see it; empty: everybody.")
    )
    is_limited = models.BooleanField(
        _("limited"),
        default=False,
        help_text=_("Not for everybody, or not for ever: an age, groups or times are set."),
    )
    content_hash = models.CharField(_("content hash"), max_length=32, blank=True)
    is_gone = models.BooleanField(_("gone"), default=False, help_text=_("No longer in the shop's catalogue."))
    synced_at = models.DateTimeField(_("synced at"), default=timezone.now)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints = [models.UniqueConstraint(fields=["scope", "item_key"], name="rec_item_key")]
        indexes = [
            models.Index(fields=["scope", "group_key"], name="rec_item_group"),
            models.Index(fields=["scope"], name="rec_item_limited", condition=models.Q(is_limited=True)),
        ]

    def __str__(self) -> str:
        return self.title
