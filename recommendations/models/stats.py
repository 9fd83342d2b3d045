from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from recommendations.models.events import KEY_LENGTH


class DailyStat(models.Model):
    """What one placement did on one day of the shop's time zone.

    The row with placement "" holds the day's whole orders and revenue, the one with "*" what all placements did
    together, an order counted once.
    """

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    day = models.DateField(_("day"))
    placement = models.CharField(_("placement"), max_length=64, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    simulated = models.BooleanField(_("simulated"), default=False)
    slates = models.PositiveIntegerField(_("slates seen"), default=0)
    items_seen = models.PositiveIntegerField(_("items seen"), default=0)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    revenue = models.DecimalField(_("revenue"), max_digits=14, decimal_places=2, default=0)
    rolled_up_at = models.DateTimeField(_("rolled up at"))

    class Meta:
        verbose_name = _("daily figure")
        verbose_name_plural = _("daily figures")
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "day", "placement", "currency", "simulated"], name="rec_dailystat_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.placement or 'all orders'}"


class Report(DailyStat):
    """The reports' place in the admin; no table and no permissions of its own."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("report")
        verbose_name_plural = _("reports")


class Counter(models.Model):
    """What was not recorded, counted a day: bots, staff, no consent, errors, refused tokens."""

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    day = models.DateField(_("day"))
    name = models.CharField(_("what"), max_length=64)
    value = models.PositiveBigIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        constraints = [models.UniqueConstraint(fields=["scope", "day", "name"], name="rec_counter_key")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}: {self.value}"


class ItemStat(models.Model):
    """How often an item was in view and clicked on one day, on a placement that explores new items."""

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    placement = models.CharField(_("placement"), max_length=64)
    item_key = models.CharField(_("item"), max_length=KEY_LENGTH)
    day = models.DateField(_("day"))
    simulated = models.BooleanField(_("simulated"), default=False)
    seen = models.PositiveIntegerField(_("times in view"), default=0)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)

    class Meta:
        verbose_name = _("daily figure of an item")
        verbose_name_plural = _("daily figures of items")
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "placement", "item_key", "day", "simulated"], name="rec_itemstat_key"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="rec_itemstat_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.placement} {self.item_key}"
