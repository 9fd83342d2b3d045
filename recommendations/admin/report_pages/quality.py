"""What live snapshots are worth, day by day."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.report_content import COUNT, NUMBER, PERCENT, TEXT, Column, Content, Table, by_day
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page
from recommendations.reports import report_days
from recommendations.reports.snapshot_quality import drifts
from recommendations.reports.written import number


def build(wanted: ReportFilter) -> Content:
    """A chart a metric with a line a recommender, and the alarms."""
    span = report_days.span(report_days.QUALITY, wanted.scope, report_days.REAL, wanted.start, wanted.end)
    content = Content(computed=span.computed)
    if not span.by_day:
        return content
    days = list(span.by_day)
    names = {"ndcg@10": "NDCG@10", "recall@10": _("recall@10"), "coverage": _("Coverage")}
    for recommender, metric, now, usual in drifts(days, span.by_day):
        text = _("%(recommender)s: %(metric)s is %(now)s, usually %(usual)s.")
        content.notices.append(
            text
            % {
                "recommender": recommender,
                "metric": names[metric],
                "now": number(now),
                "usual": number(usual),
            }
        )
    recommenders = sorted({name for each in span.by_day.values() for name in each})
    for metric, title in names.items():
        kind = PERCENT if metric == "coverage" else NUMBER
        known = [r for r in recommenders if any(each.get(r, {}).get(metric) for each in span.by_day.values())]
        rows = [[day, *(each.get(r, {}).get(metric) for r in known)] for day, each in span.by_day.items()]
        columns = [Column(r, r, kind) for r in known]
        if known:
            content.figures.append(by_day(metric.replace("@", "_at_"), title, columns, rows, is_level=True))
    latest = span.by_day[days[-1]]
    columns = [
        Column("recommender", _("Recommender"), TEXT), Column("snapshot", _("Snapshot"), COUNT, lambda pk: f"#{pk}"),
        Column("ndcg_at_10", "NDCG@10", NUMBER), Column("recall_at_10", _("recall@10"), NUMBER),
        Column("coverage", _("Coverage"), PERCENT), Column("lists", _("Lists")),
    ]  # fmt: skip
    fields = ("snapshot", "ndcg@10", "recall@10", "coverage", "lists")
    content.tables = [
        Table(
            "live", _("Live on the last of these days"), columns,
            [[name, *(figures.get(field) for field in fields)] for name, figures in latest.items()],
            links={
                (n, 1): reverse("admin:recommendations_snapshot_change", args=[figures["snapshot"]])
                for n, figures in enumerate(latest.values())
            },
            note=_("An alarm is told when a figure falls a fifth below the median of the days before."),
        )
    ]  # fmt: skip
    return content


QUALITY = Page(
    "quality",
    gettext_lazy("Quality of snapshots"),
    gettext_lazy(
        "What the live snapshots were worth when they were evaluated on later events, noted every day."
    ),
    build,
)
