from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from shop.models import Category, Discount, Product, Review, Wish


class DiscountInline(admin.TabularInline):
    model = Discount
    extra = 0


class VariantInline(admin.TabularInline):
    model = Product
    fk_name = "parent"
    extra = 0
    fields = ("sku", "name", "variant_label", "size", "category", "price", "cost", "stock", "is_active")
    autocomplete_fields = ("category",)
    verbose_name = _("variant")
    verbose_name_plural = _("variants")
    show_change_link = True


class StockFilter(admin.SimpleListFilter):
    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("sold out")), ("low", _("five or fewer")), ("enough", _("more than five"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        conditions: dict[str, dict[str, Any]] = {
            "none": {"stock": 0},
            "low": {"stock__range": (1, 5)},
            "enough": {"stock__gt": 5},
        }
        return queryset.filter(**conditions.get(self.value() or "", {}))


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ("__str__", "parent", "derived")
    list_filter = ("derived",)
    list_select_related = ("parent",)
    search_fields = ("path",)
    autocomplete_fields = ("parent",)
    readonly_fields = ("path",)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = (
        "picture",
        "full_name",
        "sku",
        "category",
        "brand",
        "price",
        "margin",
        "stock",
        "is_active",
    )
    list_display_links = ("picture", "full_name")
    list_filter = ("is_active", StockFilter, "source", ("parent", admin.EmptyFieldListFilter))
    list_select_related = ("category", "parent")
    list_per_page = 50
    search_fields = ("name", "sku", "brand")
    autocomplete_fields = ("category", "parent")
    date_hierarchy = "created_at"
    readonly_fields = ("picture", "updated_at")
    inlines = (DiscountInline, VariantInline)
    fieldsets = (
        (None, {"fields": ("picture", "name", "sku", "slug", "category", "description", "is_active")}),
        (_("Trade"), {"fields": (("price", "cost"), "stock", ("brand", "supplier"), "size")}),
        (_("Variant"), {"fields": ("parent", "variant_label")}),
        (
            _("Times"),
            {"fields": (("available_from", "available_until"), "created_at", "updated_at", "source")},
        ),
    )

    @admin.display(description=_("picture"))
    def picture(self, product: Product) -> SafeString | str:
        if product.pk is None:
            return "–"
        return format_html('<img src="{}" alt="" width="48" height="48" loading="lazy">', product.tile_url)

    @admin.display(description=_("margin"))
    def margin(self, product: Product) -> str:
        if not product.price:
            return "–"
        return f"{(product.price - product.cost) / product.price * Decimal(100):.0f} %"


@admin.register(Review)
class ReviewAdmin(admin.ModelAdmin):
    list_display = ("product", "user", "rating", "title", "status", "created_at")
    list_filter = ("status", "rating", "created_at")
    list_select_related = ("product", "user")
    search_fields = ("title", "text", "product__name", "user__username")
    autocomplete_fields = ("product", "user")
    date_hierarchy = "created_at"
    actions = ("publish", "reject")

    @admin.action(description=_("Publish the selected reviews"))
    def publish(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._set_status(queryset, Review.Status.PUBLISHED)

    @admin.action(description=_("Reject the selected reviews"))
    def reject(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        self._set_status(queryset, Review.Status.REJECTED)

    @staticmethod
    def _set_status(queryset: QuerySet[Review], status: str) -> None:
        # One by one, through save(): whoever listens to reviews hears of each.
        for review in queryset.exclude(status=status):
            review.status = status
            review.save(update_fields=["status"])


@admin.register(Wish)
class WishAdmin(admin.ModelAdmin):
    list_display = ("product", "user", "created_at")
    list_select_related = ("product", "user")
    search_fields = ("product__name", "user__username")
    autocomplete_fields = ("product", "user")
    date_hierarchy = "created_at"
