"""Lists of every kind that an algorithm declares are published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import ClassVar, Self

import pytest

from recommendations.algorithms.base import Algorithm, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.models import RankedList
from recommendations.store import ListRequest, get_store
from recommendations.training.runner import train
from tests.training.factories import make_events, make_items

pytestmark = pytest.mark.django_db(transaction=True)


class Everything(Algorithm):
    """One target for every key, of every kind there is."""

    produces = frozenset(
        {
            ("item", "item"),
            ("segment", "item"),
            ("term", "item"),
            ("visitor", "item"),
            ("visitor", "segment"),
            ("visitor", "visitor"),
            ("item", "visitor"),
        }
    )

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        self.item_keys_ = interactions.item_keys
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        yield "a", [("b", 0.9)]

    def segment_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        yield "", [("a", 0.8)]

    def term_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        yield "tea", [("a", 0.7)]

    def visitor_lists(
        self, keys: Iterable[str], k: int = 50, exclude: Mapping[str, Collection[str]] | None = None
    ) -> Iterator[RankedPairs]:
        for key in keys:
            yield key, [("b", 0.6)]

    def visitor_segments(self, keys: Iterable[str], k: int = 50) -> Iterator[RankedPairs]:
        for key in keys:
            yield key, [("community:1", 0.5)]

    def visitor_neighbours(self, keys: Iterable[str], k: int = 50) -> Iterator[RankedPairs]:
        one, other = keys
        yield one, [(other, 0.4)]

    def item_visitors(self, k: int = 50) -> Iterator[RankedPairs]:
        yield "b", [("u:1", 0.3)]


def test_every_kind_is_published(configure: Callable[..., None]) -> None:
    configure({"everything": {"algorithm": f"{__name__}.Everything"}}, GATE_MINIMUM_EVENTS=1)
    make_items("a", "b")
    make_events(("purchase", "u:1", "a"), ("purchase", "u:2", "b"))
    (result,) = train()
    assert (result.status, result.reason) == ("live", "")
    expected = {
        ListRequest("everything", "item", "a"): ("b", 0.9),
        ListRequest("everything", "segment", ""): ("a", 0.8),
        ListRequest("everything", "term", "tea"): ("a", 0.7),
        ListRequest("everything", "visitor", "u:1"): ("b", 0.6),
        ListRequest("everything", "visitor", "u:2"): ("b", 0.6),
        ListRequest("everything", "visitor", "u:1", "segment"): ("community:1", 0.5),
        ListRequest("everything", "visitor", "u:2", "segment"): ("community:1", 0.5),
        ListRequest("everything", "visitor", "u:1", "visitor"): ("u:2", 0.4),
        ListRequest("everything", "item", "b", "visitor"): ("u:1", 0.3),
    }
    found = get_store().fetch("", list(expected))
    assert {request: stored.entries for request, stored in found.items()} == {
        request: ((*target, "everything"),) for request, target in expected.items()
    }
    assert RankedList.objects.count() == len(expected)


class Words(Everything):
    """Every item has a word, and only `listed` items are in lists of items."""

    produces = frozenset({("item", "item"), ("term", "item")})
    listed: ClassVar[tuple[str, ...]] = ("a", "b", "c", "d")

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        for key in self.listed:
            yield key, [(key, 0.9)]

    def term_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        yield "tea", [(key, 0.7) for key in ("a", "b", "c", "d")]


class OnlyWords(Words):
    produces = frozenset({("term", "item")})


def test_lists_of_words_do_not_hide_a_loss_of_coverage(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {
        name: {"algorithm": f"{__name__}.{cls}"} for name, cls in (("words", "Words"), ("only", "OnlyWords"))
    }
    configure(entries, GATE_MINIMUM_EVENTS=1)
    make_items("a", "b", "c", "d")
    make_events(("purchase", "u:1", "a"), ("purchase", "u:2", "b"))
    outcomes = []
    for listed in (("a", "b", "c", "d"), ("a", "b", "c"), ("a",), ()):
        monkeypatch.setattr(Words, "listed", listed)
        words, only = train()
        assert words.snapshot and only.snapshot and only.snapshot.coverage == 1.0
        outcomes.append((words.status, words.snapshot.coverage))
    assert outcomes == [("live", 1.0), ("live", 0.75), ("refused", 0.25), ("refused", 0.0)]
