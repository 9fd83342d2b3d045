"""How often one caller may ask. Change it in REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] by the throttle's scope."""

from __future__ import annotations

from typing import ClassVar

from django.core.cache import BaseCache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from recommendations.store.guarded import CacheUnavailable, GuardedCache

_cache = GuardedCache("default", instead="Callers of the API are not counted meanwhile.")


class CallerThrottle(SimpleRateThrottle):
    """Counts by user, else by address: a caller that drops its cookie does not get a fresh allowance.

    A number for each minute (hour, day) by the clock, in one round trip to the cache; DRF's own list of the times of
    all requests would be read and written each time. Without a cache nobody is refused.
    """

    default_rate: ClassVar[str]
    num_requests: int
    duration: int
    now = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        if self.rate is None:
            return True
        self.now = self.timer()
        key = f"{self.get_cache_key(request, view)}:{self.now // self.duration:.0f}"
        try:
            return _cache.call(lambda cache: self._count(cache, key)) <= self.num_requests
        except CacheUnavailable:
            return True

    def _count(self, cache: BaseCache, key: str) -> int:
        """How many requests there were in this span, with this one."""
        try:
            return cache.incr(key)
        except ValueError:  # the first one
            return 1 if cache.add(key, 1, self.duration) else cache.incr(key)

    def wait(self) -> float:
        """Seconds until the next span."""
        return float(self.duration - self.now % self.duration)

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
