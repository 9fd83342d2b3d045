"""What the shop tells `recommendations`: the only file that knows both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from recommendations.adapter import Adapter, Behaviour
from recommendations.datatypes import Context, Hit, Kind
from shop.cart import SESSION_KEY, Cart
from shop.models import Category, Order, OrderLine, Product


def order_lines() -> QuerySet[OrderLine]:
    """Order lines with what the declaration reads, and nothing more: there are millions of them."""
    return OrderLine.objects.select_related("order", "product").only(
        "quantity",
        "line_total",
        "product__parent_id",
        "order__user_id",
        "order__status",
        "order__placed_at",
        "order__currency",
        "order__simulated",
    )


def buyer(line: OrderLine) -> str:
    """The visitor key of who placed the order, without reading the user."""
    return f"u:{line.order.user_id}" if line.order.user_id else ""


def author(row: Any) -> str:
    """The visitor key of a review's or wish's user, without reading the user."""
    return f"u:{row.user_id}"


def product_hit(product: Product, request: HttpRequest, quantity: int = 1, **kwargs: Any) -> list[Hit]:
    """What happened to one product in a request."""
    return [Hit(item=product, request=request, quantity=quantity)]


def search_hit(query: str, n_results: int, request: HttpRequest, **kwargs: Any) -> list[Hit]:
    """A search, with how much it found."""
    return [Hit(query=query, request=request, context={"n_results": n_results})]


def attributes(product: Product) -> dict[str, str]:
    """What only some products have: a size, and the regular price of those with a discount in force."""
    found = {"size": product.size, "regular_price": str(product.old_price or "")}
    return {name: text for name, text in found.items() if text}


class ShopAdapter(Adapter):
    """Products are items; a variant answers for its parent."""

    product_models = ("shop.Product",)
    currency = settings.SHOP_CURRENCY
    sellable_looks_at = ()  # the same for everybody
    fields = {
        "title": "name",
        "text": "description",
        "categories": "category.path",
        "brand": "brand",
        "supplier": "supplier",
        "price": "price_now",
        "cost": "cost",
        "stock": "stock",
        "available_from": "available_from",
        "available_until": "available_until",
        "created_at": "created_at",
        "attributes": attributes,
    }
    card_fields = {
        "title": "name",
        "image": "tile_url",
        "price": "price_now",
        "old_price": "old_price",
        "badge": lambda product: f"−{product.current_percent:.0f} %" if product.current_percent else "",
    }
    behaviours = (
        Behaviour(
            Kind.PURCHASE,
            model="shop.OrderLine",
            queryset=order_lines,
            item="product",
            visitor=buyer,
            time="order.placed_at",
            quantity="quantity",
            value="line_total",
            currency="order.currency",
            order="order",
            simulated="order.simulated",
            when=lambda line: line.order.status == Order.Status.PAID,
            order_model="shop.Order",
            watch={"shop.Order": lambda order: order.lines.all()},
            signal="shop.signals.order_placed",
            rows=lambda order, **kwargs: order.lines.all(),
        ),
        Behaviour(
            Kind.RATING,
            model="shop.Review",
            visitor=author,
            time="created_at",
            rating="rating",
            when=lambda review: review.status == review.Status.PUBLISHED,
        ),
        Behaviour(Kind.WISH, model="shop.Wish", visitor=author, time="created_at"),
        Behaviour(Kind.VIEW, signal="shop.signals.product_viewed", rows=product_hit),
        Behaviour(Kind.SEARCH, signal="shop.signals.searched", rows=search_hit),
        Behaviour(Kind.CART, signal="shop.signals.cart_added", rows=product_hit),
        Behaviour(Kind.UNCART, signal="shop.signals.cart_removed", rows=product_hit),
    )

    def catalogue(self, model: type[Model]) -> QuerySet[Any]:
        return Product.objects.main().select_related("category").with_prices()

    def item_key(self, obj: Any) -> str:
        return str(obj.parent_id or obj.pk)

    def sellable(self, model: type[Model], context: Context) -> QuerySet[Any]:
        # What a card of ours reads; ratings and variants would cost as much again.
        return Product.objects.main().sellable().select_related("category").with_prices()

    def in_cart(self, context: Context) -> Iterable[str]:
        if context.request is None or not (quantities := context.request.session.get(SESSION_KEY)):
            return ()
        pairs = Product.objects.filter(pk__in=quantities).values_list("pk", "parent_id")
        return [str(parent_pk or pk) for pk, parent_pk in pairs]

    def segment_urls(self, kind: str, keys: Sequence[str], context: Context) -> Mapping[str, str]:
        if kind == "category":
            return {each.path: each.get_absolute_url() for each in Category.objects.filter(path__in=keys)}
        return {brand: f"{reverse('shop:products')}?{urlencode({'brand': brand})}" for brand in keys}

    def missing_for_free_shipping(self, context: Context) -> Decimal | None:
        if context.request is None:
            return None
        return Cart(context.request).totals.missing_for_free_shipping or None
