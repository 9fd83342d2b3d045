from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """A long run: its lock (one holder, which expires with a dead worker) and its progress, for the admin to show."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    scope = models.CharField(_("scope"), max_length=64, blank=True)
    holder = models.CharField(_("held by"), max_length=120, blank=True)
    expires_at = models.DateTimeField(_("lock expires at"), null=True, blank=True)
    stage = models.CharField(_("stage"), max_length=120, blank=True)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), default=0)
    state = models.JSONField(
        _("state"), default=dict, blank=True, help_text=_("Where to go on after a break.")
    )
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")

    def __str__(self) -> str:
        return self.name
