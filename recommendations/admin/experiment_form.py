"""The form of an experiment: who takes part, what is compared, and what decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.placement_form import OptionsField
from recommendations.conf import settings
from recommendations.exceptions import RecommendationsError
from recommendations.experiments.changing import MOST, Arm, Draft
from recommendations.models import Experiment, Override
from recommendations.serving import placements, rules

Metric = Experiment.Metric
FIRST_ROWS = 2


class VariantForm(forms.Form):
    """One row; without a name there is no variant. The first one is the control."""

    name = forms.CharField(label=gettext_lazy("name"), max_length=32, required=False)
    share = forms.FloatField(
        label=gettext_lazy("share in %"),
        required=False,
        min_value=0.1,
        max_value=100,
        widget=forms.NumberInput(attrs={"step": "any", "class": "rec-short"}),
    )
    holdout = forms.BooleanField(label=gettext_lazy("shows nothing"), required=False)
    override = forms.ChoiceField(label=gettext_lazy("a change written before"), required=False)
    changes = OptionsField(
        label=gettext_lazy("or what it changes, as JSON"),
        required=False,
        widget=forms.TextInput(attrs={"size": 40, "placeholder": '{"sources": ["popular"]}'}),
    )

    def __init__(self, *args: Any, overrides: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["override"].choices = [("", "–"), *overrides]  # type: ignore[attr-defined]
        number = str(self.prefix).rpartition("-")[2]
        for field in self.fields.values():  # several rows have the same columns
            field.widget.attrs["aria-label"] = (
                f"{field.label} {int(number) + 1 if number.isdecimal() else ''}"
            )

    def clean_changes(self) -> dict[str, Any]:
        changes = self.cleaned_data["changes"]
        if changes not in (None, "") and not isinstance(changes, dict):
            raise ValidationError(_('Write what it changes as {"sources": ["popular"]}.'))
        return changes or {}

    def arm(self, *, is_control: bool) -> Arm:
        data = self.cleaned_data
        changes = data["changes"]
        if data["override"]:
            changes = Override.objects.get(pk=data["override"]).value
        return Arm(data["name"], (data["share"] or 0) / 100, changes, data["holdout"], is_control)


class ExperimentForm(forms.Form):
    """`draft()` is what was written; what is wrong stands beside the field."""

    name = forms.CharField(label=gettext_lazy("name"), max_length=100)
    placement = forms.ChoiceField(label=gettext_lazy("placement"))
    kind = forms.ChoiceField(
        label=gettext_lazy("visitors are shared"),
        choices=[
            (Experiment.Kind.AB, Experiment.Kind.AB.label),
            (Experiment.Kind.BANDIT, gettext_lazy("bandit: more for what does better")),
        ],
    )
    metric = forms.ChoiceField(label=gettext_lazy("decided by"), choices=Metric.choices)
    traffic = forms.FloatField(
        label=gettext_lazy("visitors who take part, in %"), min_value=0.1, max_value=100, initial=100
    )
    known = forms.ChoiceField(
        label=gettext_lazy("visitors"),
        required=False,
        choices=[
            ("", gettext_lazy("all")), ("yes", gettext_lazy("logged in")), ("no", gettext_lazy("not logged in")),
        ],
    )  # fmt: skip
    segment = OptionsField(
        label=gettext_lazy("further limits"),
        required=False,
        widget=forms.TextInput(attrs={"size": 40, "placeholder": '{"country": ["DE"]}'}),
        help_text=gettext_lazy("country, language, customer_group or channel, as in the visitors of a rule."),
    )
    starts_at = forms.DateTimeField(
        label=gettext_lazy("starts"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("ends"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    note = forms.CharField(
        label=gettext_lazy("note"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )

    def __init__(self, *args: Any, scope: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = list(settings.placements)
        self.fields["placement"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        for metric in Metric:
            self.fields[f"guard_{metric.value}"] = forms.FloatField(
                label=metric.label, required=False, min_value=0, max_value=99
            )
        kept = Override.objects.filter(scope=scope, kind=Override.Kind.PLACEMENT).order_by("-pk")[:50]
        overrides = [(str(each.pk), f"{each.name} v{each.version} {each.reason[:40]}") for each in kept]
        rows_of = forms.formset_factory(VariantForm, extra=MOST, max_num=MOST)
        self.variants = rows_of(
            self.data if self.is_bound else None, prefix="variants", form_kwargs={"overrides": overrides}
        )

    def is_valid(self) -> bool:
        if not all([super().is_valid(), self.variants.is_valid()]):
            return False
        try:
            rules.visitors("segment", self._segment())
        except RecommendationsError as error:
            self.add_error("segment", str(error))
        for row in self._written:
            try:
                placements.varied(self.cleaned_data["placement"], row.arm(is_control=False).changes)
            except RecommendationsError as error:
                row.add_error("changes", str(error))
        return super().is_valid() and self.variants.is_valid()

    @property
    def _written(self) -> list[VariantForm]:
        return [row for row in self.variants if row.cleaned_data.get("name")]

    def _segment(self) -> dict[str, Any]:
        data = self.cleaned_data
        known = {"known": data["known"] == "yes"} if data["known"] else {}
        return (
            {**known, **(data["segment"] or {})}
            if isinstance(data["segment"] or {}, dict)
            else data["segment"]
        )

    def draft(self) -> Draft:
        data = self.cleaned_data
        borne = {metric: data[f"guard_{metric}"] for metric in Metric.values}
        return Draft(
            name=data["name"],
            placement=data["placement"],
            arms=[row.arm(is_control=n == 0) for n, row in enumerate(self._written)],
            metric=data["metric"],
            guardrails={metric: loss / 100 for metric, loss in borne.items() if loss is not None},
            segment=self._segment(),
            traffic=data["traffic"] / 100,
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            note=data["note"],
            kind=data["kind"],
        )
