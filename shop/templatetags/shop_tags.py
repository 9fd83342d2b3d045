from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from shop.cart import Cart
from shop.money import format_money

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str = "") -> str:
    return format_money(amount, currency or None)


@register.filter
def percent(value: Decimal) -> str:
    """25.00 → "25", 12.50 → "12.5"."""
    return f"{Decimal(value).normalize():f}"


@register.filter
def tenths(value: Decimal | float) -> str:
    """4.25 → "85": a share of five as a whole percentage, for the width attribute of a bar."""
    return str(round(float(value) * 20))


@register.inclusion_tag("shop/_stars.html")
def stars(value: Decimal | float, count: int | None = None) -> dict[str, Any]:
    """Five stars filled up to `value` (1..5), with the words for those who do not see them."""
    return {"value": value, "percent": tenths(value), "count": count}


@register.simple_tag(takes_context=True)
def cart_size(context: dict[str, Any]) -> int:
    request: HttpRequest | None = context.get("request")
    return len(Cart(request)) if request is not None and hasattr(request, "session") else 0


@register.filter
def field(bound: BoundField) -> SafeString:
    """A form field with label, help and errors, tied together for screen readers."""
    if bound.errors:
        bound.field.widget.attrs["aria-invalid"] = "true"
    return render_to_string("shop/_field.html", {"field": bound, "optional": _("optional")})
