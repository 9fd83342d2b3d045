"""Home, the product lists and search."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from shop.listing import RATINGS, Filters, brand_choices, in_category, matching, narrowed, ordered
from shop.models import Category, Discount, Product
from shop.signals import searched

PAGE_SIZE = 24
SHELF_SIZE = 8


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    on_sale = Discount.objects.active().values("product")
    cards = Product.objects.main().sellable().for_cards()
    return render(
        request,
        "shop/home.html",
        {
            "newest": cards.order_by("-created_at", "-pk")[:SHELF_SIZE],
            "deals": cards.filter(pk__in=on_sale).order_by(F("active_percent").desc(), "-pk")[:SHELF_SIZE],
        },
    )


@require_safe
def products(request: HttpRequest) -> HttpResponse:
    """Everything the shop has."""
    return _listing(request, Filters.from_query(request.GET), None)


@require_safe
def category(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    found = get_object_or_404(Category, pk=pk)
    if slug != (found.slug or "category"):
        return redirect(found, permanent=True)
    return _listing(request, Filters.from_query(request.GET), found)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    filters = Filters.from_query(request.GET, searching=True)
    if not filters.query:
        return redirect("shop:products")
    base = matching(Product.objects.visible().main(), filters.query)
    context = _listing_context(request, filters, base)
    # Turning pages and narrowing down is the same search, told once.
    if request.method == "GET" and not filters.n_active and "page" not in request.GET:
        searched.send(
            sender=search, query=filters.query, n_results=context["page"].paginator.count, request=request
        )
    return render(request, "shop/search.html", context | category_context(None))


def _listing(request: HttpRequest, filters: Filters, chosen: Category | None) -> HttpResponse:
    base = in_category(Product.objects.visible().main(), chosen)
    context = _listing_context(request, filters, base) | category_context(chosen)
    return render(request, "shop/listing.html", context)


def _listing_context(request: HttpRequest, filters: Filters, base: Any) -> dict[str, Any]:
    found = ordered(narrowed(base.for_cards(), filters), filters)
    return {
        "filters": filters,
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "brands": brand_choices(narrowed(base, filters, without_brands=True), filters.brands),
        "ratings": RATINGS,
        "is_plain": not filters.n_active and "page" not in request.GET,
    }


def category_context(chosen: Category | None) -> dict[str, Any]:
    """The sidebar's and the header's categories, in one query.

    `breadcrumbs` (outermost first, without the chosen one), `top_categories` and `tree`, open along the way
    to it. Rows of `tree` are (category, depth, on the way?), in the order they are shown.
    """
    paths = [*chosen.ancestor_paths, chosen.path] if chosen else []
    rows = Category.objects.filter(Q(parent=None) | Q(parent__path__in=paths)).order_by("name")
    by_parent: dict[int | None, list[Category]] = {}
    for row in rows:
        by_parent.setdefault(row.parent_id, []).append(row)
    tree: list[tuple[Category, int, bool]] = []

    def grow(parent: int | None, depth: int) -> None:
        for node in by_parent.get(parent, ()):
            tree.append((node, depth, node.path in paths))
            grow(node.pk, depth + 1)

    grow(None, 0)
    breadcrumbs = [node for node, _depth, on_the_way in tree if on_the_way and node != chosen]
    return {
        "category": chosen,
        "breadcrumbs": breadcrumbs,
        "tree": tree,
        "top_categories": by_parent.get(None, []),
    }
