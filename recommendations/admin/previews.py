"""What a placement shows without and with a change that may not count yet, side by side, with the reasons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.adapter import get_adapter
from recommendations.admin.overrides import OverrideAdmin, StateFilter
from recommendations.admin.scopes import ScopeFilter
from recommendations.exceptions import RecommendationsError
from recommendations.models import Override
from recommendations.overrides import changing
from recommendations.serving.preview import Preview, before_and_after, title_of


class PreviewForm(forms.Form):
    """For which placement, about which item, and for whom a preview is made."""

    placement = forms.ChoiceField(label=gettext_lazy("placement"))
    item = forms.CharField(label=gettext_lazy("item shown"), required=False)
    category = forms.CharField(label=gettext_lazy("category"), required=False)
    visitor = forms.CharField(label=gettext_lazy("visitor key"), required=False)

    def __init__(self, names: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["placement"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


class PreviewedAdmin(OverrideAdmin):
    """Overrides that are written in the admin, and looked at before they are activated."""

    change_form_template = "admin/recommendations/previewed_change_form.html"
    list_filter = (StateFilter, ScopeFilter)
    preview_lead: Any
    after_title: Any

    def placements_of(self, override: Override) -> list[str]:
        """The placements that it may change."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"recommendations.add_{self.opts.model_name}"))

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview"
        view = self.admin_site.admin_view(self.preview_view)
        return [path("<int:pk>/preview/", view, name=name), *super().get_urls()]

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A placement without and with the change, and why."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        override = get_object_or_404(self.model, pk=pk)
        names = self.placements_of(override)
        form = PreviewForm(names, request.GET if "placement" in request.GET else {"placement": names[0]})
        sides, problem = [], ""
        if form.is_valid():
            try:
                sides = self._sides(override, form.cleaned_data)
            except RecommendationsError as error:
                problem = str(error)
        can = changing.moves(override) if self.has_activate_permission(request) else ()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview of %(name)s") % {"name": override.name}, "opts": self.opts, "override": override,
            "form": form, "sides": sides, "problem": problem, "can_activate": Override.State.ACTIVE in can,
            "story": self.difference(override), "lead": self.preview_lead,
            "has_add_permission": self.has_add_permission(request),
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/override_preview.html", context)

    def _sides(self, override: Override, asked: dict[str, str]) -> list[dict[str, Any]]:
        visitor = asked["visitor"].strip()
        context = get_adapter().context(None).with_(scope=override.scope, visitor_key=visitor)
        about = {"item": asked["item"].strip() or None, "category": asked["category"].strip()}
        before, after = before_and_after(override, asked["placement"], context, **about)
        was = {item.item_key: item.position for item in before.items}
        return [side_of(_("Now"), before, {}, context), side_of(str(self.after_title), after, was, context)]


def side_of(title: str, preview: Preview, was: dict[str, int], context: Any) -> dict[str, Any]:
    """A column of a comparison; `was` is item key → position in the column that it is compared with."""
    rows = [
        {
            "item": item,
            "why": _why(item.source, item.recommender, item.rules),
            "move": _move(item.item_key, item.position, was) if was else "",
        }
        for item in preview.items
    ]
    dropped = [
        (key, title_of(product, context), rule) for key, (rule, product) in sorted(preview.dropped.items())
    ]
    return {
        "title": title,
        "rows": rows,
        "dropped": dropped,
        "moves": bool(was),
        "fallback_used": preview.fallback_used,
    }


def _move(key: str, position: int, was: dict[str, int]) -> str:
    if key not in was:
        return _("new")
    steps = was[key] - position
    return "" if not steps else f"↑ {steps}" if steps > 0 else f"↓ {-steps}"


def _why(source: str, recommender: str, rules: tuple[str, ...]) -> str:
    """Which source placed it, and which rules acted on it."""
    origin = source if recommender in ("", source) else f"{source} · {recommender}"
    if source == "rule":
        origin = _("brought in by a rule")
    return " · ".join([origin, *(_("rule %(name)s") % {"name": name} for name in rules)])
