"""A shop of twelve products that can be checked by hand; item keys are the products' numbers (SKUs).

bread  b1 b2 b3    dairy  d1 d2 d3    fruit  f1 f2 f3 (f3 is a variant of f2)    tea  t1 t2 t3

The first of a shelf costs 2, the next 3 and 4; half of it is margin. A shelf is of one brand. The first ones are
organic and from the supplier North, the others from South. All came a year ago, the tea yesterday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet
from django.test import RequestFactory
from django.utils import timezone

from recommendations.datatypes import Context, ListKind, RequestState, Slate
from recommendations.models import Event, Item, Snapshot
from recommendations.serving.engine import recommend
from recommendations.store import get_store
from shop.adapter import ShopAdapter
from shop.models import Product
from tests.factories import make_category

SHELVES = {
    "Grocery/Bread": ("b1", "b2", "b3"),
    "Grocery/Dairy": ("d1", "d2", "d3"),
    "Fresh/Fruit": ("f1", "f2", "f3"),
    "Drinks/Tea": ("t1", "t2", "t3"),
}
KEYS = tuple(key for keys in SHELVES.values() for key in keys)
VARIANTS = {"f3": "f2"}
BRANDS = {"b": "Crust", "d": "Dale", "f": "Orchard", "t": "Leaf"}

#: What the adapter says is in everybody's cart.
CART: list[str] = []

#: What it says is missing for free shipping: one amount, or nothing.
MISSING: list[Decimal] = []


class TwelveAdapter(ShopAdapter):
    """Every product, variants too, is an item; its key is its SKU."""

    fields = {
        **ShopAdapter.fields,
        "price": "price",
        "attributes": lambda product: {},
        "group_key": lambda product: VARIANTS.get(product.sku, product.sku),
        "brand": lambda product: product.brand or BRANDS.get(product.sku[0], ""),
    }
    behaviours = ()

    def item_key(self, obj: Any) -> str:
        return str(obj.sku)

    def locate(self, key: str) -> tuple[type[Model], Any] | None:
        pk = Product.objects.filter(sku=key).values_list("pk", flat=True).first()
        return (Product, pk) if pk else None

    def catalogue(self, model: type[Model]) -> QuerySet[Any]:
        return Product.objects.select_related("category")

    def sellable(self, model: type[Model], context: Context) -> QuerySet[Any]:
        return Product.objects.sellable().for_cards()

    def live(self, keys: Iterable[str], context: Context) -> dict[str, Any]:
        return {
            product.sku: product for product in self.sellable(Product, context).filter(sku__in=list(keys))
        }

    def in_cart(self, context: Context) -> Iterable[str]:
        return tuple(CART)

    def missing_for_free_shipping(self, context: Context) -> Decimal | None:
        return MISSING[0] if MISSING else None


SETTINGS: dict[str, Any] = {"ADAPTER": "tests.serving.twelve.TwelveAdapter"}


def stock_the_shop() -> dict[str, Product]:
    """The products and their Item mirror."""
    products: dict[str, Product] = {}
    for path, keys in SHELVES.items():
        category = make_category(path)
        for n, key in enumerate(keys):
            products[key] = Product.objects.create(
                sku=key,
                name=f"{path.rpartition('/')[2]} {key}",
                category=category,
                price=Decimal(2 + n),
                stock=9,
                parent=products.get(VARIANTS.get(key, "")),
            )
    Item.objects.all().delete()
    Item.objects.bulk_create(
        Item(
            item_key=key,
            group_key=VARIANTS.get(key, key),
            title=product.name,
            categories=[product.category.path],
            brand=BRANDS[key[0]],
            supplier="North" if key[1] == "1" else "South",
            price=product.price,
            cost=product.price / 2,
            stock=product.stock,
            created_at=timezone.now() - timedelta(days=1 if key[0] == "t" else 365),
            attributes={"tags": ["organic"], "size": 1} if key[1] == "1" else {},
        )
        for key, product in products.items()
    )
    return products


Lists = Mapping[str, Sequence[str | tuple[str, float]]]


def publish(recommender: str, lists: Lists, kind: str = ListKind.ITEM, scope: str = "") -> Snapshot:
    """Make lists live. A target without a score gets 1.0, 0.95, … by its place."""
    snapshot = Snapshot.objects.create(
        recommender=recommender, algorithm="by hand", sources=[recommender], scope=scope
    )
    rows = [
        (
            kind,
            key,
            "item",
            [
                (target, 1 - n / 20, 0) if isinstance(target, str) else (*target, 0)
                for n, target in enumerate(targets)
            ],
        )
        for key, targets in lists.items()
    ]
    get_store().write(snapshot, rows)
    get_store().activate(snapshot)
    return snapshot


def publish_popular(**segments: Sequence[str | tuple[str, float]]) -> Snapshot:
    """`everybody=[…]` and category paths with `_` for `/`."""
    lists = {
        "" if name == "everybody" else f"category:{name.replace('_', '/')}": targets
        for name, targets in segments.items()
    }
    return publish("popular", lists, ListKind.SEGMENT)


def happened(visitor_key: str, kind: str, item_key: str, hours_ago: float = 1.0, **fields: Any) -> Event:
    return Event.objects.create(
        visitor_key=visitor_key,
        kind=kind,
        item_key=item_key,
        occurred_at=timezone.now() - timedelta(hours=hours_ago),
        **fields,
    )


def somebody(visitor_key: str = "", anonymous_key: str = "", **fields: Any) -> Context:
    """The context of one request of a visitor, whose plans are kept with the request."""
    request = RequestFactory().get("/")
    request.recommendations = RequestState(  # type: ignore[attr-defined]
        visitor_key=visitor_key or anonymous_key, anonymous_key=anonymous_key
    )
    return Context(
        visitor_key=visitor_key or anonymous_key, anonymous_key=anonymous_key, request=request, **fields
    )


NOBODY = Context()


def keys(slate: Slate) -> list[str]:
    return [item.item_key for item in slate]


def shown_on(placement: str, context: Context = NOBODY, **options: Any) -> list[str]:
    """Item keys of a placement's slate."""
    return keys(recommend(placement, context, **options))
