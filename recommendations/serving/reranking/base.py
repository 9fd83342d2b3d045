"""What a reranker is. A shop adds its own by subclassing `Reranker`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from recommendations.datatypes import Candidate
from recommendations.serving.filters import Part
from recommendations.serving.page import Page


class Reranker(Part):
    """Puts the candidates of a placement into another order, or leaves some out.

    All of them are for sale, one a group of variants, best first. What the mirror says of them is known when it `needs`
    the `facts` (`page.facts_of`).
    """

    @abstractmethod
    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        """Candidates in the order in which they are to be shown: the first `size` will be, behind those `placed`.

        None is made up, none doubled.
        """
