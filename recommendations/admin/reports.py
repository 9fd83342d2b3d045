"""The reports' pages: placements, with what stands behind them, and the same as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from recommendations.adapter import get_adapter
from recommendations.admin.base import ReadOnlyAdmin
from recommendations.admin.charts import Chart, bar_chart, sparkline
from recommendations.admin.export import csv_lines
from recommendations.admin.report_filter import ReportFilter, report_filter
from recommendations.admin.snapshots import NDCG, as_number
from recommendations.conf import settings
from recommendations.models import Report
from recommendations.reports.attribution import click_window
from recommendations.reports.days import days_between
from recommendations.reports.placements import (
    REAL,
    Money,
    PlacementReport,
    PlacementRow,
    Totals,
    placement_report,
)

if TYPE_CHECKING:
    from recommendations.training.status import RecommenderStatus


@dataclass(frozen=True)
class Shown:
    """Totals, written out in the reader's language."""

    slates: str
    items_seen: str
    clicks: str
    ctr: str
    orders: str
    revenue: str

    @classmethod
    def of(cls, totals: Totals) -> Shown:
        counts = (totals.slates, totals.items_seen, totals.clicks)
        slates, items, clicks = map(count, counts)
        return cls(slates, items, clicks, percent(totals.ctr), count(totals.orders), money(totals.revenue))


@dataclass(frozen=True)
class ShownRow:
    """A row of the placements' table."""

    name: str
    title: str
    figures: Shown
    spark: str


@dataclass(frozen=True)
class ShownDay:
    """A row of the table by day."""

    day: date
    figures: Shown
    all_revenue: str


@dataclass(frozen=True)
class Standing:
    """How a recommender stands, written out."""

    of: RecommenderStatus
    known_until: datetime | None
    ndcg: str
    coverage: str
    n_lists: str


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """The entry in the list of the app leads to the report; there are no rows to list."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("recommendations.view_dailystat"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name="recommendations_report_changelist"),
            path("csv/", view(self.csv_view), name="recommendations_report_csv"),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The placements report."""
        wanted = self._filter(request)
        report = placement_report(wanted.start, wanted.end, wanted.scope, wanted.simulated)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Placements report"),
            "opts": self.opts,
            "filter": wanted,
            "report": report,
            "is_simulated": wanted.simulated != REAL,
            "window_hours": f"{click_window() / timedelta(hours=1):g}",
            **_figures(report),
            **self._status(request, wanted.scope),
        }
        return TemplateResponse(request, "admin/recommendations/placements_report.html", context)

    def csv_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """The daily figures of the report, streamed."""
        wanted = self._filter(request)
        lines = csv_lines(wanted.start, wanted.end, wanted.scope, wanted.simulated)
        name = f"placements-{wanted.start}-{wanted.end}.csv"
        return StreamingHttpResponse(
            lines, content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )  # fmt: skip

    def _filter(self, request: HttpRequest) -> ReportFilter:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return report_filter(request.GET)

    def _status(self, request: HttpRequest, scope: str) -> dict[str, Any]:
        from recommendations.training.status import status

        may_view = request.user.has_perm("recommendations.view_snapshot")
        return {"recommenders": [_standing(of) for of in status(scope)], "may_view_snapshots": may_view}


def _standing(of: RecommenderStatus) -> Standing:
    known_until = (of.live.watermark or of.live.started_at) if of.live else None
    return Standing(of, known_until, as_number(of.metrics.get(NDCG)), percent(of.coverage), count(of.n_lists))


def _figures(report: PlacementReport) -> dict[str, Any]:
    """What the page shows of a report, written out."""
    currency = next(iter(report.currencies), "")
    days = list(days_between(report.start, report.end))
    together, everything = report.together.by_day, report.everything.by_day
    share = report.shares.get(currency)
    return {
        "currency": currency,
        "other_currencies": report.currencies[1:],
        "share": None if share is None else percent(share),
        "together": Shown.of(report.together),
        "everything": Shown.of(report.everything),
        "unattributed": money(report.unattributed),
        "rows": [_shown(row, days) for row in report.rows],
        "by_day": [
            _shown_day(day, together.get(day, Totals()), everything.get(day, Totals())) for day in reversed(days)
        ],
        "charts": _charts(days, together, everything, currency),
    }  # fmt: skip


def _charts(
    days: list[date], together: dict[date, Totals], everything: dict[date, Totals], currency: str
) -> list[tuple[str, Chart]]:
    def series(by_day: dict[date, Totals], name: str) -> list[tuple[date, float]]:
        return [(day, float(getattr(by_day[day], name)) if day in by_day else 0.0) for day in days]

    def revenue(by_day: dict[date, Totals]) -> list[tuple[date, float]]:
        return [(day, float(by_day[day].revenue.get(currency, 0)) if day in by_day else 0.0) for day in days]

    in_currency = get_adapter().format_price
    return [
        (_("Slates seen"), bar_chart(series(together, "slates"), count)),
        (_("Clicks"), bar_chart(series(together, "clicks"), count)),
        (_("Attributed revenue"), bar_chart(revenue(together), lambda value: in_currency(value, currency))),
    ]


def _shown(row: PlacementRow, days: list[date]) -> ShownRow:
    title = settings.placements.get(row.placement, {}).get("title", "")
    clicks = [float(row.by_day[day].clicks) if day in row.by_day else 0.0 for day in days]
    return ShownRow(row.placement, _(title) if title else "", Shown.of(row), sparkline(clicks))


def _shown_day(day: date, together: Totals, everything: Totals) -> ShownDay:
    return ShownDay(day, Shown.of(together), money(everything.revenue))


def money(amounts: Money) -> str:
    """Amounts of several currencies in a line; "–" for none."""
    price = get_adapter().format_price
    ordered = sorted(amounts.items(), key=lambda pair: (-pair[1], pair[0]))
    return " + ".join(price(amount, currency) for currency, amount in ordered) or "–"


def percent(share: float | None) -> str:
    """A share in per cent with one digit; "–" for none."""
    if share is None:
        return "–"
    return (
        f"< {number_format(0.1, 1)} %"
        if 0 < share < 0.001
        else f"{number_format(round(100 * share, 1), 1)} %"
    )


def count(value: float) -> str:
    """A whole number, its thousands apart."""
    return number_format(int(value), force_grouping=True)
