"""The form in which the options of a recommender are changed; what it gives is the value of an Override."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.conf import settings
from recommendations.overrides.merging import plain


class RecommenderForm(forms.Form):
    """The weights of kinds of events, and all other options as JSON. Whether the algorithm takes them, training finds
    out: the web process loads no algorithms."""

    events = forms.JSONField(
        label=gettext_lazy("weights of events"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text=gettext_lazy('Kind of event and its weight, e.g. {"view": 1.0, "purchase": 3.0}.'),
    )
    options = forms.JSONField(
        label=gettext_lazy("other options"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 12, "cols": 60}),
    )
    reason = forms.CharField(
        label=gettext_lazy("reason"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )

    def __init__(self, recommender: str, entry: dict[str, Any], data: Any = None) -> None:
        self.recommender = recommender
        options = dict(entry["options"])
        super().__init__(data, initial={"events": options.pop("events", None), "options": options})

    def clean_events(self) -> dict[str, float] | None:
        weights = self.cleaned_data["events"]
        if weights is None:
            return None
        numbers = weights.values() if isinstance(weights, dict) else ()
        if not numbers or not all(
            isinstance(each, int | float) and not isinstance(each, bool) and each > 0 for each in numbers
        ):
            raise ValidationError(_('Write weights above 0 by kind of event, as {"view": 1.0}.'))
        return dict(weights)

    def clean_options(self) -> dict[str, Any]:
        options = self.cleaned_data["options"]
        if options is not None and not isinstance(options, dict):
            raise ValidationError(_('Write options as {"half_life_days": 30}.'))
        return options or {}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "events" in (data.get("options") or {}):
            self.add_error("options", _("Write the weights of events in their own field."))
        elif not self.errors and self.value()["options"] == plain(
            settings.recommender(self.recommender)["options"]
        ):
            self.add_error(None, _("This is what the settings say: there is nothing to change."))
        return data

    def value(self) -> dict[str, Any]:
        """All options: those of an Override stand for those of the settings."""
        data = self.cleaned_data
        events = {} if data["events"] is None else {"events": data["events"]}
        return {"options": {**events, **data["options"]}}
