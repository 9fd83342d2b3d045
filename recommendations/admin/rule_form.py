"""The form in which a merchandiser writes a rule; what it gives is the value of an Override."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.scopes import scope_choices
from recommendations.conf import filled_up, settings
from recommendations.defaults import RULE_DEFAULTS
from recommendations.exceptions import ConfigurationError
from recommendations.models import Override
from recommendations.overrides.merging import plain
from recommendations.serving import rules

ACTIONS = (
    ("pin", gettext_lazy("pin: give an item a position")),
    ("promote", gettext_lazy("promote: give the best of them the first places")),
    ("boost", gettext_lazy("boost or bury: multiply their score")),
    ("exclude", gettext_lazy("exclude: do not show them")),
    ("only", gettext_lazy("only: show nothing else")),
    ("cap", gettext_lazy("cap: show at most so many of a kind")),
)

PER = (
    ("brand", gettext_lazy("brand")),
    ("supplier", gettext_lazy("supplier")),
    ("category", gettext_lazy("category")),
    ("department", gettext_lazy("outermost category")),
)

#: Field → test of a condition, a list of texts.
_TEXTS = {
    "items": "item",
    "brands": "brand",
    "categories": "category",
    "suppliers": "supplier",
    "tags": "tag",
}
_NUMBERS = ("price", "stock", "age_days")

#: Which fields each action reads besides the condition.
_READS = {"pin": ("position",), "promote": ("slots",), "boost": ("factor",), "cap": ("n", "per")}


def _several(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, help_text=help_text)


def _number(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False)


class ConditionField(forms.JSONField):
    """Empty when there is none."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value in (None, {}, "") else super().prepare_value(value)


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget)


class RuleForm(forms.Form):
    """Raises nothing: what is wrong stands beside the field, or above the form."""

    name = forms.CharField(
        label=gettext_lazy("name"), max_length=64, help_text=gettext_lazy("What you call it.")
    )
    action = forms.ChoiceField(label=gettext_lazy("action"), choices=ACTIONS)
    position = forms.IntegerField(label=gettext_lazy("position"), min_value=1, required=False, initial=1)
    slots = forms.IntegerField(label=gettext_lazy("places"), min_value=1, required=False, initial=1)
    factor = forms.FloatField(
        label=gettext_lazy("factor"),
        required=False,
        initial=1.5,
        help_text=gettext_lazy("Above 1 boosts, below 1 buries."),
    )
    n = forms.IntegerField(label=gettext_lazy("at most"), min_value=1, required=False, initial=2)
    per = forms.ChoiceField(label=gettext_lazy("of one"), choices=PER, required=False)

    items = _several(gettext_lazy("items"), gettext_lazy("Keys, separated by commas."))
    brands = _several(gettext_lazy("brands"))
    categories = _several(
        gettext_lazy("categories"), gettext_lazy("Paths, e.g. Grocery/Bread; what is below counts.")
    )
    suppliers = _several(gettext_lazy("suppliers"))
    tags = _several(gettext_lazy("tags"))
    price_from = _number(gettext_lazy("price from"))
    price_below = _number(gettext_lazy("price below"))
    stock_from = _number(gettext_lazy("stock from"))
    stock_below = _number(gettext_lazy("stock below"))
    age_days_from = _number(gettext_lazy("age in days from"))
    age_days_below = _number(gettext_lazy("age in days below"))
    further = ConditionField(
        label=gettext_lazy("further conditions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60, "class": "vLargeTextField"}),
        help_text=gettext_lazy('JSON, e.g. {"same": ["brand"], "price_ratio": {"below": 1}}.'),
    )

    scope = forms.ChoiceField(label=gettext_lazy("scope"))
    placements = forms.MultipleChoiceField(
        label=gettext_lazy("placements"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all."),
    )
    known = forms.ChoiceField(
        label=gettext_lazy("visitors"),
        required=False,
        choices=(
            ("", gettext_lazy("all")),
            ("yes", gettext_lazy("known customers")),
            ("no", gettext_lazy("guests")),
        ),
    )
    starts = _moment(gettext_lazy("starts"))
    ends = _moment(gettext_lazy("ends"))
    priority = forms.IntegerField(label=gettext_lazy("priority"), required=False, initial=0)
    reason = forms.CharField(
        label=gettext_lazy("reason"), required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 60})
    )

    fieldsets = (
        (None, ("name", "action", "position", "slots", "factor", "n", "per")),
        (
            gettext_lazy("Which items"),
            (
                *("items", "brands", "categories", "suppliers", "tags", "price_from", "price_below"),
                *("stock_from", "stock_below", "age_days_from", "age_days_below", "further"),
            ),
        ),
        (
            gettext_lazy("Where, for whom, when"),
            ("scope", "placements", "known", "starts", "ends", "priority", "reason"),
        ),
    )

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._scopes = scopes
        if choices := scope_choices(scopes):
            self.fields["scope"].choices = choices  # type: ignore[attr-defined]
            self.fields["scope"].required = "" not in scopes
        else:
            del self.fields["scope"]
        titles = {name: _(str(entry["title"])) for name, entry in settings.placements.items()}
        self.fields["placements"].choices = [  # type: ignore[attr-defined]
            (name, f"{title} ({name})" if title else name) for name, title in titles.items()
        ]

    @property
    def in_scope(self) -> str:
        """Where the rule is to hold: the one scope that there is, or the one chosen."""
        return str(self.cleaned_data.get("scope", self._scopes[0]))

    def clean_name(self) -> str:
        name = slugify(self.cleaned_data["name"], allow_unicode=True)
        if not name:
            raise forms.ValidationError(_("Use letters or digits."))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        try:
            rules.parsed(
                data["name"], filled_up(RULE_DEFAULTS, settings.rules.get(data["name"], {}), self.value())
            )
        except ConfigurationError as error:
            raise forms.ValidationError(str(error)) from error
        return data

    def value(self) -> dict[str, Any]:
        """The entry, without what says the default."""
        data = self.cleaned_data
        value: dict[str, Any] = {"action": data["action"], "where": self._where()}
        for name in _READS.get(data["action"], ()):
            if data[name] not in (None, ""):
                value[name] = data[name]
        for name in ("placements", "starts", "ends", "priority"):
            if data[name]:
                value[name] = data[name]
        if data["known"]:
            value["visitors"] = {"known": data["known"] == "yes"}
        return dict(
            plain(
                {**value, **{side: value[side].isoformat() for side in ("starts", "ends") if side in value}}
            )
        )

    def _where(self) -> dict[str, Any]:
        data = self.cleaned_data
        where: dict[str, Any] = {}
        for field, test in _TEXTS.items():
            if texts := [text.strip() for text in data[field].split(",") if text.strip()]:
                where[test] = texts
        for name in _NUMBERS:
            bounds = {"from": data[f"{name}_from"], "below": data[f"{name}_below"]}
            if given := {side: float(bound) for side, bound in bounds.items() if bound is not None}:
                where[name] = given
        further = data["further"]
        if isinstance(further, dict):
            where |= further
        elif further:
            where["further"] = further  # refused as no test, with the known ones
        return where


def initial_of(override: Override) -> dict[str, Any]:
    """What the form shows to change a rule: a new version of it."""
    entry = {**RULE_DEFAULTS, **override.base, **override.value}
    where = dict(entry["where"])
    initial = {
        name: entry[name] for name in ("action", "position", "slots", "factor", "n", "per", "priority")
    }
    for field, test in _TEXTS.items():
        texts = where.pop(test, [])
        initial[field] = ", ".join([texts] if isinstance(texts, str) else texts)
    for name in _NUMBERS:
        if isinstance(where.get(name), dict):
            for side, bound in where.pop(name).items():
                initial[f"{name}_{side}"] = f"{bound:g}"
    known = entry["visitors"].get("known")
    return {
        **initial,
        "name": override.name,
        "scope": override.scope,
        "further": where or None,
        "placements": list(entry["placements"]),
        "known": "" if known is None else "yes" if known else "no",
        "starts": rules.moment("starts", entry["starts"]),
        "ends": rules.moment("ends", entry["ends"]),
        "reason": override.reason,
    }
