"""Who may log in at the API."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from recommendations.checks.behaviours import TAG
from recommendations.conf import NAME, settings
from recommendations.exceptions import ConfigurationError


@register(TAG)
def check_api_authentication(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E019: API_AUTHENTICATION, where there is an API."""
    try:
        paths = settings.API_AUTHENTICATION
    except ConfigurationError:  # E010 says so
        return []
    if not apps.is_installed("rest_framework"):
        return []
    from rest_framework.authentication import BaseAuthentication

    where = f'{NAME}["API_AUTHENTICATION"]'
    hint = 'Give dotted paths, e.g. ["rest_framework.authentication.SessionAuthentication"].'
    if not isinstance(paths, list | tuple):
        return [Error(f"{where} is {paths!r}, which is no list.", hint=hint, id="recommendations.E019")]
    errors: list[CheckMessage] = []
    for path in paths:
        try:
            found = import_string(path)
            if not (isinstance(found, type) and issubclass(found, BaseAuthentication)):
                raise ImportError("it is no subclass of rest_framework.authentication.BaseAuthentication")
        except (ImportError, AttributeError, TypeError) as error:
            message = f"{where} names {path!r}, which is no authentication: {error}."
            errors.append(Error(message, hint=hint, id="recommendations.E019"))
    return errors
