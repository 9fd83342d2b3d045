"""No more than so many of one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.serving.facts import Facts
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker
from recommendations.serving.reranking.options import one_of, whole

#: What items can be counted by. An item may be of several kinds, or of none that is known.
KINDS: Mapping[str, Callable[[Facts], Iterable[str]]] = {
    "brand": lambda facts: filter(None, [facts.brand]),
    "supplier": lambda facts: filter(None, [facts.supplier]),
    "category": lambda facts: facts.categories,
    "department": lambda facts: facts.departments,
}


class AtMost(Reranker):
    """At most `n` items of one `per` (brand, supplier, category, department); the others are left out, the list is
    shorter rather than monotonous. Items of which it is not known are not counted."""

    name = "at_most"
    needs = frozenset({"facts"})
    options = {"n": 1, "per": "brand"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.n = whole("n", self.option["n"], 1)
        self.kinds_of = KINDS[one_of("per", self.option["per"], KINDS)]

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        count = Counter(kind for each in placed for kind in self.kinds_of(page.facts_of(each.item_key)))
        kept = []
        for candidate in candidates:
            kinds = list(self.kinds_of(page.facts_of(candidate.item_key)))
            if all(count[kind] < self.n for kind in kinds):
                count.update(kinds)
                kept.append(candidate)
        return kept
