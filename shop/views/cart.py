"""The cart page and everything that changes the cart."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shop.cart import Cart, CartError
from shop.coupons import CouponRefused
from shop.forms import QuantityForm
from shop.models import Product
from shop.navigation import safe_next


@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    current = Cart(request)
    return render(request, "shop/cart.html", {"cart": current, "cart_products": current.products})


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Posted: `product` (key of the product or the chosen variant), `quantity` (default 1), `next`."""
    key = request.POST.get("product", "")
    if not key.isdecimal():
        messages.error(request, _("Please choose a product."))
        return redirect(safe_next(request, "shop:products"))
    product = get_object_or_404(Product.objects.visible().select_related("parent"), pk=int(key))
    form = QuantityForm({"quantity": request.POST.get("quantity") or 1})
    try:
        if not form.is_valid():
            raise CartError(_("Please enter a quantity between 0 and 999."))
        Cart(request).add(product, form.cleaned_data["quantity"])
    except CartError as error:
        messages.error(request, str(error))
        return redirect(safe_next(request, product.get_absolute_url()))
    messages.success(request, _("“%(name)s” is in your cart.") % {"name": product.full_name})
    return redirect(safe_next(request, "shop:cart"))


@require_POST
def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Posted: `quantity`; 0 removes the line."""
    product = get_object_or_404(Product.objects.select_related("parent"), pk=pk)
    form = QuantityForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please enter a quantity between 0 and 999."))
        return redirect("shop:cart")
    try:
        Cart(request).set(product, form.cleaned_data["quantity"])
    except CartError as error:
        messages.error(request, str(error))
    return redirect("shop:cart")


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    product = get_object_or_404(Product.objects.select_related("parent"), pk=pk)
    Cart(request).set(product, 0)
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
