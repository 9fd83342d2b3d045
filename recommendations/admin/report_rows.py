"""“Which rows made this number?”: the slates, clicks or order lines behind a figure of a report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from recommendations.adapter import get_adapter
from recommendations.admin.report_content import COUNT, TEXT, Column, Content, Table
from recommendations.admin.report_filter import ReportFilter
from recommendations.reports.attribution import Model, shown_model
from recommendations.reports.breakdown import DIMENSIONS
from recommendations.reports.placements import ALL, REAL, SIMULATED
from recommendations.reports.rows import (
    MOST,
    OF_CLICKS,
    OF_LINES,
    OF_SLATES,
    Figure,
    Share,
    clicks_behind,
    lines_behind,
    slates_behind,
)

#: Dimensions of the breakdown that a figure can be narrowed by, besides the placement.
PARTS = tuple(name for name in DIMENSIONS if name != "placement")


class FigureForm(forms.Form):
    """The address of a figure; nobody fills it in by hand."""

    figure = forms.ChoiceField(choices=[(name, name) for name in (*OF_SLATES, *OF_CLICKS, *OF_LINES)])
    start = forms.DateField()
    end = forms.DateField()
    scope = forms.CharField(required=False)
    placement = forms.CharField(required=False)
    model = forms.ChoiceField(choices=[(model.value, model.value) for model in Model], required=False)
    figures = forms.ChoiceField(choices=[(each, each) for each in (REAL, SIMULATED, ALL)], required=False)


def rows_url(name: str, wanted: ReportFilter, placement: str, parts: Mapping[str, str] | None = None) -> str:
    """The address of the rows behind a figure of a placement ("*" all, "" all orders, "-" unattributed)."""
    asked = {
        "figure": name, "start": wanted.start.isoformat(), "end": wanted.end.isoformat(), "placement": placement,
        "scope": wanted.scope, "figures": wanted.simulated, "model": wanted.model, **(parts or {}),
    }  # fmt: skip
    # An empty part says "of none", an empty placement "all orders": both differ from saying nothing.
    kept = {key: value for key, value in asked.items() if value or key == "placement" or key in PARTS}
    return f"{reverse('admin:recommendations_report_rows')}?{urlencode(kept)}"


def figure_of(data: QueryDict) -> Figure | None:
    """What the address asks for; None when it is none that a report made."""
    form = FigureForm(data)
    if not form.is_valid() or form.cleaned_data["start"] > form.cleaned_data["end"]:
        return None
    asked = form.cleaned_data
    parts: dict[str, Any] = {name: data[name] for name in PARTS if name in data}
    if "experiment" in parts:
        if parts["experiment"] and not parts["experiment"].isdecimal():
            return None
        parts["experiment"] = int(parts["experiment"] or 0)
    simulated = {ALL: None, SIMULATED: True}.get(asked["figures"], False)
    return Figure(
        asked["figure"], asked["start"], asked["end"], asked["scope"], asked["placement"],
        Model(asked["model"]) if asked["model"] else shown_model(), simulated=simulated, **parts,
    )  # fmt: skip


def build(figure: Figure) -> Content:
    """The rows, the latest first, MOST of them at most."""
    if figure.name in OF_SLATES:
        table = _slates(figure)
    elif figure.name in OF_CLICKS:
        table = _clicks(figure)
    else:
        table = _lines(figure)
    content = Content(tables=[table])
    if len(table.rows) == MOST:
        content.notices.append(_("There are more rows; these are the latest %(n)d.") % {"n": MOST})
    return content


def _at(moment: datetime) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def _slates(figure: Figure) -> Table:
    slates = list(slates_behind(figure)[:MOST])
    columns = [
        Column("at", _("When"), TEXT), Column("placement", _("Placement"), TEXT), Column("visitor", _("Visitor"), TEXT),
        Column("items_offered", _("Items offered")), Column("items_seen", _("Items seen")),
        Column("slate", _("Slate"), TEXT),
    ]  # fmt: skip
    rows = [
        [_at(s.occurred_at), s.placement, s.visitor_key, len(s.items), s.n_seen, s.slate_id] for s in slates
    ]
    links = {(n, 0): _row_url("impression", s.pk) for n, s in enumerate(slates)}
    return Table("rows", _("Slates"), columns, rows, links=links)


def _clicks(figure: Figure) -> Table:
    clicks = list(clicks_behind(figure)[:MOST])
    columns = [
        Column("at", _("When"), TEXT), Column("placement", _("Placement"), TEXT), Column("item", _("Item"), TEXT),
        Column("visitor", _("Visitor"), TEXT), Column("slate", _("Slate"), TEXT),
    ]  # fmt: skip
    rows = [[_at(c.occurred_at), c.placement, c.item_key, c.visitor, c.slate_id] for c in clicks]
    links = {(n, 0): _row_url("event", c.pk) for n, c in enumerate(clicks)}
    note = _("A second click on the same card of a slate is the same click.")
    return Table("rows", _("Clicks"), columns, rows, note=note, links=links)


def _lines(figure: Figure) -> Table:
    shares = lines_behind(figure)
    columns = [
        Column("at", _("When"), TEXT), Column("kind", _("Kind"), TEXT), Column("item", _("Item"), TEXT),
        Column("order", _("Order"), TEXT), Column("visitor", _("Visitor"), TEXT),
        Column("amount", _("Amount of the row"), COUNT, str), Column("share", _("Of it in the number"), COUNT, str),
        Column("because", _("Because of"), TEXT),
    ]  # fmt: skip
    links = {(n, 0): _row_url("event", share.event.pk) for n, share in enumerate(shares)}
    note = _("Refunds are negative, and belong to what their purchase belonged to.")
    return Table(
        "rows", _("Order lines"), columns, [_line(share) for share in shares], note=note, links=links
    )


def _line(share: Share) -> list[Any]:
    event, price = share.event, get_adapter().format_price
    because = ", ".join(f"{touch.placement} {_at(touch.occurred_at)}" for touch in share.touches)
    return [
        _at(event.occurred_at), event.kind, event.item_key, event.order_key, event.visitor_key,
        None if event.value is None else price(event.value, event.currency), price(share.amount, event.currency),
        because or None,
    ]  # fmt: skip


def _row_url(model: str, pk: int) -> str:
    return reverse(f"admin:recommendations_{model}_change", args=[pk])
