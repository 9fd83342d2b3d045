from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEY_LENGTH = 190


class EventQuerySet(models.QuerySet["Event"]):
    def valid(self) -> EventQuerySet:
        """Events that count: not voided."""
        return self.filter(voided_at__isnull=True)

    def real(self) -> EventQuerySet:
        """Events of real visitors."""
        return self.filter(simulated=False)

    def with_visitor(self) -> models.QuerySet[Any]:
        """Adds `visitor`: the user that an anonymous key turned out to be, else the event's own `visitor_key`."""
        link = VisitorLink.objects.filter(
            scope=models.OuterRef("scope"), anonymous_key=models.OuterRef("visitor_key")
        )
        return self.annotate(visitor=Coalesce(models.Subquery(link.values("visitor_key")[:1]), "visitor_key"))


class Event(models.Model):
    """Something a visitor did. Rows are added and voided, never rewritten."""

    kind = models.CharField(_("kind"), max_length=32)
    visitor_key = models.CharField(_("visitor"), max_length=KEY_LENGTH, blank=True)
    item_key = models.CharField(_("item"), max_length=KEY_LENGTH, blank=True)
    session_key = models.CharField(_("session"), max_length=64, blank=True)
    order_key = models.CharField(_("order"), max_length=KEY_LENGTH, blank=True)
    source = models.CharField(  # noqa: DJ001  (null, so that many events without a row keep it unique)
        _("source row"),
        max_length=255,
        null=True,
        blank=True,
        help_text=_("The host row it came from, if any."),
    )
    revision = models.PositiveIntegerField(_("revision"), default=0)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3, default=1)
    value = models.DecimalField(
        _("value"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Line total after discounts, without shipping."),
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    rating = models.FloatField(_("rating"), null=True, blank=True)
    query = models.CharField(_("search words"), max_length=255, blank=True)
    scope = models.CharField(_("scope"), max_length=64, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"), default=timezone.now)
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)
    voided_at = models.DateTimeField(_("voided at"), null=True, blank=True)
    simulated = models.BooleanField(_("simulated"), default=False)
    context = models.JSONField(_("context"), default=dict, blank=True)
    # What the slate's token said, when the event came from a slate.
    slate_id = models.CharField(_("slate"), max_length=32, blank=True)
    placement = models.CharField(_("placement"), max_length=64, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), null=True, blank=True)
    origin = models.JSONField(
        _("produced by"),
        default=dict,
        blank=True,
        help_text=_("Source, recommender, snapshot, experiment, variant, rules, propensity."),
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(fields=["source", "revision"], name="rec_event_source_revision"),
        ]
        indexes = [
            models.Index(fields=["scope", "visitor_key", "occurred_at"], name="rec_event_visitor"),
            models.Index(fields=["changed_at"], name="rec_event_changed"),
            models.Index(fields=["slate_id"], name="rec_event_slate"),
            models.Index(fields=["order_key"], name="rec_event_order"),
            models.Index(fields=["kind", "occurred_at"], name="rec_event_kind"),
            models.Index(fields=["scope", "item_key", "occurred_at"], name="rec_event_item"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_key or self.query} by {self.visitor_key or 'nobody'}"


class Impression(models.Model):
    """One row for a slate that was seen. Training does not scan it."""

    slate_id = models.CharField(_("slate"), max_length=32, unique=True)
    placement = models.CharField(_("placement"), max_length=64)
    visitor_key = models.CharField(_("visitor"), max_length=KEY_LENGTH, blank=True)
    session_key = models.CharField(_("session"), max_length=64, blank=True)
    scope = models.CharField(_("scope"), max_length=64, blank=True)
    items = models.JSONField(
        _("items"),
        help_text=_("[[item, source, recommender, propensity if drawn], …] in order of position."),
    )
    seen = models.JSONField(_("positions seen"), default=list)
    n_seen = models.PositiveSmallIntegerField(_("items seen"), default=0)
    experiment = models.PositiveIntegerField(_("experiment"), null=True, blank=True)
    variant = models.CharField(_("variant"), max_length=32, blank=True)
    device = models.CharField(
        _("device"), max_length=8, blank=True, help_text=_("desktop, phone, tablet, app, mail, or unknown.")
    )
    occurred_at = models.DateTimeField(_("first seen at"), default=timezone.now)
    simulated = models.BooleanField(_("simulated"), default=False)
    context = models.JSONField(_("context"), default=dict, blank=True)

    class Meta:
        verbose_name = _("impression")
        verbose_name_plural = _("impressions")
        indexes = [
            models.Index(fields=["occurred_at"], name="rec_impression_time"),
            models.Index(fields=["scope", "visitor_key"], name="rec_impression_visitor"),
            models.Index(
                fields=["experiment", "occurred_at"],
                condition=models.Q(experiment__isnull=False),
                name="rec_impression_experiment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.placement} {self.slate_id}"


class VisitorLink(models.Model):
    """An anonymous visitor turned out to be a user. One user a cookie: a shared computer leaks nothing."""

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    anonymous_key = models.CharField(_("anonymous visitor"), max_length=KEY_LENGTH)
    visitor_key = models.CharField(_("visitor"), max_length=KEY_LENGTH)
    bucket = models.PositiveSmallIntegerField(
        _("bucket"), help_text=_("0–999, from the first cookie: keeps experiments stable over the login.")
    )
    linked_at = models.DateTimeField(_("linked at"), default=timezone.now)

    class Meta:
        verbose_name = _("visitor link")
        verbose_name_plural = _("visitor links")
        constraints = [
            models.UniqueConstraint(fields=["scope", "anonymous_key"], name="rec_link_anonymous"),
        ]
        indexes = [models.Index(fields=["scope", "visitor_key"], name="rec_link_visitor")]

    def __str__(self) -> str:
        return f"{self.anonymous_key} → {self.visitor_key}"


class OrderVisitor(models.Model):
    """Who an order belongs to, noted when it was created: it may be paid later, by a webhook or in the admin.

    An empty `visitor_key` says that the visitor did not consent, and keeps the order nobody's for ever.
    """

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    order_key = models.CharField(_("order"), max_length=KEY_LENGTH)
    visitor_key = models.CharField(_("visitor"), max_length=KEY_LENGTH, blank=True)
    session_key = models.CharField(_("session"), max_length=64, blank=True)
    simulated = models.BooleanField(_("simulated"), default=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("order visitor")
        verbose_name_plural = _("order visitors")
        constraints = [models.UniqueConstraint(fields=["scope", "order_key"], name="rec_order_visitor")]

    def __str__(self) -> str:
        return f"{self.order_key}: {self.visitor_key or 'nobody'}"
