from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from recommendations.tracking.bots import rate_guard
from shop.models import Product
from tests.factories import browser_client
from tests.serving import twelve


@pytest.fixture
def products(db: None, settings: Any) -> Iterator[dict[str, Product]]:
    """The shop of twelve, with lists for the bread b1 and for everybody."""
    settings.RECOMMENDATIONS = twelve.SETTINGS
    twelve.CART.clear()
    twelve.MISSING.clear()
    rate_guard._windows.clear()
    cache.clear()
    found = twelve.stock_the_shop()
    twelve.publish("also_viewed", {"b1": ["b2", "t1"]})
    twelve.publish_popular(everybody=["d1", "d2"], Drinks_Tea=["t1", "t2", "t3", "b1"])
    yield found
    twelve.CART.clear()
    twelve.MISSING.clear()


@pytest.fixture
def client() -> Client:
    """A person's browser."""
    return browser_client()


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Any:
    """`with committing():` runs what waits for the commit when the block ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)
