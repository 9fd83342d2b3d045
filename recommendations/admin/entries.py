"""Changes of settings entries, written in the admin: placements count from the next page, recommenders from the next
training."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.overrides import checked, shown, source_text
from recommendations.admin.placement_form import TITLES, PlacementForm
from recommendations.admin.previews import PreviewedAdmin
from recommendations.admin.recommender_form import RecommenderForm
from recommendations.admin.scopes import asked_scope, scope_choices, scopes_in_use
from recommendations.conf import settings
from recommendations.exceptions import ConfigurationError
from recommendations.models import Override, PlacementChange, RecommenderChange
from recommendations.overrides import active, changing
from recommendations.overrides.merging import SHAPES, effective, entries_of


class EntryAdmin(PreviewedAdmin):
    """A list of all entries as they are in effect, and a form to propose a change of one."""

    kind: Override.Kind
    change_list_template = "admin/recommendations/entry_change_list.html"
    form_template: str
    columns: tuple[tuple[str, Any], ...]
    form_title: Any
    list_lead: Any

    def form_of(self, name: str, entry: dict[str, Any], data: Any) -> Any:
        """The form, with `value()`."""
        raise NotImplementedError

    def after_proposing(self, request: HttpRequest, override: Override) -> str:
        """Where to go."""
        raise NotImplementedError

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        scopes = scopes_in_use()
        scope = asked_scope(request, scopes)
        overrides = active.read(scope).of(self.kind)
        rows = []
        for name in entries_of(self.kind):
            entry, override, problem = _in_effect(self.kind, name, overrides.get(name))
            cells = [_cell(key, entry) for key, _title in self.columns]
            rows.append({"name": name, "cells": cells, "override": override, "problem": problem})
        extra = {
            "entries": rows,
            "columns": [title for _key, title in self.columns],
            "lead": self.list_lead,
            "scope": scope,
            "scopes": scope_choices(scopes),
            "title": capfirst(str(self.opts.verbose_name_plural)),
            **(extra_context or {}),
        }
        return super().changelist_view(request, extra)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, filled with what is in effect, or with an earlier change (`?from=`)."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        scopes = scopes_in_use()
        name, entry, scope = self._asked(request, scopes)
        if not name:
            return HttpResponseRedirect(self.url_of("changelist"))
        form = self.form_of(name, entry, request.POST or None)
        if request.method == "POST" and form.is_valid():
            override = changing.propose(
                self.kind,
                name,
                form.value(),
                by=changing.person(request.user.get_username()),
                reason=form.cleaned_data["reason"],
                scope=scope,
            )
            self.log_addition(request, override, str(override))
            return HttpResponseRedirect(self.after_proposing(request, override))
        context = {
            **self.admin_site.each_context(request),
            "title": self.form_title % {"name": name}, "opts": self.opts, "form": form, "entry": entry,
            "chains": [(TITLES[key], rows) for key, rows in getattr(form, "rows", {}).items()],
            "entry_name": name, "scope": scope, "scopes": scope_choices(scopes),
            "known_recommenders": sorted(settings.recommenders),
        }  # fmt: skip
        return TemplateResponse(request, self.form_template, context)

    def _asked(self, request: HttpRequest, scopes: list[str]) -> tuple[str, dict[str, Any], str]:
        """The entry that is to be changed, what the form begins with, and the scope."""
        earlier = request.GET.get("from", "")
        if earlier.isdecimal():
            override = get_object_or_404(self.model, pk=earlier)
            if override.name not in entries_of(self.kind):
                raise Http404
            return override.name, _in_effect(self.kind, override.name, override)[0], override.scope
        name = request.GET.get("name", "")
        if name and name not in entries_of(self.kind):
            raise Http404
        if not name:
            return "", {}, ""
        scope = asked_scope(request, scopes)
        return name, _in_effect(self.kind, name, active.read(scope).of(self.kind).get(name))[0], scope


@admin.register(PlacementChange)
class PlacementAdmin(EntryAdmin):
    kind = Override.Kind.PLACEMENT
    form_template = "admin/recommendations/placement_form.html"
    form_title = gettext_lazy("Change the placement %(name)s")
    list_lead = gettext_lazy("What counts now, of the settings and of active changes. Below: all changes.")
    preview_lead = gettext_lazy("As if the change were active. Rules that count now are in both lists.")
    after_title = gettext_lazy("With the change")
    columns = (
        ("page", gettext_lazy("page")),
        ("sources", gettext_lazy("sources")), ("filters", gettext_lazy("filters")),
        ("rerank", gettext_lazy("rerankers")), ("fallback", gettext_lazy("fallback")),
    )  # fmt: skip

    def placements_of(self, override: Override) -> list[str]:
        return [override.name]

    def form_of(self, name: str, entry: dict[str, Any], data: Any) -> PlacementForm:
        return PlacementForm(name, entry, data)

    def after_proposing(self, request: HttpRequest, override: Override) -> str:
        text = _("The change of %(name)s is proposed. Look at the preview, then activate it.")
        self.message_user(request, text % {"name": override.name}, messages.SUCCESS)
        return self.url_of("preview", override.pk)


@admin.register(RecommenderChange)
class RecommenderAdmin(EntryAdmin):
    kind = Override.Kind.RECOMMENDER
    change_form_template = "admin/recommendations/entry_change_form.html"
    form_template = "admin/recommendations/recommender_form.html"
    form_title = gettext_lazy("Change the recommender %(name)s")
    list_lead = gettext_lazy("What counts from the next training on, of the settings and of active changes.")
    columns = (("algorithm", gettext_lazy("algorithm")), ("options", gettext_lazy("options")))

    def placements_of(self, override: Override) -> list[str]:
        raise Http404  # what training makes of it, nobody knows yet

    def form_of(self, name: str, entry: dict[str, Any], data: Any) -> RecommenderForm:
        return RecommenderForm(name, entry, data)

    def after_proposing(self, request: HttpRequest, override: Override) -> str:
        text = _("The change of %(name)s is proposed. Activated, it counts from the next training on.")
        self.message_user(request, text % {"name": override.name}, messages.WARNING)
        return self.url_of("change", override.pk)


def _cell(key: str, entry: dict[str, Any]) -> SafeString:
    """A value of an entry, in words where it is a chain; with the page the places on it."""
    value = entry[key]
    if key == "page":
        places = _("%(size)s places, at least %(minimum)s") % entry
        return format_html('<td class="rec-text">{}<span class="rec-title">{}</span></td>', value, places)
    if isinstance(value, list | tuple):
        text = (" + " if key == "sources" else ", ").join(map(source_text, value)) or "–"
        may_break = escape(text).replace("(", "(<wbr>").replace("_", "_<wbr>")
        return format_html('<td class="rec-text">{}</td>', mark_safe(may_break))  # noqa: S308  (escaped)
    return format_html("<td>{}</td>", shown(value) if isinstance(value, dict) else value)


def _in_effect(
    kind: Override.Kind, name: str, override: Override | None
) -> tuple[dict[str, Any], Override | None, str]:
    """The entry with an Override over it, the Override, and why it is left out."""
    said = {**SHAPES[kind], **entries_of(kind)[name]}
    if override is None:
        return said, None, ""
    try:
        checked(override)
    except ConfigurationError as error:
        return said, override, str(error)
    return effective(override), override, ""
