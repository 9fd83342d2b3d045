"""Places that are kept for items which would not be seen otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.exceptions import ConfigurationError
from recommendations.serving.page import Page
from recommendations.serving.reranking.matching import MatchingReranker
from recommendations.serving.reranking.options import is_number, whole


class Floor(MatchingReranker):
    """At least `n` of the places, or a `share` of them (rounded up), are for items for which `where` holds.

    Where fewer of the first `size` are such items, the next best of these come behind the others, and as many of the
    others, the last ones, go. Otherwise the order stays, and so do the scores. Places are the whole list's, those of
    sources and fallbacks together. When there are fewer such candidates, there are fewer such places.
    """

    name = "floor"
    options = {"where": {}, "n": None, "share": None}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        n, share = self.option["n"], self.option["share"]
        if n is not None and share is not None:
            raise ConfigurationError('Both "n" and "share" are set. Set one of them.')
        if share is not None and not (is_number(share) and 0 < share <= 1):
            raise ConfigurationError(f'"share" is {share!r}. Set it to a number above 0, up to 1.')
        self.n = 1 if n is None else whole("n", n, 1)
        self.share = share

    def wanted(self, places: int) -> int:
        """How many of so many places are kept."""
        # Rounded before: 0.1 · 30 is a little above 3.
        return self.n if self.share is None else math.ceil(round(self.share * places, 9))

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        kept = [self.is_about(each, page) for each in candidates]
        have = sum(self.is_about(each, page) for each in placed) + sum(kept[:size])
        missing = max(0, self.wanted(len(placed) + size) - have)
        shown, hidden = range(len(candidates))[:size], range(len(candidates))[size:]
        coming = [n for n in hidden if kept[n]][:missing]
        going = [n for n in reversed(shown) if not kept[n]][: len(coming)]
        coming = coming[: len(going)]
        first = [*(n for n in shown if n not in going), *coming]
        return [candidates[n] for n in (*first, *sorted({*shown, *hidden} - set(first)))]
