"""What is liked within a part of the catalogue: in a category, of a brand."""

from __future__ import annotations

from collections.abc import Sequence

from recommendations.datatypes import (
    Candidate,
    ListKind,
    brand_segment,
    category_levels,
    category_segment,
)
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, Source, weighted_mean
from recommendations.store import ListRequest


class PopularInCategory(Source):
    """What everybody likes in the page's category, or in the nearest one above it with `enough` items."""

    name = "popular_in_category"
    needs = frozenset({"category"})
    default_recommenders = ("popular",)
    options = {"enough": 4}

    def categories(self, page: Page) -> Sequence[str]:
        """The paths that are meant."""
        return page.categories

    def _levels(self, page: Page) -> list[list[ListRequest]]:
        """The requests of each level, most specific first; a page in several categories has several a level."""
        paths = [category_levels(path) for path in self.categories(page)]
        depth = max(map(len, paths), default=0)
        levels = [[path[n] for path in paths if n < len(path)] for n in range(depth)]
        return [
            [
                ListRequest(recommender, ListKind.SEGMENT, category_segment(path))
                for path in dict.fromkeys(level)
                for recommender in self.recommenders
            ]
            for level in levels
        ]

    def requests(self, page: Page) -> list[ListRequest]:
        return [request for level in self._levels(page) for request in level]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        fullest: list[Candidate] = []
        for level in self._levels(page):
            found = weighted_mean(
                self.name, [(1.0, "", lists[request]) for request in level if request in lists]
            )
            if len(found) >= self.option["enough"]:
                return found
            fullest = max(fullest, found, key=len)
        return fullest


class SameCategory(PopularInCategory):
    """What everybody likes in the categories of the item shown, whatever else the page is about."""

    name = "same_category"
    needs = frozenset({"item"})

    def categories(self, page: Page) -> Sequence[str]:
        return page.about.categories

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        return _others(super().candidates(page, lists), page)


class SameBrand(Source):
    """What everybody likes of the brand of the item shown; for recommenders with lists by brand."""

    name = "same_brand"
    needs = frozenset({"item"})
    default_recommenders = ("popular",)

    def requests(self, page: Page) -> list[ListRequest]:
        brand = page.about.brand
        names = self.recommenders if brand else ()
        return [ListRequest(recommender, ListKind.SEGMENT, brand_segment(brand)) for recommender in names]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        parts = [(1.0, "", lists[request]) for request in self.requests(page) if request in lists]
        return _others(weighted_mean(self.name, parts), page)


def _others(candidates: list[Candidate], page: Page) -> list[Candidate]:
    """Without the item shown itself."""
    return [candidate for candidate in candidates if candidate.item_key != page.item_key]
