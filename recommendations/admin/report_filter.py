"""What the reports' address says: days, what they are compared with, scope, real or simulated, placement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from recommendations.conf import settings
from recommendations.profiles.lifecycle import STAGES
from recommendations.reports.attribution import Model, shown_model
from recommendations.reports.breakdown import DIMENSIONS
from recommendations.reports.days import bounds, today
from recommendations.reports.placements import ALL, REAL, SIMULATED, known_scopes

PRESETS = (7, 28, 90, 365)
DEFAULT_DAYS = 28
#: A longer span is not one page's work.
MOST_DAYS = 1100
#: What breakdowns are by unless something else is chosen.
BY = ("placement", "recommender")
DEVICES = ("desktop", "phone", "tablet", "app", "mail")
PREVIOUS, YEAR, NOTHING = "previous", "year", "nothing"
YEAR_DAYS = 364  # whole weeks, so that weekdays meet

#: What a figure counts: name → its list in the admin, and what the list is narrowed by.
ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "seen": ("impression", {}),
    "clicked": ("event", {"kind": "click", "counts": "yes"}),
    "search": ("event", {"kind": "search", "counts": "yes"}),
}


def _date_input() -> forms.DateInput:
    # The browser wants ISO dates whatever the language.
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class FilterForm(forms.Form):
    """The filter as people see it; everything has a default, so an empty address is valid."""

    start = forms.DateField(label=_("From"), required=False, widget=_date_input())
    end = forms.DateField(label=_("To"), required=False, widget=_date_input())
    compare = forms.ChoiceField(
        label=_("Compared with"),
        required=False,
        choices=[(PREVIOUS, _("The days before")), (YEAR, _("A year before")), (NOTHING, _("Nothing"))],
    )
    figures = forms.ChoiceField(
        label=_("Visitors"),
        required=False,
        choices=[(REAL, _("Real")), (SIMULATED, _("Simulated")), (ALL, _("Real and simulated"))],
    )
    placement = forms.ChoiceField(label=_("Placement"), required=False)
    recommender = forms.ChoiceField(label=_("Recommender"), required=False)
    device = forms.ChoiceField(label=_("Device"), required=False)
    segment = forms.ChoiceField(label=_("Lifecycle stage"), required=False)
    model = forms.ChoiceField(label=_("Attribution"), required=False)
    by = forms.MultipleChoiceField(
        label=_("Broken down by"), required=False, widget=forms.CheckboxSelectMultiple
    )
    scope = forms.ChoiceField(label=_("Scope"), required=False)

    def __init__(self, *args: Any, scopes: list[str], fields: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "label_suffix": ""})
        self.scopes = scopes
        self.fields["scope"].choices = [(scope, scope or _("(main)")) for scope in scopes]  # type: ignore[attr-defined]
        if len(scopes) < 2:
            del self.fields["scope"]
        for name, choices in _choices().items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
            if name not in fields:
                del self.fields[name]

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
    compare: str = PREVIOUS
    parts: Mapping[str, str] = field(default_factory=dict)
    by: tuple[str, ...] = BY

    @property
    def placement(self) -> str:
        """The one placement that is looked at; "" for all."""
        return self.parts.get("placement", "")

    @property
    def model(self) -> str:
        """The model of attribution; "" for that of the settings."""
        return self.parts.get("model", "")

    @property
    def where(self) -> dict[str, str]:
        """What breakdowns are narrowed by."""
        return {name: value for name, value in self.parts.items() if name in DIMENSIONS}

    @property
    def n_days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def before(self) -> tuple[date, date] | None:
        """The days that these are compared with: as many, just before or a year before; None for nothing."""
        if self.compare == NOTHING:
            return None
        back = timedelta(days=YEAR_DAYS if self.compare == YEAR else self.n_days)
        return self.start - back, self.end - back

    @property
    def preset(self) -> int | None:
        """The preset that the span is, if it is one."""
        return self.n_days if self.end == today() and self.n_days in PRESETS else None

    @property
    def query(self) -> str:
        """The whole filter as an address, for exports and other reports."""
        return self.with_days(self.start, self.end)

    @property
    def presets(self) -> list[tuple[int, str]]:
        """Number of days → address."""
        return [(n, self.with_days(today() - timedelta(days=n - 1), None)) for n in PRESETS]

    def with_days(self, start: date, end: date | None) -> str:
        """The address of the same filter over other days."""
        parts = {"start": start.isoformat(), "end": end.isoformat() if end else ""}
        parts |= {"figures": "" if self.simulated == REAL else self.simulated, "scope": self.scope}
        parts |= {"compare": "" if self.compare == PREVIOUS else self.compare, **self.parts}
        by = [("by", name) for name in self.by] if self.by != BY else []
        return urlencode([*((name, value) for name, value in parts.items() if value), *by])

    def rows(self, of: str) -> str:
        """The address of the rows that a figure counts: those of the days, the visitors and the placement."""
        model, narrowed = ROWS[of]
        # Not the month or day of the list's own calendar, which would be another filter beside this one.
        within = {
            "occurred_at__gte": bounds(self.start)[0].isoformat(), "occurred_at__lt": bounds(self.end)[1].isoformat()
        }  # fmt: skip
        who = {} if self.simulated == ALL else {"simulated__exact": str(int(self.simulated == SIMULATED))}
        place = {"placement": self.placement} if self.placement else {}
        scope = {"scope": self.scope} if self.scope else {}
        address = reverse(f"admin:recommendations_{model}_changelist")
        return f"{address}?{urlencode({**narrowed, **within, **who, **place, **scope})}"


def report_filter(data: QueryDict, fields: Sequence[str] = ()) -> ReportFilter:
    """Read off a request's GET. What is missing or wrong falls back to the last 28 days of real visitors."""
    form = FilterForm(data, scopes=known_scopes(), fields=fields)
    found = form.cleaned_data if form.is_valid() else {}
    end = found.get("end") or today()
    start = found.get("start") or end - timedelta(days=DEFAULT_DAYS - 1)
    if start > end:
        start = end
    kept = {"scope": found.get("scope") or "", "compare": found.get("compare") or PREVIOUS}
    parts = {name: found.get(name) or "" for name in fields if name != "by"}
    by = tuple(name for name in DIMENSIONS if name in (found.get("by") or BY))
    simulated = found.get("figures") or REAL
    values = {"start": start, "end": end, "figures": simulated, "by": by, **kept, **parts}
    shown = FilterForm(values, scopes=form.scopes, fields=fields) if form.is_valid() else form
    return ReportFilter(form=shown, start=start, end=end, simulated=simulated, parts=parts, by=by, **kept)


def _choices() -> dict[str, list[tuple[str, Any]]]:
    """Field → what can be chosen."""

    def all_or(names: Iterable[str]) -> list[tuple[str, Any]]:
        return [("", _("All")), *((name, name) for name in names)]

    models = {
        Model.LAST_CLICK: _("last click"), Model.FIRST_CLICK: _("first click"), Model.LINEAR: _("linear"),
        Model.VIEW_THROUGH: _("click, else view"),
    }  # fmt: skip
    return {
        "placement": all_or(settings.placements),
        "recommender": all_or(settings.recommenders),
        "device": all_or(DEVICES),
        "segment": all_or(STAGES),
        "model": [("", models[shown_model()]), *((m, text) for m, text in models.items() if m != shown_model())],
        "by": [
            ("placement", _("Placement")), ("recommender", _("Recommender")), ("experiment", _("Experiment")),
            ("variant", _("Variant")), ("device", _("Device")), ("segment", _("Lifecycle stage")),
        ],
    }  # fmt: skip
