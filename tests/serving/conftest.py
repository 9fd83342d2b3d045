from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from recommendations.serving import scopes
from shop.models import Product
from tests.serving import twelve


@pytest.fixture
def products(db: None, settings: Any) -> Iterator[dict[str, Product]]:
    """The shop of twelve, behind its own adapter."""
    settings.RECOMMENDATIONS = twelve.SETTINGS
    twelve.CART.clear()
    twelve.MISSING.clear()
    stock = twelve.stock_the_shop()
    # What a process asks the mirror once a minute.
    scopes.known_of("")
    yield stock
    twelve.CART.clear()
    twelve.MISSING.clear()


@pytest.fixture
def placements(settings: Any, products: dict[str, Product]) -> Callable[..., None]:
    """`placements(name={…})` sets the shop's placements."""

    def use(**entries: Any) -> None:
        settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": entries}

    return use
