"""What is wrong with the data."""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.report_content import TEXT, Column, Content, Table, by_day, card
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page, day_column
from recommendations.models import Counter
from recommendations.reports import data_quality, report_days
from recommendations.reports.days import days_between, today
from recommendations.reports.windows import KINDS

FAULTS = ("unmatched", "no_value", "no_item", "no_visitor", "doubled")
#: So many days tell what is usual.
USUAL_DAYS = 28


def build(wanted: ReportFilter) -> Content:
    """Faults with examples, events by kind and day, and what was not recorded."""
    kinds: dict[date, dict[str, int]] = defaultdict(dict)
    faults: Tally[str] = Tally()
    examples: dict[str, list[list[Any]]] = {"unmatched": [], "doubled": []}
    first = min(wanted.start, wanted.end - timedelta(days=USUAL_DAYS))
    rows = report_days.details(report_days.DATA, wanted.scope, KINDS[wanted.simulated], first, wanted.end)
    for day, summary, detail in rows:
        for kind, n in summary.get("kinds", {}).items():
            kinds[day][kind] = kinds[day].get(kind, 0) + n
        if day >= wanted.start:
            faults.update({name: summary.get(name, 0) for name in FAULTS})
            for name, found in examples.items():
                found += detail.get(name, ())
    content = Content()
    if not kinds:
        return content
    last = min(wanted.end, today() - timedelta(days=1))
    whole = list(days_between(first, last))
    for kind, day in sorted(data_quality.silent_kinds(whole, kinds).items()):
        text = _("No %(kind)s events for %(n)d days, since %(day)s.")
        quiet = (last - day).days
        content.notices.append(text % {"kind": kind, "n": quiet, "day": day_column().written(day)})
    content.cards = [card(title, faults[name], None) for name, title in _titles().items()]
    content.cards.append(card(_("Items without a price"), data_quality.without_price(wanted.scope), None))
    shown = sorted({kind for day, of_day in kinds.items() if day >= wanted.start for kind in of_day})
    days = list(days_between(wanted.start, wanted.end))
    table = [[day, *(kinds.get(day, {}).get(kind, 0) for kind in shown)] for day in days]
    columns = [Column(kind, kind) for kind in shown]
    if shown:
        content.figures = [by_day("kinds_by_day", _("Events by kind"), columns, table)]
    content.tables = [*_examples(examples), _not_recorded(wanted)]
    return content


def _titles() -> dict[str, str]:
    return {
        "unmatched": _("Events about no item of the catalogue"),
        "no_value": _("Purchases and refunds without a value"),
        "no_item": _("Events without an item"),
        "no_visitor": _("Events of nobody known"),
        "doubled": _("Lines told by two sources"),
    }


def _examples(examples: dict[str, list[list[Any]]]) -> list[Table]:
    tables = []
    if examples["unmatched"]:
        keys: Tally[str] = Tally()
        for key, n in examples["unmatched"]:
            keys[key] += n
        columns = [Column("key", _("Item key"), TEXT), Column("events", _("Events"))]
        note = _("Events name it, and no item of the catalogue has it: check item_key() of the adapter.")
        most = [list(pair) for pair in keys.most_common(data_quality.EXAMPLES)]
        tables.append(Table("unmatched", _("Keys that match no item"), columns, most, note=note))
    if examples["doubled"]:
        columns = [
            Column("order", _("Order"), TEXT), Column("item", _("Item key"), TEXT), Column("lines", _("Lines")),
        ]  # fmt: skip
        note = _("The same item of the same order came from several sources, and counts several times.")
        rows = examples["doubled"][: data_quality.EXAMPLES]
        tables.append(Table("doubled", _("Lines told by two sources"), columns, rows, note=note))
    return tables


def _not_recorded(wanted: ReportFilter) -> Table:
    counters = Counter.objects.filter(scope=wanted.scope, day__gte=wanted.start, day__lte=wanted.end)
    rows = counters.order_by().values_list("name").annotate(n=Sum("value")).order_by("-n")
    columns = [Column("what", _("What"), TEXT), Column("count", _("Count"))]
    return Table(
        "not_recorded", _("Not recorded, and why"), columns, [list(row) for row in rows],
        note=_("Bots, staff, visitors who did not consent, and tokens that were refused are counted, not recorded."),
    )  # fmt: skip


DATA = Page(
    "data",
    gettext_lazy("Data quality"),
    gettext_lazy("What is wrong with what was recorded, and which kinds of events fell silent."),
    build,
)
