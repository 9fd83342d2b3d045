"""Seen and never bought."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.report_content import PERCENT, TEXT, Column, Content, Table, by_day, card, ratio
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page, titles_of, window_note, window_of
from recommendations.reports import report_days, windows
from recommendations.reports.unsold import ENOUGH_VIEWS
from recommendations.reports.written import percent


def build(wanted: ReportFilter) -> Content:
    """The items, most in view first."""
    now, content, sums, was = window_of(windows.UNSOLD, wanted)
    if now is None:
        return content
    content.cards = [
        card(_("Items never bought"), sums["n"], was.get("n")),
        card(
            _("Views that they take"), ratio(sums["seen"], sums["all_seen"]),
            ratio(was["seen"], was["all_seen"]) if was else None, percent,
        ),
    ]  # fmt: skip
    span = report_days.span(windows.UNSOLD, wanted.scope, wanted.simulated, wanted.start, wanted.end)
    rows = [[day, ratio(each["seen"], each["all_seen"])] for day, each in span.by_day.items()]
    columns = [Column("share", _("Views that they take"), PERCENT)]
    content.figures = [by_day("by_day", _("Views of items never bought"), columns, rows, is_level=True)]
    items = now.detail["items"]
    titles = titles_of(wanted.scope, [row[0] for row in items])
    content.tables = [
        Table(
            "items", _("Items never bought"),
            [
                Column("item", _("Item"), TEXT), Column("key", _("Key"), TEXT), Column("views", _("Views")),
                Column("clicks", _("Clicks")), Column("carts", _("In carts")),
                Column("ctr", _("Clicks a view"), PERCENT),
            ],
            [
                [titles.get(key, (key, ""))[0], key, seen, clicks, carts, ratio(clicks, seen)]
                for key, seen, clicks, carts in items
            ],
            note=window_note(now.day),
            links={(n, 0): titles[row[0]][1] for n, row in enumerate(items) if row[0] in titles},
        )
    ]  # fmt: skip
    return content


UNSOLD = Page(
    "unsold",
    gettext_lazy("Seen and never bought"),
    gettext_lazy(
        "Items that were in view at least %(n)d times on recommendations and were not bought once, by anybody anywhere:"
        " their places could be others'."
    )
    % {"n": ENOUGH_VIEWS},
    build,
)
