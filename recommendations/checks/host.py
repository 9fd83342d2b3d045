"""The shop around us: middleware, addresses, context processor, schedule, the site that mails lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.urls import NoReverseMatch, reverse

from recommendations.checks.behaviours import TAG
from recommendations.conf import NAME, settings
from recommendations.exceptions import ConfigurationError
from recommendations.serving.mail import is_site

MIDDLEWARE = "recommendations.middleware.RecommendationsMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
REQUEST_PROCESSOR = "django.template.context_processors.request"
TRAIN = "recommendations.tasks.train"


@register(TAG)
def check_host(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W001–W004: what works without, but not well. E020: links that lead nowhere."""
    return [*middleware(), *urls(), *context_processor(), *schedule(), *site()]


def middleware() -> Iterator[CheckMessage]:
    """W001: no visitor is known without the middleware."""
    names = list(django_settings.MIDDLEWARE)
    if MIDDLEWARE not in names:
        yield Warning(
            "The recommendations middleware is missing: visitors are not known from page to page.",
            hint=f'Add to MIDDLEWARE, after AuthenticationMiddleware: "{MIDDLEWARE}"',
            id="recommendations.W001",
        )
    elif AUTHENTICATION in names and names.index(MIDDLEWARE) < names.index(AUTHENTICATION):
        yield Warning(
            "The recommendations middleware stands before AuthenticationMiddleware: it knows no users.",
            hint=f'Move "{MIDDLEWARE}" behind "{AUTHENTICATION}" in MIDDLEWARE.',
            id="recommendations.W001",
        )


def urls() -> Iterator[CheckMessage]:
    """W002: nobody can say what was seen and clicked."""
    try:
        reverse("recommendations:track")
    except NoReverseMatch:
        yield Warning(
            "The addresses of recommendations are not included: nothing seen or clicked can be reported.",
            hint='Add to your urlpatterns: path("recommendations/", include("recommendations.urls"))',
            id="recommendations.W002",
        )


def context_processor() -> Iterator[CheckMessage]:
    """W003: the template tags need the request."""
    templates: list[dict[str, Any]] = list(django_settings.TEMPLATES)
    engines = [t for t in templates if t["BACKEND"].endswith("DjangoTemplates")]
    if engines and not any(
        REQUEST_PROCESSOR in engine.get("OPTIONS", {}).get("context_processors", []) for engine in engines
    ):
        yield Warning(
            "Templates do not get the request, which the recommendation tags need.",
            hint=f'Add to the context_processors in TEMPLATES: "{REQUEST_PROCESSOR}"',
            id="recommendations.W003",
        )


def schedule() -> Iterator[CheckMessage]:
    """W004: a shop with Celery whose schedule never trains."""
    if not getattr(django_settings, "CELERY_BROKER_URL", None):
        return
    entries = getattr(django_settings, "CELERY_BEAT_SCHEDULE", None) or {}
    if not any(entry.get("task") == TRAIN for entry in entries.values()):
        yield Warning(
            "Celery is set up, but its schedule never trains the recommenders.",
            hint=f'Add to CELERY_BEAT_SCHEDULE: "train": {{"task": "{TRAIN}", "schedule": crontab(hour=3, minute=0)}}',
            id="recommendations.W004",
        )


def site() -> Iterator[CheckMessage]:
    """E020: mails whose links lead nowhere."""
    try:
        address = settings.SITE_URL
    except ConfigurationError:  # E010 tells
        return
    if address != "" and not is_site(address):
        yield Error(
            f'{NAME}["SITE_URL"] is {address!r}: links in mails cannot begin with it.',
            hint=f'Set it to scheme and host, without a path: {NAME} = {{"SITE_URL": "https://shop.example", …}}',
            id="recommendations.E020",
        )
