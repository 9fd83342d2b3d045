"""What the pages share: reading only, and lists that stay fast on a million rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Max, Min, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from recommendations.conf import settings

Span = dict[str, Any]


class CappedPaginator(Paginator):
    """Counts no further than `CAP` rows, and pages no further: what lies behind is found with a filter."""

    CAP = 10_000

    object_list: QuerySet

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[: self.CAP].count()

    @property
    def is_capped(self) -> bool:
        """True when there are more rows than can be paged to."""
        return self.count >= self.CAP


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows can be looked at, by those with the view permission, and by nobody changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class BigTableAdmin(ReadOnlyAdmin):
    """A log: newest first by key, no joins, nothing that reads the whole table."""

    change_list_template = "admin/recommendations/big_change_list.html"
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_select_related = False
    ordering = ("-pk",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        usual = super().get_queryset(request)
        # The same queryset, but one whose periods need no scan.
        with_periods = type(
            "Periods", (EveryPeriod, type(usual)), {"whole_span": staticmethod(self.whole_span)}
        )
        return with_periods(model=self.model, using=usual.db).order_by(*self.get_ordering(request))

    def whole_span(self) -> Span:
        """When the first and the last row of the whole table happened, found by an index."""
        field = str(self.date_hierarchy)
        moments = self.model._default_manager.values_list(field, flat=True)
        return {"first": moments.order_by(field).first(), "last": moments.order_by(f"-{field}").first()}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        # A list of keys of rows: otherwise the database may walk the whole table backwards for the newest ones.
        found = self.model._default_manager.filter(self.search(term)).order_by()
        return queryset.filter(pk__in=found.values("pk")), False

    def search(self, term: str) -> Q:
        """Rows that bear this whole key, by conditions that each have an index."""
        return Q(*((field, term) for field in self.search_fields), _connector=Q.OR)


class EveryPeriod(QuerySet):
    """Offers the date hierarchy every period from the first row to the last, instead of looking which have rows."""

    whole_span: Callable[[], Span]

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if set(kwargs) == {"first", "last"} and not self.query.where:
            return self.whole_span()
        return super().aggregate(*args, **kwargs)

    def datetimes(self, field_name: str, kind: str, order: str = "ASC", tzinfo: tzinfo | None = None) -> Any:
        span = self.aggregate(first=Min(field_name), last=Max(field_name))
        if span["first"] is None:
            return []
        zone = tzinfo or timezone.get_current_timezone()
        return list(periods(span["first"].astimezone(zone), span["last"].astimezone(zone), kind))


def periods(first: datetime, last: datetime, kind: str) -> Iterator[datetime]:
    """The beginnings of the years, months or days from `first` to `last`."""
    at = first.replace(hour=0, minute=0, second=0, microsecond=0)
    at = at.replace(day=1) if kind in ("year", "month") else at
    at = at.replace(month=1) if kind == "year" else at
    while at <= last:
        yield at
        following = at + timedelta(days={"year": 366, "month": 31}.get(kind, 1))
        at = following.replace(day=1) if kind in ("year", "month") else following
        at = at.replace(month=1) if kind == "year" else at


def scopes_of(model: type[Model]) -> list[str]:
    """The scopes of a table whose index begins with the scope: one look-up each, whatever its size."""
    scopes: list[str] = []
    scope = model._default_manager.order_by("scope").values_list("scope", flat=True).first()
    while scope is not None:
        scopes.append(scope)
        later = model._default_manager.filter(scope__gt=scope).order_by("scope")
        scope = later.values_list("scope", flat=True).first()
    return scopes


class OwnChoicesFilter(admin.SimpleListFilter):
    """A filter on one field whose choices are known without asking the table."""

    field: str

    def values(self, request: HttpRequest) -> Sequence[str]:
        """The choices."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value) for value in self.values(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() is None else queryset.filter(**{self.field: self.value()})


class PlacementFilter(OwnChoicesFilter):
    title = _("placement")
    parameter_name = field = "placement"

    def values(self, request: HttpRequest) -> Sequence[str]:
        return list(settings.placements)
