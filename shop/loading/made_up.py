"""What the data sets do not tell and a shop needs: brand names, costs, stock. Made up, and the same on every run."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from zlib import crc32

from shop.loading.wording import vocabulary

CENT = Decimal("0.01")

#: The brand of "Private" products: the sample shop's own label.
OWN_BRAND = "Marigold"

_N_COMPOUNDS = 81 * 81
_STEP = 2_345  # shares no factor with 6,561, so that neighbouring ids get unlike names and no two the same

#: Gross margins by aisle, made up to look like a shop's; the data holds no costs.
_MARGINS = {
    "Beer, Wine & Spirits": 24, "Beverages": 30, "Books & Stationery": 45, "Candy": 34, "Dairy & Eggs": 25,
    "Deli": 42, "Bakery": 48, "Electronics & Media": 22, "Flowers": 46, "Health & Beauty": 36, "Home & Kitchen": 42,
    "Meat": 24, "Produce": 38, "Seafood": 28, "Tobacco": 12, "Toys & Seasonal": 44,
}  # fmt: skip
_USUAL_MARGIN = 30
_OUT_OF_STOCK_IN_1000 = 35


def scatter(key: str, salt: str, below: int) -> int:
    """A number in 0 … `below` − 1 that looks random and is always the same for `key` and `salt`."""
    return crc32(f"{salt}:{key}".encode()) % below


@cache
def _halves() -> tuple[list[str], list[str]]:
    words = {which: halves.split() for which, halves in vocabulary("brand_words")}
    return words["first"], words["second"]


def brand_name(manufacturer_id: int) -> str:
    """A made-up brand, one for each id, e.g. "Brambleford"; ids beyond 6,560 get a number behind it.

    None is meant to be a real company; one that exists is a coincidence.
    """
    firsts, seconds = _halves()
    lap, number = divmod(manufacturer_id, _N_COMPOUNDS)
    first, second = divmod(number * _STEP % _N_COMPOUNDS, len(seconds))
    name = firsts[first] + seconds[second]
    return f"{name} {lap + 1}" if lap else name


def cost_of(price: Decimal, category: str, key: str) -> Decimal:
    """A cost price from `price`, the margin of the category's aisle, and up to ± 6 points of the product's own."""
    margin = _MARGINS.get(category.partition("/")[0], _USUAL_MARGIN) + scatter(key, "margin", 13) - 6
    return (price * (100 - margin) / 100).quantize(CENT)


def stock_of(weekly_sales: float, key: str) -> int:
    """Two to six weeks of sales and a few more on the shelf; 3.5 % of the products are out of stock."""
    if scatter(key, "out of stock", 1000) < _OUT_OF_STOCK_IN_1000:
        return 0
    weeks = 2 + scatter(key, "weeks of stock", 5)
    return round(weekly_sales * weeks) + 3 + scatter(key, "shelf", 20)
