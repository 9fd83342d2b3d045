"""Several shops in one install: which of them an admin page is about."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.admin.base import scopes_of
from recommendations.models import Event, Item, Override


def scopes_in_use() -> list[str]:
    """The scopes that have items, events or Overrides; "" where nothing has been recorded yet."""
    overridden = Override.objects.order_by().values_list("scope", flat=True).distinct()
    return sorted({*scopes_of(Item), *scopes_of(Event), *overridden}) or [""]


def asked_scope(request: HttpRequest, scopes: list[str], default: str | None = None) -> str:
    """The scope that a page is asked for (`?scope=`), else the default, else the first."""
    asked = request.GET.get("scope", default)
    return asked if asked in scopes else scopes[0]


def scope_choices(scopes: list[str]) -> list[tuple[str, str]]:
    """Each with what it is called; none where there is nothing to choose."""
    return [(scope, scope or _("(without a name)")) for scope in scopes] if len(scopes) > 1 else []


class ScopeFilter(admin.SimpleListFilter):
    """Not there where there is one scope."""

    title = gettext_lazy("scope")
    parameter_name = "scope"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return scope_choices(scopes_in_use())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(scope=self.value())
