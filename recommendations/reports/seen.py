"""Slates that were seen, counted by what they have in common: few groups stand for many slates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db.models import Count, Func, OuterRef, Subquery, TextField
from django.db.models.functions import Cast, Coalesce

from recommendations.models import Impression, VisitorLink
from recommendations.reports.days import local_day
from recommendations.reports.touches import stage

T = TypeVar("T")


class Recommenders(Func):
    """What produced each item of a slate, position by position: '["also_like", "popular", …]'."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "jsonb_path_query_array(%(expressions)s, '$[*][2]')::text"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(SELECT json_group_array(json_extract(place.value, '$[2]')) FROM json_each(%(expressions)s) place)"
        return self.as_sql(compiler, connection, template=template, **extra)


class Group(NamedTuple):
    """`n` slates alike. Those of a holdout have no items: their `seen` and `recommenders` are empty."""

    day: date
    scope: str
    placement: str
    simulated: bool
    experiment: int
    variant: str
    device: str
    segment: str
    recommenders: tuple[str, ...]
    seen: tuple[int, ...]
    n: int

    def part(self, make: Callable[..., T], recommender: str) -> T:
        """The key of the breakdown."""
        return make(
            *(
                self.scope,
                self.placement,
                recommender,
                self.experiment,
                self.variant,
                self.device,
                self.segment,
            ),
            *("", self.simulated),
        )


def seen_groups(start: datetime, end: datetime) -> Iterator[Group]:
    """The slates that were seen from `start` to before `end`, and the places of holdouts that were in view."""
    link = VisitorLink.objects.filter(scope=OuterRef("scope"), anonymous_key=OuterRef("visitor_key"))
    rows = (
        Impression.objects.filter(occurred_at__gte=start, occurred_at__lt=end)
        .exclude(n_seen=0, experiment=None)
        .order_by()
        .annotate(visitor=Coalesce(Subquery(link.values("visitor_key")[:1]), "visitor_key"))
        .annotate(
            day=local_day(), segment=stage(), produced=Recommenders("items"), places=Cast("seen", TextField())
        )
        .values_list(
            *("day", "scope", "placement", "simulated", "experiment", "variant", "device", "segment"),
            *("produced", "places"),
        )
        .annotate(n=Count("pk"))
    )
    for *first, experiment, variant, device, segment, produced, places, n in rows.iterator(chunk_size=2000):
        recommenders, seen = _parsed(produced), _parsed(places)
        yield Group._make((*first, experiment or 0, variant, device, segment, recommenders, seen, n))


@lru_cache(maxsize=10_000)
def _parsed(text: str) -> tuple[Any, ...]:
    return tuple(json.loads(text))
