"""Two ways into the shop: through its real pages, and straight to the functions behind them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from importlib import import_module
from typing import Any, Protocol

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.module_loading import import_string

from recommendations.shortcuts import clicked, recommend, seen, simulated_headers
from shop.cart import Cart, CartError
from shop.listing import matching
from shop.models import Product
from shop.orders import Buyer, OrderRefused, place_order
from shop.signals import product_viewed, searched

USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
EMAIL = "simulated@example.invalid"


@dataclass
class SeenSlate:
    """A slate on a page: its token and the keys of its items, in order of position."""

    token: str
    placement: str
    items: list[str] = field(default_factory=list)


class Way(Protocol):
    """How a simulated visitor acts. Pages return the slates on them."""

    def home(self) -> list[SeenSlate]:
        """Open the home page."""

    def product(self, pk: int) -> list[SeenSlate]:
        """Open a product's page."""

    def search(self, query: str) -> list[SeenSlate]:
        """Search."""

    def report(self, slate: SeenSlate, positions: list[int], item_key: str | None) -> None:
        """Tell what was seen of a slate, and what was clicked."""

    def add(self, pk: int) -> bool:
        """Put one piece into the cart; False when it is sold out."""

    def check_out(self) -> bool:
        """Buy what is in the cart; False when that is refused."""


class SlateParser(HTMLParser):
    """Finds the slates in a page by their data attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.slates: list[SeenSlate] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if token := values.get("data-slate"):
            self.slates.append(SeenSlate(token, values.get("data-placement") or ""))
        elif (key := values.get("data-item")) and self.slates:
            self.slates[-1].items.append(key)


def slates_in(html: str) -> list[SeenSlate]:
    """The slates of a page, in its order."""
    parser = SlateParser()
    parser.feed(html)
    return parser.slates


class ThroughPages:
    """Real requests through every layer of the shop, with cookies, forms and the beacon of `track.js`."""

    def __init__(self, moment: datetime) -> None:
        self.client = Client(headers={"user-agent": USER_AGENT})
        self.headers = simulated_headers(moment)

    def _get(self, url: str) -> list[SeenSlate]:
        response = self.client.get(url, headers=self.headers, follow=True)
        return slates_in(response.content.decode()) if response.status_code == 200 else []

    def home(self) -> list[SeenSlate]:
        return self._get(reverse("shop:home"))

    def product(self, pk: int) -> list[SeenSlate]:
        return self._get(reverse("shop:product", kwargs={"pk": pk, "slug": "product"}))

    def search(self, query: str) -> list[SeenSlate]:
        return self._get(f"{reverse('shop:search')}?q={query}")

    def report(self, slate: SeenSlate, positions: list[int], item_key: str | None) -> None:
        body = {"slates": [{"token": slate.token, "seen": positions, "clicked": item_key}]}
        url = reverse("recommendations:track")
        self.client.post(url, json.dumps(body), content_type="text/plain", headers=self.headers)

    def add(self, pk: int) -> bool:
        data = {"product": pk, "quantity": 1}
        self.client.post(reverse("shop:cart_add"), data, headers=self.headers)
        return str(pk) in self.client.session.get("cart", {})

    def check_out(self) -> bool:
        address = {
            "full_name": "Simulated Visitor",
            "street": "1 Nowhere",
            "postcode": "00000",
            "city": "Nowhere",
        }
        data = {**address, "email": EMAIL, "payment": "now"}
        response = self.client.post(reverse("shop:checkout"), data, headers=self.headers)
        return "/complete/" in response.headers.get("Location", "")


class StraightToFunctions:
    """The same without templates and forms: the fast path. The middleware still runs, since it knows the visitor."""

    def __init__(self, moment: datetime) -> None:
        self.headers = {**simulated_headers(moment), "User-Agent": USER_AGENT}
        self.factory = RequestFactory(headers=self.headers)
        self.session = import_module(settings.SESSION_ENGINE).SessionStore()
        self.cookies: dict[str, str] = {}
        self.middleware = import_string("recommendations.middleware.RecommendationsMiddleware")

    def _act(self, step: Callable[[HttpRequest], Any], method: str = "get") -> Any:
        request = getattr(self.factory, method)("/")
        request.COOKIES = dict(self.cookies)
        request.session, request.user = self.session, AnonymousUser()
        result: list[Any] = []

        def view(request: HttpRequest) -> HttpResponse:
            result.append(step(request))
            return HttpResponse()

        response = self.middleware(view)(request)
        self.cookies.update({name: morsel.value for name, morsel in response.cookies.items()})
        return result[0]

    @staticmethod
    def _slates(request: HttpRequest, placements: tuple[str, ...], **options: Any) -> list[SeenSlate]:
        slates = [recommend(name, request=request, **options) for name in placements]
        return [SeenSlate(s.token, s.placement, [item.item_key for item in s]) for s in slates if s]

    def home(self) -> list[SeenSlate]:
        return list(self._act(lambda request: self._slates(request, ("home_for_you", "home_popular"))))

    def product(self, pk: int) -> list[SeenSlate]:
        def step(request: HttpRequest) -> list[SeenSlate]:
            product = Product.objects.for_cards().get(pk=pk)
            product_viewed.send(sender=self, product=product, request=request)
            return self._slates(request, ("product_page", "product_together"), item=product)

        return list(self._act(step))

    def search(self, query: str) -> list[SeenSlate]:
        def step(request: HttpRequest) -> list[SeenSlate]:
            n_results = matching(Product.objects.visible().main(), query).count()
            searched.send(sender=self, query=query, n_results=n_results, request=request)
            return [] if n_results else self._slates(request, ("search_no_result",), query=query)

        return list(self._act(step))

    def report(self, slate: SeenSlate, positions: list[int], item_key: str | None) -> None:
        def step(request: HttpRequest) -> None:
            seen(slate.token, positions, request)
            if item_key is not None:
                clicked(slate.token, item_key, request)

        self._act(step, "post")

    def add(self, pk: int) -> bool:
        def step(request: HttpRequest) -> bool:
            try:
                Cart(request).add(Product.objects.get(pk=pk))
            except CartError:
                return False
            return True

        return bool(self._act(step, "post"))

    def check_out(self) -> bool:
        def step(request: HttpRequest) -> bool:
            cart = Cart(request)
            state = request.recommendations  # type: ignore[attr-defined]
            try:
                place_order(
                    cart.lines,
                    Buyer(EMAIL),
                    currency=settings.SHOP_CURRENCY,
                    simulated=state.simulated,
                    placed_at=state.moment,
                    request=request,
                )
            except OrderRefused:
                return False
            cart.clear()
            return True

        return bool(self._act(step, "post"))
