from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommendations.models.events import KEY_LENGTH


class Snapshot(models.Model):
    """One published result of a recommender. Readers follow the one that is live; a rollback flips the pointer."""

    class Status(models.TextChoices):
        BUILDING = "building", _("building")
        LIVE = "live", _("live")
        READY = "ready", _("ready")  # complete, not live: a rollback can take it
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    recommender = models.CharField(_("recommender"), max_length=64)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.BUILDING)
    algorithm = models.CharField(_("algorithm"), max_length=200)
    options = models.JSONField(_("options"), default=dict)
    sources = models.JSONField(
        _("sources"), default=list, help_text=_("What `source_index` in a list points into.")
    )
    metrics = models.JSONField(_("metrics"), default=dict, blank=True)
    n_events = models.PositiveIntegerField(_("events"), default=0)
    n_items = models.PositiveIntegerField(_("items"), default=0)
    n_lists = models.PositiveIntegerField(_("lists"), default=0)
    coverage = models.FloatField(_("catalogue coverage"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it was refused or failed."))
    watermark = models.DateTimeField(_("events up to"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    activated_at = models.DateTimeField(_("activated at"), null=True, blank=True)

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "recommender"],
                condition=models.Q(status="live"),
                name="rec_snapshot_one_live",
            ),
        ]
        indexes = [models.Index(fields=["scope", "recommender", "status"], name="rec_snapshot_status")]

    def __str__(self) -> str:
        return f"{self.recommender} #{self.pk} ({self.status})"


class RankedList(models.Model):
    """One row of a snapshot: key → ranked targets.

    `items` is compact JSON text, `[[target, score, source_index], …]`, best first, at most 50, scores in 0..1.
    """

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="lists", verbose_name=_("snapshot"))
    key_kind = models.CharField(_("key kind"), max_length=16)
    key = models.CharField(_("key"), max_length=KEY_LENGTH, blank=True)
    target_kind = models.CharField(_("target kind"), max_length=16)
    items = models.TextField(_("items"))

    class Meta:
        verbose_name = _("ranked list")
        verbose_name_plural = _("ranked lists")
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "key_kind", "key", "target_kind"], name="rec_list_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_kind} {self.key!r} → {self.target_kind}"
