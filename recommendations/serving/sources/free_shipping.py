"""What lifts a cart over the threshold of free shipping."""

from __future__ import annotations

from decimal import Decimal

from recommendations.datatypes import Candidate
from recommendations.serving.blending import blend
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, Source
from recommendations.serving.sources.everybody import Popular
from recommendations.serving.sources.items import Together
from recommendations.store import ListRequest

#: How much what everybody likes weighs beside what goes with the cart.
EVERYBODY_WEIGHT = 0.5


class FreeShipping(Source):
    """What goes with the cart, or is liked by everybody, and costs what is missing for free shipping or little more.

    With the missing amount m (`Adapter.missing_for_free_shipping`), the price p of the mirror, the relevance s in 0..1
    and the closeness c = min(p, m) / max(p, m), the score is (1 + c·(1 + s)/2) / 2 where p ≥ m, and c·(1 + s)/4 below:
    what gets there by itself comes first. Items without a price are left out. Where nothing is missing, or the shop
    does not say, there are no candidates. Looking up the prices is one query on the mirror.
    """

    name = "free_shipping"
    needs = frozenset({"items", "cart"})
    default_recommenders = ("bought_together", "also_bought", "popular")

    def _parts(self, page: Page) -> list[tuple[float, Source]]:
        missing = page.missing_for_free_shipping
        if missing is None or missing <= 0:
            return []
        return [(1.0, Together(self.recommenders)), (EVERYBODY_WEIGHT, Popular(self.recommenders))]

    def requests(self, page: Page) -> list[ListRequest]:
        return [request for _, part in self._parts(page) for request in part.requests(page)]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        missing = page.missing_for_free_shipping
        found = blend((weight, part.candidates(page, lists)) for weight, part in self._parts(page))
        if missing is None or not found:
            return []
        facts = page.reads.facts([each.item_key for each in found])
        scored = []
        for each in found:
            price = facts[each.item_key].price
            if price is not None and price > 0:
                scored.append(each.with_(source=self.name, score=_score(price, missing, each.score)))
        return sorted(scored, key=lambda candidate: -candidate.score)


def _score(price: Decimal, missing: Decimal, relevance: float) -> float:
    closeness = float(min(price, missing) / max(price, missing)) * (1 + relevance) / 2
    return (1 + closeness) / 2 if price >= missing else closeness / 2
