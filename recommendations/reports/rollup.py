"""Daily figures, stored: every day can be redone at any time, and gives the same rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import router, transaction
from django.utils import timezone

from recommendations.conf import settings
from recommendations.models import DailyStat, Item
from recommendations.progress import NoProgress, Progress
from recommendations.reports.changes import changed_days, mark_seen
from recommendations.reports.days import bounds, days_between, today
from recommendations.reports.exploration import refresh
from recommendations.reports.figures import ALL_ORDERS, Day, Figures, Key, figures_of
from recommendations.reports.item_stats import exploring, roll_up_items
from recommendations.reports.report_days import write_day
from recommendations.reports.windows import write_windows

KEY_FIELDS = ["scope", "day", "placement", "currency", "model", "simulated"]
FIGURE_FIELDS = ["slates", "items_seen", "clicks", "orders", "revenue", "rolled_up_at"]

#: Every day that was rolled up has this row, also when nothing happened: so one can tell nothing from not known.
MARKER = Key("", ALL_ORDERS, "", False)


@dataclass(frozen=True, slots=True)
class RollUpReport:
    """What a roll-up did: days redone, rows written, days left alone because their events were pruned."""

    days: int
    rows: int
    kept: int


def roll_up(days: int | Iterable[date] | None = None, *, progress: Progress | None = None) -> RollUpReport:
    """Write the `DailyStat` rows of some days, each day in a transaction of its own.

    `days` is None for the days that changed since the last time (all of them the first time), a number for so many
    last days as well as those, or the very days.
    """
    told = progress or NoProgress()
    started = timezone.now()
    exact = days is not None and not isinstance(days, int)
    wanted = sorted(set(days) if exact else _due(days))  # type: ignore[arg-type]
    told.start("Rolling up days", len(wanted))
    explored = {name for scope in scopes() for name in exploring(scope)}
    rows = kept = 0
    changed: set[date] = set()
    for day in wanted:
        written = roll_up_day(day, explored)
        rows += written
        kept += not written
        if written and write_day(day):
            changed.add(day)
        told.advance()
    write_windows(changed)
    told.finish()
    if not exact:
        mark_seen(started)
        for scope in scopes():
            refresh(scope)
    return RollUpReport(len(wanted) - kept, rows, kept)


def roll_up_day(day: date, explored: Collection[str] = ()) -> int:
    """Replace one day's rows; returns how many there are now, 0 for a day left alone since its events are gone.

    `explored` names the placements whose items are counted too.
    """
    now = timezone.now()
    if _is_pruned(day, settings.EVENT_DAYS, now) and _stored(day):
        return 0
    figures = figures_of(day)
    figures.setdefault(MARKER, Figures())
    using = router.db_for_write(DailyStat)
    with transaction.atomic(using=using):
        if _is_pruned(day, settings.IMPRESSION_DAYS, now):
            _keep_slates(figures, day)
        elif explored:
            roll_up_items(day, set(explored))
        DailyStat.objects.using(using).bulk_create(
            [_row(day, key, of_key, now) for key, of_key in figures.items()],
            update_conflicts=True,
            unique_fields=KEY_FIELDS,
            update_fields=FIGURE_FIELDS,
        )
        DailyStat.objects.using(using).filter(day=day, rolled_up_at__lt=now).delete()
    return len(figures)


def scopes() -> list[str]:
    """The scopes that have items; "" is always one."""
    return sorted({"", *Item.objects.order_by().values_list("scope", flat=True).distinct()})


def _due(last: int | None) -> set[date]:
    due = changed_days()
    return due | set(days_between(today() - timedelta(days=last - 1), today())) if last else due


def _row(day: date, key: Key, figures: Figures, now: datetime) -> DailyStat:
    return DailyStat(
        day=day,
        **key._asdict(),
        slates=figures.slates,
        items_seen=figures.items_seen,
        clicks=figures.clicks,
        orders=figures.orders,
        revenue=figures.revenue,
        rolled_up_at=now,
    )


def _is_pruned(day: date, kept_days: int | None, now: datetime) -> bool:
    """May some of the day's rows have been deleted by retention already?"""
    return kept_days is not None and bounds(day)[0] < now - timedelta(days=kept_days)


def _stored(day: date) -> bool:
    return DailyStat.objects.filter(day=day).exists()


def _keep_slates(figures: Day, day: date) -> None:
    """Impressions are kept for a shorter time than events: what was counted while they were there stays."""
    fields = ("scope", "placement", "currency", "simulated", "slates", "items_seen")
    for *key, slates, items_seen in DailyStat.objects.filter(day=day, slates__gt=0).values_list(*fields):
        of_key = figures.setdefault(Key(*key), Figures())
        of_key.slates = max(of_key.slates, slates)
        of_key.items_seen = max(of_key.items_seen, items_seen)
