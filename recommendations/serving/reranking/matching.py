"""What rerankers do that are about some of the items only."""

from __future__ import annotations

from typing import Any

from recommendations.datatypes import Candidate
from recommendations.exceptions import ConfigurationError
from recommendations.serving.conditions import Condition, Subject
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker


class MatchingReranker(Reranker):
    """Has the option `where`: the condition that tells which items it is about, see serving/conditions.py. Where one
    looks at the item shown and none is shown, it is about no item."""

    needs = frozenset({"item", "facts"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.condition = Condition.parse('"where"', self.option["where"])
        if self.is_about_everything():
            raise ConfigurationError(
                f'"where" is {self.option["where"]!r}, which means every item. Say which: {{"brand": "Acme"}}.'
            )

    def is_about_everything(self) -> bool:
        """Do the options leave nothing out?"""
        return not self.condition.tests

    def is_about(self, candidate: Candidate, page: Page) -> bool:
        """Does the condition hold for it?"""
        if self.condition.is_relative and not page.item_key:
            return False
        key = candidate.item_key
        return self.condition.holds(Subject(key, page.facts_of(key), page.about, page.now))
