"""How purchases are attributed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register

from recommendations.checks.behaviours import TAG
from recommendations.conf import settings
from recommendations.exceptions import ConfigurationError
from recommendations.reports.attribution import Model


@register(TAG)
def check_attribution(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E022: a model that does not exist, or a window that is no span of time."""
    try:
        settings.own  # noqa: B018  (E010 says what is wrong there)
    except ConfigurationError:
        return []
    return list(_attribution())


def _attribution() -> Iterator[CheckMessage]:
    if settings.ATTRIBUTION_MODEL not in list(Model):
        yield Error(
            f'RECOMMENDATIONS["ATTRIBUTION_MODEL"] is {settings.ATTRIBUTION_MODEL!r}: there is no such model.',
            hint=f"Set it to one of {', '.join(Model)}.",
            id="recommendations.E022",
        )
    for name in ("CLICK_WINDOW_HOURS", "VIEW_WINDOW_HOURS"):
        hours = getattr(settings, name)
        if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= 24 * 365:
            yield Error(
                f'RECOMMENDATIONS["{name}"] is {hours!r}: that is no number of hours in a year.',
                hint=f'Set RECOMMENDATIONS["{name}"] to a number above 0, e.g. 24.',
                id="recommendations.E022",
            )
