"""What any source and any filter must do. Mix into a test class, and make yours in `make_source` or `make_filter`:

class TestMySource(SourceContract, django.test.TestCase):
    def make_source(self):
        return MySource()
"""

from __future__ import annotations

from recommendations.datatypes import Candidate, Context
from recommendations.exceptions import UnknownOption
from recommendations.serving.facts import NOTHING_KNOWN, Facts
from recommendations.serving.filters import Filter
from recommendations.serving.history import NOTHING, History
from recommendations.serving.page import Page, Reads, Shown
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
    facts: dict[str, Facts] | None = None,
) -> Page:
    """A page for tests, whose history, cart, groups and facts are given, so that it reads nothing. `about` is what the
    item shown says of itself; with `title` alone it says no more than that."""
    context = Context()
    reads = Reads(context)
    reads.history, reads.cart = history, cart
    reads._groups = _Groups(groups or {})
    reads._facts = _Facts(facts or {})
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
