"""What a placement must not show. A shop adds its own by subclassing `Filter`.

Two things need no filter and hold everywhere: what `adapter.live()` does not sell now is never shown, and of several
variants of one product only the best placed is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from recommendations.datatypes import Candidate
from recommendations.exceptions import UnknownOption
from recommendations.serving.conditions import Condition, subject
from recommendations.serving.page import Page


class Part(ABC):
    """What a placement is put together from besides its sources: it has a name, needs and options.

    `needs` says what of the page it looks at (`item`, `items`, `history`, `cart`, `facts`). `options` are the options
    of its settings entry with their defaults; others are refused.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    options: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, **options: Any) -> None:
        unknown = set(options) - set(self.options)
        if unknown:
            raise UnknownOption(f"{type(self).__name__} {self.name!r}", unknown, self.options)
        self.option = {**self.options, **options}


class Filter(Part):
    """Drops candidates.

    One with `after_reading` is asked late, about the few candidates that are for sale, whose groups (`page.group_of`)
    are known by then, and what the mirror says of them (`page.facts_of`) when it `needs` the `facts`; the others are
    asked early, about all candidates.
    """

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


class _Where(Filter):
    """Asks a condition, see conditions.py. One that looks at the item shown does nothing where none is shown."""

    needs = frozenset({"item", "facts"})
    after_reading = True
    options = {"where": {}}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.condition = Condition.parse('"where"', self.option["where"])

    def _is_asked(self, page: Page) -> bool:
        return bool(page.item_key) or not self.condition.is_relative

    def _holds(self, candidate: Candidate, page: Page) -> bool:
        return self.condition.holds(
            subject(candidate.item_key, page.facts_of(candidate.item_key), page.about)
        )


class Only(_Where):
    """Only items for which a condition holds."""

    name = "only"

    def keep(self, candidates: Sequence[Candidate], page: Page) -> list[Candidate]:
        return [c for c in candidates if not self._is_asked(page) or self._holds(c, page)]


class Exclude(_Where):
    """No items for which a condition holds."""

    name = "exclude"

    def keep(self, candidates: Sequence[Candidate], page: Page) -> list[Candidate]:
        return [c for c in candidates if not self._is_asked(page) or not self._holds(c, page)]


FILTERS: dict[str, type[Filter]] = {
    kind.name: kind for kind in (ShownItem, Cart, Purchased, Dismissed, Only, Exclude)
}
