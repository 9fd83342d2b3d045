"""Rules: what merchandisers wish, written in a form, looked at in a preview, then activated."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.previews import PreviewedAdmin
from recommendations.admin.rule_form import RuleForm, initial_of
from recommendations.admin.scopes import scopes_in_use
from recommendations.conf import settings
from recommendations.models import Override, Rule
from recommendations.overrides import changing


@admin.register(Rule)
class RuleAdmin(PreviewedAdmin):
    change_list_template = "admin/recommendations/rule_change_list.html"
    preview_lead = gettext_lazy(
        "As if the rule held now and for everybody. Other rules that count now are in both lists."
    )
    after_title = gettext_lazy("With the rule")

    def placements_of(self, override: Override) -> list[str]:
        return list(override.value.get("placements") or settings.placements)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form; what it makes is proposed, and counts once it is activated."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        earlier = request.GET.get("from", "")
        initial = initial_of(get_object_or_404(Rule, pk=earlier)) if earlier.isdecimal() else None
        form = RuleForm(request.POST or None, initial=initial, scopes=scopes_in_use())
        if request.method == "POST" and form.is_valid():
            rule = changing.propose(
                Override.Kind.RULE,
                form.cleaned_data["name"],
                form.value(),
                by=changing.person(request.user.get_username()),
                reason=form.cleaned_data["reason"],
                scope=form.in_scope,
            )
            self.log_addition(request, rule, str(rule))
            text = _("The rule %(name)s is proposed. Look at the preview, then activate it.")
            self.message_user(request, text % {"name": rule.name}, messages.SUCCESS)
            return HttpResponseRedirect(self.url_of("preview", rule.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Write a rule"), "opts": self.opts, "form": form,
            "fieldsets": [
                (title, [form[name] for name in names if name in form.fields])
                for title, names in form.fieldsets
            ],
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/rule_form.html", context)
