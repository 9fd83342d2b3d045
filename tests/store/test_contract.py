from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import TestCase, TransactionTestCase

from recommendations.store import Store
from recommendations.store.cached import CachedStore
from recommendations.store.database import DatabaseStore
from recommendations.store.memory import MemoryStore
from recommendations.store.testing import StoreContract


class TestDatabaseStore(StoreContract, TestCase):
    def make_store(self) -> Store:
        return DatabaseStore()


class TestMemoryStore(StoreContract, TestCase):
    max_fetch_queries = 0

    def make_store(self) -> Store:
        return MemoryStore()


class CachedContract(StoreContract):
    #: What is live, the newest OverrideChange, and the lists; the first time.
    max_fetch_queries = 3
    cache = ""

    @pytest.fixture(autouse=True)
    def take_cached(self, cached_in: Callable[[str], CachedStore]) -> None:
        self.cached = cached_in(self.cache)

    def make_store(self) -> Store:
        return self.cached


class TestCachedStore(CachedContract, TransactionTestCase):
    """With commits, as nothing is told before."""

    cache = "locmem"


@pytest.mark.services
class TestCachedStoreOverRedis(CachedContract, TransactionTestCase):
    cache = "valkey"


@pytest.mark.services
class TestCachedStoreOverMemcached(CachedContract, TransactionTestCase):
    cache = "memcached"


class TestCachedStoreInTransactions(CachedContract, TestCase):
    """Nothing is ever committed: each test reads what its own transaction did."""

    cache = "locmem"
