"""Which recommenders have enough events to learn from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _

from recommendations.conf import settings
from recommendations.models import Event, Item
from recommendations.training.gate import too_little_data


@dataclass(frozen=True)
class Needs:
    """What a recommender learns from: events of `kinds`, or the catalogue alone."""

    kinds: frozenset[str]
    needs_events: bool = True


@dataclass(frozen=True)
class Readiness:
    """Whether a recommender can be trained; `reason` says why not."""

    recommender: str
    kinds: frozenset[str]
    n_events: int
    reason: str = ""

    @property
    def is_ready(self) -> bool:
        return not self.reason


def readiness(
    counts: Mapping[str, int], needs: Mapping[str, Needs], *, n_items: int, minimum: int
) -> list[Readiness]:
    """Readiness of each recommender, given the number of events of each kind and of items."""
    found = []
    for name, need in needs.items():
        n_events = sum(counts.get(kind, 0) for kind in need.kinds)
        if need.needs_events:
            reason = too_little_data(n_events, need.kinds, minimum)
        else:
            reason = "" if n_items else _("The catalogue is empty; run manage.py recommendations sync_items.")
        found.append(Readiness(name, need.kinds, n_events, reason))
    return found


def event_counts(scope: str = "") -> dict[str, int]:
    """Kind → events that training would read."""
    events = Event.objects.valid().filter(scope=scope).exclude(item_key="")
    if not settings.TRAIN_ON_SIMULATED:
        events = events.real()
    return dict(events.order_by().values_list("kind").annotate(n=Count("pk")))


def n_items(scope: str = "") -> int:
    """Items of the catalogue."""
    return Item.objects.filter(scope=scope, is_gone=False).count()


def current_readiness(
    counts: Mapping[str, int] | None = None, scope: str = "", *, items: int | None = None
) -> list[Readiness]:
    """Readiness of the settings' recommenders, with what is in the tables or with the counts given."""
    from recommendations.training.recommenders import recommender  # loads numpy

    found: dict[str, Needs] = {}
    for name in settings.recommenders:
        entry = recommender(name, scope)
        found[name] = Needs(entry.kinds, entry.needs_events)
    return readiness(
        event_counts(scope) if counts is None else counts,
        found,
        n_items=n_items(scope) if items is None else items,
        minimum=settings.GATE_MINIMUM_EVENTS,
    )


def more_of(counts: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    """The larger count of each kind."""
    kinds: Collection[str] = [*counts, *(kind for kind in others if kind not in counts)]
    return {kind: max(counts.get(kind, 0), others.get(kind, 0)) for kind in kinds}
