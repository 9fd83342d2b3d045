from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from recommendations.models.overrides import Override


class RuleManager(models.Manager["Rule"]):
    def get_queryset(self) -> models.QuerySet[Rule]:
        return super().get_queryset().filter(kind=Override.Kind.RULE)


class Rule(Override):
    """The Overrides that are rules: their place in the admin. No table of its own."""

    objects: ClassVar[Any] = RuleManager()

    class Meta:
        proxy = True
        default_permissions = ("add", "view")
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
