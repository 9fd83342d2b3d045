"""Overrides: what was proposed, by whom and why, which count, and the decision on them. Nothing written is edited."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.asking import AsksFirst
from recommendations.admin.scopes import ScopeFilter
from recommendations.exceptions import ConfigurationError, RecommendationsError
from recommendations.models import Override
from recommendations.models.overrides import ENDED
from recommendations.overrides import changing
from recommendations.overrides.merging import changes, effective
from recommendations.serving import placements, rules

State = Override.State

#: What can be asked for: the state that it leads to, and the titles of the page that asks back.
DECISIONS = {
    "activate": (State.ACTIVE, gettext_lazy("Activate overrides?")),
    "reject": (State.REJECTED, gettext_lazy("Reject overrides?")),
    "roll_back": (State.ROLLED_BACK, gettext_lazy("Roll back overrides?")),
}


def checked(override: Override) -> object:
    """Raises ConfigurationError when an Override does not fit. What an algorithm says of its options, training finds
    out, as the web process loads no algorithms."""
    if override.kind == Override.Kind.PLACEMENT:
        return placements.overridden(override)
    if override.kind == Override.Kind.RULE:
        return rules.overridden(override)
    return effective(override)


class StateFilter(admin.SimpleListFilter):
    """By state; what has ended is not among the scheduled ones."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = list(State.choices)
        place = 1 + [state for state, _label in found].index(State.SCHEDULED)
        return [*found[:place], (ENDED, gettext_lazy("ended")), *found[place:]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Override]) -> QuerySet[Override]:
        state = self.value()
        if state is None:
            return queryset
        over = Q(state=State.SCHEDULED, ends_at__lte=timezone.now())
        return queryset.filter(over) if state == ENDED else queryset.filter(state=state).exclude(over)


@admin.register(Override)
class OverrideAdmin(AsksFirst):
    asking_name = "decide"
    change_list_template = "admin/recommendations/override_change_list.html"
    change_form_template = "admin/recommendations/override_change_form.html"
    list_display = ("what", "standing", "story", "by")
    list_filter: ClassVar[Any] = (StateFilter, ScopeFilter, "kind", "author_kind")
    search_fields = ("name",)
    ordering = ("-pk",)
    actions = ("activate_selected", "reject_selected", "roll_back_selected")
    readonly_fields = ("standing", "difference", "figures", "by", "history", "value_text", "base_text")
    fieldsets = (
        (None, {"fields": ("kind", "name", "version", "standing", "difference", "reason", "figures", "by")}),
        (gettext_lazy("History"), {"fields": ("history",)}),
        (
            gettext_lazy("As stored"),
            {"classes": ("collapse",), "fields": ("value_text", "base_text", "evidence", "scope")},
        ),
    )

    class Media:
        css = {"all": ("recommendations/admin/admin.css",)}

    @admin.display(description=gettext_lazy("override"), ordering="name")
    def what(self, override: Override) -> SafeString:
        text = f"{override.get_kind_display()} · v{override.version}"
        if override.scope:
            text += f" · {override.scope}"
        return format_html('{}<span class="rec-title">{}</span>', override.name, text)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, override: Override) -> SafeString:
        """The state, and why it has no effect when it should have one."""
        badge = format_html(
            '<span class="rec-badge rec-badge-{}">{}</span>', override.state_now, override.state_label
        )
        if override.state == State.SCHEDULED:
            badge = format_html('{}<div class="rec-quiet">{}</div>', badge, changing.window_text(override))
        problem = _problem(override)
        if not problem:
            return badge
        text = _("Left out: %(why)s") % {"why": problem}
        return format_html('{}<div class="rec-reason">{}</div>', badge, text)

    @admin.display(description=gettext_lazy("changes, figures and reason"))
    def story(self, override: Override) -> SafeString:
        """All that helps to decide, in one column: as wide as it gets."""
        figures = format_html("<p>NDCG: {}</p>", self.figures(override)) if override.evidence else ""
        return format_html(
            '<div class="rec-story">{}{}<p class="rec-quiet">{}</p></div>',
            self.difference(override),
            figures,
            override.reason or "–",
        )

    @admin.display(description=gettext_lazy("changes"))
    def difference(self, override: Override) -> SafeString:
        rows = format_html_join(
            "", '<div class="rec-change"><code>{}</code>: {} → {}</div>',
            ((where, shown(before), shown(after)) for where, before, after in changes(override)),
        )  # fmt: skip
        return rows or format_html("–")

    @admin.display(description="NDCG")
    def figures(self, override: Override) -> SafeString | str:
        """Before and after, and how sure the difference is."""
        evidence = override.evidence
        means, found = evidence.get("later") or evidence.get("judged"), evidence.get("difference")
        if not means or not found:
            return "–"
        sure = _("%(low)s to %(high)s (%(level)s), %(n)d visitors") % {
            "low": f"{found['low']:+.4f}",
            "high": f"{found['high']:+.4f}",
            "level": f"{100 * found['level']:.3g} %",
            "n": found["n"],
        }
        return format_html(
            '{} → {} <span class="rec-quiet">({})</span>',
            f"{means['present']:.4f}",
            f"{means['proposed']:.4f}",
            sure,
        )

    @admin.display(description=gettext_lazy("by"), ordering="author_kind")
    def by(self, override: Override) -> SafeString:
        who = " ".join(filter(None, (str(override.get_author_kind_display()), override.author)))
        text = date_format(localtime(override.created_at), "SHORT_DATETIME_FORMAT")
        return format_html('{}<span class="rec-title">{}</span>', who, text)

    @admin.display(description=gettext_lazy("history"))
    def history(self, override: Override) -> SafeString:
        rows = format_html_join(
            "", "<tr><td>{}</td><th scope='row'>{}</th><td>{}</td><td class='rec-text'>{}</td></tr>",
            (
                (
                    date_format(localtime(change.at), "SHORT_DATETIME_FORMAT"),
                    change.get_to_state_display(),
                    change.by or change.get_by_kind_display(),
                    change.note,
                )
                for change in override.changes.order_by("pk")
            ),
        )  # fmt: skip
        return format_html('<table class="rec-table">{}</table>', rows)

    @admin.display(description=gettext_lazy("merged over the entry"))
    def value_text(self, override: Override) -> SafeString:
        return _json(override.value)

    @admin.display(description=gettext_lazy("base"))
    def base_text(self, override: Override) -> SafeString:
        return _json(override.base)

    # --- decide ---------------------------------------------------------------------------------------------------

    def has_activate_permission(self, request: HttpRequest) -> bool:
        """Who may decide on Overrides."""
        return bool(request.user.has_perm("recommendations.activate_override"))

    @admin.action(description=gettext_lazy("Activate selected overrides"), permissions=["activate"])
    def activate_selected(self, request: HttpRequest, queryset: QuerySet[Override]) -> HttpResponse:
        return self.ask("activate", queryset)

    @admin.action(description=gettext_lazy("Reject selected overrides"), permissions=["activate"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Override]) -> HttpResponse:
        return self.ask("reject", queryset)

    @admin.action(description=gettext_lazy("Roll back selected overrides"), permissions=["activate"])
    def roll_back_selected(self, request: HttpRequest, queryset: QuerySet[Override]) -> HttpResponse:
        return self.ask("roll_back", queryset)

    def asking_view(self, request: HttpRequest, what: str) -> HttpResponse:
        """Asks first (GET), then decides (POST)."""
        if not self.has_activate_permission(request):
            raise PermissionDenied
        ids = self.asked_ids(request)
        overrides = list(Override.objects.filter(pk__in=ids).order_by("pk"))
        if not overrides or what not in DECISIONS:
            raise Http404
        if request.method == "POST":
            for override in overrides:
                self._decide(request, what, override)
            return HttpResponseRedirect(self.url_of("changelist"))
        rows = [(override, self.difference(override)) for override in overrides]
        context = {
            **self.admin_site.each_context(request),
            "title": DECISIONS[what][1], "opts": self.opts, "what": what, "rows": rows,
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/override_confirm.html", context)

    def _decide(self, request: HttpRequest, what: str, override: Override) -> None:
        by = changing.person(request.user.get_username())
        try:
            times = {
                side: rules.moment(side, request.POST.get(side, "")) for side in ("starts_at", "ends_at")
            }
            if what == "activate" and any(times.values()):
                changing.schedule(override.pk, by=by, check=checked, **times)
            elif what == "activate":
                changing.activate(override.pk, by=by, check=checked)
            elif what == "reject":
                changing.reject(override.pk, by=by)
            else:
                changing.roll_back_this(override.pk, by=by)
        except RecommendationsError as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        override.refresh_from_db()
        label = override.state_label
        self.log_change(request, override, str(label))
        text = _("Override %(id)d of %(name)s: %(state)s.")
        self.message_user(
            request, text % {"id": override.pk, "name": override.name, "state": label}, messages.SUCCESS
        )

    # --- pages ----------------------------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"is_empty": not Override.objects.exists(), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        override = Override.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        can = changing.moves(override) if override and self.has_activate_permission(request) else ()
        decisions = [(what, state.label) for what, (state, _title) in DECISIONS.items() if state in can]
        return super().change_view(
            request, object_id, form_url, {"decisions": decisions, **(extra_context or {})}
        )


_NAMING = ("source", "filter", "rerank", "recommenders", "weight")


def _problem(override: Override) -> str:
    """Why an active Override has no effect, or ""."""
    if override.state_now not in (State.ACTIVE, State.SCHEDULED):
        return ""
    try:
        checked(override)
    except ConfigurationError as error:
        return str(error)
    return override.problem


def shown(value: Any) -> SafeString:
    """A value as settings have it, short; sources as `similar(also_viewed, also_bought) × 0.5`."""
    if value is None:
        return format_html('<span class="rec-quiet">{}</span>', _("nothing"))
    if isinstance(value, list) and any(isinstance(each, dict) and "source" in each for each in value):
        return format_html("<code>{}</code>", " + ".join(map(source_text, value)))
    return format_html("<code>{}</code>", json.dumps(value, ensure_ascii=False))


def source_text(link: Any) -> str:
    """A link of a chain in short: `similar(also_viewed, also_bought) × 0.5`, `at_most(n=1, per=brand)`, `cart`."""
    if not isinstance(link, dict):
        return str(link)
    name = next((link[word] for word in ("source", "filter", "rerank") if word in link), "")
    rest = {key: each for key, each in link.items() if key not in _NAMING}
    inside = [*link.get("recommenders", ()), *(f"{key}={each}" for key, each in rest.items())]
    text = f"{name}({', '.join(map(str, inside))})" if inside else str(name)
    return text if link.get("weight", 1.0) == 1.0 else f"{text} × {link['weight']:g}"


def _json(value: Any) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(value, ensure_ascii=False, indent=2))
