"""What any source, filter and reranker must do. Mix into a test class, and make yours in `make_source`, `make_filter`
or `make_reranker`:

class TestMySource(SourceContract, django.test.TestCase):
    def make_source(self):
        return MySource()
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from recommendations.datatypes import Candidate, Context
from recommendations.exceptions import UnknownOption
from recommendations.serving.facts import NOTHING_KNOWN, Facts
from recommendations.serving.filters import Filter
from recommendations.serving.history import NOTHING, History
from recommendations.serving.page import Page, Reads, Shown
from recommendations.serving.reranking.base import Reranker
from recommendations.serving.seen import Sight
from recommendations.serving.sources import Source
from recommendations.store import ListRequest, StoredList

#: What a page can be asked for; the words that `needs` is made of.
PAGE_PARTS = frozenset({"item", "items", "category", "query", "history", "cart", "facts"})


def make_page(
    item_key: str = "",
    item_keys: tuple[str, ...] = (),
    category: str = "",
    *,
    query: str = "",
    title: str = "",
    history: History = NOTHING,
    cart: frozenset[str] = frozenset(),
    groups: dict[str, str] | None = None,
    about: Facts | None = None,
    facts: Mapping[str, Facts] | None = None,
    lists: Mapping[ListRequest, StoredList] | None = None,
    context: Context | None = None,
    seen: tuple[Sight, ...] = (),
    missing: Decimal | None = None,
) -> Page:
    """A page for tests, whose history, cart, groups, facts, lists and what was seen are given, so that it reads
    nothing. `about` is what the item shown says of itself; with `title` alone it says no more than that. `missing` is
    what the cart lacks for free shipping."""
    context = context or Context()
    reads = Reads(context)
    reads.history, reads.cart = history, cart
    reads._seen = seen
    reads.missing_for_free_shipping = missing
    reads._groups = _Groups(groups or {})
    reads._facts = _Facts(facts or {})
    reads._lists = _Lists(lists or {})
    page = Page(context, Shown(item_key, item_keys, category, query), reads)
    page.about = about or Facts(title)
    return page


class _Groups(dict[str, str]):
    """Every item is its own group unless told otherwise."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return key


class _Facts(dict[str, Facts]):
    """Of other items nothing is known."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> Facts:
        return NOTHING_KNOWN


class _Lists(dict[ListRequest, "StoredList | None"]):
    """Other lists do not exist."""

    def __contains__(self, request: object) -> bool:
        return True

    def __missing__(self, request: ListRequest) -> None:
        return None


class SourceContract:
    """The contract of a source, one test a promise."""

    def make_source(self) -> Source:
        raise NotImplementedError("make_source() returns the source to test.")

    def make_pages(self) -> list[Page]:
        """Pages to try it on: one about nothing, one about everything."""
        return [
            make_page(),
            make_page(
                "a", ("b", "c"), "Grocery/Bread", query="rye bread", title="Green tea", cart=frozenset({"d"})
            ),
        ]

    def test_it_names_itself_and_what_it_needs(self) -> None:
        source = self.make_source()
        assert source.name and isinstance(source.name, str)
        assert source.needs <= PAGE_PARTS, (
            f"needs names {source.needs - PAGE_PARTS}; known: {sorted(PAGE_PARTS)}"
        )

    def test_unknown_options_are_refused(self) -> None:
        try:
            type(self.make_source())(no_such_option=1)
        except UnknownOption as error:
            assert error.unknown == ["no_such_option"]
        else:
            raise AssertionError("an unknown option was accepted")

    def test_requests_are_of_its_own_recommenders(self) -> None:
        source = self.make_source()
        for page in self.make_pages():
            requests = source.requests(page)
            assert all(isinstance(request, ListRequest) for request in requests)
            assert {request.recommender for request in requests} <= set(source.recommenders)

    def test_without_lists_there_is_no_error(self) -> None:
        source = self.make_source()
        for page in self.make_pages():
            assert isinstance(source.candidates(page, {}), list)

    def test_candidates_are_ranked_calibrated_and_unique(self) -> None:
        source = self.make_source()
        for page in self.make_pages():
            entries = (("x", 1.0, "s"), ("y", 0.5, "s"), ("z", 0.0, "s"))
            lists = {
                request: StoredList(request.recommender, 1, entries) for request in source.requests(page)
            }
            found = source.candidates(page, lists)
            scores = [candidate.score for candidate in found]
            assert scores == sorted(scores, reverse=True)
            assert all(0.0 <= score <= 1.0 for score in scores)
            assert len({candidate.item_key for candidate in found}) == len(found)
            assert all(candidate.source == source.name for candidate in found)


class FilterContract:
    """The contract of a filter, one test a promise."""

    def make_filter(self) -> Filter:
        raise NotImplementedError("make_filter() returns the filter to test.")

    def make_page(self) -> Page:
        """A page on which it drops something."""
        raise NotImplementedError("make_page() returns a page on which the filter drops one of `candidates`.")

    #: Candidates of which it drops at least one on that page.
    candidates: tuple[str, ...] = ("a", "b", "c")

    def _offered(self) -> list[Candidate]:
        return [Candidate(key, 1.0 - n / 10, "popular") for n, key in enumerate(self.candidates)]

    def test_it_names_itself_and_what_it_needs(self) -> None:
        tested = self.make_filter()
        assert tested.name and isinstance(tested.name, str)
        assert tested.needs <= PAGE_PARTS, (
            f"needs names {tested.needs - PAGE_PARTS}; known: {sorted(PAGE_PARTS)}"
        )

    def test_it_drops_and_keeps_the_order(self) -> None:
        offered = self._offered()
        kept = self.make_filter().keep(offered, self.make_page())
        assert len(kept) < len(offered)
        assert kept == [candidate for candidate in offered if candidate in kept]

    def test_it_drops_nothing_twice(self) -> None:
        page = self.make_page()
        kept = self.make_filter().keep(self._offered(), page)
        assert self.make_filter().keep(kept, page) == kept

    def test_an_empty_page_loses_nothing(self) -> None:
        offered = self._offered()
        assert self.make_filter().keep(offered, make_page()) == offered
        assert self.make_filter().keep([], self.make_page()) == []


def check_reranked(candidates: Sequence[Candidate], reranked: Sequence[Candidate]) -> None:
    """AssertionError unless the reranked ones are some of the candidates, each once, with scores in 0..1, and say of
    themselves what they said before but for the score."""
    before = {candidate.item_key: candidate for candidate in candidates}
    after = [candidate.item_key for candidate in reranked]
    assert len(set(after)) == len(after), f"doubled: {after}"
    assert set(after) <= set(before), f"made up: {set(after) - set(before)}"
    assert all(0.0 <= candidate.score <= 1.0 for candidate in reranked)
    for candidate in reranked:
        assert candidate.with_(score=before[candidate.item_key].score) == before[candidate.item_key]


class RerankerContract:
    """The contract of a reranker, one test a promise."""

    #: How many places there are.
    size: int = 2

    def make_reranker(self) -> Reranker:
        raise NotImplementedError("make_reranker() returns the reranker to test.")

    def make_page(self) -> Page:
        """A page on which it changes what is shown of `candidates`."""
        raise NotImplementedError("make_page() returns a page on which the reranker changes something.")

    #: Candidates that it does not leave as they are on that page.
    candidates: tuple[str, ...] = ("a", "b", "c", "d")

    def _offered(self) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(key, 1.0 - n / 10, "popular", "popular", 1, "seed")
            for n, key in enumerate(self.candidates)
        )

    def test_it_names_itself_and_what_it_needs(self) -> None:
        tested = self.make_reranker()
        assert tested.name and isinstance(tested.name, str)
        assert tested.needs <= PAGE_PARTS, (
            f"needs names {tested.needs - PAGE_PARTS}; known: {sorted(PAGE_PARTS)}"
        )

    def test_unknown_options_are_refused(self) -> None:
        try:
            type(self.make_reranker())(no_such_option=1)
        except UnknownOption as error:
            assert error.unknown == ["no_such_option"]
        else:
            raise AssertionError("an unknown option was accepted")

    def test_it_changes_something_and_makes_nothing_up(self) -> None:
        offered = self._offered()
        found = self.make_reranker().rerank(offered, self.make_page(), self.size, ())
        check_reranked(offered, found)
        assert [each.item_key for each in found] != [each.item_key for each in offered]

    def test_the_same_again_gives_the_same(self) -> None:
        offered, page, tested = self._offered(), self.make_page(), self.make_reranker()
        found = tested.rerank(offered, page, self.size, ())
        assert isinstance(found, list)
        assert tested.rerank(offered, page, self.size, ()) == found
        assert self.make_reranker().rerank(offered, self.make_page(), self.size, ()) == found

    def test_what_is_placed_already_does_not_come_back(self) -> None:
        offered = self._offered()
        for n in range(1, len(offered)):
            found = self.make_reranker().rerank(offered[n:], self.make_page(), self.size, offered[:n])
            check_reranked(offered[n:], found)

    def test_what_it_went_by_are_amounts_by_name(self) -> None:
        page, tested = self.make_page(), self.make_reranker()
        for candidate in tested.rerank(self._offered(), page, self.size, ()):
            told = tested.contributions(page, candidate.item_key)
            assert all(isinstance(name, str) and math.isfinite(amount) for name, amount in told.items())
        assert tested.contributions(make_page(), "never seen") == {}

    def test_where_nothing_is_known_and_nothing_comes_in_there_is_no_error(self) -> None:
        offered = self._offered()
        for size in (0, 1, len(offered), 50):
            check_reranked(offered, self.make_reranker().rerank(offered, make_page(), size, ()))
        for page in (make_page(), self.make_page()):
            assert self.make_reranker().rerank((), page, self.size, ()) == []
            assert self.make_reranker().rerank((), page, self.size, offered) == []
