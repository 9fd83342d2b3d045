"""How often one caller may ask. Change it in REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] by the throttle's scope."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class CallerThrottle(SimpleRateThrottle):
    """Counts by user, else by address: a caller that drops its cookie does not get a fresh allowance."""

    default_rate: ClassVar[str]

    def get_rate(self) -> str | None:
        rates = api_settings.DEFAULT_THROTTLE_RATES or {}
        rate = rates.get(str(self.scope), self.default_rate)
        return None if rate is None else str(rate)

    def get_cache_key(self, request: Request, view: APIView) -> str:
        user = request.user
        ident = f"user-{user.pk}" if user and user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


class RecommendationsThrottle(CallerThrottle):
    """Reading slates."""

    scope = "recommendations"
    default_rate = "600/min"


class EventsThrottle(CallerThrottle):
    """Sending batches of events."""

    scope = "recommendations_events"
    default_rate = "120/min"


class VisitorsThrottle(CallerThrottle):
    """Asking for visitor tokens."""

    scope = "recommendations_visitors"
    default_rate = "60/min"
