from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportDay(models.Model):
    """What one report says of one day of the shop's time zone, computed once and only read by pages.

    `summary` holds the few numbers that charts read for every day of a span, `detail` what is read of one day or
    merged by tasks.
    """

    class Visitors(models.TextChoices):
        REAL = "real", _("Real")
        SIMULATED = "simulated", _("Simulated")
        ALL = "all", _("Real and simulated")

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    report = models.CharField(_("report"), max_length=32)
    visitors = models.CharField(_("visitors"), max_length=16, choices=Visitors.choices, default=Visitors.REAL)
    day = models.DateField(_("day"))
    summary = models.JSONField(_("summary"), default=dict, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    computed_at = models.DateTimeField(_("computed at"))

    class Meta:
        verbose_name = _("day of a report")
        verbose_name_plural = _("days of reports")
        default_permissions = ()
        permissions = [
            ("view_funnel_report", "Can view the funnel report"),
            ("view_coverage_report", "Can view the coverage report"),
            ("view_fairness_report", "Can view the fairness report"),
            ("view_quality_report", "Can view the snapshot quality report"),
            ("view_searches_report", "Can view the searches report"),
            ("view_unsold_report", "Can view the report of items never bought"),
            ("view_unshown_report", "Can view the report of items never shown"),
            ("view_data_report", "Can view the data quality report"),
            ("view_health_report", "Can view the health report"),
            ("view_retention_report", "Can view the retention report"),
            ("view_visitor_inspector", "Can inspect visitors"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["report", "scope", "visitors", "day"], name="rec_reportday_key"),
        ]
        indexes = [models.Index(fields=["day"], name="rec_reportday_day")]

    def __str__(self) -> str:
        return f"{self.report} {self.day}"
