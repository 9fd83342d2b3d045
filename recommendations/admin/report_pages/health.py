"""How well recommendations run."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.timesince import timesince
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
from recommendations.models import Job
from recommendations.reports import report_days
from recommendations.reports.days import days_between
from recommendations.reports.windows import KINDS
from recommendations.reports.written import percent

Sums = dict[str, Any]


def build(wanted: ReportFilter) -> Content:
    """Fallbacks by day and placement, the recommenders, and what failed."""
    now, computed = _read(wanted, wanted.start, wanted.end)
    content = Content(computed=computed)
    before = _read(wanted, *wanted.before)[0] if wanted.before else {}
    sums, was = _sum(now, wanted.placement), _sum(before, wanted.placement)
    content.cards = [
        card(
            _("Places that a fallback filled"), ratio(*sums["all"][::-1]), ratio(*was["all"][::-1]), percent
        ),
        card(_("Trainings that failed"), sums["failed"], was["failed"] if before else None),
        card(_("Snapshots refused"), sums["refused"], was["refused"] if before else None),
    ]
    counts = [
        [day, *_sum({day: now.get(day, [])}, wanted.placement)["all"]]
        for day in days_between(wanted.start, wanted.end)
    ]
    rows = [[day, ratio(filled, n)] for day, n, filled in weekly(counts)]
    columns = [Column("share", _("Places that a fallback filled"), PERCENT)]
    if any(row[1] is not None for row in rows):
        content.figures = [by_day("fallback_by_day", _("Share of fallback"), columns, rows)]
    columns = [
        Column("placement", _("Placement"), TEXT), Column("places", _("Places seen")),
        Column("fallback", _("Filled by a fallback")), Column("share", _("Share of fallback"), PERCENT),
    ]  # fmt: skip
    places = sorted(sums["places"].items(), key=lambda pair: -pair[1][1])
    content.tables = [_recommenders(wanted.scope)]
    if places:
        by_placement = [[name, n, filled, ratio(filled, n)] for name, (n, filled) in places]
        content.tables.append(Table("by_placement", _("By placement"), columns, by_placement))
    content.tables.append(_jobs(wanted.scope))
    return content


def _read(wanted: ReportFilter, start: date, end: date) -> tuple[dict[date, list[Sums]], Any]:
    found: dict[date, list[Sums]] = {}
    computed = None
    for visitors in KINDS[wanted.simulated]:
        span = report_days.span(report_days.HEALTH, wanted.scope, visitors, start, end)
        computed = computed or span.computed
        for day, summary in span.by_day.items():
            found.setdefault(day, []).append(summary)
    return found, computed


def _sum(by_day: dict[date, list[Sums]], placement: str) -> Sums:
    places: dict[str, list[int]] = {}
    snapshots = {"failed": 0, "refused": 0}
    for summary in (each for of_day in by_day.values() for each in of_day):
        for name, (n, filled) in summary.get("places", {}).items():
            if placement in ("", name):
                known = places.setdefault(name, [0, 0])
                known[0] += n
                known[1] += filled
        for status, n in summary.get("snapshots", {}).items():
            if status in snapshots:
                snapshots[status] += n
    together = [sum(each[n] for each in places.values()) for n in (0, 1)]
    return {"places": places, "all": together, **snapshots}


def _recommenders(scope: str) -> Table:
    from recommendations.training.status import status

    columns = [
        Column("recommender", _("Recommender"), TEXT), Column("snapshot", _("Snapshot"), TEXT),
        Column("age", _("Age of what it knows"), TEXT), Column("lists", _("Lists")),
        Column("coverage", _("Coverage"), PERCENT), Column("remarks", _("Remarks"), TEXT),
    ]  # fmt: skip
    rows, links = [], {}
    for n, of in enumerate(status(scope)):
        live = of.live
        age = timesince(live.watermark or live.started_at, depth=1) if live else None
        rows.append(
            [
                of.name,
                f"#{live.pk}" if live else None,
                age,
                of.n_lists,
                of.coverage,
                of.why_empty or of.warning,
            ]
        )
        if live:
            links[n, 1] = reverse("admin:recommendations_snapshot_change", args=[live.pk])
    return Table("recommenders", _("Recommenders"), columns, rows, links=links)


def _jobs(scope: str) -> Table:
    columns = [
        Column("job", _("Job"), TEXT), Column("finished", _("Finished"), TEXT), Column("error", _("Error"), TEXT),
    ]  # fmt: skip
    jobs = list(Job.objects.filter(scope__in={"", scope}).order_by("name"))
    rows = [
        [
            job.name,
            job.finished_at and _("%(age)s ago") % {"age": timesince(job.finished_at, depth=1)},
            job.error,
        ]
        for job in jobs
    ]
    links = {(n, 0): reverse("admin:recommendations_job_change", args=[job.pk]) for n, job in enumerate(jobs)}
    return Table("jobs", _("Jobs"), columns, rows, links=links)


HEALTH = Page(
    "health",
    gettext_lazy("Health"),
    gettext_lazy("How old what is live is, what failed, and how often a fallback had to help."),
    build,
    fields=("placement",),
)
