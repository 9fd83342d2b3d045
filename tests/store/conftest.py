"""A cache in front of the database, on each kind of server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches

from recommendations.store import get_store
from recommendations.store.cached import CachedStore
from tests.support import caches as entries
from tests.support import memcached as memcached_support
from tests.support.requirements import skip_without_service


@pytest.fixture(scope="session")
def memcached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a real Memcached; tests share it, each with keys of its own."""
    if not memcached_support.is_available():
        skip_without_service("Memcached", memcached_support.HOW_TO_GET_IT)
    log: Path = tmp_path_factory.mktemp("memcached") / "server.log"
    with memcached_support.memcached_server(log) as address:
        yield address


@pytest.fixture
def keep_lists_in(settings: Any) -> Iterator[Callable[[dict[str, Any]], CachedStore]]:
    """Makes the cache of an entry of CACHES the one of the store that the settings name; returns that store."""
    before = dict(settings.RECOMMENDATIONS)

    def use(entry: dict[str, Any]) -> CachedStore:
        settings.CACHES = {**settings.CACHES, "lists": entry}
        settings.RECOMMENDATIONS = {
            **before,
            "STORE": "recommendations.store.cached.CachedStore",
            "STORE_CACHE": "lists",
        }
        store = get_store()
        assert isinstance(store, CachedStore)
        return store

    yield use
    caches.close_all()


@pytest.fixture
def cached_in(
    request: pytest.FixtureRequest, keep_lists_in: Callable[[dict[str, Any]], CachedStore]
) -> Callable[[str], CachedStore]:
    """The store, empty, over `locmem`, `valkey` or `memcached`."""

    def use(kind: str) -> CachedStore:
        name = secrets.token_hex(6)
        if kind == "locmem":
            return keep_lists_in(entries.locmem(name))
        entry_of = {"valkey": entries.redis, "memcached": entries.memcached}[kind]
        return keep_lists_in(entry_of(request.getfixturevalue(kind), name))

    return use


@pytest.fixture(params=["locmem", "valkey", "memcached"])
def cached(request: pytest.FixtureRequest, cached_in: Callable[[str], CachedStore]) -> CachedStore:
    """The store, empty, over each kind of cache."""
    return cached_in(request.param)


@pytest.fixture
def noted(keep_lists_in: Callable[[dict[str, Any]], CachedStore]) -> CachedStore:
    """The store over a cache that notes its calls in `NotingCache.calls`."""
    entry = {**entries.locmem(secrets.token_hex(6)), "BACKEND": "tests.support.caches.NotingCache"}
    store = keep_lists_in(entry)
    entries.NotingCache.calls.clear()
    return store
