"""Which of the till's products are goods, and where they stand: aisle, category, readable type."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from shop.loading.package_size import amount, readable_size
from shop.loading.wording import readable, title_case, vocabulary

#: A type needs this many products in its category to become a category of its own.
MIN_IN_TYPE = 30
#: A type is out of place when at most this many of its products, and this share of them, stand in a category whose
#: aisle is not the aisle of most of them (the till reused some numbers: "KITES" among the frozen pizzas).
MAX_OUT_OF_PLACE = 5
OUT_OF_PLACE_SHARE = 0.1
LARGEST_BAG_LB = 20
#: The till's number for goods without a maker: loose produce, the salad bar.
NO_MAKER = 2


@dataclass(frozen=True, slots=True)
class Shelf:
    aisle: str
    title: str
    noun: str


@dataclass(frozen=True, slots=True)
class Good:
    """A product that is goods. `type_title` is what it is called, `path` where it stands."""

    product_id: int
    manufacturer_id: int
    private: bool
    path: str
    type_title: str
    size: str
    comparable: bool  # its type says what it is, so that sizes of one maker are sizes of one thing


@cache
def _shelves() -> dict[tuple[str, str], Shelf]:
    return {
        (department, category): Shelf(aisle, title, noun)
        for department, category, aisle, title, noun in vocabulary("categories")
    }


@cache
def _types_not_goods() -> frozenset[str]:
    return frozenset(row[0] for row in vocabulary("not_goods_types"))


def shelf_of(department: str, category: str) -> Shelf | str:
    """Where `category` of `department` stands; for what is not goods the reason, in words."""
    shelves = _shelves()
    whole = shelves.get((department, "*"))
    if whole is not None and not whole.aisle:
        return f"not goods (department {title_case(department)})"
    if ("*", category) in shelves:
        return f"not goods (category {title_case(category)})"
    shelf = shelves.get((department, category)) or whole
    if shelf is None:
        return f"unknown department {title_case(department)}"
    title = shelf.title or readable(category)
    return Shelf(shelf.aisle, title, shelf.noun or title) if title else "no category"


def goods(products: list[dict[str, Any]]) -> tuple[list[Good], dict[int, str]]:
    """The goods among the rows of the product table, and for the others by id why they are none."""
    rejected: dict[int, str] = {}
    placed: list[tuple[dict[str, Any], Shelf, str]] = []
    for row in products:
        department, category = row["department"] or "", row["product_category"] or ""
        kind = " ".join((row["product_type"] or "").split())
        shelf = shelf_of(department, category)
        if isinstance(shelf, str):
            rejected[row["product_id"]] = shelf
        elif kind in _types_not_goods():
            rejected[row["product_id"]] = "not goods (fees, tickets, gift cards and the like)"
        else:
            placed.append((row, shelf, kind))
    places = _Places(placed)
    return [_good(row, shelf, kind, places) for row, shelf, kind in placed], rejected


class _Places:
    """How many products of each type stand where."""

    def __init__(self, placed: list[tuple[dict[str, Any], Shelf, str]]) -> None:
        self.of_type = Counter(kind for _row, _shelf, kind in placed)
        self.in_aisle = Counter((kind, shelf.aisle) for _row, shelf, kind in placed)
        self.in_category = Counter((kind, shelf.aisle, shelf.title) for _row, shelf, kind in placed)

    def out_of_place(self, shelf: Shelf, kind: str) -> bool:
        here, everywhere = self.in_aisle[kind, shelf.aisle], self.of_type[kind]
        return here <= MAX_OUT_OF_PLACE and here <= everywhere * OUT_OF_PLACE_SHARE

    def is_own_category(self, shelf: Shelf, kind: str) -> bool:
        return self.in_category[kind, shelf.aisle, shelf.title] >= MIN_IN_TYPE


def _good(row: dict[str, Any], shelf: Shelf, kind: str, places: _Places) -> Good:
    title = readable(kind) if kind else ""
    relative = "*" in title
    if not title or (not relative and places.out_of_place(shelf, kind)):
        title, comparable = shelf.noun, False
    else:
        title, comparable = _fill_in(title, shelf.noun), not relative and "Specialty" not in title
    path = f"{shelf.aisle}/{shelf.title}"
    if (comparable or relative) and title != shelf.title and places.is_own_category(shelf, kind):
        path = f"{path}/{title}"
    return Good(
        product_id=row["product_id"], manufacturer_id=row["manufacturer_id"], private=row["brand"] == "Private",
        path=path, type_title=title, size=_size(row, shelf), comparable=comparable,
    )  # fmt: skip


def _size(row: dict[str, Any], shelf: Shelf) -> str:
    """The package's size. Fruit "of 40 lb", or loose fruit of "24 ct", is sold by the piece: that is its crate."""
    size = readable_size(row["package_size"] or "")
    unit, number = amount(size) or ("", 0)
    if shelf.aisle != "Produce" or not unit:
        return size
    is_crate = (unit == "lb" and number > LARGEST_BAG_LB) or (
        unit == "ct" and row["manufacturer_id"] == NO_MAKER
    )
    return "" if is_crate else size


def _fill_in(title: str, noun: str) -> str:
    """The `noun` in the place of `*`: "Premium *" and "Ice Cream" make "Premium Ice Cream".

    "Item" yields to a better word ("* Lights" makes "Halloween Lights"), and no word is said twice in a row.
    """
    if "* " in title:
        noun = noun.removesuffix(" Item")
    words = title.replace("*", noun).split()
    return " ".join(word for place, word in enumerate(words) if place == 0 or word != words[place - 1])
