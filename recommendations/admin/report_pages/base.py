"""What the reports' pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from recommendations.admin.report_content import DAY, Column, Content
from recommendations.admin.report_filter import ReportFilter
from recommendations.models import Item, ReportDay
from recommendations.reports import report_days


@dataclass(frozen=True)
class Page:
    """A report: `build` makes its content. `title` and `lead` are lazy texts; `fields` are the filters that it offers
    besides days, visitors and scope; `needs` is the permission to see it, by default one of its own."""

    slug: str
    title: Any
    lead: Any
    build: Callable[[ReportFilter], Content]
    fields: tuple[str, ...] = ()
    needs: str = ""

    @property
    def permission(self) -> str:
        """Who may see it."""
        return self.needs or f"recommendations.view_{self.slug}_report"


def day_column() -> Column:
    """The first column of what is told by day."""
    return Column("day", _("Day"), DAY)


class Window(NamedTuple):
    """The last stored four weeks up to the last day of the filter, None where nothing was stored, and the content that
    they become. `sums` are theirs, `was` those of the period compared with; empty where there are none."""

    now: ReportDay | None
    content: Content
    sums: dict[str, Any]
    was: dict[str, Any]


def window_of(report: str, wanted: ReportFilter) -> Window:
    """Two queries, one without a comparison."""
    now = report_days.latest(report, wanted.scope, wanted.simulated, wanted.end)
    if now is None:
        return Window(None, Content(), {}, {})
    then = wanted.before and report_days.latest(report, wanted.scope, wanted.simulated, wanted.before[1])
    content = Content()
    content.computed = now.computed_at
    return Window(now, content, now.summary, then.summary if then else {})


def titles_of(scope: str, keys: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Item key → its title and its page in the admin. One query for any number."""
    rows = Item.objects.filter(scope=scope, item_key__in=list(keys)).values_list("item_key", "title", "pk")
    return {
        key: (title or key, reverse("admin:recommendations_item_change", args=[pk]))
        for key, title, pk in rows
    }


def window_note(day: date) -> str:
    """Which days a window is of."""
    return _("The 28 days up to %(day)s.") % {"day": day_column().written(day)}
