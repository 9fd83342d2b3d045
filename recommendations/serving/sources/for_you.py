"""What this visitor likes, by what was done just now and by what was learned before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommendations.conf import settings
from recommendations.datatypes import Candidate
from recommendations.exceptions import ConfigurationError
from recommendations.serving.blending import blend
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists, SeededSource, Source
from recommendations.serving.sources.visitors import VisitorLists
from recommendations.store import ListRequest


class _Session(SeededSource):
    """What goes with the visitor's recent items: the decayed sum of their lists."""

    name = "for_you"
    needs = frozenset({"history"})

    def seeds(self, page: Page) -> Mapping[str, float]:
        return page.history.weights


class _Published(VisitorLists):
    name = "for_you"


class ForYou(Source):
    """What goes with the visitor's recent items, blended with the lists that `published` recommenders have for the
    visitor: those weigh `published_weight`, the recent items 1."""

    name = "for_you"
    needs = frozenset({"history"})
    default_recommenders = ("also_viewed", "also_bought")
    options = {"published": (), "published_weight": 1.0}

    def __init__(self, recommenders: Sequence[str] | None = None, **options: Any) -> None:
        super().__init__(recommenders, **options)
        weight = self.option["published_weight"]
        if not isinstance(weight, int | float) or isinstance(weight, bool) or not weight > 0:
            raise ConfigurationError(f'"published_weight" is {weight!r}. Set it to a number above 0.')
        self._session = _Session(self.recommenders)
        self._published = _Published(_of_settings("published", self.option["published"]))
        self.recommenders = (*self._session.recommenders, *self._published.recommenders)

    def requests(self, page: Page) -> list[ListRequest]:
        return [*self._session.requests(page), *self._published.requests(page)]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        return blend(
            [
                (1.0, self._session.candidates(page, lists)),
                (float(self.option["published_weight"]), self._published.candidates(page, lists)),
            ]
        )


class Given(ForYou):
    """The caller's own list (`items=`), what the visitor likes first; of the rest the order stays.

    What `for_you` gives an item is its score. It gives none to what the visitor had to do with lately: that scores its
    share in all that was done lately.
    """

    name = "given"
    needs = frozenset({"items", "history"})

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        liked = {candidate.item_key: candidate for candidate in super().candidates(page, lists)}
        weights = page.history.weights
        total = sum(weights.values()) or 1.0
        found = [
            (liked.get(key) or Candidate(key, weights.get(key, 0.0) / total, "")).with_(source=self.name)
            for key in dict.fromkeys(page.shown.item_keys)
        ]
        return sorted(found, key=lambda candidate: -candidate.score)


def _of_settings(option: str, names: Any) -> tuple[str, ...]:
    """Names of recommenders; those that the shop took away with `None` are left out."""
    if not isinstance(names, list | tuple):
        raise ConfigurationError(f'"{option}" is {names!r}. Set it to a list of recommenders.')
    known = settings.recommenders
    wrong = [name for name in names if name not in known and name not in settings.default_recommenders]
    if wrong:
        raise ConfigurationError(
            f'"{option}" names the recommender {wrong[0]!r}, which does not exist. '
            f"Change it to one of: {', '.join(sorted(known))}."
        )
    return tuple(name for name in names if name in known)
