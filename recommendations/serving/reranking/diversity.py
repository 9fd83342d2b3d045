"""Not all of one kind: Maximal Marginal Relevance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker
from recommendations.serving.reranking.caps import KINDS
from recommendations.serving.reranking.options import share, some_of

Kinds = tuple[frozenset[str], ...]


class Diversity(Reranker):
    """Maximal Marginal Relevance (Carbonell & Goldstein, SIGIR 1998, equation 1).

    The next place goes to the item with the highest (1 − strength) · relevance − strength · similarity: its relevance
    is its score divided by the best candidate's, its similarity that to the most similar item placed before it. Two
    items are as similar as the mean over `by` of |A ∩ B| / |A ∪ B|, where A and B are the categories (the brand, …) of
    the one and the other; where neither has any, that part is 0.

    Scores stay as they are. Costs (placed + size) × candidates similarities.
    """

    name = "diversity"
    needs = frozenset({"facts"})
    options = {"strength": 0.3, "by": ("category", "brand")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.strength = share("strength", self.option["strength"])
        self.by = some_of("by", self.option["by"], KINDS)

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        best = max((each.score for each in candidates), default=0.0)
        if not self.strength or not best:
            return list(candidates)
        number: dict[Kinds, int] = {}  # many items are of the same kinds, so that few comparisons are made
        kinds_of = [number.setdefault(self._kinds(each, page), len(number)) for each in candidates]
        distinct = list(number)
        nearest = [
            max((similarity(each, self._kinds(p, page)) for p in placed), default=0.0) for each in distinct
        ]
        gain = [(1 - self.strength) * each.score / best for each in candidates]
        left = list(range(len(candidates)))
        chosen: list[int] = []
        while left and len(chosen) < size:
            following = max(left, key=lambda n: gain[n] - self.strength * nearest[kinds_of[n]])
            left.remove(following)
            chosen.append(following)
            shown = distinct[kinds_of[following]]
            nearest = [
                max(so_far, similarity(each, shown)) for so_far, each in zip(nearest, distinct, strict=True)
            ]
        return [candidates[n] for n in (*chosen, *left)]

    def _kinds(self, candidate: Candidate, page: Page) -> Kinds:
        facts = page.facts_of(candidate.item_key)
        return tuple(frozenset(KINDS[kind](facts)) for kind in self.by)


def similarity(one: Kinds, other: Kinds) -> float:
    """The mean over the kinds of the share of what both have in what either has: 0..1."""
    total = 0.0
    for a, b in zip(one, other, strict=True):
        if both := len(a & b):
            total += both / (len(a) + len(b) - both)
    return total / len(one)
