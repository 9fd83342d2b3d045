"""Less of what everybody is shown anyway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recommendations.conf import settings
from recommendations.datatypes import EVERYBODY, Candidate, ListKind
from recommendations.exceptions import ConfigurationError
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker, rescored
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
        self.recommender = self.option["recommender"]
        if self.recommender not in {*settings.recommenders, *settings.default_recommenders}:
            raise ConfigurationError(
                f'"recommender" is {self.recommender!r}, which does not exist. '
                f"Change it to one of: {', '.join(sorted(settings.recommenders))}."
            )

    def requests(self, page: Page) -> list[ListRequest]:
        if self.recommender not in settings.recommenders:  # the shop took it away with None
            return []
        return [ListRequest(self.recommender, ListKind.SEGMENT, EVERYBODY)]

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        lists = page.reads.lists(self.requests(page)).values()
        popularity = {key: score for each in lists for key, score, _ in each.entries}
        return rescored(
            candidates, [1 - self.strength * popularity.get(each.item_key, 0.0) for each in candidates]
        )
