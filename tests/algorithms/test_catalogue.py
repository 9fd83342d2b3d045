from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from recommendations.algorithms.catalogue import Catalogue


def test_items_are_sorted_by_key_and_columns_follow() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["b", "a"], titles=["Bread", "Apple"], categories=[["Bakery/Bread"], []], created=[None, 5]
    )
    assert catalogue.item_keys == ("a", "b")
    assert catalogue.titles == ("Apple", "Bread")
    assert catalogue.brands == ("", "")
    assert catalogue.codes == {"a": 0, "b": 1}
    assert catalogue.created[0] == 5
    assert np.isnan(catalogue.created[1])
    assert catalogue.levels(1) == ("Bakery", "Bakery/Bread")
    assert catalogue.levels(0) == ()


def test_levels_come_once() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a"], categories=[["A/B", "A/C"]])
    assert catalogue.levels(0) == ("A", "A/B", "A/C")


def test_prices_and_attributes_follow_their_items() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["b", "a"],
        prices=[None, Decimal("2.50")],
        attributes=[{}, {"colour": ["red", "blue", "red"], "vegan": True, "size": 2.0, "note": None}],
    )
    assert catalogue.prices[0] == 2.5
    assert np.isnan(catalogue.prices[1])
    assert catalogue.attributes == ({"colour": ("blue", "red"), "vegan": ("True",), "size": ("2",)}, {})


@pytest.mark.parametrize(
    "same", [2, 2.0, "2", " 2 ", Decimal("2.00"), [2, 2.0], (2, None), {2, float("nan")}]
)
def test_equal_attributes_are_spelt_alike(same: Any) -> None:
    assert Catalogue.from_columns(item_keys=["a"], attributes=[{"size": same}]).attributes == (
        {"size": ("2",)},
    )


@pytest.mark.parametrize("nothing", [None, "", " ", [], [None], float("nan"), {"w": 1}, [["x"]]])
def test_what_is_no_plain_value_is_left_out(nothing: Any) -> None:
    assert Catalogue.from_columns(item_keys=["a"], attributes=[{"size": nothing}]).attributes == ({},)


def test_departments_join_what_is_in_one_outermost_category() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["a", "b", "c", "d", "e", "f"],
        categories=[["Food/Bread"], ["Food", "Gifts"], ["Gifts/Bread"], [], [], [""]],
        group_keys=["", "", "", "g", "g", ""],
    )
    departments = catalogue.departments(["a", "b", "c", "d", "e", "f", "unknown"])
    assert departments is not None
    assert departments.tolist() == [0, 0, 1, 2, 2, 3, 4]
    assert catalogue.departments(["a", "c", "d", "f"]) is None


def test_groups_join_variants() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], group_keys=["g", "g", ""])
    groups = catalogue.groups(["a", "b", "c", "unknown"])
    assert groups is not None
    assert groups[0] == groups[1]
    assert len(set(groups.tolist())) == 3
    assert catalogue.groups(["a", "c"]) is None


BAD: list[tuple[dict[str, Any], str]] = [
    ({"titles": ["x"]}, "titles: 1 values for 2 item keys; every column needs one an item."),
    ({"item_keys": ["a", "a"]}, "item_keys: 'a' is there twice; keys are unique over all product models."),
    ({"item_keys": ["a", ""]}, "item_keys: an empty key."),
    ({"categories": ["A/B", "C"]}, "categories: 'A/B' is a string; give each item a sequence of paths."),
    ({"prices": [1.0, float("inf")]}, "prices: one is infinite; give None where a price is not known."),
    (
        {"attributes": ["x", {}]},
        "attributes: 'x' is no mapping; give each item one of name → value or values.",
    ),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_columns_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Catalogue.from_columns(**({"item_keys": ["a", "b"]} | change))
    assert str(caught.value) == message
