"""How often one caller may ask."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client, override_settings

from recommendations.api import throttles
from recommendations.api.throttles import CallerThrottle
from recommendations.store.guarded import GuardedCache
from tests.factories import make_user

ADDRESS = "/api/v1/recommendations/home_popular/"


def at(monkeypatch: Any, seconds: float) -> None:
    monkeypatch.setattr(CallerThrottle, "timer", staticmethod(lambda: 1_000_000 * 60 + seconds))


@pytest.fixture(autouse=True)
def twice_a_minute(products: Any, monkeypatch: Any) -> Any:
    at(monkeypatch, 18)
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"recommendations": "2/min"}}):
        yield


def statuses(client: Client, n: int = 3) -> list[int]:
    return [client.get(ADDRESS).status_code for _ in range(n)]


def test_the_third_within_a_minute_waits_for_the_next(client: Client, monkeypatch: Any) -> None:
    assert statuses(client) == [200, 200, 429]
    refused = client.get(ADDRESS)
    assert refused["Retry-After"] == "42"
    assert refused.json() == {"detail": "Request was throttled. Expected available in 42 seconds."}
    at(monkeypatch, 60)
    assert statuses(client) == [200, 200, 429]


def test_who_drops_the_cookie_gets_no_more_and_who_logs_in_has_their_own(client: Client) -> None:
    assert statuses(client) == [200, 200, 429]
    client.cookies.clear()
    assert statuses(client, 1) == [429]
    client.force_login(make_user("ann"))
    assert statuses(client) == [200, 200, 429]


def test_a_count_that_just_went_begins_again(client: Client, monkeypatch: Any) -> None:
    """Another process added the key between our two calls."""
    real = caches["default"]
    monkeypatch.setattr(real, "add", lambda key, value, timeout: real.set(key, 7, timeout))
    assert statuses(client, 1) == [429]


def test_without_a_cache_nobody_is_refused(client: Client, monkeypatch: Any, caplog: Any) -> None:
    down = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    monkeypatch.setattr(throttles, "_cache", GuardedCache("default", throttles._cache.instead))
    with override_settings(CACHES={"default": down}):
        assert statuses(client) == [200, 200, 200]
    assert "Callers of the API are not counted meanwhile." in caplog.text
