"""Profiles, rebuilt from the events: the same events give the same profiles, however often it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, starmap

from django.db import router
from django.utils import timezone

from recommendations.conf import settings
from recommendations.datatypes import Kind
from recommendations.models import Profile
from recommendations.profiles.lifecycle import stage, typical_interval
from recommendations.profiles.preferences import Taste, decayed, preferences
from recommendations.profiles.reading import Figures, Interest, events_of, figures, interests, tastes
from recommendations.profiles.rfm import quintile_scores
from recommendations.progress import NoProgress, Progress

BATCH = 500
UPDATED = [
    "first_seen_at", "last_seen_at", "last_order_at", "n_orders", "value", "recency_score", "frequency_score",
    "monetary_score", "stage", "preferences", "updated_at",
]  # fmt: skip

_DAY = timedelta(days=1)
Scores = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ProfilesReport:
    """What an update did: profiles written, profiles deleted because no event is left, days between orders."""

    written: int
    deleted: int
    typical_interval_days: float


def update_profiles(
    scope: str = "", *, progress: Progress | None = None, now: datetime | None = None
) -> ProfilesReport:
    """Rebuild the profiles of a scope, in batches. Memory holds the buyers' numbers and one batch of profiles."""
    told = progress or NoProgress()
    now = now or timezone.now()
    events = events_of(scope)
    told.start("Scoring buyers")
    buyers = [of for of in figures(events.filter(kind__in=(Kind.PURCHASE, Kind.REFUND))) if of.n_orders]
    typical = typical_interval(
        (of.n_orders, of.first_order, of.last_order) for of in buyers if of.first_order and of.last_order
    )
    build = _Builder(scope, now, typical, _scores(buyers), tastes(scope))
    told.start("Writing profiles")
    profiles = starmap(build, _together(figures(events), interests(events)))
    using = router.db_for_write(Profile)
    written = 0
    while batch := list(islice(profiles, BATCH)):
        Profile.objects.using(using).bulk_create(
            batch, update_conflicts=True, unique_fields=["scope", "visitor_key"], update_fields=UPDATED
        )
        written += len(batch)
        told.advance(len(batch))
    told.finish()
    gone = Profile.objects.using(using).filter(scope=scope).exclude(updated_at=now)
    return ProfilesReport(written, gone.delete()[0], typical)


@dataclass(frozen=True, slots=True)
class _Builder:
    """What all profiles of one run share."""

    scope: str
    now: datetime
    typical: float
    scores: dict[str, Scores]
    tastes: dict[str, Taste]

    def __call__(self, of: Figures, interest: list[Interest]) -> Profile:
        recency, frequency, monetary = self.scores.get(of.visitor, (0, 0, 0))
        return Profile(
            scope=self.scope,
            visitor_key=of.visitor,
            first_seen_at=of.first_seen,
            last_seen_at=of.last_seen,
            last_order_at=of.last_order,
            n_orders=of.n_orders,
            value=of.value,
            recency_score=recency,
            frequency_score=frequency,
            monetary_score=monetary,
            stage=stage(of.n_orders, of.first_order, of.last_order, self.now, self.typical),
            preferences=preferences(self._weighted(interest), self.tastes),
            updated_at=self.now,
        )

    def _weighted(self, interest: list[Interest]) -> Iterator[tuple[str, float]]:
        weights = settings.HISTORY_WEIGHTS
        for _visitor, item_key, kind, occurred_at in interest:
            yield item_key, decayed(weights[kind], (self.now - occurred_at) / _DAY)


def _scores(buyers: Sequence[Figures]) -> dict[str, Scores]:
    """Visitor → recency, frequency and monetary score; only buyers are compared."""
    recency = quintile_scores([of.last_order for of in buyers])
    frequency = quintile_scores([of.n_orders for of in buyers])
    monetary = quintile_scores([of.value for of in buyers])
    names = [of.visitor for of in buyers]
    return dict(zip(names, zip(recency, frequency, monetary, strict=True), strict=True))


def _together(
    visitors: Iterator[Figures], groups: Iterator[tuple[str, list[Interest]]]
) -> Iterator[tuple[Figures, list[Interest]]]:
    """Join two streams that one database ordered the same way; every group's visitor is among the visitors."""
    group = next(groups, None)
    for of in visitors:
        if group is not None and group[0] == of.visitor:
            yield of, group[1]
            group = next(groups, None)
        else:
            yield of, []
