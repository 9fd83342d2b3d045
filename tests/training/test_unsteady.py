"""What is new or trending may change from one night to the next, down to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, Self

import pytest

from recommendations.algorithms.base import Algorithm, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.models import RankedList
from recommendations.training.runner import train
from tests.training.factories import make_items, two_tastes

pytestmark = pytest.mark.django_db(transaction=True)


class Steady(Algorithm):
    """A list of everybody of as many items as the test says."""

    produces = frozenset({("segment", "item")})
    n_listed: ClassVar[int] = 0

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        self.item_keys_ = interactions.item_keys
        return self

    def segment_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        if self.n_listed:
            yield "", [(key, 0.5) for key in self.item_keys_[: self.n_listed]]


class Changing(Steady):
    steady = False


def test_the_gate_compares_only_what_is_steady(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {name: {"algorithm": f"{__name__}.{name.title()}"} for name in ("steady", "changing")}
    configure(entries)
    two_tastes()
    make_items("new")
    outcomes = []
    for n_listed in (8, 2, 0):
        monkeypatch.setattr(Steady, "n_listed", n_listed)
        outcomes.append({result.recommender: result.status for result in train()})
    assert outcomes == [
        {"steady": "live", "changing": "live"},
        {"steady": "refused", "changing": "live"},
        {"steady": "refused", "changing": "live"},
    ]
    live = RankedList.objects.filter(snapshot__status="live")
    assert [row.snapshot.recommender for row in live] == ["steady"]
