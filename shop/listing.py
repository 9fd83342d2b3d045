"""Filters, sorting and search over products, from a query string to a queryset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from shop.models import Category, Discount, Product

SORTS = {
    "newest": _("Newest"),
    "price": _("Price, low to high"),
    "-price": _("Price, high to low"),
    "rating": _("Best rated"),
    "discount": _("Biggest discount"),
    "name": _("Name"),
}
RELEVANCE = "relevance"
RATINGS = (4, 3, 2)
MAX_TOKENS = 8
MAX_BRANDS = 12
MAX_PRICE = Decimal(10) ** 8


@dataclass(frozen=True)
class Filters:
    """What the shopper chose. Values that make no sense count as not given: people edit addresses."""

    query: str = ""
    brands: tuple[str, ...] = ()
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    in_stock: bool = False
    on_sale: bool = False
    rating: int | None = None
    sort: str = "newest"
    sorts: Mapping[str, object] = field(default_factory=lambda: dict(SORTS))

    @classmethod
    def from_query(cls, data: QueryDict, *, searching: bool = False) -> Filters:
        query = " ".join(data.get("q", "").replace("\x00", "").split())[:200] if searching else ""
        sorts = ({RELEVANCE: _("Best match")} if query else {}) | SORTS
        sort = data.get("sort", "")
        rating = data.get("rating", "")
        return cls(
            query=query,
            brands=tuple(
                dict.fromkeys(brand.replace("\x00", "") for brand in data.getlist("brand") if brand)
            ),
            price_min=_price(data.get("min", "")),
            price_max=_price(data.get("max", "")),
            in_stock=data.get("stock") == "1",
            on_sale=data.get("sale") == "1",
            rating=int(rating) if rating in {str(stars) for stars in RATINGS} else None,
            sort=sort if sort in sorts else next(iter(sorts)),
            sorts=sorts,
        )

    @property
    def n_active(self) -> int:
        chosen = (self.price_min is not None, self.price_max is not None, self.in_stock, self.on_sale)
        return sum(chosen) + len(self.brands) + (self.rating is not None)


def _price(text: str) -> Decimal | None:
    try:
        price = Decimal(text.strip())
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 <= price < MAX_PRICE else None


def in_category(products: QuerySet[Product], category: Category | None) -> QuerySet[Product]:
    """The products of `category` and of all categories below it."""
    if category is None:
        return products
    below = Category.objects.filter(Q(pk=category.pk) | Q(path__startswith=f"{category.path}/"))
    return products.filter(category__in=below.order_by().values("pk"))


def matching(products: QuerySet[Product], query: str) -> QuerySet[Product]:
    """Every word of `query` occurs in name, description, brand or category."""
    for token in query.split()[:MAX_TOKENS]:
        products = products.filter(
            Q(name__icontains=token)
            | Q(description__icontains=token)
            | Q(brand__icontains=token)
            | Q(category__name__icontains=token)
        )
    return products


def narrowed(
    products: QuerySet[Product], filters: Filters, *, without_brands: bool = False
) -> QuerySet[Product]:
    """Apply the chosen filters (not the sorting)."""
    if filters.brands and not without_brands:
        products = products.filter(brand__in=filters.brands)
    if filters.in_stock:
        products = products.sellable()  # type: ignore[attr-defined]
    if filters.on_sale:
        products = products.filter(Exists(Discount.objects.active().filter(product=OuterRef("pk"))))
    if filters.price_min is not None or filters.price_max is not None:
        products = products.with_sale_price()  # type: ignore[attr-defined]
        if filters.price_min is not None:
            products = products.filter(Q(("sale_price__gte", filters.price_min)))
        if filters.price_max is not None:
            products = products.filter(Q(("sale_price__lte", filters.price_max)))
    if filters.rating is not None:
        products = products.with_ratings().filter(rating__gte=filters.rating)  # type: ignore[attr-defined]
    return products


def ordered(products: QuerySet[Product], filters: Filters) -> QuerySet[Product]:
    """Sort; the key comes last, so that pages never overlap. Expects `for_cards()` annotations."""
    if filters.sort == RELEVANCE:
        return products.order_by(_relevance(filters.query), "name", "pk")
    if filters.sort in {"price", "-price"}:
        return products.with_sale_price().order_by(  # type: ignore[attr-defined]
            filters.sort.replace("price", "sale_price"), "pk"
        )
    if filters.sort == "rating":
        return products.order_by(F("rating").desc(nulls_last=True), F("n_reviews").desc(), "pk")
    if filters.sort == "discount":
        return products.order_by(F("active_percent").desc(), "name", "pk")
    if filters.sort == "name":
        return products.order_by("name", "pk")
    return products.order_by("-created_at", "-pk")


def _relevance(query: str) -> Case:
    """0: the name begins with the query, 1: the name has all its words, 2: they are elsewhere."""
    in_name = Q()
    for token in query.split()[:MAX_TOKENS]:
        in_name &= Q(name__icontains=token)
    return Case(
        When(name__istartswith=query, then=Value(0)),
        When(in_name, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def brand_choices(products: QuerySet[Product], chosen: Iterable[str]) -> list[tuple[str, int, bool]]:
    """(brand, number of products, chosen?) of the commonest brands in `products`, and of all the chosen."""
    counts = dict(
        products.exclude(brand="")
        .order_by()
        .values_list("brand")
        .annotate(n=Count("pk"))
        .order_by("-n", "brand")[:MAX_BRANDS]
    )
    chosen = list(chosen)
    names = [*counts, *(brand for brand in chosen if brand not in counts)]
    return [(name, counts.get(name, 0), name in chosen) for name in names]
