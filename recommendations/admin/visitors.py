"""Who: profiles, and which anonymous visitors turned out to be users."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommendations.admin import visitor_inspector
from recommendations.admin.base import BigTableAdmin, CappedPaginator, ReadOnlyAdmin
from recommendations.models import Profile, VisitorLink


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    change_list_template = "admin/recommendations/profile_change_list.html"
    change_form_template = "admin/recommendations/profile_change_form.html"
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_display = (
        "visitor_key",
        "stage",
        "n_orders",
        "value",
        "rfm",
        "last_order_at",
        "last_seen_at",
        "favourite",
    )
    list_filter = ("stage", "recency_score", "frequency_score", "monetary_score")
    search_fields = ("visitor_key__exact",)
    search_help_text = _("A whole visitor key, such as u:1.")
    ordering = ("-value", "pk")
    fields = (
        "visitor_key", "stage", "first_seen_at", "last_seen_at", "last_order_at", "n_orders", "value",
        ("recency_score", "frequency_score", "monetary_score"), "liked_categories", "liked_brands", "updated_at",
        "scope",
    )  # fmt: skip
    readonly_fields = ("liked_categories", "liked_brands")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.inspect_view)
        return [path("inspect/", view, name="recommendations_profile_inspect"), *super().get_urls()]

    def inspect_view(self, request: HttpRequest) -> HttpResponse:
        """The page of a visitor, `?key=`, known or not, with a profile or without."""
        found = visitor_inspector.context_of(request)
        context = {**self.admin_site.each_context(request), "opts": self.opts, **found}
        return TemplateResponse(request, "admin/recommendations/visitor.html", context)

    @admin.display(description=_("R F M"))
    def rfm(self, profile: Profile) -> str:
        if not profile.n_orders:
            return ""
        return f"{profile.recency_score} {profile.frequency_score} {profile.monetary_score}"

    @admin.display(description=_("likes most"))
    def favourite(self, profile: Profile) -> str:
        return next(iter(profile.preferences.get("categories", {})), "")

    @admin.display(description=_("categories"))
    def liked_categories(self, profile: Profile) -> SafeString:
        return _shares(profile, "categories")

    @admin.display(description=_("brands"))
    def liked_brands(self, profile: Profile) -> SafeString:
        return _shares(profile, "brands")


def _shares(profile: Profile, what: str) -> SafeString:
    shares = profile.preferences.get(what, {})
    return format_html_join(
        "\n", "<div>{} — {}</div>", ((name, f"{share:.0%}") for name, share in shares.items())
    )


@admin.register(VisitorLink)
class VisitorLinkAdmin(BigTableAdmin):
    list_display = ("linked_at", "anonymous_key", "visitor_key", "bucket", "scope")
    search_fields = ("anonymous_key", "visitor_key")
    search_help_text = _("A whole visitor key (u:1, a:…).")
