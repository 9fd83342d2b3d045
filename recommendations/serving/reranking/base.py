"""What a reranker is. A shop adds its own by subclassing `Reranker`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from recommendations.datatypes import Candidate
from recommendations.serving.filters import Part
from recommendations.serving.page import Page
from recommendations.store import ListRequest


class Reranker(Part):
    """Puts the candidates of a placement into another order, or leaves some out.

    All of them are for sale, unless it `ranks_early`, one a group of variants, best first. What the mirror says of them
    is known when it `needs` the `facts` (`page.facts_of`).
    """

    #: So many candidates, the best ones, are all it needs; 0: the more the better.
    looks_at_most: ClassVar[int] = 0

    #: May it rank before the shop is asked what it sells, so that the shop is asked about fewer? Then it leaves none
    #: out, looks at no others than the candidates, not at those that are placed, and reads itself what it needs.
    ranks_early: ClassVar[bool] = False

    def requests(self, page: Page) -> list[ListRequest]:
        """Stored lists that it looks at: read with those of the sources, then `page.reads.lists` gives them without a
        query."""
        return []

    def looks_at(self, page: Page) -> Iterable[str]:
        """Items, besides the candidates and those that the page is about, whose facts it looks at: read with the
        candidates' when it `needs` the `facts`."""
        return ()

    @abstractmethod
    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        """Candidates in the order in which they are to be shown: the first `size` will be, behind those `placed`.

        None is made up, none doubled.
        """

    def contributions(self, page: Page, item_key: str) -> Mapping[str, float]:
        """What it went by, name → amount: for staff who ask why an item that it has ranked is where it is."""
        return {}


def rescored(candidates: Sequence[Candidate], factors: Sequence[float]) -> list[Candidate]:
    """The candidates with their scores times factors in 0..1, best first; of equals the one that was before. Where all
    factors are 1, nothing changes."""
    if all(factor == 1.0 for factor in factors):
        return list(candidates)
    changed = [
        each.with_(score=each.score * factor) for each, factor in zip(candidates, factors, strict=True)
    ]
    return sorted(changed, key=lambda each: -each.score)
