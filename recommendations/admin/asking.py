"""Actions that ask before they do something: a page shows what was selected, and a button does it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from recommendations.admin.base import ReadOnlyAdmin


class AsksFirst(ReadOnlyAdmin):
    """`asking_view(request, what)` is at `asking_name`/WHAT/; actions go there by `ask`."""

    asking_name: str

    def asking_view(self, request: HttpRequest, what: str) -> HttpResponse:
        """Asks (GET), then does it (POST)."""
        raise NotImplementedError

    def ask(self, what: str, queryset: QuerySet[Any]) -> HttpResponse:
        """To the page that asks about the selected rows."""
        ids = ",".join(str(pk) for pk in queryset.order_by("pk").values_list("pk", flat=True))
        return HttpResponseRedirect(f"{self.url_of(self.asking_name, what)}?ids={ids}")

    @staticmethod
    def asked_ids(request: HttpRequest) -> list[str]:
        """The primary keys that the page was asked about."""
        return [pk for pk in request.GET.get("ids", "").split(",") if pk.isdecimal()]

    def url_of(self, name: str, *args: Any) -> str:
        """One of this model's admin pages."""
        named = f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}"
        return reverse(named, args=args, current_app=self.admin_site.name)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.asking_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_{self.asking_name}"
        return [path(f"{self.asking_name}/<str:what>/", view, name=name), *super().get_urls()]
