"""The goods as shop products: names, brands, prices, and which are sizes of one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np

from shop.loading.base import ProductRow
from shop.loading.completejourney.assortment import NO_MAKER, Good
from shop.loading.completejourney.tables import Bools, Ints
from shop.loading.completejourney.till import WEEK_SECONDS, Habits
from shop.loading.made_up import OWN_BRAND, brand_name, cost_of, stock_of
from shop.loading.names import NameBook, compose
from shop.loading.package_size import amount

MAX_VARIANTS = 5
#: What sold less in the year says too little about its price, and is more likely a leftover than a size on offer.
MIN_LINES_OF_VARIANT = 30
#: Each size is so many times the one before; 18.15 and 18.2 oz are the same thing in a new package.
SIZE_STEP = Decimal("1.15")
#: And the largest at most so many times the smallest: one ounce and a tub of sixteen are sold for different ends.
LARGEST_SPAN = 10


@lru_cache(maxsize=65_536)
def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def sku_of(product_id: int) -> str:
    return f"CJ-{product_id}"


@dataclass(frozen=True)
class Catalogue:
    """`goods` by code, with what the lines say about them. `parent` is a code, −1 for none."""

    goods: list[Good]
    habits: Habits
    names: list[str]
    parent: Ints

    def first_week(self, code: int) -> datetime:
        """The beginning of the week, from Monday, in which it was first sold: the best guess of its listing."""
        monday_after_epoch = 4 * 86_400  # 1970-01-05
        first = int(self.habits.first_sale[code])
        return moment(first - (first - monday_after_epoch) % WEEK_SECONDS)

    def rows(self, chosen: Bools, shift: timedelta) -> Iterator[ProductRow]:
        """Product rows of the `chosen` codes, parents first."""
        codes = np.flatnonzero(chosen)
        for code in (*codes[self.parent[codes] < 0].tolist(), *codes[self.parent[codes] >= 0].tolist()):
            yield self._row(code, shift)

    def _row(self, code: int, shift: timedelta) -> ProductRow:
        good, sku = self.goods[code], sku_of(self.goods[code].product_id)
        price, brand = money(int(self.habits.price[code])), brand_of(good)
        parent = int(self.parent[code])
        return ProductRow(
            sku=sku,
            name=self.names[code],
            category=good.path,
            price=price,
            cost=cost_of(price, good.path, sku),
            stock=stock_of(float(self.habits.weekly_sales[code]), sku),
            created_at=self.first_week(code) + shift,
            description=description_of(good, brand),
            brand=brand,
            supplier=f"{brand} Supply" if brand else "Local growers",
            size=good.size,
            parent_sku=sku_of(self.goods[parent].product_id) if parent >= 0 else "",
            variant_label=good.size if parent >= 0 else "",
        )


def build(goods: list[Good], habits: Habits) -> Catalogue:
    """Name the sold goods, most sold first, and find the variants. Names of unsold goods are ""."""
    parent = _variants(goods, habits)
    book = NameBook()
    names = [""] * len(goods)
    by_sales = np.lexsort((np.arange(len(goods)), -habits.n_lines)).tolist()
    with_variants = set(parent[parent >= 0].tolist())
    for code in by_sales:
        if not habits.n_lines[code] or parent[code] >= 0:
            continue
        good = goods[code]
        size = "" if code in with_variants else good.size
        names[code] = book.name(good.type_title, size, brand_of(good))
    for code in np.flatnonzero(parent >= 0).tolist():
        names[code] = names[int(parent[code])]
        book.reserve(compose(names[code], goods[code].size))
    return Catalogue(goods=goods, habits=habits, names=names, parent=parent)


def brand_of(good: Good) -> str:
    if good.private:
        return OWN_BRAND
    return "" if good.manufacturer_id == NO_MAKER else brand_name(good.manufacturer_id)


def description_of(good: Good, brand: str) -> str:
    aisle, _slash, rest = good.path.partition("/")
    parts = [f"{good.type_title} by {brand}." if brand else f"{good.type_title}."]
    if good.size:
        parts.append(f"Package size: {good.size}.")
    parts.append(f"In our {aisle} aisle, under {rest.replace('/', ' › ')}.")
    return " ".join(parts)


def _variants(goods: list[Good], habits: Habits) -> Ints:
    """Each good's parent, −1 for none.

    Only where the data allows it honestly: all regularly sold products of one maker and one type in one place, when
    they are two to five, each has a size of its own in the same unit, and more costs more. Where a maker has two
    products of one size (flavours, which the data does not tell), nobody knows which belongs to which, and none are
    joined. The most sold is the parent.
    """
    groups: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for code, good in enumerate(goods):
        if habits.n_lines[code] >= MIN_LINES_OF_VARIANT:
            groups[good.path, good.type_title, good.manufacturer_id].append(code)
    parent = np.full(len(goods), -1, dtype=np.int64)
    for codes in groups.values():
        if _are_sizes_of_one(codes, goods, habits):
            first = max(codes, key=lambda code: (habits.n_lines[code], -code))
            parent[[code for code in codes if code != first]] = first
    return parent


def _are_sizes_of_one(codes: list[int], goods: list[Good], habits: Habits) -> bool:
    if not 2 <= len(codes) <= MAX_VARIANTS or not all(goods[code].comparable for code in codes):
        return False
    amounts = [amount(goods[code].size) for code in codes]
    known = [entry for entry in amounts if entry is not None]
    if len(known) < len(codes) or len({unit for unit, _n in known}) > 1 or len(set(known)) < len(codes):
        return False
    ranked = sorted(zip((n for _unit, n in known), (int(habits.price[code]) for code in codes), strict=True))
    steps = list(zip(ranked, ranked[1:], strict=False))
    larger = all(more >= less * SIZE_STEP for (less, _price), (more, _dearer) in steps)
    dearer = all(price < higher for (_less, price), (_more, higher) in steps)
    return larger and dearer and ranked[-1][0] <= ranked[0][0] * LARGEST_SPAN
