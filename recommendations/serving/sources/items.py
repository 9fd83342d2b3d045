"""What goes with the items that the page is about, or the visitor has to do with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from recommendations.datatypes import Candidate
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, SeededSource
from recommendations.serving.terms import added, term_requests
from recommendations.store import ListRequest


class Similar(SeededSource):
    """The list of the item shown. A recommender that does not know the item yet answers by the words that describe it,
    if it has lists of words."""

    name = "similar"
    needs = frozenset({"item"})
    default_recommenders = ("also_viewed", "also_bought", "similar_content")

    def seeds(self, page: Page) -> Mapping[str, float]:
        return {page.item_key: 1.0} if page.item_key else {}

    def requests(self, page: Page) -> list[ListRequest]:
        # Both at once: whether there is a list of its own is known only when all lists of the page have been read.
        with_words = page.reads.have_words(self.recommenders)
        terms = page.item_terms if with_words else ()
        return [*super().requests(page), *term_requests(with_words, terms)]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        own = {request: lists[request] for request in super().requests(page) if request in lists}
        with_words = set(page.reads.have_words(self.recommenders))
        for request in super().requests(page):
            known = request in own or request.recommender not in with_words
            if not known and (found := added(request.recommender, page.item_terms, lists)):
                own[request] = found
        return super().candidates(page, own)


class ViewedBought(SeededSource):
    """What those bought who looked at the item shown."""

    name = "viewed_bought"
    needs = frozenset({"item"})
    default_recommenders = ("viewed_bought",)

    def seeds(self, page: Page) -> Mapping[str, float]:
        return {page.item_key: 1.0} if page.item_key else {}


class Together(SeededSource):
    """What goes with several items: those given, or the one shown, else what is in the cart."""

    name = "together"
    needs = frozenset({"items", "cart"})
    default_recommenders: ClassVar[tuple[str, ...]] = ("bought_together", "also_bought")

    def seeds(self, page: Page) -> Mapping[str, float]:
        return dict.fromkeys(page.seed_keys, 1.0)


class CrossCategory(Together):
    """What goes with several items and is of another department than they: complements.

    The recommender keeps to other departments, `Association` with `across="departments"` does; what is of the
    department of one item and goes with another stays.
    """

    name = "cross_category"
    default_recommenders = ("complements",)
