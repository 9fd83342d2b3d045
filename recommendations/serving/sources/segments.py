"""What is liked within a part of the catalogue."""

from __future__ import annotations

from recommendations.datatypes import Candidate, ListKind, category_levels, category_segment
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, Source, weighted_mean
from recommendations.store import ListRequest


class PopularInCategory(Source):
    """What everybody likes in the page's category, or in the nearest one above it with `enough` items."""

    name = "popular_in_category"
    needs = frozenset({"category"})
    default_recommenders = ("popular",)
    options = {"enough": 4}

    def _levels(self, page: Page) -> list[list[ListRequest]]:
        """The requests of each level, most specific first; a page in several categories has several a level."""
        paths = [category_levels(path) for path in page.categories]
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
