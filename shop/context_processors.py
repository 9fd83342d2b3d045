"""What the header and footer of every page need."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shop.models import Category


def shop(request: HttpRequest) -> dict[str, Any]:
    """The shop's name and, evaluated only when a template asks, the top categories."""
    return {
        "shop_name": settings.SHOP_NAME,
        "free_shipping_from": settings.SHOP_FREE_SHIPPING_FROM,
        "top_categories": SimpleLazyObject(
            lambda: list(Category.objects.filter(parent=None).order_by("name"))
        ),
    }
