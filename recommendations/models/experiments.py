from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommendations.models.events import KEY_LENGTH


class Experiment(models.Model):
    """Variants of one placement, each shown to its share of the visitors, and what decides between them."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")  # everybody sees the placement as it is; may run on
        STOPPED = "stopped", _("stopped")
        FINISHED = "finished", _("finished")  # stopped, and its winner was shipped

    class Kind(models.TextChoices):
        AB = "ab", _("fixed shares")
        BANDIT = "bandit", _("bandit")

    class Metric(models.TextChoices):
        CTR = "ctr", _("clicks a row in view")
        CONVERSION = "conversion", _("visitors who bought")
        REVENUE = "revenue", _("revenue a visitor")
        MARGIN = "margin", _("margin a visitor")
        RETENTION = "retention", _("visitors who came back after 28 days")

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=100)
    placement = models.CharField(_("placement"), max_length=64)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.DRAFT)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.AB)
    metric = models.CharField(
        _("primary metric"), max_length=16, choices=Metric.choices, default=Metric.REVENUE
    )
    guardrails = models.JSONField(
        _("guardrails"),
        default=dict,
        blank=True,
        help_text=_("Metric → the relative loss that is borne; more of it proven, it stops."),
    )
    segment = models.JSONField(
        _("segment"), default=dict, blank=True, help_text=_("Who takes part, as a rule's visitors.")
    )
    traffic = models.FloatField(_("share of the visitors who take part"), default=1.0)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    salt = models.CharField(_("salt"), max_length=32)
    author = models.CharField(_("author"), max_length=150, blank=True)
    winner = models.CharField(_("winner"), max_length=32, blank=True)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    first_started_at = models.DateTimeField(_("first started at"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        permissions = [("run_experiment", _("Can start, pause, stop and ship experiments"))]
        constraints = [
            models.UniqueConstraint(fields=["scope", "name"], name="rec_experiment_name"),
            models.UniqueConstraint(
                fields=["scope", "placement"],
                condition=models.Q(status="running"),
                name="rec_experiment_one_running",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """One arm: what of the placement's entry it changes, as an Override does; a holdout shows nothing."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="variants")
    name = models.CharField(_("name"), max_length=32)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    share = models.FloatField(_("share"), help_text=_("Of those who take part; the shares add up to 1."))
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    holdout = models.BooleanField(_("shows nothing"), default=False)
    is_control = models.BooleanField(_("control"), default=False)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="rec_variant_name"),
            models.UniqueConstraint(
                fields=["experiment"], condition=models.Q(is_control=True), name="rec_variant_one_control"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Exposure(models.Model):
    """A visitor who had the tested place in view, and what they did from then on. Worked out anew by the task."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="exposures")
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="exposures")
    visitor_key = models.CharField(_("visitor"), max_length=KEY_LENGTH)
    first_at = models.DateTimeField(_("first in view at"))
    is_excluded = models.BooleanField(_("saw two variants"), default=False)
    before = models.FloatField(_("primary metric before"), default=0.0)
    slates = models.PositiveIntegerField(_("rows in view"), default=0)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    revenue = models.DecimalField(_("revenue"), max_digits=14, decimal_places=2, default=0)
    margin = models.DecimalField(_("margin"), max_digits=14, decimal_places=2, default=0)
    came_back = models.BooleanField(
        _("came back after 28 days"), null=True, blank=True, help_text=_("Empty while it is too early.")
    )

    class Meta:
        verbose_name = _("exposure")
        verbose_name_plural = _("exposures")
        constraints = [
            models.UniqueConstraint(fields=["experiment", "visitor_key"], name="rec_exposure_visitor"),
        ]

    def __str__(self) -> str:
        return f"{self.experiment_id}: {self.visitor_key}"


class ExperimentResult(models.Model):
    """How an experiment stood when the task looked on a day; what the admin shows, worked out before."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="results")
    day = models.DateField(_("day"))
    computed_at = models.DateTimeField(_("computed at"), default=timezone.now)
    data = models.JSONField(_("figures"))

    class Meta:
        verbose_name = _("result of an experiment")
        verbose_name_plural = _("results of experiments")
        constraints = [
            models.UniqueConstraint(fields=["experiment", "day"], name="rec_experiment_day"),
        ]

    def __str__(self) -> str:
        return f"{self.experiment_id}: {self.day}"
