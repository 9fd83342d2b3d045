"""What the visitor's own behaviour leads to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recommendations.datatypes import Candidate, ListKind, community_segment
from recommendations.exceptions import ConfigurationError
from recommendations.serving.history import visitor_of
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, Source, weighted_mean
from recommendations.store import ListRequest


class RecentlyViewed(Source):
    """What the visitor looked at lately, the newest first. The n-th of N items scores 1 − (n − 1) / N."""

    name = "recently_viewed"
    needs = frozenset({"history"})
    options = {"kinds": ("view",)}

    def __init__(self, recommenders: Sequence[str] | None = None, **options: Any) -> None:
        super().__init__(recommenders, **options)
        if not isinstance(self.option["kinds"], list | tuple):
            raise ConfigurationError(
                f'"kinds" is {self.option["kinds"]!r}. Set it to a list of kinds of event.'
            )

    def requests(self, page: Page) -> list[ListRequest]:
        return []

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        kinds = set(self.option["kinds"])
        recent = list(dict.fromkeys(t.item_key for t in page.history.touches if t.kind in kinds))
        return [Candidate(key, 1 - n / len(recent), self.name) for n, key in enumerate(recent)]


class VisitorLists(Source):
    """The lists that training published for this visitor, known or guest."""

    needs = frozenset({"history"})

    def requests(self, page: Page) -> list[ListRequest]:
        visitor_key = visitor_of(page.context)
        names = self.recommenders if visitor_key else ()
        return [ListRequest(recommender, ListKind.VISITOR, visitor_key) for recommender in names]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        parts = [(1.0, "", lists[request]) for request in self.requests(page) if request in lists]
        return weighted_mean(self.name, parts)


class BuyAgain(VisitorLists):
    """What the visitor bought before and is due to need again."""

    name = "buy_again"
    default_recommenders = ("buy_again",)


class SimilarVisitors(VisitorLists):
    """What visitors like this one chose. The shop adds a recommender of that name, or names others."""

    name = "similar_visitors"
    default_recommenders = ("similar_visitors",)


class FromCommunity(Source):
    """What the visitor's communities like, each weighted by the square of how near the visitor is to it.

    Which communities these are is known only when the lists are read: those of all up to `most` are read at once, so
    that it costs no second query.
    """

    name = "from_community"
    needs = frozenset({"history"})
    default_recommenders = ("communities",)
    options = {"most": 64}

    def __init__(self, recommenders: Sequence[str] | None = None, **options: Any) -> None:
        super().__init__(recommenders, **options)
        most = self.option["most"]
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            raise ConfigurationError(f'"most" is {most!r}. Set it to a whole number from 1.')

    def _communities_of(self, recommender: str, visitor_key: str) -> ListRequest:
        return ListRequest(recommender, ListKind.VISITOR, visitor_key, ListKind.SEGMENT)

    def requests(self, page: Page) -> list[ListRequest]:
        visitor_key = visitor_of(page.context)
        names = self.recommenders if visitor_key else ()
        segments = [community_segment(number) for number in range(1, self.option["most"] + 1)]
        return [
            request
            for name in names
            for request in (
                self._communities_of(name, visitor_key),
                *(ListRequest(name, ListKind.SEGMENT, segment) for segment in segments),
            )
        ]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        visitor_key = visitor_of(page.context)
        parts = []
        for name in self.recommenders:
            own = lists.get(self._communities_of(name, visitor_key))
            for segment, nearness, _ in own.entries if own is not None else ():
                liked = lists.get(ListRequest(name, ListKind.SEGMENT, segment))
                if liked is not None and nearness > 0:
                    parts.append((nearness**2, "", liked))
        return weighted_mean(self.name, parts)
