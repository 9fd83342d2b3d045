"""Do the sums agree?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.adapter import get_adapter
from recommendations.admin.report_content import NUMBER, TEXT, Column, Content, Table, card
from recommendations.admin.report_filter import ReportFilter
from recommendations.admin.report_pages.base import Page, day_column
from recommendations.models import SumCheck
from recommendations.reports.attribution import Model
from recommendations.reports.sums import MOST_NAMED, Balance, balances


def build(wanted: ReportFilter) -> Content:
    """The days on which they do not, for each model, and the rows that differ."""
    checks = SumCheck.objects.filter(day__range=(wanted.start, wanted.end), scope=wanted.scope)
    stored = list(checks.order_by("-day", "currency"))
    content = Content()
    if not stored:
        return content
    content.computed = max(check.checked_at for check in stored)
    found = {model: balances(wanted.start, wanted.end, wanted.scope, model) for model in Model}
    off = [balance for of_model in found.values() for balance in of_model if balance.off_by]
    different = [check for check in stored if check.n_different]
    bad_days = {balance.key.day for balance in off} | {check.day for check in different}
    content.cards = [
        card(_("Days checked"), len({check.day for check in stored}), None),
        card(_("Days that do not agree"), len(bad_days), None),
        card(_("Rows that differ"), sum(check.n_different for check in stored), None),
    ]
    if not bad_days:
        content.notices = [_("The sums agree on every day, under every model.")]
    content.tables = [_off(off), _rows(different), _all(found[Model.LAST_CLICK])]
    return content


def _money(name: str, title: str) -> Column:
    return Column(name, title, NUMBER, as_text=_written)


def _written(amount: Decimal) -> str:
    return get_adapter().format_price(amount, "")


def _columns() -> list[Column]:
    return [
        day_column(), Column("currency", _("Currency"), TEXT), Column("model", _("Model"), TEXT),
        _money("attributed", _("Attributed")), _money("unattributed", _("Unattributed")),
        _money("refunds", _("Refunds")), _money("in_shop", _("Order lines of the shop")),
        _money("off_by", _("Difference")),
    ]  # fmt: skip


def _row(balance: Balance) -> list[Any]:
    key, model, *amounts = balance
    return [key.day, key.currency, model.value, *amounts, balance.off_by]


def _off(off: list[Balance]) -> Table:
    rows = [_row(balance) for balance in sorted(off, key=lambda each: each.key.day, reverse=True)]
    return Table("off", _("Days that do not agree"), _columns(), rows)


def _all(found: list[Balance]) -> Table:
    return Table(
        "days", _("All days, by the last click"), _columns(), [_row(each) for each in reversed(found)]
    )


def _rows(different: list[SumCheck]) -> Table:
    columns = [
        day_column(), Column("row", _("Row"), TEXT), _money("in_shop", _("In the shop")),
        _money("in_log", _("In the log")),
    ]  # fmt: skip
    rows = [
        [check.day, source, *(None if text is None else Decimal(text) for text in amounts)]
        for check in different
        for source, *amounts in check.differences
    ]
    note = _("Of each day and currency at most %(n)d.") % {"n": MOST_NAMED}
    return Table("rows", _("Rows that differ"), columns, rows, note=note)


SUMS = Page(
    "sums",
    gettext_lazy("Do the sums agree?"),
    gettext_lazy(
        "Attributed + unattributed − refunds, against the order lines in the shop's own tables: day by day, for each"
        " model. Checked when a day is rolled up. A row that differs was changed without a signal, or left out of the"
        " log: reconcile brings it in."
    ),
    build,
    needs="recommendations.view_sumcheck",
)
