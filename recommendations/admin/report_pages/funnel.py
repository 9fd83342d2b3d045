"""From a recommendation seen to it bought."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.report_content import (
    PERCENT,
    TEXT,
    Column,
    Content,
    Table,
    by_day,
    card,
    ratio,
    weekly,
)
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page
from recommendations.reports import report_days
from recommendations.reports.days import days_between
from recommendations.reports.funnel import ALL, STEPS
from recommendations.reports.windows import KINDS

#: Day → placement → visitors a step.
ByDay = dict[date, dict[str, list[int]]]


def build(wanted: ReportFilter) -> Content:
    """Visitors a step, together, by day and by placement."""
    days_of, computed = _read(wanted, wanted.start, wanted.end)
    content = Content(computed=computed)
    place = wanted.placement or ALL
    total = _sum(days_of, place)
    if not any(total):
        return content
    before = _sum(_read(wanted, *wanted.before)[0], place) if wanted.before else None
    titles = {
        "seen": _("Saw a recommendation"), "clicked": _("Clicked one"), "carted": _("Put it in the cart"),
        "bought": _("Bought it"),
    }  # fmt: skip
    for n, step in enumerate(STEPS):
        content.cards.append(
            card(
                titles[step],
                total[n],
                before[n] if before else None,
                rows=wanted.rows(step) if step in ("seen", "clicked") else "",
            )
        )
    columns = [Column(step, titles[step]) for step in STEPS]
    shares = [
        Column(f"{step}_share", _("%(step)s, of those who saw one") % {"step": titles[step]}, PERCENT)
        for step in STEPS[1:]
    ]
    days = list(days_between(wanted.start, wanted.end))
    rows: list[list[Any]] = [[day, *days_of.get(day, {}).get(place, [0] * len(STEPS))] for day in days]
    weeks = weekly(rows)
    shares_of = [[row[0], *(ratio(row[n], row[1]) for n in range(2, len(row)))] for row in weeks]
    content.figures = [
        by_day("visitors_by_day", _("Visitors"), columns, rows),
        by_day("shares_by_day", _("How many of them go on"), shares, shares_of),
    ]
    places = sorted({name for of_day in days_of.values() for name in of_day} - {ALL})
    sums = {name: _sum(days_of, name) for name in places if not wanted.placement or name == wanted.placement}
    content.tables = [
        Table(
            "by_placement", _("By placement"),
            [Column("placement", _("Placement"), TEXT), *columns, *shares],
            [
                [name, *steps, *(ratio(part, steps[0]) for part in steps[1:])]
                for name, steps in sorted(sums.items(), key=lambda pair: -pair[1][0])
            ],
            note=_("A visitor counts once a day: the sum of several days counts visits."),
        )
    ]  # fmt: skip
    return content


def _read(wanted: ReportFilter, start: date, end: date) -> tuple[ByDay, datetime | None]:
    found: ByDay = defaultdict(dict)
    computed = None
    for visitors in KINDS[wanted.simulated]:
        span = report_days.span(report_days.FUNNEL, wanted.scope, visitors, start, end)
        computed = computed or span.computed
        for day, places in span.by_day.items():
            for name, steps in places.items():
                known = found[day].get(name, [0] * len(STEPS))
                found[day][name] = [one + more for one, more in zip(known, steps, strict=True)]
    return found, computed


def _sum(by_day: ByDay, place: str) -> list[int]:
    steps = [of_day[place] for of_day in by_day.values() if place in of_day]
    return [sum(column) for column in zip(*steps, strict=True)] if steps else [0] * len(STEPS)


FUNNEL = Page(
    "funnel",
    gettext_lazy("Funnel"),
    gettext_lazy(
        "How many visitors see a recommendation, click it, put what they clicked in the cart and buy it,"
        " on the same day."
    ),
    build,
    fields=("placement",),
)
