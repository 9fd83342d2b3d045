"""What is known of a visitor on the very first page: where they came in, and the words that led them there."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest

from recommendations.datatypes import Candidate
from recommendations.serving.blending import blend
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, Source, weighted_mean
from recommendations.serving.sources.segments import PopularInCategory
from recommendations.serving.terms import added, term_requests, terms_of
from recommendations.store import ListRequest

#: Parameters of addresses that hold what somebody searched for: of campaigns, of search engines, of shops.
SEARCH_PARAMETERS = ("utm_term", "q", "query", "wd", "word", "keyword", "text")

#: How much what is popular in the page's category weighs beside what the words lead to.
CATEGORY_WEIGHT = 0.5

#: An address with more parameters than this is nobody's search.
MOST_PARAMETERS = 50


class Onboarding(Source):
    """What the words lead to that the visitor came with, and what is popular in the category of the page.

    The words are those of the page's `query`, of its address (`utm_term`, `q`, …) and of the page before it, be it a
    search engine's or the shop's own search. Nothing is stored, and no event is needed. Addresses are not looked at for
    visitors who must not be personalised for.
    """

    name = "onboarding"
    needs = frozenset({"category", "query", "history"})
    default_recommenders = ("similar_content", "popular")

    def terms(self, page: Page) -> tuple[str, ...]:
        """The first different words, those of the page's own search before the others."""
        request = page.context.request if page.context.personalise else None
        return terms_of([page.shown.query, *(landing_words(request) if request is not None else ())])

    def requests(self, page: Page) -> list[ListRequest]:
        categories = PopularInCategory(self.recommenders)
        return [*term_requests(self.recommenders, self.terms(page)), *categories.requests(page)]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        terms = self.terms(page)
        found = [added(recommender, terms, lists) for recommender in self.recommenders]
        by_words = weighted_mean(self.name, [(1.0, "", each) for each in found if each is not None])
        by_category = PopularInCategory(self.recommenders).candidates(page, lists)
        both = blend([(1.0, by_words), (CATEGORY_WEIGHT, by_category)])
        return [candidate.with_(source=self.name) for candidate in both]


def landing_words(request: HttpRequest) -> list[str]:
    """What was searched for, by the address of the page and by that of the page before it."""
    return [*_searched(request.META.get("QUERY_STRING", "")), *_searched(_query_of(request))]


def _query_of(request: HttpRequest) -> str:
    try:
        return urlsplit(request.headers.get("Referer", "")).query
    except ValueError:  # a referrer that is no address: browsers may send anything
        return ""


def _searched(query_string: str) -> list[str]:
    try:
        values = parse_qs(query_string, max_num_fields=MOST_PARAMETERS)
    except ValueError:  # more parameters than anybody's search has
        return []
    return [text for name in SEARCH_PARAMETERS for text in values.get(name, ())]
