"""What recommendations brought: headlines, by day, by placement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from recommendations.adapter import get_adapter
from recommendations.admin.report_content import (
    COUNT,
    DAY,
    PERCENT,
    TEXT,
    Card,
    Column,
    Content,
    Figure,
    Table,
    by_day,
    card,
)
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page
from recommendations.admin.report_rows import rows_url
from recommendations.conf import settings
from recommendations.reports.attribution import Model, click_window, shown_model
from recommendations.reports.days import days_between
from recommendations.reports.figures import ALL_ORDERS, ALL_PLACEMENTS, UNATTRIBUTED
from recommendations.reports.increments import Increment, increments
from recommendations.reports.placements import PlacementReport, Totals, placement_report
from recommendations.reports.written import NONE, money, percent

#: Column of the table → the figure whose rows it leads to.
LINKED = {1: "slates", 3: "items_seen", 4: "clicks", 8: "orders", 9: "revenue"}


def build(wanted: ReportFilter) -> Content:
    """From the stored daily figures; today's are computed now."""
    model = Model(wanted.model) if wanted.model else None
    of = partial(placement_report, scope=wanted.scope, simulated=wanted.simulated, model=model)
    now = of(wanted.start, wanted.end)
    before = of(*wanted.before) if wanted.before else None
    content = Content(computed=now.as_of)
    if now.missing:
        text = ngettext(
            "%(n)d day of this span was not rolled up yet and is missing below.",
            "%(n)d days of this span were not rolled up yet and are missing below.",
            len(now.missing),
        )
        command = "manage.py recommendations roll_up"
        content.notices.append(f"{text % {'n': len(now.missing)}} {_('Run:')} {command}")
    if now.is_empty:
        return content
    currency = next(iter(now.currencies), "")
    content.cards = _cards(wanted, now, before if before and not before.is_empty else None, currency)
    content.figures = _figures(wanted, now, before, currency)
    if proven := increments(wanted.start, wanted.end, wanted.scope):
        incremental = _incremental(proven, currency)
        # What is proven comes first, and is the larger.
        content.cards[:0] = [
            Card(
                f"{_('Incremental revenue')}: {cells[0].text}", cells[4].text,
                before=f"{cells[5].text} – {cells[6].text}", is_main=True,
            )
            for cells in incremental.cells
        ]  # fmt: skip
        content.tables.append(incremental)
    content.tables += [_by_placement(wanted, now, model or shown_model())]
    return content


def _cards(
    wanted: ReportFilter, now: PlacementReport, before: PlacementReport | None, currency: str
) -> list[Any]:
    def both(figure: Callable[[PlacementReport], float | None]) -> tuple[float | None, float | None]:
        return figure(now), figure(before) if before else None

    def in_currency(value: float) -> str:
        return get_adapter().format_price(value, currency)

    def rows(figure: str) -> str:
        return rows_url(figure, wanted, ALL_PLACEMENTS)

    def revenue(report: PlacementReport) -> float:
        return float(report.together.revenue.get(currency, 0))

    return [
        card(_("Slates seen"), *both(lambda report: report.together.slates), rows=rows("slates")),
        card(_("Clicks"), *both(lambda report: report.together.clicks), rows=rows("clicks")),
        card(_("Click-through rate"), *both(lambda report: report.together.ctr), percent),
        card(_("Cart rate"), *both(lambda report: report.together.cart_rate), percent),
        card(_("Conversion"), *both(lambda report: report.together.conversion), percent),
        card(_("Attributed orders"), *both(lambda report: report.together.orders), rows=rows("orders")),
        card(_("Attributed revenue"), *both(revenue), in_currency, rows=rows("revenue")),
        card(_("Share of all revenue"), *both(lambda report: report.shares.get(currency)), percent),
    ]


def _incremental(found: list[Increment], currency: str) -> Table:
    """What holdouts prove, an experiment a row."""

    def written(value: float) -> str:
        return get_adapter().format_price(value, currency)

    columns = [
        Column("experiment", _("Experiment"), TEXT), Column("placement", _("Placement"), TEXT),
        Column("day", _("As of"), DAY), Column("visitors", _("Visitors")),
        Column("revenue", _("Incremental revenue"), COUNT, written), Column("low", _("At least"), COUNT, written),
        Column("high", _("At most"), COUNT, written),
    ]  # fmt: skip
    rows = [[i.experiment, i.placement, i.day, i.visitors, i.estimate, i.low, i.high] for i in found]
    note = _(
        "What the visitors of the experiment brought in more than they would have without recommendations, by those who"
        " were shown none. The bounds hold however often one looks."
    )
    return Table("incremental", _("Incremental revenue"), columns, rows, note=note)


def _figures(
    wanted: ReportFilter, now: PlacementReport, before: PlacementReport | None, currency: str
) -> list[Figure]:
    def in_currency(value: float) -> str:
        return get_adapter().format_price(value, currency)

    revenue_title = f"{_('Attributed revenue')} ({currency})" if currency else _("Attributed revenue")
    wishes: list[tuple[str, str, Callable[[Totals], Any], Any]] = [
        ("slates", _("Slates seen"), lambda day: day.slates, None),
        ("clicks", _("Clicks"), lambda day: day.clicks, None),
        ("revenue", revenue_title, lambda day: day.revenue.get(currency, 0), in_currency),
    ]
    days = list(days_between(wanted.start, wanted.end))
    back = wanted.start - wanted.before[0] if wanted.before else timedelta()
    figures = []
    for name, title, figure, as_text in wishes:
        columns = [Column(name, title, COUNT, as_text)]
        if before:
            columns.append(Column(f"{name}_before", _("Before"), COUNT, as_text, is_previous=True))
        rows = [
            [day, *(figure(of.together.by_day.get(at, Totals())) for of, at in _at(now, before, day, back))]
            for day in days
        ]
        figures.append(by_day(f"{name}_by_day", title, columns, rows, kind="bars", currency=currency))
    return figures


def _at(
    now: PlacementReport, before: PlacementReport | None, day: date, back: timedelta
) -> list[tuple[PlacementReport, date]]:
    return [(now, day), (before, day - back)] if before else [(now, day)]


def _by_placement(wanted: ReportFilter, report: PlacementReport, model: Model) -> Table:
    columns = [
        Column("placement", _("Placement"), TEXT), Column("slates_seen", _("Slates seen")),
        Column("viewability", _("Viewability"), PERCENT), Column("items_seen", _("Items seen")),
        Column("clicks", _("Clicks")), Column("ctr", _("CTR"), PERCENT),
        Column("cart_rate", _("Cart rate"), PERCENT), Column("conversion", _("Conversion"), PERCENT),
        Column("orders", _("Attributed orders")), Column("revenue", _("Attributed revenue"), COUNT, str),
    ]  # fmt: skip
    rows = [[_name(row.placement), *_counts(row)] for row in report.rows]
    nothing = [None] * 7
    rows += [
        [_("All placements (an order counts once)"), *_counts(report.together)],
        [_("Without a recommendation"), *nothing, None, money(report.unattributed)],
        [_("All orders"), *nothing, report.everything.orders, money(report.everything.revenue)],
    ]
    hours = f"{click_window() / timedelta(hours=1):g}"
    note = {
        Model.LAST_CLICK: _(
            "An order line belongs to the last recommendation of the same item that its buyer clicked in the"
            " %(hours)s hours before. Refunds are taken off."
        ),
        Model.FIRST_CLICK: _(
            "An order line belongs to the first recommendation of the same item that its buyer clicked in the"
            " %(hours)s hours before. Refunds are taken off."
        ),
        Model.LINEAR: _(
            "An order line is shared by all recommendations of the same item that its buyer clicked in the"
            " %(hours)s hours before. Refunds are taken off."
        ),
        Model.VIEW_THROUGH: _(
            "An order line belongs to the last recommendation of the same item that its buyer clicked in the"
            " %(hours)s hours before; without one, to the last one that was in view. Refunds are taken off."
        ),
    }[model] % {"hours": hours}
    places = [*(row.placement for row in report.rows), ALL_PLACEMENTS, UNATTRIBUTED, ALL_ORDERS]
    links = {
        (n, column): rows_url(name, wanted, place)
        for n, place in enumerate(places)
        for column, name in LINKED.items()
        if rows[n][column] not in (None, 0, NONE)
    }
    return Table("by_placement", _("By placement"), columns, rows, note=note, links=links)


def _counts(totals: Totals) -> list[Any]:
    return [
        totals.slates, totals.viewability, totals.items_seen, totals.clicks, totals.ctr, totals.cart_rate,
        totals.conversion, totals.orders, money(totals.revenue),
    ]  # fmt: skip


def _name(placement: str) -> str:
    title = settings.placements.get(placement, {}).get("title", "")
    return f"{placement} · {_(title)}" if title else placement


DASHBOARD = Page(
    "placements",
    gettext_lazy("Placements report"),
    "",
    build,
    fields=("model",),
)
