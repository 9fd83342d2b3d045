"""Who gets the view."""

from __future__ import annotations

from typing import Any

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
from recommendations.reports.written import number


def build(wanted: ReportFilter) -> Content:
    """By brand, supplier and category: as far as the shop says."""
    now, content, sums, was = window_of(windows.FAIRNESS, wanted)
    if now is None:
        return content
    names = {"brand": _("Brands"), "supplier": _("Suppliers"), "category": _("Categories")}
    span = report_days.span(windows.FAIRNESS, wanted.scope, wanted.simulated, wanted.start, wanted.end)
    for name, figures in sums.items():
        before = was.get(name, {})
        title = _("%(group)s: unfairness to relevance") % {"group": names[name]}
        content.cards.append(card(title, figures["relevance"], before.get("relevance"), number))
        columns = [
            Column("catalogue", _("Against the catalogue"), NUMBER),
            Column("relevance", _("Against relevance"), NUMBER),
        ]  # fmt: skip
        rows = [
            [day, each[name]["catalogue"], each[name]["relevance"]]
            for day, each in span.by_day.items()
            if name in each
        ]
        title = _("%(group)s: Gini of views") % {"group": names[name]}
        content.figures.append(by_day(f"{name}_by_day", title, columns, rows, is_level=True))
        content.tables.append(_groups(name, names[name], now.detail[name], window_note(now.day)))
    return content


def _groups(name: str, title: str, detail: dict[str, Any], note: str) -> Table:
    columns = [
        Column(name, title, TEXT), Column("items", _("Items")),
        Column("share_of_catalogue", _("Share of catalogue"), PERCENT),
        Column("share_of_sales", _("Share of sales"), PERCENT),
        Column("share_of_views", _("Share of views"), PERCENT),
        Column("against_catalogue", _("Views : catalogue"), NUMBER, _times),
        Column("against_relevance", _("Views : sales"), NUMBER, _times),
    ]  # fmt: skip
    groups = [[each[0] or _("(none)"), *each[1:]] for each in detail["groups"]]
    if others := detail["others"]:
        groups.append([_("%(n)d others") % {"n": others[0]}, *others[1:]])
    items, seen, sold = (sum(each[n] for each in groups) for n in (1, 2, 3))
    rows = []
    for group, n_items, n_seen, n_sold in groups:
        of_items, of_sold, of_seen = ratio(n_items, items), ratio(n_sold, sold), ratio(n_seen, seen)
        rows.append(
            [
                group,
                n_items,
                of_items,
                of_sold,
                of_seen,
                ratio(of_seen or 0, of_items or 0),
                ratio(of_seen or 0, of_sold or 0),
            ]
        )
    explained = _("1 is a fair share, 2 is twice as many views as the group has items or sales.")
    return Table(name, title, columns, rows, note=f"{note} {explained}")


def _times(value: float) -> str:
    return f"{number(value, 2)} ×"


FAIRNESS = Page(
    "fairness",
    gettext_lazy("Fairness"),
    gettext_lazy(
        "Views that brands, suppliers and categories get, against their share of the catalogue and of relevance: what"
        " visitors buy. A Gini of 0 is in proportion, 1 gives all to one."
    ),
    build,
)
