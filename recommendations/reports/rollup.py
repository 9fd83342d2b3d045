"""Daily figures, stored: every day can be redone at any time, and gives the same rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from django.db import router, transaction
from django.utils import timezone

from recommendations.conf import settings
from recommendations.models import DailyBreakdown, DailyStat, Item, PositionStat
from recommendations.progress import NoProgress, Progress
from recommendations.reports.changes import changed_days, mark_seen, seen_up_to
from recommendations.reports.days import bounds, days_between, runs, today
from recommendations.reports.exploration import refresh
from recommendations.reports.figures import ALL_ORDERS, Collected, Figures, Key, Part, Place, collect
from recommendations.reports.inserting import insert_rows
from recommendations.reports.item_stats import exploring, roll_up_items
from recommendations.reports.positions import refresh_curves
from recommendations.reports.report_days import write_day
from recommendations.reports.sums import check_days
from recommendations.reports.visitor_days import merge_links, roll_up_visitors
from recommendations.reports.windows import write_windows

#: So many days in a row are computed and written together.
DAYS_AT_ONCE = 7

#: Every day that was rolled up has this row, also when nothing happened: so one can tell nothing from not known.
MARKER = Key("", ALL_ORDERS, "", False)


@dataclass(frozen=True, slots=True)
class RollUpReport:
    """What a roll-up did: days redone, rows of `DailyStat` written, days left alone as their events were pruned."""

    days: int
    rows: int
    kept: int


def roll_up(days: int | Iterable[date] | None = None, *, progress: Progress | None = None) -> RollUpReport:
    """Write the daily figures of some days, a week of them at most in a transaction.

    `days` is None for the days that changed since the last time (all of them the first time), a number for so many
    last days as well as those, or the very days.
    """
    told = progress or NoProgress()
    started, last_time = timezone.now(), seen_up_to()
    exact = days is not None and not isinstance(days, int)
    wanted = sorted(set(days) if exact else _due(days))  # type: ignore[arg-type]
    told.start("Rolling up days", len(wanted))
    explored = {name for scope in scopes() for name in exploring(scope)}
    kept = {day for day in wanted if _is_pruned(day, settings.EVENT_DAYS, started) and _stored(day)}
    rows = 0
    changed: set[date] = set()
    for first, last in runs(set(wanted) - kept, DAYS_AT_ONCE):
        rows += roll_up_days(first, last, explored)
        changed |= {day for day in days_between(first, last) if write_day(day)}
        told.advance((last - first).days + 1)
    if kept:
        told.advance(len(kept))
    write_windows(changed)
    check_days(set(wanted) - kept)
    told.finish()
    if not exact:
        merge_links(last_time)
        refresh_curves()
        mark_seen(started)
        for scope in scopes():
            refresh(scope)
    return RollUpReport(len(wanted) - len(kept), rows, len(kept))


def roll_up_days(first: date, last: date, explored: Collection[str] = ()) -> int:
    """Replace the rows of the days from `first` to `last`; returns how many of `DailyStat` there are now.

    `explored` names the placements whose items are counted too.
    """
    now = timezone.now()
    found = collect(first, last)
    days = list(days_between(first, last))
    for day in days:
        found.totals[day, MARKER]
    pruned = {day for day in days if _is_pruned(day, settings.IMPRESSION_DAYS, now)}
    using = router.db_for_write(DailyStat)
    with transaction.atomic(using=using):
        _keep_seen(found, pruned)
        for day in days:
            if explored and day not in pruned:
                roll_up_items(day, set(explored))
        _replace(found, first, last, pruned, now)
        roll_up_visitors(first, last)
    return len(found.totals)


def scopes() -> list[str]:
    """The scopes that have items; "" is always one."""
    return sorted({"", *Item.objects.order_by().values_list("scope", flat=True).distinct()})


def _due(last: int | None) -> set[date]:
    due = changed_days()
    return due | set(days_between(today() - timedelta(days=last - 1), today())) if last else due


def _replace(found: Collected, first: date, last: date, pruned: set[date], now: datetime) -> None:
    """The stored rows of the days are those found, and no others."""
    using = router.db_for_write(DailyStat)
    for model in (DailyStat, DailyBreakdown):
        model._default_manager.using(using).filter(day__range=(first, last)).delete()
    names = [each.name for each in fields(Figures)]
    insert_rows(
        DailyStat,
        ("day", *Key._fields, *names, "rolled_up_at"),
        ((day, *key, *figures.values(), now) for (day, key), figures in found.totals.items()),
    )
    insert_rows(
        DailyBreakdown,
        ("day", *Part._fields, *names[:-2]),
        ((day, *part, *figures.values()[:-2]) for (day, part), figures in found.parts.items()),
    )
    # Positions need the impressions: what was counted while they were there stays.
    PositionStat.objects.using(using).filter(day__range=(first, last)).exclude(day__in=pruned).delete()
    insert_rows(
        PositionStat,
        ("day", *Place._fields, "seen", "clicks"),
        ((day, *place, *counts) for (day, place), counts in found.places.items() if day not in pruned),
    )


def _is_pruned(day: date, kept_days: int | None, now: datetime) -> bool:
    """May some of the day's rows have been deleted by retention already?"""
    return kept_days is not None and bounds(day)[0] < now - timedelta(days=kept_days)


def _stored(day: date) -> bool:
    return DailyStat.objects.filter(day=day).exists()


def _keep_seen(found: Collected, days: set[date]) -> None:
    """Impressions are kept for a shorter time than events: what was counted while they were there stays."""
    seen = ("slates", "items_offered", "items_seen")
    if not days:
        return
    totals = DailyStat.objects.filter(day__in=days, slates__gt=0).values_list("day", *Key._fields, *seen)
    parts = DailyBreakdown.objects.filter(day__in=days, items_offered__gt=0)
    for day, *row in totals:
        figures = found.totals[day, Key(*row[:-3])]
        figures.keep(seen, row[-3:])
    for day, *row in parts.values_list("day", *Part._fields, *seen):
        found.parts[day, Part(*row[:-3])].keep(seen, row[-3:])
