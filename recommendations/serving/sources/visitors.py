"""What the visitor's own behaviour leads to."""

from __future__ import annotations

from collections.abc import Mapping

from recommendations.datatypes import Candidate
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, SeededSource, Source
from recommendations.store import ListRequest


class RecentlyViewed(Source):
    """What the visitor looked at lately, the newest first. The n-th of N items scores 1 − (n − 1) / N."""

    name = "recently_viewed"
    needs = frozenset({"history"})
    options = {"kinds": ("view",)}

    def requests(self, page: Page) -> list[ListRequest]:
        return []

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        kinds = set(self.option["kinds"])
        recent = list(dict.fromkeys(t.item_key for t in page.history.touches if t.kind in kinds))
        return [Candidate(key, 1 - n / len(recent), self.name) for n, key in enumerate(recent)]


class ForYou(SeededSource):
    """What goes with the visitor's recent items: the decayed sum of their lists."""

    name = "for_you"
    needs = frozenset({"history"})
    default_recommenders = ("also_viewed", "also_bought", "similar_content")

    def seeds(self, page: Page) -> Mapping[str, float]:
        return page.history.weights
