"""What the data sets do not tell and a shop needs: brand names, costs, stock. All made up, all the same on every run."""

from __future__ import annotations

from decimal import Decimal
from zlib import crc32

CENT = Decimal("0.01")

#: The brand of "Private" products: the sample shop's own label.
OWN_BRAND = "Marigold"

# 81 × 81 = 6,561 compounds. None is meant to be a real company; one that exists is a coincidence.
_FIRST = (
    "Amber Alder Apple Arrow Ash Aspen Autumn Bay Beacon Berry Birch Blossom Blue Bramble Brass Brindle Bright Brook"
    " Butter Canter Cedar Clay Clover Cobble Copper Corn Crane Crystal Dawn Dew Drift Dusk Ember Fair Fallow Fawn Fern"
    " Finch Flax Flint Fox Frost Gold Grand Green Gull Harrow Hazel Heather Heron Honey Ivory Juniper Kestrel Lark"
    " Laurel Linden Lily Lunar Maple Meadow Mill Mint Misty Moss North Oak Ochre Olive Otter Pebble Pine Plum Quill"
    " Raven Reed Robin Rowan Rush Sage Shale"
).split()
_SECOND = (
    "acre bank barn basin beck bell bend bluff borough bow branch bridge brook burrow by cairn chase cliff combe cote"
    " court cove cray creek crest croft dale dell den down edge fall farm fell field fold ford gate glade glen grange"
    " grove hall harbor hatch haven heath helm hill hollow holm hurst isle keep knoll lake land lane lea ley loft"
    " marsh mead mere mill moor mount nook orchard park pass path peak pond port quarry reach ridge shore side spring"
).split()
_N_COMPOUNDS = len(_FIRST) * len(_SECOND)
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


def brand_name(manufacturer_id: int) -> str:
    """A made-up brand, one for each id, e.g. "Brambleford"; ids beyond 6,560 get a number behind it."""
    lap, place = divmod(manufacturer_id * _STEP % _N_COMPOUNDS + manufacturer_id // _N_COMPOUNDS * _N_COMPOUNDS,
                        _N_COMPOUNDS)  # fmt: skip
    first, second = divmod(place, len(_SECOND))
    name = _FIRST[first] + _SECOND[second]
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
