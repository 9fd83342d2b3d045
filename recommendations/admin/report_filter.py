"""What the reports' address says: days, scope, real or simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from recommendations.reports.days import today
from recommendations.reports.placements import ALL, REAL, SIMULATED, known_scopes

PRESETS = (7, 28, 90)
DEFAULT_DAYS = 28
#: A longer span is not one page's work.
MOST_DAYS = 1100


def _date_input() -> forms.DateInput:
    # The browser wants ISO dates whatever the language.
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class FilterForm(forms.Form):
    """The filter as people see it; everything has a default, so an empty address is valid."""

    start = forms.DateField(label=_("From"), required=False, widget=_date_input())
    end = forms.DateField(label=_("To"), required=False, widget=_date_input())
    figures = forms.ChoiceField(
        label=_("Visitors"),
        required=False,
        choices=[(REAL, _("Real")), (SIMULATED, _("Simulated")), (ALL, _("Real and simulated"))],
    )
    scope = forms.ChoiceField(label=_("Scope"), required=False)

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "label_suffix": ""})
        self.fields["scope"].choices = [(scope, scope or _("(main)")) for scope in scopes]  # type: ignore[attr-defined]
        if len(scopes) < 2:
            del self.fields["scope"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        start, end = found.get("start"), found.get("end")
        if start and end and start > end:
            raise forms.ValidationError(_("The first day is after the last one."))
        if start and (end or today()) - start > timedelta(days=MOST_DAYS):
            raise forms.ValidationError(_("At most %(n)d days at once.") % {"n": MOST_DAYS})
        return found


@dataclass(frozen=True)
class ReportFilter:
    """The filter as the report takes it. `form` shows it, with what was wrong with the address."""

    form: FilterForm
    start: date
    end: date
    scope: str
    simulated: str

    @property
    def n_days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def preset(self) -> int | None:
        """The preset that the span is, if it is one."""
        return self.n_days if self.end == today() and self.n_days in PRESETS else None

    @property
    def query(self) -> str:
        """The whole filter as an address, for the export."""
        return self.with_days(self.start, self.end)

    @property
    def presets(self) -> list[tuple[int, str]]:
        """Number of days → address."""
        return [(n, self.with_days(today() - timedelta(days=n - 1), None)) for n in PRESETS]

    def with_days(self, start: date, end: date | None) -> str:
        """The address of the same filter over other days."""
        parts = {"start": start.isoformat(), "end": end.isoformat() if end else ""}
        parts |= {"figures": "" if self.simulated == REAL else self.simulated, "scope": self.scope}
        return urlencode({name: value for name, value in parts.items() if value})


def report_filter(data: Mapping[str, Any]) -> ReportFilter:
    """Read off a request's GET. What is missing or wrong falls back to the last 28 days of real visitors."""
    form = FilterForm(data, scopes=known_scopes())
    found = form.cleaned_data if form.is_valid() else {}
    end = found.get("end") or today()
    start = found.get("start") or end - timedelta(days=DEFAULT_DAYS - 1)
    if start > end:
        start = end
    simulated, scope = found.get("figures") or REAL, found.get("scope") or ""
    shown = FilterForm(
        {"start": start, "end": end, "figures": simulated, "scope": scope}, scopes=list(_choices(form))
    )
    if not form.is_valid():
        shown = form
    return ReportFilter(shown, start, end, scope, simulated)


def _choices(form: FilterForm) -> list[str]:
    if "scope" not in form.fields:
        return [""]
    return [value for value, _label in form.fields["scope"].choices]  # type: ignore[attr-defined]
