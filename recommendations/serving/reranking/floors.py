"""Places that are kept for items which would not be seen otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.exceptions import ConfigurationError
from recommendations.serving.page import Page
from recommendations.serving.reranking.everybody import EverybodysList
from recommendations.serving.reranking.matching import MatchingReranker
from recommendations.serving.reranking.options import is_number, whole
from recommendations.store import ListRequest


class Floor(MatchingReranker):
    """At least `n` of the places, or a `share` of them (rounded up), are for items for which `where` holds, and which
    are not in the list of everybody of the recommender `outside`, where one is named: the long tail.

    Where fewer of the first `size` are such items, the next best of these come behind the others, and as many of the
    others, the last ones, go. Otherwise the order stays, and so do the scores. Places are the whole list's, those of
    sources and fallbacks together. When there are fewer such candidates, there are fewer such places.
    """

    name = "floor"
    options = {"where": {}, "outside": "", "n": None, "share": None}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        outside = self.option["outside"]
        self.everybody = EverybodysList("outside", outside) if outside else None
        n, share = self.option["n"], self.option["share"]
        if n is not None and share is not None:
            raise ConfigurationError('Both "n" and "share" are set. Set one of them.')
        if share is not None and not (is_number(share) and 0 < share <= 1):
            raise ConfigurationError(f'"share" is {share!r}. Set it to a number above 0, up to 1.')
        self.n = 1 if n is None else whole("n", n, 1)
        self.share = share

    def is_about_everything(self) -> bool:
        return super().is_about_everything() and not self.option["outside"]

    def requests(self, page: Page) -> list[ListRequest]:
        return [] if self.everybody is None else self.everybody.requests()

    def wanted(self, places: int) -> int:
        """How many of so many places are kept."""
        # Rounded before: 0.1 · 30 is a little above 3.
        return self.n if self.share is None else math.ceil(round(self.share * places, 9))

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        popular = self.everybody.scores(page) if self.everybody is not None else {}

        def is_meant(each: Candidate) -> bool:
            return each.item_key not in popular and self.is_about(each, page)

        kept = [is_meant(each) for each in candidates]
        have = sum(map(is_meant, placed)) + sum(kept[:size])
        missing = max(0, self.wanted(len(placed) + size) - have)
        shown, hidden = range(len(candidates))[:size], range(len(candidates))[size:]
        coming = [n for n in hidden if kept[n]][:missing]
        going = [n for n in reversed(shown) if not kept[n]][: len(coming)]
        coming = coming[: len(going)]
        first = [*(n for n in shown if n not in going), *coming]
        return [candidates[n] for n in (*first, *sorted({*shown, *hidden} - set(first)))]
