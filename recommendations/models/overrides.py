from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: What a scheduled Override is called when its end has come: no state of its own, as nothing has to run for it.
ENDED = "ended"


class Override(models.Model):
    """A change of one settings entry that needs no deployment: a recommender's options, a placement's sources.

    `value` is merged over the entry as the shop's settings are merged over the defaults. What was once written is
    never edited: only the state moves on, and every move is kept as an OverrideChange.
    """

    class Kind(models.TextChoices):
        RECOMMENDER = "recommender", _("recommender")
        PLACEMENT = "placement", _("placement")
        RULE = "rule", _("rule")  # of the settings, or a new one

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        SCHEDULED = "scheduled", _("scheduled")  # counts from starts_at until ends_at, over what is active
        ACTIVE = "active", _("active")
        REPLACED = "replaced", _("replaced")  # by a newer one; a roll-back of that one takes it again
        REJECTED = "rejected", _("rejected")
        ROLLED_BACK = "rolled_back", _("rolled back")

    class By(models.TextChoices):
        PERSON = "merchandiser", _("merchandiser")
        TUNE = "tune", _("search of options")
        TRAINING = "training", _("nightly training")

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=64)
    version = models.PositiveIntegerField(
        _("version"), help_text=_("Counts the Overrides of one recommender or placement.")
    )
    value = models.JSONField(_("value"), help_text=_("What is merged over the settings entry."))
    base = models.JSONField(
        _("base"), default=dict, blank=True, help_text=_("The entry as it was when this was proposed.")
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.PROPOSED)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    author_kind = models.CharField(_("proposed by"), max_length=16, choices=By.choices)
    author = models.CharField(_("author"), max_length=150, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    problem = models.TextField(
        _("problem"), blank=True, help_text=_("Why the last training could not use it.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_kind = models.CharField(_("decided by a"), max_length=16, choices=By.choices, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        permissions = [("activate_override", _("Can activate, reject and roll back overrides"))]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "kind", "name"],
                condition=models.Q(state="active"),
                name="rec_override_one_active",
            ),
            models.UniqueConstraint(fields=["scope", "kind", "name", "version"], name="rec_override_version"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} v{self.version} ({self.state_now})"

    @property
    def is_over(self) -> bool:
        """Was it scheduled until a time that has come? Nothing is written when it comes."""
        is_scheduled = self.state == self.State.SCHEDULED
        return is_scheduled and self.ends_at is not None and self.ends_at <= timezone.now()

    @property
    def state_now(self) -> str:
        """Its state, or ENDED."""
        return ENDED if self.is_over else str(self.state)

    @property
    def state_label(self) -> str:
        return str(_("ended") if self.is_over else self.get_state_display())


class OverrideChange(models.Model):
    """One move of an Override's or an Experiment's state: when, by whom, and why. The newest row tells readers that
    something changed."""

    override = models.ForeignKey(
        Override, models.PROTECT, related_name="changes", verbose_name=_("override"), null=True, blank=True
    )
    experiment = models.ForeignKey(
        "recommendations.Experiment",
        models.PROTECT,
        related_name="changes",
        verbose_name=_("experiment"),
        null=True,
        blank=True,
    )
    from_state = models.CharField(_("from"), max_length=16, choices=Override.State.choices, blank=True)
    to_state = models.CharField(_("to"), max_length=16, choices=Override.State.choices)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by_kind = models.CharField(_("by a"), max_length=16, choices=Override.By.choices)
    by = models.CharField(_("by"), max_length=150, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("change of an override")
        verbose_name_plural = _("changes of overrides")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(override__isnull=False) ^ models.Q(experiment__isnull=False),
                name="rec_override_change_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.override_id or self.experiment_id}: {self.from_state or '–'} → {self.to_state}"
