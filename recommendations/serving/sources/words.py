"""What words lead to."""

from __future__ import annotations

from recommendations.datatypes import Candidate
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, Source, weighted_mean
from recommendations.serving.terms import added, term_requests
from recommendations.store import ListRequest


class Search(Source):
    """What the words of the visitor's search say most about."""

    name = "search"
    needs = frozenset({"query"})
    default_recommenders = ("similar_content",)

    def requests(self, page: Page) -> list[ListRequest]:
        return term_requests(self.recommenders, page.query_terms)

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        found = [added(recommender, page.query_terms, lists) for recommender in self.recommenders]
        return weighted_mean(self.name, [(1.0, "", each) for each in found if each is not None])
