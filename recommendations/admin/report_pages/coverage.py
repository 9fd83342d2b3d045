"""How much of the catalogue is brought into view."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.report_content import (
    NUMBER,
    PERCENT,
    TEXT,
    Column,
    Content,
    Table,
    by_day,
    card,
    ratio,
)
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page, window_note, window_of
from recommendations.reports import report_days, windows
from recommendations.reports.written import number, percent


def build(wanted: ReportFilter) -> Content:
    """The last four weeks, and how it came to that."""
    now, content, sums, was = window_of(windows.COVERAGE, wanted)
    if now is None:
        return content
    content.cards = [
        card(_("Catalogue in view"), _covered(sums), _covered(was), percent),
        card(_("Items in view"), sums["n_seen"], was.get("n_seen")),
        card(_("Items clicked"), sums["n_clicked"], was.get("n_clicked")),
        card(_("Views of the long tail"), sums["tail_share"], was.get("tail_share"), percent),
        card(_("Gini of views"), sums["gini"], was.get("gini"), number),
    ]
    span = report_days.span(windows.COVERAGE, wanted.scope, wanted.simulated, wanted.start, wanted.end)
    shares = [
        Column("coverage", _("Catalogue in view"), PERCENT), Column("tail", _("Views of the long tail"), PERCENT),
    ]  # fmt: skip
    rows = [[day, _covered(each), each["tail_share"]] for day, each in span.by_day.items()]
    ginis = [[day, each["gini"]] for day, each in span.by_day.items()]
    gini = [Column("gini", _("Gini"), NUMBER)]
    content.figures = [
        by_day("coverage_by_day", _("Coverage and long tail"), shares, rows, is_level=True),
        by_day("gini_by_day", _("Gini of views"), gini, ginis, is_level=True),
    ]
    content.tables = [_parts(now.detail["parts"], sums, window_note(now.day))]
    return content


def _covered(sums: dict[str, int]) -> float | None:
    return ratio(sums["n_seen"], sums["n_items"]) if sums else None


def _parts(parts: list[list[int]], sums: dict[str, int], note: str) -> Table:
    columns = [
        Column("part", _("Part of the catalogue"), TEXT), Column("items", _("Items")),
        Column("in_view", _("In view"), PERCENT), Column("views", _("Views")),
        Column("share_of_views", _("Share of views"), PERCENT), Column("clicks", _("Clicks")),
        Column("sales", _("Sales")), Column("share_of_sales", _("Share of sales"), PERCENT),
    ]  # fmt: skip
    seen, sold = sum(part[2] for part in parts), sum(part[4] for part in parts)
    rows = [
        [
            _("%(first)d–%(last)d %%") % {"first": 10 * n, "last": 10 * n + 10},
            part[0], ratio(part[1], part[0]), part[2], ratio(part[2], seen), part[3], part[4],
            ratio(part[4], sold),
        ]
        for n, part in enumerate(parts)
    ]  # fmt: skip
    head = _(
        "Best-selling first. The long tail are the items beyond the %(n)d that make four fifths of the sales."
    )
    return Table(
        "by_sales", _("By how well items sell"), columns, rows, note=f"{note} {head % {'n': sums['n_head']}}"
    )


COVERAGE = Page(
    "coverage",
    gettext_lazy("Coverage and long tail"),
    gettext_lazy(
        "How much of the catalogue recommendations bring into view, and how the views are spread over it."
    ),
    build,
)
