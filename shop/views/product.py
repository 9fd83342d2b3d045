"""The product page, its drawing, reviews and wishes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shop.forms import ReviewForm
from shop.models import Category, Product, Review, Wish
from shop.navigation import SignedInRequest, safe_next
from shop.signals import product_viewed
from shop.tiles import category_tile, product_tile, tile_mark

N_REVIEWS = 20
YEAR_SECONDS = 365 * 24 * 3600


@require_safe
def product(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    main = get_object_or_404(Product.objects.visible().for_cards(), pk=pk)
    if main.parent_id is not None or slug != (main.slug or "product"):
        return redirect(main, permanent=True)
    context = _product_context(request, main)
    if request.method == "GET":
        product_viewed.send(sender=product, product=context["chosen"], request=request)
    return render(request, "shop/product.html", context | {"review_form": ReviewForm()})


def _product_context(request: HttpRequest, main: Product) -> dict[str, Any]:
    choices = [main, *Product.objects.visible().filter(parent=main).with_prices().order_by("price", "pk")]
    asked = request.GET.get("variant", "")
    in_stock = next((choice for choice in choices if choice.stock), main)
    chosen = next((choice for choice in choices if str(choice.pk) == asked), in_stock)
    mine = _own_marks(request.user, main)
    return {
        "product": main,
        "category": main.category,
        "breadcrumbs": _trail(main.category),
        "choices": choices if len(choices) > 1 else [],
        "chosen": chosen,
        "reviews": main.reviews.published().select_related("user")[:N_REVIEWS],
        "histogram": _histogram(main),
        **mine,
    }


def _trail(category: Category) -> list[Category]:
    return list(Category.objects.filter(path__in=[*category.ancestor_paths, category.path]).order_by("path"))


def _own_marks(user: User | AnonymousUser, main: Product) -> dict[str, bool]:
    if not user.is_authenticated:
        return {"is_wished": False, "has_reviewed": False}
    return {
        "is_wished": Wish.objects.filter(user=user, product=main).exists(),
        "has_reviewed": Review.objects.filter(user=user, product=main).exists(),
    }


def _histogram(main: Product) -> list[tuple[int, int]]:
    """(stars, number of published reviews), five stars first; empty without any."""
    if not main.n_reviews:  # type: ignore[attr-defined]
        return []
    counts = dict(main.reviews.published().order_by().values_list("rating").annotate(n=Count("pk")))
    return [(stars, counts.get(stars, 0)) for stars in range(5, 0, -1)]


@require_POST
@login_required
def review(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write a review; a person's second one of the same product takes the place of the first."""
    main = get_object_or_404(Product.objects.visible().main().for_cards(), pk=pk)
    mine = Review.objects.filter(user=request.user, product=main).first()
    form = ReviewForm(request.POST, instance=mine or Review(user=request.user, product=main))
    if not form.is_valid():
        return render(request, "shop/product.html", _product_context(request, main) | {"review_form": form})
    form.save()
    messages.success(request, _("Thank you for your review."))
    return redirect(main.get_absolute_url() + "#reviews")


@require_POST
@login_required
def wish(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a product on the wishlist, or take it off when `remove` is sent."""
    main = get_object_or_404(Product.objects.main(), pk=pk)
    if "remove" in request.POST:
        for row in Wish.objects.filter(user=request.user, product=main):
            row.delete()
        messages.info(request, _("Removed from your wishlist."))
    else:
        Wish.objects.get_or_create(user=request.user, product=main)
        messages.success(request, _("Saved to your wishlist."))
    return redirect(safe_next(request, main.get_absolute_url()))


def _drawing(request: HttpRequest, svg: str, mark: str) -> HttpResponse:
    etag = f'"{mark}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(svg, content_type="image/svg+xml; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response


@require_safe
def tile(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Product.objects.select_related("category"), pk=pk)
    mark = tile_mark(found.name, found.category.path)
    return _drawing(request, product_tile(found.name, found.category.path), mark)


@require_safe
def category_picture(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Category, pk=pk)
    return _drawing(request, category_tile(found.path), tile_mark("", found.path))
