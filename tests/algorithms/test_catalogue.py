from __future__ import annotations

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
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_columns_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Catalogue.from_columns(**({"item_keys": ["a", "b"]} | change))
    assert str(caught.value) == message
