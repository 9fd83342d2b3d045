"""From the cart to an order."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shop.cart import Cart
from shop.coupons import CouponRefused
from shop.forms import CheckoutForm
from shop.models import Order
from shop.orders import Buyer, OrderRefused, place_order

OWN_ORDERS_KEY = "own_orders"
OWN_ORDERS_KEPT = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    cart = Cart(request)
    if not cart.lines:
        return redirect("shop:cart")
    form = CheckoutForm(request.POST or None, initial=_known_details(request))
    if request.method == "POST" and form.is_valid():
        try:
            order = _place(request, cart, form)
        except (OrderRefused, CouponRefused) as refusal:
            messages.error(request, str(refusal))
            return redirect("shop:cart")
        cart.clear()
        # A guest has no account to find the order in: this browser session may see it.
        own = request.session.get(OWN_ORDERS_KEY, [])
        request.session[OWN_ORDERS_KEY] = [*own, order.number][-OWN_ORDERS_KEPT:]
        return redirect("shop:order_complete", number=order.number)
    return render(request, "shop/checkout.html", {"cart": cart, "form": form})


def _place(request: HttpRequest, cart: Cart, form: CheckoutForm) -> Order:
    user = request.user if isinstance(request.user, User) else None
    visitor = getattr(request, "recommendations", None)
    return place_order(
        cart.lines,
        Buyer(email=form.cleaned_data["email"], ship_to=form.ship_to, user=user),
        currency=settings.SHOP_CURRENCY,
        coupon=cart.coupon,
        pay_later=form.pay_later,
        simulated=bool(visitor and visitor.simulated),
        placed_at=visitor.moment if visitor else None,
        request=request,
    )


def _known_details(request: HttpRequest) -> dict[str, Any]:
    """E-mail and the last address of a known shopper, so that nobody types it twice."""
    if not request.user.is_authenticated:
        return {}
    details = {"email": request.user.email, "full_name": request.user.get_full_name()}
    last = Order.objects.filter(user=request.user).exclude(ship_to="").order_by("-placed_at").first()
    lines = last.ship_to.splitlines() if last else []
    if len(lines) == 3:  # noqa: PLR2004  (name, street, postcode and city: what CheckoutForm writes)
        postcode, _space, city = lines[2].partition(" ")
        details |= {"full_name": lines[0], "street": lines[1], "postcode": postcode, "city": city}
    return details


@never_cache
@require_safe
def order_complete(request: HttpRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order.objects.select_related("coupon"), number=number)
    owns = request.user.is_authenticated and order.user_id == request.user.pk
    if not owns and number not in request.session.get(OWN_ORDERS_KEY, []):
        raise Http404
    lines = order.lines.select_related("product__category", "product__parent")
    context = {"order": order, "lines": lines, "order_products": [line.product for line in lines]}
    return render(request, "shop/order_complete.html", context)
