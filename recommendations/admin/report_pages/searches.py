"""Words that lead to nothing."""

from __future__ import annotations

from collections import Counter
from datetime import date

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
)
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page
from recommendations.reports import report_days
from recommendations.reports.days import days_between
from recommendations.reports.windows import KINDS
from recommendations.reports.written import percent

SHOWN = 100


def build(wanted: ReportFilter) -> Content:
    """The words that were searched for most without anything looked at afterwards."""
    content = Content()
    searches: Counter[str] = Counter()
    without: Counter[str] = Counter()
    of_days: dict[date, list[int]] = {}
    visitors = KINDS[wanted.simulated]
    rows = report_days.details(report_days.SEARCHES, wanted.scope, visitors, wanted.start, wanted.end)
    for day, summary, words in rows:
        of_day = of_days.setdefault(day, [0, 0])
        of_day[0] += summary.get("searches", 0)
        of_day[1] += summary.get("without", 0)
        for word, (n, n_without) in words.items():
            searches[word] += n
            without[word] += n_without
    total, in_vain = (sum(each[n] for each in of_days.values()) for n in (0, 1))
    if not total:
        return content
    before = _sums(wanted)
    content.cards = [
        card(_("Searches"), total, before[0] if before else None, rows=wanted.rows("search")),
        card(_("Without a click"), in_vain, before[1] if before else None),
        card(
            _("Share without a click"),
            ratio(in_vain, total),
            ratio(*before[::-1]) if before else None,
            percent,
        ),
    ]
    days = list(days_between(wanted.start, wanted.end))
    counts = [Column("searches", _("Searches")), Column("without", _("Without a click"))]
    rows_of = [[day, *of_days.get(day, (0, 0))] for day in days]
    content.figures = [by_day("by_day", _("Searches"), counts, rows_of)]
    worst = [word for word, n in sorted(without.items(), key=lambda pair: (-pair[1], pair[0])) if n][:SHOWN]
    columns = [
        Column("words", _("Words"), TEXT), Column("searches", _("Searches")),
        Column("without", _("Without a click")), Column("share", _("Share without a click"), PERCENT),
    ]  # fmt: skip
    table = [[word, searches[word], without[word], ratio(without[word], searches[word])] for word in worst]
    note = _("A search leads to nothing when its visitor looks at nothing in the half hour after it.")
    content.tables = [Table("words", _("Words without a click"), columns, table, note=note)]
    return content


def _sums(wanted: ReportFilter) -> tuple[int, int] | None:
    if wanted.before is None:
        return None
    found = [0, 0]
    for visitors in KINDS[wanted.simulated]:
        span = report_days.span(report_days.SEARCHES, wanted.scope, visitors, *wanted.before)
        for summary in span.by_day.values():
            found[0] += summary.get("searches", 0)
            found[1] += summary.get("without", 0)
    return found[0], found[1]


SEARCHES = Page(
    "searches",
    gettext_lazy("Searches without a click"),
    gettext_lazy(
        "What visitors search for and do not find: words to add to titles, to synonyms, or to the catalogue."
    ),
    build,
)
