"""The lists that are live: of items, visitors, segments and words, whatever a recommender makes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import BigTableAdmin, OwnChoicesFilter
from recommendations.conf import settings
from recommendations.datatypes import EVERYBODY, ListKind
from recommendations.models import Item, RankedList, Snapshot

#: So many targets are named in a row of the page of lists.
SHOWN = 3

NAMES = {
    ListKind.ITEM: _("item"),
    ListKind.VISITOR: _("visitor"),
    ListKind.SEGMENT: _("segment"),
    ListKind.TERM: _("word"),
}


class RecommenderFilter(OwnChoicesFilter):
    title = _("recommender")
    parameter_name = "recommender"

    def values(self, request: HttpRequest) -> Sequence[str]:
        return list(settings.recommenders)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() is None else queryset.filter(snapshot__in=live(self.value()))


class KeyKindFilter(OwnChoicesFilter):
    title = _("list of")
    parameter_name = field = "key_kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(NAMES.items())


@admin.register(RankedList)
class RankedListAdmin(BigTableAdmin):
    list_display = ("recommender", "kind", "key_name", "beginning")
    list_display_links = ("key_name",)
    list_filter = (RecommenderFilter, KeyKindFilter)
    list_select_related = True
    search_fields = ("key",)
    search_help_text = _("A whole key: item, visitor (u:1, a:…), segment (category:…, community:1) or word.")
    fields = ("recommender", "kind", "key_name", "entries")
    readonly_fields = ("recommender", "kind", "key_name", "entries")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).filter(snapshot__in=live())
        return rows.exclude(key_kind=ListKind.RANKER)  # trees, no list

    def search(self, term: str) -> Q:
        # The index begins with snapshot and kind of key.
        return Q(snapshot__in=live(), key_kind__in=list(ListKind), key=term)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows: list[Any] = list(changelist.result_list)
        name_items(rows, SHOWN)
        changelist.result_list = rows
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            name_items([found], None)
        return found

    @admin.display(description=_("recommender"))
    def recommender(self, row: RankedList) -> str:
        return f"{row.snapshot.recommender} #{row.snapshot_id}"

    @admin.display(description=_("kind"))
    def kind(self, row: RankedList) -> str:
        kinds = dict(NAMES)
        return f"{kinds.get(ListKind(row.key_kind), '')} → {kinds.get(ListKind(row.target_kind), '')}"

    @admin.display(description=_("of"))
    def key_name(self, row: Any) -> str:
        if row.key_kind == ListKind.SEGMENT and row.key == EVERYBODY:
            return str(_("everybody"))
        return row.titles.get(row.key, row.key) if row.key_kind == ListKind.ITEM else row.key

    @admin.display(description=_("begins with"))
    def beginning(self, row: Any) -> str:
        names = [self._name(row, key) for key, _score, _source in row.targets[:SHOWN]]
        return " · ".join(names)

    @admin.display(description=_("list"))
    def entries(self, row: Any) -> SafeString:
        lines = format_html_join(
            "\n",
            '<tr><td class="rec-number">{}</td><th scope="row">{}</th><td class="rec-number">{}</td></tr>',
            (
                (rank, self._name(row, key), f"{100 * score:.0f}")
                for rank, (key, score, _source) in enumerate(row.targets, start=1)
            ),
        )
        return format_html('<table class="rec-figures">{}</table>', lines)

    class Media:
        css = {"all": ("recommendations/admin/admin.css",)}

    def _name(self, row: Any, key: str) -> str:
        return row.titles.get(key, key) if row.target_kind == ListKind.ITEM else key


def live(recommender: str | None = None) -> list[int]:
    """The ids of the live snapshots, of one recommender or all."""
    snapshots = Snapshot.objects.filter(status=Snapshot.Status.LIVE)
    if recommender is not None:
        snapshots = snapshots.filter(recommender=recommender)
    return list(snapshots.values_list("pk", flat=True))


def name_items(rows: Iterable[Any], shown: int | None) -> None:
    """Give rows of lists their `targets`, and the `titles` of the items in them (the first `shown`). One query."""
    of_scope: dict[str, set[str]] = {}
    for row in rows:
        row.targets = json.loads(row.items)
        keys = of_scope.setdefault(row.snapshot.scope, set())
        if row.key_kind == ListKind.ITEM:
            keys.add(row.key)
        if row.target_kind == ListKind.ITEM:
            keys.update(key for key, _score, _source in row.targets[:shown])
    titles = {
        scope: dict(
            Item.objects.filter(scope=scope, item_key__in=keys)
            .exclude(title="")
            .values_list("item_key", "title")
        )
        for scope, keys in of_scope.items()
    }
    for row in rows:
        row.titles = titles[row.snapshot.scope]
