"""What the four weeks up to a day say of items: coverage, fairness, what is never bought and what is never shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta

from django.utils import timezone

from recommendations.models import Item, ReportDay
from recommendations.reports import coverage, fairness, report_days, retention, unshown, unsold
from recommendations.reports.days import days_between, today
from recommendations.reports.exposure import ByItem, Touched, from_stored

WINDOW_DAYS = 28
REPORTS = COVERAGE, FAIRNESS, UNSOLD, UNSHOWN = "coverage", "fairness", "unsold", "unshown"

#: What visitors of experiments do four weeks later, noted once a day.
RETENTION = "retention"
#: The report of a day that was looked at and had nothing to say.
LOOKED = "windows"
#: Real, simulated, and both together.
KINDS: dict[str, tuple[str, ...]] = {
    "real": ("real",),
    "simulated": ("simulated",),
    "all": ("real", "simulated"),
}


def write_windows(changed: Collection[date]) -> int:
    """Write the windows that hold one of the `changed` days, and yesterday's if there is none; returns how many rows.

    Only whole days end a window. What an item is and which lists are live is as of now, so why items are never shown is
    said for the newest window alone.
    """
    last = today() - timedelta(days=1)
    ends = {day + timedelta(days=n) for day in changed for n in range(WINDOW_DAYS)}
    if not ReportDay.objects.filter(report__in=(COVERAGE, LOOKED), day=last).exists():
        ends.add(last)
        _write_retention(last)
    wanted = sorted(day for day in ends if day <= last)
    if not wanted:
        return 0
    exposures = ReportDay.objects.filter(report=report_days.EXPOSURE)
    scopes = set(exposures.order_by().values_list("scope", flat=True).distinct())
    simulated = set(
        exposures.filter(visitors="simulated").order_by().values_list("scope", flat=True).distinct()
    )
    return sum(
        _write(scope, visitors, wanted)
        for scope in sorted(scopes)
        for visitors in KINDS
        if visitors == "real" or scope in simulated
    )


def _write_retention(day: date) -> None:
    now = timezone.now()
    report_days.write(
        [
            ReportDay(report=RETENTION, scope=scope, day=day, summary=cohorts, computed_at=now)
            for scope, cohorts in retention.of_now().items()
        ]
    )


def _write(scope: str, visitors: str, ends: list[date]) -> int:
    catalogue = {
        item.item_key: item
        for item in Item.objects.filter(scope=scope, is_gone=False).defer("text", "attributes").order_by("pk")
    }
    if not catalogue:
        return 0
    wanted, newest, now = set(ends), today() - timedelta(days=1), timezone.now()
    rows: list[ReportDay] = []
    n, empty = 0, []
    for day, window in _windows(scope, visitors, ends[0], ends[-1]):
        if day not in wanted:
            continue
        if not any(touched.seen for touched in window.values()):
            empty.append(day)  # nothing was recommended: nothing to say
            if day == newest:  # but that it was looked at
                rows.append(
                    ReportDay(report=LOOKED, scope=scope, visitors=visitors, day=day, computed_at=now)
                )
            continue
        found = {
            COVERAGE: coverage.of_window(catalogue, window),
            FAIRNESS: fairness.of_window(catalogue, window),
            UNSOLD: unsold.of_window(catalogue, window),
        }
        if day == newest:
            found[UNSHOWN] = unshown.of_window(catalogue, window, scope)
        rows += [
            ReportDay(
                report=report, scope=scope, visitors=visitors, day=day,
                summary=summary, detail=detail, computed_at=now,
            )
            for report, (summary, detail) in found.items()
        ]  # fmt: skip
        if len(rows) >= 200:
            report_days.write(rows)
            n, rows = n + len(rows), []
    report_days.write(rows)
    stale = ReportDay.objects.filter(report__in=REPORTS, scope=scope, visitors=visitors, day__in=empty)
    stale.delete()
    return n + len(rows)


def _windows(scope: str, visitors: str, start: date, end: date) -> Iterator[tuple[date, ByItem]]:
    """Every day from `start` to `end` with what happened in the WINDOW_DAYS up to it; each stored day is read once."""
    first = start - timedelta(days=WINDOW_DAYS - 1)
    days: dict[date, list[ByItem]] = {}
    rows = report_days.details(report_days.EXPOSURE, scope, KINDS[visitors], first, end)
    coming = next(rows, None)
    window: ByItem = {}
    for day in days_between(first, end):
        while coming is not None and coming[0] == day:
            by_item = from_stored(coming[2])
            days.setdefault(day, []).append(by_item)
            _add(window, by_item)
            coming = next(rows, None)
        for gone in days.pop(day - timedelta(days=WINDOW_DAYS), ()):
            _take_off(window, gone)
        if day >= start:
            yield day, window


def _add(window: ByItem, by_item: Mapping[str, Touched]) -> None:
    for key, touched in by_item.items():
        window[key] = window[key].plus(touched) if key in window else touched


def _take_off(window: ByItem, by_item: Mapping[str, Touched]) -> None:
    for key, touched in by_item.items():
        left = window[key].less(touched)
        if any(left):
            window[key] = left
        else:
            del window[key]
