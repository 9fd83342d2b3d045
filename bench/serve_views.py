"""What a shop's developer would write by hand: one cache read, one product query, and the answer.

These views are what the API and the template tags are measured against. They do the least that is honest: only what
may be sold now is shown, with its price of today, in the order of the list. They have no slate, no token, no filters,
no history, no variants.
"""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.models import Product

SIZE = 12
ROW = 8
TITLES = ("You may also like", "Often bought together", "Recommended for you", "Popular right now")


class CardSerializer(serializers.Serializer):
    item = serializers.CharField(source="pk")
    title = serializers.CharField(source="name")
    url = serializers.CharField(source="get_absolute_url")
    image = serializers.CharField(source="tile_url")
    price = serializers.DecimalField(max_digits=None, decimal_places=None, source="price_now")
    old_price = serializers.DecimalField(max_digits=None, decimal_places=None)


def sold_now(keys: list[str], n: int) -> list[Product]:
    """The first products of a list that may be sold now: one query."""
    wanted = keys[: 2 * n]
    found = {
        str(product.pk): product
        # What the shop's adapter reads for its cards, too.
        for product in Product.objects.main()
        .sellable()
        .select_related("category")
        .with_prices()
        .filter(pk__in=wanted)
    }
    return [found[key] for key in wanted if key in found][:n]


class HandWritten(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    renderer_classes = [JSONRenderer]

    def answer(self, key: str) -> Response:
        keys = cache.get(key)
        if keys is None:
            raise Http404
        return Response({"items": CardSerializer(sold_now(keys, SIZE), many=True).data})


class HandSimilar(HandWritten):
    def get(self, request: Request) -> Response:
        return self.answer(f"hand:similar:{request.query_params['item']}")


class HandForYou(HandWritten):
    def get(self, request: Request) -> Response:
        return self.answer(f"hand:for_you:{request.COOKIES['visitor'].partition('.')[0]}")


def hand_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Four rows of eight from one cache read and one product query."""
    product = get_object_or_404(Product.objects.visible().for_cards(), pk=pk)
    products = sold_now(cache.get(f"hand:similar:{pk}"), ROW * len(TITLES))
    rows = [
        {"title": title, "items": [_card(each) for each in products[n * ROW : (n + 1) * ROW]]}
        for n, title in enumerate(TITLES)
    ]
    return render(request, "bench/hand.html", {"product": product, "rows": rows})


def app_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The same page with four placements."""
    product = get_object_or_404(Product.objects.visible().for_cards(), pk=pk)
    return render(request, "bench/app.html", {"product": product})


def _card(product: Product) -> dict[str, Any]:
    old_price = product.old_price
    return {
        "item_key": product.pk,
        "card": {
            "title": product.name,
            "url": product.get_absolute_url(),
            "image": product.tile_url,
            "price": product.price_now,
            "price_text": f"${product.price_now:,.2f}",
            "old_price": old_price,
            "old_price_text": f"${old_price:,.2f}" if old_price is not None else "",
        },
    }
