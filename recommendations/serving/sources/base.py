"""What every source does, and how lists become candidates. A shop adds its own source by subclassing `Source`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from recommendations.datatypes import Candidate, ListKind
from recommendations.exceptions import UnknownOption
from recommendations.serving.blending import BY_SCORE, MOST_CANDIDATES
from recommendations.serving.page import Page
from recommendations.store import ListRequest, StoredList

Lists = Mapping[ListRequest, StoredList]

#: How many of the things a list is made from are used, so that a page's lists stay bounded.
MOST_SEEDS = 20


class Source(ABC):
    """Makes candidates for a page in two steps, so that all lists of all placements are read at once.

    `needs` says what of the page it works from (`item`, `items`, `category`, `query`, `history`, `cart`; nothing: any
    page), and `default_recommenders` whose lists it reads when the placement names none. `options` are the further
    options of its settings entry with their defaults; others are refused.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    default_recommenders: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, recommenders: Sequence[str] | None = None, **options: Any) -> None:
        unknown = set(options) - set(self.options)
        if unknown:
            known = {"source", "weight", "recommenders", *self.options}
            raise UnknownOption(f"The source {self.name!r}", unknown, known)
        self.recommenders = self.default_recommenders if recommenders is None else tuple(recommenders)
        self.option = {**self.options, **options}

    @property
    def is_personal(self) -> bool:
        """Does it depend on who looks at the page?"""
        return bool(self.needs & {"history", "cart"})

    @abstractmethod
    def requests(self, page: Page) -> list[ListRequest]:
        """The stored lists that `candidates` will want; none when the page has not what the source needs."""

    @abstractmethod
    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        """Items with scores in 0..1, best first, each once. `lists` has those of the requested lists that exist."""


def weighted_mean(
    source: str, parts: Iterable[tuple[float, str, StoredList]], most: int = MOST_CANDIDATES
) -> list[Candidate]:
    """Blend lists, each given as (weight, seed key, list): score(j) = Σᵢ wᵢ·sᵢⱼ / Σᵢ wᵢ, with sᵢⱼ = 0 where absent.

    Scores stay in 0..1; the `most` best are given. A candidate names the recommender, snapshot and seed that gave it
    most.
    """
    total = 0.0
    scores: dict[str, float] = {}
    best: dict[str, float] = {}
    origins: dict[str, tuple[str, int, str]] = {}
    for weight, seed_key, found in parts:
        total += weight
        origin = (found.recommender, found.snapshot_id, seed_key)
        for item_key, score, _ in found.entries:
            gain = weight * score
            if item_key not in scores:
                scores[item_key] = best[item_key] = gain
                origins[item_key] = origin
                continue
            scores[item_key] += gain
            if gain > best[item_key]:
                best[item_key], origins[item_key] = gain, origin
    ranked = sorted(scores.items(), key=BY_SCORE, reverse=True)[:most]
    return [Candidate(key, score / total, source, *origins[key]) for key, score in ranked]


class SeededSource(Source):
    """Blends the item lists of weighted seeds; the seeds themselves are never candidates."""

    @abstractmethod
    def seeds(self, page: Page) -> Mapping[str, float]:
        """Item key → weight (> 0), heaviest first."""

    def _wanted(self, page: Page) -> list[tuple[float, ListRequest]]:
        heaviest = list(self.seeds(page).items())[:MOST_SEEDS]
        return [
            (weight, ListRequest(recommender, ListKind.ITEM, key))
            for key, weight in heaviest
            for recommender in self.recommenders
        ]

    def requests(self, page: Page) -> list[ListRequest]:
        return [request for _, request in self._wanted(page)]

    def candidates(self, page: Page, lists: Lists) -> list[Candidate]:
        wanted = self._wanted(page)
        seeds = {request.key for _, request in wanted}
        parts = [(weight, request.key, lists[request]) for weight, request in wanted if request in lists]
        known = len(page.history.purchased) + len(page.history.dismissed) if "history" in self.needs else 0
        found = weighted_mean(self.name, parts, MOST_CANDIDATES + known)
        return [candidate for candidate in found if candidate.item_key not in seeds]
