"""Who comes back, shown recommendations or not."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.report_content import (
    DAY,
    PERCENT,
    TEXT,
    Column,
    Content,
    Figure,
    Table,
    card,
    ratio,
)
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page
from recommendations.reports import report_days, windows
from recommendations.reports.breakdown import interval
from recommendations.reports.retention import HELD, SHOWN
from recommendations.reports.written import NONE, percent

NOBODY = [0, 0, 0]


def build(wanted: ReportFilter) -> Content:
    """Cohorts by the week in which they were first exposed, both arms side by side."""
    stored = report_days.latest(windows.RETENTION, wanted.scope, report_days.REAL, wanted.end)
    content = Content()
    if stored is None or not stored.summary:
        return content
    content.computed = stored.computed_at
    cohorts = [(date.fromisoformat(week), arms) for week, arms in sorted(stored.summary.items())]
    cohorts = [(week, arms) for week, arms in cohorts if week <= wanted.end]
    arms = [(SHOWN, _("shown recommendations")), (HELD, _("shown none"))]
    for arm, title in arms:
        known, back = (sum(each.get(arm, NOBODY)[n] for _week, each in cohorts) for n in (1, 2))
        content.cards.append(
            card(_("Came back, %(arm)s") % {"arm": title}, ratio(back, known), None, percent)
        )
    week = Column("week", _("Week from"), DAY)
    shares = [Column(arm, title, PERCENT) for arm, title in arms]
    known_of = [(day, each) for day, each in cohorts if any(each.get(arm, NOBODY)[1] for arm, _title in arms)]
    rows = [[day, *(_share(each.get(arm, NOBODY)) for arm, _title in arms)] for day, each in known_of]
    if rows:
        content.figures = [Figure(Table("by_week", _("Came back after four weeks"), [week, *shares], rows))]
    columns = [week]
    for arm, title in arms:
        columns += [
            Column(f"{arm}_visitors", _("Visitors, %(arm)s") % {"arm": title}),
            Column(f"{arm}_share", _("Came back, %(arm)s") % {"arm": title}, PERCENT),
            Column(f"{arm}_interval", _("95 % interval"), TEXT),
        ]
    table = [
        [day, *(cell for arm, _title in arms for cell in _cells(each.get(arm, NOBODY)))]
        for day, each in cohorts
    ]
    note = _("A cohort is known when the fifth week after its visitors' first exposure is over.")
    content.tables = [Table("cohorts", _("Cohorts"), columns, table, note=note)]
    return content


def _share(counts: list[int]) -> float | None:
    return ratio(counts[2], counts[1])


def _cells(counts: list[int]) -> list[object]:
    bounds = interval(counts[2], counts[1])
    return [
        counts[0],
        _share(counts),
        NONE if bounds is None else f"{percent(bounds[0])} – {percent(bounds[1])}",
    ]


RETENTION = Page(
    "retention",
    gettext_lazy("Retention"),
    gettext_lazy(
        "Which share of the visitors of experiments did anything in the fifth week after they were first exposed: those"
        " who were shown recommendations against the holdout."
    ),
    build,
)
