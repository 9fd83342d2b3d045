"""What everybody likes, as rerankers look at it: a recommender's list of everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommendations.conf import settings
from recommendations.datatypes import EVERYBODY, ListKind
from recommendations.exceptions import ConfigurationError
from recommendations.serving.page import Page
from recommendations.store import ListRequest


class EverybodysList:
    """The list of everybody of the recommender that an option names."""

    def __init__(self, option: str, recommender: Any) -> None:
        known = {*settings.recommenders, *settings.default_recommenders}
        if not isinstance(recommender, str) or recommender not in known:
            raise ConfigurationError(
                f'"{option}" is {recommender!r}, which does not exist. '
                f"Change it to one of: {', '.join(sorted(settings.recommenders))}."
            )
        self.recommender = recommender

    def requests(self) -> list[ListRequest]:
        """What a reranker's `requests` returns; none for a recommender that the shop took away with `None`."""
        if self.recommender not in settings.recommenders:
            return []
        return [ListRequest(self.recommender, ListKind.SEGMENT, EVERYBODY)]

    def scores(self, page: Page) -> Mapping[str, float]:
        """Item key → its score in the list, from 1 for what is liked most."""
        lists = page.reads.lists(self.requests()).values()
        return {key: score for found in lists for key, score, _ in found.entries}
