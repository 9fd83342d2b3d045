"""No more than so many of one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.exceptions import ConfigurationError
from recommendations.serving.facts import Facts
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker

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
        n, per = self.option["n"], self.option["per"]
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise ConfigurationError(f'"n" is {n!r}. Set it to a whole number from 1.')
        if per not in KINDS:
            raise ConfigurationError(f'"per" is {per!r}. Set it to one of: {", ".join(KINDS)}.')

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        kinds_of = KINDS[self.option["per"]]
        count = Counter(kind for each in placed for kind in kinds_of(page.facts_of(each.item_key)))
        kept = []
        for candidate in candidates:
            kinds = list(kinds_of(page.facts_of(candidate.item_key)))
            if all(count[kind] < self.option["n"] for kind in kinds):
                count.update(kinds)
                kept.append(candidate)
        return kept
