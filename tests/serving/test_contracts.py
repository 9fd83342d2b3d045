"""The packaged filters keep the contract that is shipped for a shop's own; for sources see test_sources_contract.py."""

from __future__ import annotations

from recommendations.serving import filters
from recommendations.serving.history import History
from recommendations.serving.page import Page
from recommendations.serving.testing import FilterContract, make_page


class TestShownItem(FilterContract):
    def make_filter(self) -> filters.Filter:
        return filters.ShownItem()

    def make_page(self) -> Page:
        return make_page("x", groups={"x": "shirt", "b": "shirt"})


class TestCart(FilterContract):
    def make_filter(self) -> filters.Filter:
        return filters.Cart()

    def make_page(self) -> Page:
        return make_page(cart=frozenset({"c"}))


class TestPurchased(FilterContract):
    def make_filter(self) -> filters.Filter:
        return filters.Purchased()

    def make_page(self) -> Page:
        return make_page(history=History(purchased=frozenset({"a", "c"})))


class TestDismissed(FilterContract):
    def make_filter(self) -> filters.Filter:
        return filters.Dismissed()

    def make_page(self) -> Page:
        return make_page(history=History(dismissed=frozenset({"a", "b", "c"})))
