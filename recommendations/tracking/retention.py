"""Forgetting: old rows are pruned, and what was simulated can be taken out whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import router
from django.db.models import Model, QuerySet
from django.utils import timezone

from recommendations.conf import settings
from recommendations.models import (
    DailyBreakdown,
    DailyStat,
    Event,
    Exposure,
    Impression,
    ItemStat,
    OrderVisitor,
    PositionCurve,
    PositionStat,
    Profile,
    VisitorDay,
)
from recommendations.progress import NoProgress, Progress

BATCH = 2000


def prune(progress: Progress | None = None) -> dict[str, int]:
    """Delete events and impressions older than EVENT_DAYS and IMPRESSION_DAYS, and the daily figures of items,
    visitors' days and the exposures of experiments with the events; returns how many of each."""
    now = timezone.now()
    deleted: dict[str, int] = {}
    for name, model, days in (
        ("events", Event, settings.EVENT_DAYS),
        ("impressions", Impression, settings.IMPRESSION_DAYS),
    ):
        if days is not None:
            old = model._default_manager.filter(occurred_at__lt=now - timedelta(days=days))
            deleted[name] = delete_in_batches(old, name, progress or NoProgress())
    if settings.EVENT_DAYS is not None:
        past = ItemStat.objects.filter(day__lt=(now - timedelta(days=settings.EVENT_DAYS)).date())
        deleted["item figures"] = delete_in_batches(past, "item figures", progress or NoProgress())
        days = VisitorDay.objects.filter(day__lt=(now - timedelta(days=settings.EVENT_DAYS)).date())
        deleted["visitors' days"] = delete_in_batches(days, "visitors' days", progress or NoProgress())
        exposed = Exposure.objects.filter(first_at__lt=now - timedelta(days=settings.EVENT_DAYS))
        deleted["exposures"] = delete_in_batches(exposed, "exposures", progress or NoProgress())
    return deleted


def remove_simulated(progress: Progress | None = None) -> dict[str, int]:
    """Delete all that simulated visitors left in the log; returns how many rows of each table."""
    progress = progress or NoProgress()
    visitors = (
        Event.objects.filter(simulated=True).exclude(visitor_key="").values_list("visitor_key", flat=True)
    )
    real = Event.objects.filter(simulated=False).values_list("visitor_key", flat=True)
    profiles = Profile.objects.filter(visitor_key__in=visitors.distinct()).exclude(
        visitor_key__in=real.distinct()
    )
    deleted = {"profiles": delete_in_batches(profiles, "profiles", progress)}
    for name, model in (
        ("events", Event),
        ("impressions", Impression),
        ("order visitors", OrderVisitor),
        ("daily figures", DailyStat),
        ("item figures", ItemStat),
        ("breakdowns", DailyBreakdown),
        ("visitors' days", VisitorDay),
        ("figures of positions", PositionStat),
        ("position curves", PositionCurve),
    ):
        deleted[name] = delete_in_batches(model._default_manager.filter(simulated=True), name, progress)
    return deleted


def delete_in_batches(rows: QuerySet[Any], name: str, progress: Progress) -> int:
    """Delete rows in short transactions, so that recording never waits."""
    model: type[Model] = rows.model
    alias = router.db_for_write(model)
    progress.start(f"deleting {name}", rows.count())
    deleted = 0
    while pks := list(rows.using(alias).values_list("pk", flat=True)[:BATCH]):
        model._default_manager.using(alias).filter(pk__in=pks).delete()
        deleted += len(pks)
        progress.advance(len(pks))
    progress.finish()
    return deleted
