"""What a placement must not show. A shop adds its own by subclassing `Filter`.

Two things need no filter and hold everywhere: what `adapter.live()` does not sell now is never shown, and of several
variants of one product only the best placed is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from recommendations.datatypes import Candidate
from recommendations.serving.page import Page


class Filter(ABC):
    """Drops candidates.

    `needs` says what of the page it looks at (`item`, `items`, `history`, `cart`). One with `after_reading` is asked
    late, about the few candidates that are for sale, whose groups are known by then (`page.group_of`); the others
    are asked early, about all candidates.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    after_reading: ClassVar[bool] = False

    @abstractmethod
    def keep(self, candidates: Sequence[Candidate], page: Page) -> list[Candidate]:
        """Those that may be shown, in the same order."""


class ShownItem(Filter):
    """Not what the page is about, nor its variants."""

    name = "shown_item"
    needs = frozenset({"item", "items"})
    after_reading = True

    def keep(self, candidates: Sequence[Candidate], page: Page) -> list[Candidate]:
        shown = set(page.item_keys)
        groups = {page.group_of(key) for key in shown}
        return [c for c in candidates if c.item_key not in shown and page.group_of(c.item_key) not in groups]


class Cart(Filter):
    """Not what is in the cart already."""

    name = "cart"
    needs = frozenset({"cart"})

    def keep(self, candidates: Sequence[Candidate], page: Page) -> list[Candidate]:
        cart = page.cart
        return [c for c in candidates if c.item_key not in cart]


class Purchased(Filter):
    """Not what the visitor bought within PURCHASED_DAYS."""

    name = "purchased"
    needs = frozenset({"history"})

    def keep(self, candidates: Sequence[Candidate], page: Page) -> list[Candidate]:
        purchased = page.history.purchased
        return [c for c in candidates if c.item_key not in purchased]


class Dismissed(Filter):
    """Not what the visitor said not to be interested in."""

    name = "dismissed"
    needs = frozenset({"history"})

    def keep(self, candidates: Sequence[Candidate], page: Page) -> list[Candidate]:
        dismissed = page.history.dismissed
        return [c for c in candidates if c.item_key not in dismissed]


FILTERS: dict[str, type[Filter]] = {kind.name: kind for kind in (ShownItem, Cart, Purchased, Dismissed)}
