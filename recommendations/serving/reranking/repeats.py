"""Less of what the visitor has seen again and again and never taken up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from recommendations.datatypes import Candidate
from recommendations.exceptions import ConfigurationError
from recommendations.serving.page import Page
from recommendations.serving.reranking.base import Reranker, rescored
from recommendations.serving.reranking.options import is_number, share, whole
from recommendations.serving.seen import SEEN_DAYS


class RepeatPenalty(Reranker):
    """Times `factor` the scores of what this visitor had in view at least `n` times within `days`, on any placement,
    since last doing anything with it; with 0 it is left out. A look, a click, a cart: each begins a new count.

    One query for the page, only where a placement of it has this reranker and only for a visitor who may be known.
    """

    name = "repeat_penalty"
    needs = frozenset({"history"})
    options = {"n": 3, "days": 7, "factor": 0.0}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.n = whole("n", self.option["n"], 1)
        days = self.option["days"]
        if not is_number(days) or not 0 < days <= SEEN_DAYS:
            raise ConfigurationError(f'"days" is {days!r}. Set it above 0, at most {SEEN_DAYS}.')
        self.days = float(days)
        self.factor = share("factor", self.option["factor"])

    def rerank(
        self, candidates: Sequence[Candidate], page: Page, size: int, placed: Sequence[Candidate]
    ) -> list[Candidate]:
        tired_of = self._tired_of(page)
        if not tired_of:
            return list(candidates)
        if self.factor == 0:
            return [each for each in candidates if each.item_key not in tired_of]
        return rescored(
            candidates, [self.factor if each.item_key in tired_of else 1.0 for each in candidates]
        )

    def _tired_of(self, page: Page) -> set[str]:
        since = page.now - timedelta(days=self.days)
        touched: dict[str, datetime] = {}
        for touch in page.history.touches:  # the newest first
            touched.setdefault(touch.item_key, touch.occurred_at)
        times = Counter(
            key for key, at in page.seen if at >= since and (key not in touched or at > touched[key])
        )
        return {key for key, count in times.items() if count >= self.n}
