from __future__ import annotations

from django.contrib import admin

from shop.models import Customer


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    list_display = ("user", "source_key", "attributes")
    list_select_related = ("user",)
    search_fields = ("user__username", "source_key")
    autocomplete_fields = ("user",)
