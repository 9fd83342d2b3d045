"""The days of the reports, stored: what pages read, so that no page counts events."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import router, transaction
from django.utils import timezone

from recommendations.conf import settings
from recommendations.models import ReportDay
from recommendations.reports import data_quality, exposure, funnel, health, searches, snapshot_quality
from recommendations.reports.days import bounds, today
from recommendations.reports.exposure import Who

REAL, SIMULATED = ReportDay.Visitors.REAL, ReportDay.Visitors.SIMULATED
EXPOSURE, FUNNEL, SEARCHES, DATA, HEALTH, QUALITY = (
    "exposure", "funnel", "searches", "data", "health", "quality",
)  # fmt: skip
#: What there is of every day that was computed, also when nothing happened.
DAILY = (EXPOSURE, FUNNEL, SEARCHES, DATA, HEALTH)
KEY_FIELDS = ["report", "scope", "visitors", "day"]

#: Summary and detail.
Stored = tuple[dict[str, Any], dict[str, Any]]


@dataclass
class Span:
    """The stored days of a report. `computed` is when the last of them was."""

    by_day: dict[date, dict[str, Any]] = field(default_factory=dict)
    computed: datetime | None = None


def write_day(day: date) -> bool:
    """Compute and replace the rows of one day; returns whether what happened to items differs from what was stored.

    A day whose impressions or events may be pruned stays as it is once it is stored.
    """
    now = timezone.now()
    before = {
        (scope, visitors): detail
        for scope, visitors, detail in _rows(EXPOSURE)
        .filter(day=day)
        .values_list("scope", "visitors", "detail")
    }
    if before and _is_pruned(day, now):
        return False
    found = _computed(day)
    rows = [
        ReportDay(
            report=report, scope=who.scope, visitors=SIMULATED if who.simulated else REAL, day=day,
            summary=summary, detail=detail, computed_at=now,
        )
        for report, by_who in found.items()
        for who, (summary, detail) in by_who.items()
    ]  # fmt: skip
    _replace(rows, now, day, DAILY)
    if day == today():
        _write_quality(day, now)
    after = {(row.scope, row.visitors): row.detail for row in rows if row.report == EXPOSURE}
    return after != before


def span(report: str, scope: str, visitors: str, start: date, end: date) -> Span:
    """The summaries of a report from `start` to `end`, in order; of "all" visitors the real ones' and the simulated
    ones' are lists to be added up by the reader, so only reports with one row a day may be asked for them."""
    found = Span()
    rows = _rows(report).filter(scope=scope, visitors=visitors, day__gte=start, day__lte=end)
    for day, summary, computed_at in rows.order_by("day").values_list("day", "summary", "computed_at"):
        found.by_day[day] = summary
        found.computed = max(found.computed or computed_at, computed_at)
    return found


def details(
    report: str, scope: str, visitors: Collection[str], start: date, end: date
) -> Iterator[tuple[date, dict[str, Any], dict[str, Any]]]:
    """Day, summary and detail of the rows of some visitors, in order of the days."""
    rows = _rows(report).filter(scope=scope, visitors__in=visitors, day__gte=start, day__lte=end)
    yield from rows.order_by("day", "visitors").values_list("day", "summary", "detail")


def latest(report: str, scope: str, visitors: str, end: date) -> ReportDay | None:
    """The last stored day up to `end`."""
    return _rows(report).filter(scope=scope, visitors=visitors, day__lte=end).order_by("-day").first()


def write(rows: Collection[ReportDay]) -> None:
    """Add rows, or replace those of the same report, scope, visitors and day."""
    ReportDay.objects.using(router.db_for_write(ReportDay)).bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=KEY_FIELDS,
        update_fields=["summary", "detail", "computed_at"],
        batch_size=200,
    )


def _replace(rows: list[ReportDay], now: datetime, day: date, reports: Collection[str]) -> None:
    using = router.db_for_write(ReportDay)
    with transaction.atomic(using=using):
        write(rows)
        stale = ReportDay.objects.using(using).filter(day=day, report__in=reports, computed_at__lt=now)
        stale.delete()


def _computed(day: date) -> dict[str, dict[Who, Stored]]:
    """Report → who → summary and detail."""
    found: dict[str, dict[Who, Stored]] = {
        EXPOSURE: {who: ({}, exposure.as_stored(items)) for who, items in exposure.of_day(day).items()},
        FUNNEL: {who: (steps, {}) for who, steps in funnel.of_day(day).items()},
        SEARCHES: {who: (_sums(words), words) for who, words in searches.of_day(day).items()},
        DATA: data_quality.of_day(day),
        HEALTH: {who: (counts, {}) for who, counts in health.of_day(day).items()},
    }
    for by_who in found.values():
        by_who.setdefault(Who("", False), ({}, {}))
    return found


def _sums(words: Mapping[str, list[int]]) -> dict[str, Any]:
    return {
        "searches": sum(n for n, _without in words.values()),
        "without": sum(w for _n, w in words.values()),
    }


def _write_quality(day: date, now: datetime) -> None:
    write(
        [
            ReportDay(report=QUALITY, scope=scope, day=day, summary=of_scope, computed_at=now)
            for scope, of_scope in snapshot_quality.of_now().items()
        ]
    )


def _rows(report: str) -> Any:
    return ReportDay.objects.filter(report=report)


def _is_pruned(day: date, now: datetime) -> bool:
    kept = [days for days in (settings.EVENT_DAYS, settings.IMPRESSION_DAYS) if days is not None]
    return bool(kept) and bounds(day)[0] < now - timedelta(days=min(kept))
