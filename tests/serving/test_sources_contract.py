"""The packaged sources keep the contract that is shipped for a shop's own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recommendations.datatypes import Context
from recommendations.profiles.session import Touch
from recommendations.serving.history import History
from recommendations.serving.page import Page
from recommendations.serving.sources import SOURCES, Source
from recommendations.serving.testing import SourceContract, make_page

#: Source → options that make it do more than it does without.
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "for_you": [{"published": ["buy_again"]}],
    "given": [{"published": ["buy_again"]}],
}

CASES = [(name, options) for name in SOURCES for options in [{}, *OPTIONS.get(name, [])]]


@pytest.mark.parametrize(("name", "options"), CASES)
class TestSources(SourceContract):
    source: Source

    @pytest.fixture(autouse=True)
    def made(self, name: str, options: dict[str, Any]) -> None:
        self.source = SOURCES[name](**options)

    def make_source(self) -> Source:
        return self.source

    def make_pages(self) -> list[Page]:
        """And one of a visitor with a history."""
        now = timezone.now()
        touches = (Touch("a", "view", now), Touch("e", "cart", now - timedelta(days=1)))
        seen = make_page("a", category="Grocery/Bread", history=History(touches))
        seen.context = Context(visitor_key="u:1", anonymous_key="a:ann")
        return [*super().make_pages(), seen]
