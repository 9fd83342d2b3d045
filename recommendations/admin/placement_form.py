"""The form in which a merchandiser changes a placement; what it gives is the value of an Override.

A placement's chain is written in rows: a source with its weight and recommenders, a filter, a reranker. The row's
further options are JSON. What is wrong stands in the row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.conf import filled_up, settings
from recommendations.defaults import EXPLORE_DEFAULTS, PLACEMENT_DEFAULTS
from recommendations.exceptions import RecommendationsError
from recommendations.overrides.merging import plain
from recommendations.serving import placements
from recommendations.serving.blending import BLENDS
from recommendations.serving.filters import FILTERS
from recommendations.serving.reranking.known import RERANKERS
from recommendations.serving.sources import SOURCES

Entry = Mapping[str, Any]

#: Key of the entry → the word that names a part in it, and the parts that there are.
CHAINS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "sources": ("source", SOURCES),
    "filters": ("filter", FILTERS),
    "rerank": ("rerank", RERANKERS),
    "fallback": ("source", SOURCES),
}
TITLES = {
    "sources": gettext_lazy("Sources, blended by weight"),
    "filters": gettext_lazy("Filters"),
    "rerank": gettext_lazy("Rerankers, one after the other"),
    "fallback": gettext_lazy("Fallback, one after the other"),
}
EMPTY_ROWS = 2


class OptionsField(forms.JSONField):
    """Empty when there are none."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value in (None, {}, "") else super().prepare_value(value)


class PartForm(forms.Form):
    """One row: a filter or a reranker. Without a name there is none."""

    name = forms.ChoiceField(label=gettext_lazy("name"), required=False)
    options = OptionsField(
        label=gettext_lazy("options"),
        required=False,
        widget=forms.TextInput(attrs={"size": 26, "placeholder": "{}"}),
    )

    def __init__(self, *args: Any, known: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict.fromkeys([*sorted(known), self.initial.get("name", "")])
        self.fields["name"].choices = [("", "–"), *((name, name) for name in names if name)]  # type: ignore[attr-defined]
        number = str(self.prefix).rpartition("-")[2]
        for field in self.fields.values():  # several rows have the same columns
            field.widget.attrs["aria-label"] = (
                f"{field.label} {int(number) + 1 if number.isdecimal() else ''}"
            )

    def clean_options(self) -> dict[str, Any]:
        options = self.cleaned_data["options"]
        if options not in (None, "") and not isinstance(options, dict):
            raise ValidationError(_('Write options as {"n": 2}.'))
        return options or {}

    def entry(self, word: str) -> dict[str, Any]:
        data = self.cleaned_data
        return {word: data["name"], **data["options"]} | {word: data["name"]}  # first to read, last to count


class SourceForm(PartForm):
    """One row: a source."""

    weight = forms.FloatField(
        label=gettext_lazy("weight"),
        required=False,
        widget=forms.NumberInput(attrs={"step": "any", "class": "rec-short"}),
    )
    recommenders = forms.CharField(
        label=gettext_lazy("recommenders"),
        required=False,
        widget=forms.TextInput(attrs={"size": 28, "list": "known-recommenders"}),
    )
    field_order = ("name", "weight", "recommenders", "options")

    def entry(self, word: str) -> dict[str, Any]:
        data, entry = self.cleaned_data, super().entry(word)
        names = [name.strip() for name in data["recommenders"].split(",") if name.strip()]
        if names:
            entry["recommenders"] = names
        if data["weight"] is not None and data["weight"] != 1:
            entry["weight"] = data["weight"]
        return entry


class PlacementForm(forms.Form):
    """`rows` are its formsets, by key of the entry. Raises nothing: what is wrong stands beside the field."""

    title = forms.CharField(label=gettext_lazy("title"), required=False, max_length=200)
    size = forms.IntegerField(label=gettext_lazy("size"))
    minimum = forms.IntegerField(
        label=gettext_lazy("minimum"),
        help_text=gettext_lazy("With fewer the fallback fills up; 0: rather short or empty than anything."),
    )
    blend = forms.ChoiceField(
        label=gettext_lazy("blend by"), choices=[(name, name) for name in sorted(BLENDS)]
    )
    repeats = forms.BooleanField(
        label=gettext_lazy("may repeat what the page shows elsewhere"), required=False
    )
    explore = forms.FloatField(
        label=gettext_lazy("share for new items"),
        required=False,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text=gettext_lazy("Of the places, e.g. 0.1; empty: none."),
    )
    reason = forms.CharField(
        label=gettext_lazy("reason"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )

    def __init__(self, placement: str, entry: Entry, data: Any = None, **kwargs: Any) -> None:
        self.placement, self.was = placement, entry
        initial = {name: entry[name] for name in ("title", "size", "minimum", "blend", "repeats")}
        initial["explore"] = {**EXPLORE_DEFAULTS, **entry["explore"]}["share"] if entry["explore"] else None
        super().__init__(data, initial=initial, **kwargs)
        self.rows = {key: _rows(key, entry[key], data) for key in CHAINS}

    def is_valid(self) -> bool:
        if not all([super().is_valid(), *(rows.is_valid() for rows in self.rows.values())]):
            return False
        self._refuse_misfit()
        return super().is_valid() and all(rows.is_valid() for rows in self.rows.values())

    def value(self) -> dict[str, Any]:
        """What differs from what the settings say."""
        said = _spelt(settings.placement(self.placement))
        return {key: each for key, each in self._entry().items() if each != said[key]}

    def _entry(self) -> dict[str, Any]:
        data = self.cleaned_data
        share, explore = data["explore"], self.was["explore"]
        entry = {
            **{name: data[name] for name in ("title", "size", "minimum", "blend", "repeats")},
            "explore": None if share is None else {**(explore or {}), "share": share},
            **{
                key: [form.entry(word) for form in self.rows[key] if form.cleaned_data.get("name")]
                for key, (word, _known) in CHAINS.items()
            },
        }
        return _spelt({**PLACEMENT_DEFAULTS, **entry, "page": self.was["page"]})

    def _refuse_misfit(self) -> None:
        value = self.value()
        if not value:
            self.add_error(None, _("This is what the settings say: there is nothing to change."))
            return
        entry = filled_up(PLACEMENT_DEFAULTS, settings.placement(self.placement), value)
        try:
            placements.made(self.placement, entry)
        except RecommendationsError as error:
            self._show(str(error))

    def _show(self, problem: str) -> None:
        """Beside the row or the field that a message names, as ["sources"][1]."""
        found = re.search(rf'\["{re.escape(self.placement)}"\]\["(\w+)"\](?:\[(\d+)\])?', problem)
        key, number = found.groups() if found else ("", None)
        if key in self.rows and number is not None:
            written = [form for form in self.rows[key] if form.cleaned_data.get("name")]
            written[int(number)].add_error(None, problem)
        else:
            self.add_error(key if key in self.fields else None, problem)


def _rows(key: str, links: Any, data: Any) -> Any:
    word, known = CHAINS[key]
    rows_of = forms.formset_factory(SourceForm if word == "source" else PartForm, extra=EMPTY_ROWS)
    initial = [_row(link, word) for link in links]
    return rows_of(data, prefix=key, initial=initial, form_kwargs={"known": known})


def _row(link: Any, word: str) -> dict[str, Any]:
    """What a row shows of an entry."""
    rest = {word: link} if isinstance(link, str) else dict(link)
    row: dict[str, Any] = {"name": rest.pop(word)}
    if word == "source":
        row["weight"] = rest.pop("weight", 1.0)
        row["recommenders"] = ", ".join(rest.pop("recommenders", ()))
    return {**row, "options": rest}


def _spelt(entry: Entry) -> dict[str, Any]:
    """An entry in the one spelling that can be compared: parts as mappings, no weight of 1."""
    spelt: dict[str, Any] = plain(dict(entry))
    for key, (word, _known) in CHAINS.items():
        links = [{word: link} if isinstance(link, str) else link for link in spelt[key]]
        spelt[key] = [
            {name: each for name, each in link.items() if (name, each) != ("weight", 1)} for link in links
        ]
    return spelt
