"""The item mirror, and "why this?": what is recommended beside an item, with the evidence behind each pair."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.adapter import get_adapter
from recommendations.admin.base import CappedPaginator, ReadOnlyAdmin
from recommendations.conf import settings
from recommendations.datatypes import ListKind
from recommendations.models import Item
from recommendations.reports.evidence import pair_evidence
from recommendations.reports.placements import REAL
from recommendations.reports.whereabouts import whereabouts
from recommendations.serving.touching import rules_touching
from recommendations.store import ListRequest, get_store

#: At most so many choices in a filter.
MOST_CHOICES = 40
#: So many of a list are shown at once, the rest on demand.
SHOWN = 10


class CategoryFilter(admin.SimpleListFilter):
    """By outermost category."""

    title = gettext_lazy("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        paths = Item.objects.order_by().values_list("categories", flat=True).distinct()
        names = sorted({path.split("/")[0] for of_item in paths for path in of_item})
        return [(name, name) for name in names[:MOST_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        name = self.value()
        return queryset if name is None else in_category(queryset, name)


class BrandFilter(admin.SimpleListFilter):
    """By brand, the ones with the most items."""

    title = gettext_lazy("brand")
    parameter_name = "brand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        brands = Item.objects.exclude(brand="").order_by().values_list("brand").annotate(n=Count("pk"))
        return [(name, name) for name, _n in brands.order_by("-n", "brand")[:MOST_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() is None else queryset.filter(brand=self.value())


def in_category(queryset: QuerySet, name: str) -> QuerySet:
    """Items with a path that is, or begins with, a category. JSON is searched as text, which every database can."""
    queryset = queryset.annotate(_categories=Cast("categories", TextField()))
    wanted = Q()
    for escaped in (json.dumps(name)[:-1], json.dumps(name, ensure_ascii=False)[:-1]):
        wanted |= Q(_categories__contains=f'{escaped}"') | Q(_categories__contains=f"{escaped}/")
    return queryset.filter(wanted)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One place of an item's list."""

    rank: int
    key: str
    item: Item | None
    score: float
    source: str

    @property
    def percent(self) -> int:
        return round(100 * self.score)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """An item's list in the live snapshot of one recommender."""

    recommender: str
    snapshot_id: int | None
    entries: list[Neighbour]

    @property
    def first(self) -> list[Neighbour]:
        """What a page would show."""
        return self.entries[:SHOWN]

    @property
    def more(self) -> list[Neighbour]:
        """The rest."""
        return self.entries[SHOWN:]


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin):
    change_form_template = "admin/recommendations/item_change_form.html"
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_display = ("title", "item_key", "first_category", "brand", "price", "stock", "is_gone")
    list_filter = ("is_gone", CategoryFilter, BrandFilter)
    search_fields = ("title", "item_key__exact")
    search_help_text = gettext_lazy("Words of the title, or a whole item key.")
    ordering = ("-pk",)

    @admin.display(description=gettext_lazy("category"))
    def first_category(self, item: Item) -> str:
        return item.categories[0] if item.categories else ""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/why/evidence/",
                view(self.evidence_view),
                name="recommendations_item_evidence",
            ),
            path("<path:object_id>/why/", view(self.why_view), name="recommendations_item_why"),
            *super().get_urls(),
        ]

    def why_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What each live recommender shows beside the item."""
        item = self._item(request, object_id)
        title = _("Why this? %(item)s") % {"item": item.title}
        lists = neighbours(item)
        context = {
            "title": title,
            "item": item,
            "lists": [found for found in lists if found.entries],
            "without": [found.recommender for found in lists if not found.entries and found.snapshot_id],
            "not_live": [found.recommender for found in lists if not found.snapshot_id],
            "rules": rules_touching(item.item_key, get_adapter().context(None).with_(scope=item.scope)),
            "shown": whereabouts(item.item_key, item.scope, request.GET.get("figures") or REAL),
        }
        return self._page(request, "admin/recommendations/item_why.html", context)

    def evidence_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Who bought or viewed both the item and `?other=KEY`."""
        item = self._item(request, object_id)
        key = request.GET.get("other", "")
        if not key:
            raise Http404
        other = Item.objects.filter(scope=item.scope, item_key=key).first()
        with_simulated = bool(settings.TRAIN_ON_SIMULATED)
        context = {
            "title": _("Evidence"),
            "item": item,
            "other": other,
            "other_name": other.title if other else key,
            "evidence": pair_evidence(item.item_key, key, item.scope, simulated=with_simulated),
        }
        return self._page(request, "admin/recommendations/item_evidence.html", context)

    def _item(self, request: HttpRequest, object_id: str) -> Item:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isdecimal():
            raise Http404
        return get_object_or_404(Item, pk=object_id)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


def neighbours(item: Item) -> list[Neighbours]:
    """The item's lists in every live snapshot, and the recommenders that have none for it. Three queries."""
    store = get_store()
    wanted = [ListRequest(name, ListKind.ITEM, item.item_key) for name in settings.recommenders]
    lists = store.fetch(item.scope, wanted)
    live = store.live(item.scope)
    keys = {key for found in lists.values() for key, _score, _source in found.entries}
    items = items_by_key(item.scope, keys)
    return [
        Neighbours(
            request.recommender,
            live.get(request.recommender),
            [
                Neighbour(rank, key, items.get(key), score, source)
                for rank, (key, score, source) in enumerate(lists[request].entries, start=1)
            ]
            if request in lists
            else [],
        )
        for request in wanted
    ]


def items_by_key(scope: str, keys: Iterable[str]) -> dict[str, Item]:
    """The mirror's rows of some items."""
    return {item.item_key: item for item in Item.objects.filter(scope=scope, item_key__in=set(keys))}
