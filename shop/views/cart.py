"""The cart page and everything that changes the cart."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from shop.cart import Cart, CartError
from shop.coupons import CouponRefused
from shop.forms import QuantityForm
from shop.models import Product
from shop.navigation import safe_next

# Of a 64-bit key.
MAX_DIGITS = 19
WRONG_QUANTITY = gettext_lazy("Please enter a quantity between 0 and 999.")


@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    current = Cart(request)
    return render(request, "shop/cart.html", {"cart": current, "cart_products": current.products})


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Posted: `product` (key of a product or the chosen variant; may repeat), `quantity` of each, `next`."""
    keys = [int(key) for key in request.POST.getlist("product") if key.isdecimal() and len(key) < MAX_DIGITS]
    found = list(Product.objects.visible().filter(pk__in=keys).select_related("parent").order_by("pk"))
    back = safe_next(request, found[0].get_absolute_url() if found else reverse("shop:products"))
    form = QuantityForm({"quantity": request.POST.get("quantity") or 1})
    if not found or not form.is_valid():
        messages.error(
            request, WRONG_QUANTITY if found else _("This product is no longer sold. Please choose another.")
        )
        return redirect(back)
    current, n_refused = Cart(request), 0
    for product in found:
        try:
            current.add(product, form.cleaned_data["quantity"])
        except CartError as error:
            n_refused += 1
            messages.error(request, str(error))
        else:
            messages.success(request, _("“%(name)s” is in your cart.") % {"name": product.full_name})
    return redirect(back if n_refused == len(found) else safe_next(request, reverse("shop:cart")))


@require_POST
def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Posted: `quantity`; 0 removes the line."""
    product = get_object_or_404(Product.objects.select_related("parent"), pk=pk)
    form = QuantityForm(request.POST)
    if not form.is_valid():
        messages.error(request, WRONG_QUANTITY)
        return redirect("shop:cart")
    try:
        Cart(request).set_quantity(product, form.cleaned_data["quantity"])
    except CartError as error:
        messages.error(request, str(error))
    return redirect("shop:cart")


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    product = get_object_or_404(Product.objects.select_related("parent"), pk=pk)
    Cart(request).set_quantity(product, 0)
    messages.info(request, _("“%(name)s” was removed.") % {"name": product.full_name})
    return redirect("shop:cart")


@require_POST
def coupon(request: HttpRequest) -> HttpResponse:
    """Posted: `code`, or `remove` to give the coupon up."""
    current = Cart(request)
    if "remove" in request.POST:
        current.drop_coupon()
        return redirect("shop:cart")
    try:
        used = current.use_coupon(request.POST.get("code", ""))
    except CouponRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Coupon %(code)s is in use.") % {"code": used.code})
    return redirect("shop:cart")
