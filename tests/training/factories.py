"""Events and items straight into the log, and algorithms that do what a test needs."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.utils import timezone

from recommendations.algorithms.base import Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.defaults import RECOMMENDERS
from recommendations.models import Event, Item

HERE = "tests.training.factories"

#: Only what the test trains; the defaults are taken out.
NO_DEFAULTS: dict[str, Any] = dict.fromkeys(RECOMMENDERS)

ALSO_BOUGHT = {
    "algorithm": "recommendations.algorithms.item_knn.ItemKNN",
    "options": {"events": {"purchase": 1.0}},
}
POPULAR = {
    "algorithm": "recommendations.algorithms.popular.Popular",
    "options": {"events": {"purchase": 1.0, "view": 1.0}},
}


def make_events(*rows: tuple[str, str, str] | dict[str, Any], **fields: Any) -> list[Event]:
    """Events from (kind, visitor, item) or whole field sets, a minute apart, the last one now."""
    now = timezone.now()
    events = []
    for n, row in enumerate(rows):
        own = (
            row if isinstance(row, dict) else dict(zip(("kind", "visitor_key", "item_key"), row, strict=True))
        )
        occurred_at = now - timedelta(minutes=len(rows) - 1 - n)
        events.append(Event(**{"occurred_at": occurred_at, **fields, **own}))
    return Event.objects.bulk_create(events)


def make_items(*keys: str, **fields: Any) -> list[Item]:
    """Items of the mirror, titled after their keys."""
    return Item.objects.bulk_create([Item(**{"item_key": k, "title": f"Item {k}", **fields}) for k in keys])


def two_tastes(n_visitors: int = 40, n_items: int = 6, weeks: int = 10) -> dict[str, list[str]]:
    """A log with a known answer: half the visitors buy only `a…` items, the others only `b…` items.

    Each visitor orders two items a week. Returns the item keys by taste; the items are in the mirror.
    """
    tastes = {taste: [f"{taste}{n}" for n in range(n_items)] for taste in "ab"}
    make_items(*tastes["a"], *tastes["b"])
    drawn = random.Random(7)
    now = timezone.now()
    events = []
    for visitor in range(n_visitors):
        taste = "ab"[visitor % 2]
        for week in range(weeks):
            moment = now - timedelta(weeks=week, minutes=visitor)
            for item in drawn.sample(tastes[taste], 2):
                events.append(
                    Event(
                        kind="purchase",
                        visitor_key=f"u:{visitor}",
                        item_key=item,
                        order_key=f"{visitor}-{week}",
                        value=4,
                        occurred_at=moment,
                    )
                )
    Event.objects.bulk_create(events)
    return tastes


def void(events: Any, when: datetime | None = None) -> int:
    return events.update(voided_at=when or timezone.now(), changed_at=timezone.now())


@dataclass(frozen=True, kw_only=True)
class ManyConfig(AlgorithmConfig):
    """`n_lists` lists of `length` targets; after `fail_after` of them something breaks."""

    n_lists: int = 100
    length: int = 50
    fail_after: int | None = None
    crash: bool = False


class Many(Algorithm):
    """As many lists as asked, of no meaning: every target of a list is named after the generation."""

    Config = ManyConfig
    config: ManyConfig
    produces = frozenset({("item", "item")})
    generation: ClassVar[int] = 0

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        self.item_keys_ = tuple(str(n) for n in range(self.config.n_lists))
        self.name_ = f"g{Many.generation}"
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        targets = [(f"{self.name_}-{n}", 1 - n / 100) for n in range(min(k, self.config.length))]
        for n, key in enumerate(self.item_keys_):
            if n == self.config.fail_after:
                raise KeyboardInterrupt if self.config.crash else ArithmeticError("out of numbers")
            yield key, targets


class Waiting(Many):
    """Stops in `fit` until the test lets it go on."""

    started: ClassVar[threading.Event] = threading.Event()
    go_on: ClassVar[threading.Event] = threading.Event()

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        Waiting.started.set()
        assert Waiting.go_on.wait(20), "the test never let the algorithm go on"
        return super().fit(interactions, catalogue)


def many(name: str = "Many", **options: Any) -> dict[str, Any]:
    """A settings entry of one of the algorithms above."""
    return {"algorithm": f"{HERE}.{name}", "options": options}


def targets(entries: Iterable[tuple[str, float, str]]) -> list[str]:
    return [target for target, _score, _source in entries]
