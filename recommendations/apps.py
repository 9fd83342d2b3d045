from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommendationsConfig(AppConfig):
    name = "recommendations"
    verbose_name = _("Recommendations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from recommendations import (
            checks,  # noqa: F401  (registers the system checks)
            store,  # noqa: F401  (hears of changed Overrides)
        )
        from recommendations.tracking import receivers
        from recommendations.training import queueing

        receivers.connect()
        queueing.connect()
