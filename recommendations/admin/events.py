"""The log: what visitors did, and what they were shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import BigTableAdmin, OwnChoicesFilter, PlacementFilter, Span, scopes_of
from recommendations.conf import settings
from recommendations.datatypes import Kind
from recommendations.models import Event, Impression


class KindFilter(OwnChoicesFilter):
    title = _("kind")
    parameter_name = field = "kind"

    def values(self, request: HttpRequest) -> Sequence[str]:
        return [*(kind.value for kind in Kind), *settings.EVENT_KINDS]


class VoidedFilter(admin.SimpleListFilter):
    title = _("counts")
    parameter_name = "counts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Counts")), ("no", _("Voided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() is None else queryset.filter(voided_at__isnull=self.value() == "yes")


@admin.register(Event)
class EventAdmin(BigTableAdmin):
    date_hierarchy = "occurred_at"
    list_display = (
        "occurred_at", "kind", "item_key", "visitor_key", "amount", "order_key", "placement", "counts", "simulated",
    )  # fmt: skip
    list_filter = (KindFilter, PlacementFilter, "simulated", VoidedFilter)
    search_fields = ("visitor_key", "item_key", "order_key", "slate_id")
    search_help_text = _("A whole key: visitor (u:1, a:…), item, order or slate.")

    def search(self, term: str) -> Q:
        # The indexes of visitors and items begin with the scope.
        scopes = Q(scope__in=scopes_of(Event))
        by_scope = scopes & Q(visitor_key=term) | scopes & Q(item_key=term)
        return by_scope | Q(order_key=term) | Q(slate_id=term)

    def whole_span(self) -> Span:
        spans = []
        for kind in [*Kind, *settings.EVENT_KINDS]:
            moments = Event.objects.filter(kind=kind).values_list("occurred_at", flat=True)
            spans += [moments.order_by("occurred_at").first(), moments.order_by("-occurred_at").first()]
        known = [moment for moment in spans if moment is not None]
        return {"first": min(known, default=None), "last": max(known, default=None)}

    @admin.display(description=_("value"))
    def amount(self, event: Event) -> str:
        return "" if event.value is None else f"{event.value}\N{NO-BREAK SPACE}{event.currency}".strip()

    @admin.display(description=_("counts"), boolean=True)
    def counts(self, event: Event) -> bool:
        return event.voided_at is None


@admin.register(Impression)
class ImpressionAdmin(BigTableAdmin):
    date_hierarchy = "occurred_at"
    list_display = ("occurred_at", "placement", "visitor_key", "n_seen", "slate_id", "simulated")
    list_filter = (PlacementFilter, "simulated")
    search_fields = ("visitor_key", "slate_id")
    search_help_text = _("A whole key: visitor (u:1, a:…) or slate.")

    def search(self, term: str) -> Q:
        return Q(scope__in=scopes_of(Impression), visitor_key=term) | Q(slate_id=term)
