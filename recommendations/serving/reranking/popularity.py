"""Less of what everybody is shown anyway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker, rescored
from recommendations.serving.reranking.everybody import EverybodysList
from recommendations.serving.reranking.options import share
from recommendations.store import ListRequest


class DampPopular(Reranker):
    """score · (1 − strength · popularity), where the popularity of an item is its score in the list of everybody that
    the `recommender` publishes, from 1 for what is liked most; 0 for what is not in the list."""

    name = "damp_popular"
    options = {"strength": 0.3, "recommender": "popular"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.strength = share("strength", self.option["strength"])
        self.everybody = EverybodysList("recommender", self.option["recommender"])

    def requests(self, page: Page) -> list[ListRequest]:
        return self.everybody.requests()

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        popularity = self.everybody.scores(page)
        return rescored(
            candidates, [1 - self.strength * popularity.get(each.item_key, 0.0) for each in candidates]
        )
