from __future__ import annotations

from django.contrib import admin

from shop.models import Campaign, Coupon, CouponRedemption, Discount


@admin.register(Discount)
class DiscountAdmin(admin.ModelAdmin):
    list_display = ("product", "percent", "name", "starts_at", "ends_at")
    list_filter = ("name", "ends_at")
    list_select_related = ("product",)
    search_fields = ("product__name", "name")
    autocomplete_fields = ("product",)
    show_full_result_count = False


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):
    list_display = ("name", "kind", "starts_at", "ends_at")
    list_filter = ("kind",)
    search_fields = ("name",)


@admin.register(Coupon)
class CouponAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "percent", "min_total", "campaign", "starts_at", "ends_at")
    list_filter = ("campaign", "ends_at")
    list_select_related = ("campaign",)
    search_fields = ("code", "name")
    autocomplete_fields = ("campaign", "products")


@admin.register(CouponRedemption)
class CouponRedemptionAdmin(admin.ModelAdmin):
    list_display = ("coupon", "user", "order", "redeemed_at")
    list_select_related = ("coupon", "user", "order")
    search_fields = ("coupon__code", "user__username", "order__number")
    autocomplete_fields = ("coupon", "user", "order")
    date_hierarchy = "redeemed_at"
