"""At prices such as the visitor looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker, rescored
from recommendations.serving.reranking.options import share

#: So many of the visitor's recent items, those that weigh most.
MOST_ITEMS = 20


class NearPrice(Reranker):
    """score · (1 − strength · (1 − nearness)).

    The nearness of two prices is exp(−|ln p − ln q|): the smaller one divided by the larger one. That of an item is
    its mean nearness to the prices of the visitor's recent items, by their weights (`History.weights`); where none of
    these has a price, its nearness to the item shown; where that has none either, nothing changes. An item without a
    price is as near as the candidates are in the mean.
    """

    name = "near_price"
    needs = frozenset({"history", "item", "facts"})
    options = {"strength": 0.3}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.strength = share("strength", self.option["strength"])

    def looks_at(self, page: Page) -> Iterable[str]:
        return _recent(page)

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        liked = _liked(page)
        prices = [_positive(page.facts_of(each.item_key).price) for each in candidates]
        near = [None if price is None else _nearness(price, liked) for price in prices]
        known = [each for each in near if each is not None]
        if not liked or not known:
            return list(candidates)
        mean = sum(known) / len(known)
        return rescored(
            candidates, [1 - self.strength * (1 - (mean if each is None else each)) for each in near]
        )


def _recent(page: Page) -> dict[str, float]:
    return dict(islice(page.history.weights.items(), MOST_ITEMS))


def _liked(page: Page) -> list[tuple[float, float]]:
    """(price, weight) of what the visitor touched lately, or else of the item shown; the weights add up to 1."""
    found = [(_positive(page.facts_of(key).price), weight) for key, weight in _recent(page).items()]
    priced = [(price, weight) for price, weight in found if price is not None]
    if not priced:
        shown = _positive(page.about.price)
        return [] if shown is None else [(shown, 1.0)]
    total = sum(weight for _, weight in priced)
    return [(price, weight / total) for price, weight in priced]


def _nearness(price: float, liked: Iterable[tuple[float, float]]) -> float:
    return min(1.0, sum(weight * min(price, other) / max(price, other) for other, weight in liked))


def _positive(price: Decimal | None) -> float | None:
    return float(price) if price is not None and price > 0 else None
