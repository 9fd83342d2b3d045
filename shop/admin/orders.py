from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from shop import orders
from shop.models import Order, OrderLine


class OrderLineInline(admin.TabularInline):
    model = OrderLine
    extra = 0
    autocomplete_fields = ("product",)
    fields = ("position", "product", "quantity", "unit_price", "discount", "line_total")


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ("number", "placed_at", "status", "user", "email", "total", "currency", "simulated")
    list_filter = ("status", "simulated", "currency", "placed_at")
    list_select_related = ("user",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("number", "email", "user__username", "source_key")
    autocomplete_fields = ("user", "coupon")
    date_hierarchy = "placed_at"
    # The status changes by the actions below, which keep stock and payment time in step with it.
    readonly_fields = ("status", "paid_at")
    inlines = (OrderLineInline,)
    actions = ("mark_paid", "cancel", "refund")

    @admin.action(description=_("Mark the selected orders as paid"))
    def mark_paid(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._apply(request, queryset, orders.mark_paid)

    @admin.action(description=_("Cancel the selected orders"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._apply(request, queryset, orders.cancel)

    @admin.action(description=_("Refund the selected orders"))
    def refund(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._apply(request, queryset, orders.refund)

    def _apply(
        self, request: HttpRequest, queryset: QuerySet[Order], change: Callable[[Order], bool]
    ) -> None:
        outcomes = [change(order) for order in queryset]
        n_changed, n_left = sum(outcomes), len(outcomes) - sum(outcomes)
        if n_changed:
            text = ngettext("%(n)d order was changed.", "%(n)d orders were changed.", n_changed)
            self.message_user(request, text % {"n": n_changed}, messages.SUCCESS)
        if n_left:
            text = ngettext(
                "%(n)d order was left as it is: its status does not allow this.",
                "%(n)d orders were left as they are: their status does not allow this.",
                n_left,
            )
            self.message_user(request, text % {"n": n_left}, messages.WARNING)
