"""What the shop earns by a sale, weighed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.serving.facts import Facts
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker, rescored
from recommendations.serving.reranking.options import not_negative, one_of


def _margin(facts: Facts) -> float | None:
    return None if facts.price is None or facts.cost is None else float(facts.price - facts.cost)


#: What can be weighed in, as an amount of money.
AMOUNTS: Mapping[str, Callable[[Facts], float | None]] = {
    "margin": _margin,
    "revenue": lambda facts: None if facts.price is None else float(facts.price),
}


class Objective(Reranker):
    """score · (1 + weight · amount) / (1 + weight), where the amount is the margin of an item (price − cost), or the
    revenue (its price), divided by the largest among the candidates; 0 for what is sold at a loss.

    An item of which it is not known counts as the candidates do in the mean. As the weight grows the order becomes that
    of score · amount: of the expected margin, where scores are probabilities.
    """

    name = "objective"
    needs = frozenset({"facts"})
    options = {"of": "margin", "weight": 0.3}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.amount = AMOUNTS[one_of("of", self.option["of"], AMOUNTS)]
        self.weight = not_negative("weight", self.option["weight"])

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        found = [self.amount(page.facts_of(each.item_key)) for each in candidates]
        known = [max(0.0, each) for each in found if each is not None]
        largest = max(known, default=0.0)
        if not largest:
            return list(candidates)
        mean = sum(known) / len(known)
        amounts = [(mean if each is None else max(0.0, each)) / largest for each in found]
        return rescored(
            candidates, [min(1.0, (1 + self.weight * each) / (1 + self.weight)) for each in amounts]
        )
