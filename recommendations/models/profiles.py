from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommendations.models.events import KEY_LENGTH


class Profile(models.Model):
    """What we believe about a visitor, rebuilt from the events."""

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    visitor_key = models.CharField(_("visitor"), max_length=KEY_LENGTH)
    first_seen_at = models.DateTimeField(_("first seen at"))
    last_seen_at = models.DateTimeField(_("last seen at"))
    last_order_at = models.DateTimeField(_("last order at"), null=True, blank=True)
    n_orders = models.PositiveIntegerField(_("orders"), default=0)
    value = models.DecimalField(_("value of orders"), max_digits=14, decimal_places=2, default=0)
    recency_score = models.PositiveSmallIntegerField(_("recency (1–5)"), default=0)
    frequency_score = models.PositiveSmallIntegerField(_("frequency (1–5)"), default=0)
    monetary_score = models.PositiveSmallIntegerField(_("monetary (1–5)"), default=0)
    stage = models.CharField(_("lifecycle stage"), max_length=24, blank=True)
    preferences = models.JSONField(
        _("preferences"),
        default=dict,
        help_text=_("Shares of interest: categories and brands, each summing to 1."),
    )
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now)

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        constraints = [models.UniqueConstraint(fields=["scope", "visitor_key"], name="rec_profile_visitor")]
        indexes = [models.Index(fields=["scope", "stage"], name="rec_profile_stage")]

    def __str__(self) -> str:
        return self.visitor_key
