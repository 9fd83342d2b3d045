"""Names, sizes and categories out of the till's shorthand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.loading.completejourney.assortment import goods, shelf_of
from shop.loading.gift_categories import category_of
from shop.loading.made_up import brand_name, cost_of, stock_of
from shop.loading.names import NameBook, compose
from shop.loading.online_retail import tidy
from shop.loading.package_size import amount, readable_size
from shop.loading.wording import readable, type_names, vocabulary
from tests.loading import grocery


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("FRZN FRENCH FRIES", "Frozen French Fries"),
        ("APPLES GALA (BULK&BAG)", "Gala Apples"),
        ("EGGS - MEDIUM", "Medium Eggs"),
        ("BREAD:ITALIAN/FRENCH", "Italian & French Bread"),
        ("CITRUS - OTHER", "Citrus"),
        ("CANDY BARS (SINGLES)(INCLUDING", "Candy Bar"),
        ("WAFFLES/PANCAKES/FRENCH TOAST", "Waffles & Pancakes & French Toast"),
    ],
)
def test_the_tills_shorthand_becomes_words(raw: str, expected: str) -> None:
    assert readable(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("12 OZ", "12 oz"), (".5 OZ", "0.5 oz"), ("12.0 OZ", "12 oz"), ("12 PK/12 OZ", "12 × 12 oz"),
        ("4-3.5 OZ", "4 × 3.5 oz"), ("1/2 GAL", "½ gal"), ("10 3/4 OZ", "10¾ oz"), ("HALF GAL", "½ gal"),
        ("8 CT/3.5 CM", "8 ct, 3.5 cm"), ("054700 7 OZ", "7 oz"), ("EX   16 OZ", "16 oz"), ("5 LB BAG", "5 lb"),
        ("CTN", ""), ("KIT/EACH", ""), ("", ""),
    ],
)  # fmt: skip
def test_package_sizes(raw: str, expected: str) -> None:
    assert readable_size(raw) == expected


def test_amounts_of_single_packages_only() -> None:
    assert amount("10.5 oz") == ("oz", Decimal("10.5"))
    assert amount("12 × 12 oz") is None
    assert amount("½ gal") is None
    assert amount("") is None


@pytest.mark.parametrize("table", ["abbreviations", "types", "brand_words"])
def test_no_word_is_explained_twice(table: str) -> None:
    words = [row[0] for row in vocabulary(table)]
    assert len(words) == len(set(words))


def test_every_row_of_the_vocabularies_has_its_columns() -> None:
    for table, n in {"abbreviations": 2, "types": 2, "categories": 5, "gift_words": 3, "units": 2}.items():
        assert {len(row) for row in vocabulary(table)} == {n}, table


def test_written_out_types_are_titles_without_slashes() -> None:
    for raw, title in type_names().items():
        assert title and "/" not in title, raw
        assert title[0].isupper() or title[0] in "*0123456789", raw


def test_names_are_composed_in_a_fixed_order() -> None:
    assert compose("Yogurt", "6 oz", "Brambleford", 2) == "Brambleford Yogurt No. 2, 6 oz"
    assert compose("Soda, Can Multipack", "12 oz", "Otterby", 3) == "Otterby Soda No. 3, Can Multipack, 12 oz"
    assert compose("Bananas") == "Bananas"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Yogurt", "yogurt", "Yogurt No. 2", "Soda, Can"]),
            st.sampled_from(["", "6 oz"]),
            st.sampled_from(["", "Acme"]),
        ),
        max_size=40,
    )
)
def test_no_name_is_given_twice(wanted: list[tuple[str, str, str]]) -> None:
    book = NameBook()
    names = [book.name(*one).casefold() for one in wanted]
    assert len(names) == len(set(names))


def test_the_first_to_ask_gets_the_plain_name() -> None:
    book = NameBook()
    assert [book.name("Yogurt", "6 oz") for _ in range(3)] == [
        "Yogurt, 6 oz",
        "Yogurt No. 2, 6 oz",
        "Yogurt No. 3, 6 oz",
    ]


def test_brands_are_distinct_and_always_the_same() -> None:
    names = [brand_name(maker) for maker in range(7_000)]
    assert len(set(names)) == 7_000
    assert brand_name(103) == names[103]
    assert all(name[0].isupper() for name in names)


def test_made_up_costs_leave_a_margin_and_few_products_are_sold_out() -> None:
    price = Decimal("10.00")
    costs = [cost_of(price, "Produce/Apples", f"CJ-{n}") for n in range(200)]
    assert all(Decimal("5.00") < cost < Decimal("7.00") for cost in costs)
    stocks = [stock_of(5.0, f"CJ-{n}") for n in range(4_000)]
    assert 0.02 < stocks.count(0) / 4_000 < 0.06


@pytest.mark.parametrize(
    "department", ["FUEL", "COUPON", "POSTAL CENTER", "CHARITABLE CONT", "PROD-WHS SALES", "GM MERCH EXP"]
)
def test_departments_that_are_not_goods(department: str) -> None:
    assert shelf_of(department, "CANDY - PACKAGED").startswith("not goods (department")  # type: ignore[union-attr]


def test_categories_that_are_not_goods_in_any_department() -> None:
    assert shelf_of("GROCERY", "COUPON/MISC ITEMS") == "not goods (category Coupon/Misc Items)"
    assert shelf_of("GROCERY", "BOTTLE DEPOSITS") == "not goods (category Bottle Deposits)"


def test_a_type_that_names_nothing_is_told_by_its_category() -> None:
    rows = [grocery.product(n, 5, "GROCERY", "ICE CREAM/MILK/SHERBTS", "PREMIUM") for n in (1, 2)]
    found, rejected = goods(rows)
    assert [good.type_title for good in found] == ["Premium Ice Cream"] * 2
    assert rejected == {}


def test_a_type_out_of_place_is_told_by_its_category() -> None:
    kites = [grocery.product(n, 5, "DRUG GM", "TOYS AND GAMES", "KITES") for n in range(1, 30)]
    found, _rejected = goods([*kites, grocery.product(99, 5, "GROCERY", "FROZEN PIZZA", "KITES")])
    assert found[-1].type_title == "Frozen Pizza"
    assert found[-1].path == "Frozen/Frozen Pizza & Snacks"
    assert found[0].type_title == "Kites"


def test_loose_fruit_is_not_sold_by_the_crate() -> None:
    rows = [
        grocery.product(1, 2, "PRODUCE", "TROPICAL FRUIT", "BANANAS", "40 LB"),
        grocery.product(2, 2, "PRODUCE", "CITRUS", "LEMONS", "115 CT"),
        grocery.product(3, 9, "PRODUCE", "CITRUS", "LEMONS", "2 LB"),
    ]
    assert [good.size for good in goods(rows)[0]] == ["", "", "2 lb"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("RED RETROSPOT LUNCH BAG", "Bags & Purses/Bags"),
        ("HEART MUG W/ GIFT BOX", "Kitchen & Dining/Mugs & Cups"),
        ("TRINKET BOX WITH HEART LID", "Storage & Tins/Boxes"),
        ("SCOTTIE DOG HOT WATER BOTTLE", "Bath & Comfort/Hot-Water Bottles & Warmers"),
        ("WIBBLE", "More Gifts"),
    ],
)
def test_categories_from_the_words_of_a_name(name: str, path: str) -> None:
    assert category_of(name) == path


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("SET/6 T-LIGHTS,SANTA", "Set of 6 T-Lights, Santa"),
        ("HEART MUG W/ GIFT BOX", "Heart Mug with Gift Box"),
        ("PACK/12 BLUE FOLKART CARDS", "Pack of 12 Blue Folkart Cards"),
        ("*USB Office Mirror Ball", "USB Office Mirror Ball"),
        ("ASS COL SMALL SAND GECKO P'WEIGHT", "Assorted Colour Small Sand Gecko Paperweight"),
    ],
)
def test_titles_are_tidied(raw: str, expected: str) -> None:
    assert tidy(raw) == expected
