"""Registration, the account, orders and the wishlist."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop import orders
from shop.forms import RegistrationForm
from shop.models import Order, Product
from shop.navigation import SignedInRequest

ORDERS_PAGE_SIZE = 12
RECENT_ORDERS = 3


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("shop:account")
    form = RegistrationForm(request.POST or None)
    target = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():  # the user and the customer
            user = form.save()
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        messages.success(request, _("Welcome! Your account is ready."))
        stays = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
        return redirect(target if stays else "shop:account")
    return render(request, "shop/register.html", {"form": form, "next": target})


@login_required
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    recent = (
        Order.objects.filter(user=request.user).annotate(n_lines=Count("lines")).order_by("-placed_at", "-pk")
    )
    wished = Product.objects.visible().filter(wishes__user=request.user).order_by("-wishes__created_at")
    context = {"orders": recent[:RECENT_ORDERS], "wished": wished.for_cards()[:4]}
    return render(request, "shop/account.html", context)


@login_required
@require_safe
def order_history(request: SignedInRequest) -> HttpResponse:
    own = Order.objects.filter(user=request.user).annotate(n_lines=Count("lines"))
    page = Paginator(own.order_by("-placed_at", "-pk"), ORDERS_PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "shop/orders.html", {"page": page})


@login_required
@require_safe
def order(request: SignedInRequest, number: str) -> HttpResponse:
    found = get_object_or_404(Order.objects.select_related("coupon"), number=number, user=request.user)
    lines = found.lines.select_related("product__category", "product__parent")
    return render(request, "shop/order.html", {"order": found, "lines": lines})


@require_POST
@login_required
def cancel_order(request: SignedInRequest, number: str) -> HttpResponse:
    found = get_object_or_404(Order, number=number, user=request.user)
    if orders.cancel(found):
        messages.success(request, _("Order %(number)s was cancelled.") % {"number": number})
    else:
        messages.error(request, _("Order %(number)s can no longer be cancelled.") % {"number": number})
    return redirect(found)


@login_required
@require_safe
def wishlist(request: SignedInRequest) -> HttpResponse:
    wished = Product.objects.visible().filter(wishes__user=request.user).order_by("-wishes__created_at", "pk")
    return render(request, "shop/wishlist.html", {"products": wished.for_cards()})
