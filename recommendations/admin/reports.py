"""The reports' pages: what recommendations brought, what stands behind it, and the same as CSV and JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from recommendations.admin.base import ReadOnlyAdmin
from recommendations.admin.export import csv_lines, json_lines, table_csv, table_json
from recommendations.admin.report_content import Content
from recommendations.admin.report_filter import ReportFilter, report_filter
from recommendations.admin.report_pages import PAGES, Page
from recommendations.admin.report_pages.dashboard import DASHBOARD
from recommendations.admin.report_rows import build, figure_of
from recommendations.admin.snapshots import NDCG, as_number
from recommendations.models import Report
from recommendations.reports.days import today
from recommendations.reports.placements import REAL
from recommendations.reports.written import count, percent

if TYPE_CHECKING:
    from recommendations.training.status import RecommenderStatus

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """The entry in the list of the app leads to the first report; there are no rows to list."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("recommendations.view_dailystat"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name="recommendations_report_changelist"),
            path("csv/", view(self.export_view), {"form": "csv"}, name="recommendations_report_csv"),
            path("json/", view(self.export_view), {"form": "json"}, name="recommendations_report_json"),
            path("rows/", view(self.rows_view), name="recommendations_report_rows"),
            path("<slug:slug>/", view(self.page_view), name="recommendations_report_page"),
            path(
                "<slug:slug>/<slug:form>/", view(self.page_export_view), name="recommendations_report_export"
            ),
        ]

    # --- what recommendations brought ------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The placements report."""
        wanted = self._filter(request)
        context = {"is_live": wanted.end >= today(), **_status(request, wanted.scope)}
        return self._page(request, DASHBOARD, wanted, "admin/recommendations/placements_report.html", context)

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """The daily figures of the report, streamed; or one of its tables, `?table=`."""
        wanted = self._filter(request)
        if name := request.GET.get("table"):
            return _table(DASHBOARD.build(wanted), name, DASHBOARD.slug, wanted, form)
        lines = csv_lines if form == "csv" else json_lines
        found = lines(wanted.start, wanted.end, wanted.scope, wanted.simulated)
        return _streamed(found, DASHBOARD.slug, wanted, form)

    def rows_view(self, request: HttpRequest) -> HttpResponse:
        """The rows that made a number of the placements or the breakdown."""
        if not self.has_view_permission(request) or not request.user.has_perm("recommendations.view_event"):
            raise PermissionDenied
        figure = figure_of(request.GET)
        if figure is None:
            raise Http404(f"{request.GET.urlencode()} is no figure of a report.")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Which rows made this number?"), "opts": self.opts, "figure": figure, "content": build(figure),
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/report_rows.html", context)

    # --- the others ------------------------------------------------------------------------------------------------

    def page_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """One of `PAGES`."""
        page = self._known(request, slug)
        wanted = report_filter(request.GET, page.fields)
        return self._page(request, page, wanted, "admin/recommendations/report.html", {})

    def page_export_view(self, request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
        """A table of it, streamed."""
        page = self._known(request, slug)
        wanted = report_filter(request.GET, page.fields)
        return _table(page.build(wanted), request.GET.get("table", ""), slug, wanted, form)

    def _page(
        self, request: HttpRequest, page: Page, wanted: ReportFilter, template: str, extra: dict[str, Any]
    ) -> HttpResponse:
        content = page.build(wanted)
        content.lead = content.lead or str(page.lead)
        context = {
            **self.admin_site.each_context(request),
            "title": page.title,
            "opts": self.opts,
            "filter": wanted,
            "content": content,
            "is_simulated": wanted.simulated != REAL,
            "reports": self._offered(request, page),
            "export_url": self._url(page),
            **extra,
        }
        return TemplateResponse(request, template, context)

    def _offered(self, request: HttpRequest, current: Page) -> list[dict[str, Any]]:
        """The reports that this member of staff may see."""
        pages = [page for page in PAGES.values() if request.user.has_perm(page.permission)]
        pages = [DASHBOARD, *pages] if self.has_view_permission(request) else pages
        return [
            {"title": page.title, "url": self._url(page), "is_current": page is current} for page in pages
        ]

    def _url(self, page: Page) -> str:
        site = self.admin_site.name
        if page is DASHBOARD:
            return reverse("admin:recommendations_report_changelist", current_app=site)
        return reverse("admin:recommendations_report_page", args=[page.slug], current_app=site)

    def _filter(self, request: HttpRequest) -> ReportFilter:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return report_filter(request.GET, DASHBOARD.fields)

    def _known(self, request: HttpRequest, slug: str) -> Page:
        if slug not in PAGES:
            raise Http404(f"There is no report {slug!r}, only {', '.join(PAGES)}.")
        if not request.user.has_perm(PAGES[slug].permission):
            raise PermissionDenied
        return PAGES[slug]


def _table(content: Content, name: str, slug: str, wanted: ReportFilter, form: str) -> HttpResponseBase:
    tables = {table.name: table for table in content.all_tables}
    if form not in TYPES or name not in tables:
        raise Http404(f"There is no table {name!r} as {form!r}, only {', '.join(tables)} as csv and json.")
    lines = table_csv if form == "csv" else table_json
    return _streamed(lines(tables[name]), f"{slug}-{name}", wanted, form)


def _streamed(lines: Any, name: str, wanted: ReportFilter, form: str) -> StreamingHttpResponse:
    file = f"{name}-{wanted.start}-{wanted.end}.{form}"
    return StreamingHttpResponse(
        lines, content_type=TYPES[form], headers={"Content-Disposition": f'attachment; filename="{file}"'}
    )


class Standing:
    """How a recommender stands, written out."""

    def __init__(self, of: RecommenderStatus) -> None:
        self.of = of
        self.known_until: datetime | None = (of.live.watermark or of.live.started_at) if of.live else None
        self.ndcg = as_number(of.metrics.get(NDCG))
        self.coverage = percent(of.coverage)
        self.n_lists = count(of.n_lists)


def _status(request: HttpRequest, scope: str) -> dict[str, Any]:
    from recommendations.training.status import status

    may_view = request.user.has_perm("recommendations.view_snapshot")
    return {"recommenders": [Standing(of) for of in status(scope)], "may_view_snapshots": may_view}
