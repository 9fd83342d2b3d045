from __future__ import annotations

from django.test import TestCase

from recommendations.store import Store
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
