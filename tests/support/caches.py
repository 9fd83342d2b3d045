"""Caches for the tests: entries of CACHES for each kind of server, and one that notes what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache

LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
REDIS = "django.core.cache.backends.redis.RedisCache"
MEMCACHED = "django.core.cache.backends.memcached.PyMemcacheCache"


def locmem(prefix: str) -> dict[str, Any]:
    return {"BACKEND": LOCMEM, "LOCATION": prefix, "OPTIONS": {"MAX_ENTRIES": 10_000}}


def redis(url: str, prefix: str = "") -> dict[str, Any]:
    return {"BACKEND": REDIS, "LOCATION": url, "KEY_PREFIX": prefix}


def memcached(address: str, prefix: str = "") -> dict[str, Any]:
    # A server that is back is asked again at once.
    options = {"dead_timeout": 0, "retry_timeout": 0}
    return {"BACKEND": MEMCACHED, "LOCATION": address, "KEY_PREFIX": prefix, "OPTIONS": options}


class NotingCache(LocMemCache):
    """Notes the name of each call from outside in `NotingCache.calls`: the round trips to a server."""

    calls: list[str] = []
    _inside = False


def _noting(name: str) -> Callable[..., Any]:
    def noted(self: NotingCache, *args: Any, **options: Any) -> Any:
        if self._inside:
            return getattr(LocMemCache, name)(self, *args, **options)
        NotingCache.calls.append(name)
        self._inside = True
        try:
            return getattr(LocMemCache, name)(self, *args, **options)
        finally:
            self._inside = False

    return noted


for _name in ("get", "get_many", "set", "set_many", "add", "delete"):
    setattr(NotingCache, _name, _noting(_name))
