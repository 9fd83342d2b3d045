from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from recommendations.models.overrides import Override


class OfKind(models.Manager["Override"]):
    """The Overrides of one kind."""

    def __init__(self, kind: Override.Kind) -> None:
        super().__init__()
        self.kind = kind

    def get_queryset(self) -> models.QuerySet[Override]:
        return super().get_queryset().filter(kind=self.kind)


class PlacementChange(Override):
    """The Overrides of placements: their place in the admin. No table of its own."""

    objects: ClassVar[Any] = OfKind(Override.Kind.PLACEMENT)

    class Meta:
        proxy = True
        default_permissions = ("add", "view")
        verbose_name = _("change of a placement")
        verbose_name_plural = _("placements")


class RecommenderChange(Override):
    """The Overrides of recommenders: their place in the admin. No table of its own."""

    objects: ClassVar[Any] = OfKind(Override.Kind.RECOMMENDER)

    class Meta:
        proxy = True
        default_permissions = ("add", "view")
        verbose_name = _("change of a recommender")
        verbose_name_plural = _("recommenders")
