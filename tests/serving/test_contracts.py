"""The packaged sources and filters keep the contracts that are shipped for a shop's own."""

from __future__ import annotations

from recommendations.serving import filters, sources
from recommendations.serving.history import History
from recommendations.serving.page import Page
from recommendations.serving.testing import FilterContract, SourceContract, make_page


class TestSimilar(SourceContract):
    def make_source(self) -> sources.Source:
        return sources.Similar()


class TestTogether(SourceContract):
    def make_source(self) -> sources.Source:
        return sources.Together()


class TestForYou(SourceContract):
    def make_source(self) -> sources.Source:
        return sources.ForYou()


class TestSearch(SourceContract):
    def make_source(self) -> sources.Source:
        return sources.Search()


class TestPopular(SourceContract):
    def make_source(self) -> sources.Source:
        return sources.Popular()


class TestPopularInCategory(SourceContract):
    def make_source(self) -> sources.Source:
        return sources.PopularInCategory()


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
