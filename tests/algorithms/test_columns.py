from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.algorithms.columns import (
    by_appearance,
    checked_column,
    row_order,
    text_order,
    with_sorted_keys,
)

few = st.integers(0, 3)


@given(st.lists(st.tuples(few, few, few, few), max_size=40))
def test_rows_are_in_the_order_of_all_columns(rows: list[tuple[int, ...]]) -> None:
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    order = row_order(*columns)
    expected = np.lexsort(columns[::-1])
    if order is None:
        assert expected.tolist() == list(range(len(rows)))
    else:
        assert order.tolist() == expected.tolist()


def test_rows_in_order_are_left_alone_and_missing_numbers_come_last() -> None:
    time = np.array([0.0, 1.0, 1.0, 2.0])
    assert row_order(time, np.array([5, 1, 2, 0])) is None
    rating = np.array([1.0, np.nan, 3.0, 0.0])
    order = row_order(time, np.zeros(4), rating)
    assert order is not None and order.tolist() == [0, 2, 1, 3]


@given(st.lists(st.integers(-1, 6), max_size=30), st.sampled_from([1, 1_000_000]))
def test_codes_are_numbered_as_they_appear(codes: list[int], spread: int) -> None:
    seen: dict[int, int] = {}
    expected = [-1 if code < 0 else seen.setdefault(code, len(seen)) for code in codes]
    spread_out = np.array([code * spread if code > 0 else code for code in codes], np.int64)
    numbered = by_appearance(spread_out)
    assert numbered.tolist() == expected
    assert numbered.dtype == np.int32


@given(st.lists(st.text(max_size=3), unique=True, max_size=10), st.randoms())
def test_keys_are_sorted_and_codes_follow(keys: list[str], random: object) -> None:
    codes = np.array([*range(len(keys)), -1], np.int32)
    sorted_codes, sorted_keys = with_sorted_keys("visitor", codes, keys, may_be_none=True)
    assert sorted_keys == tuple(sorted(keys))
    assert [sorted_keys[code] for code in sorted_codes[:-1]] == keys
    assert sorted_codes[-1] == -1


@given(st.lists(st.text(st.sampled_from("a\0é\ud800\U0001f600\uffffz"), max_size=20), max_size=30))
def test_texts_are_in_the_order_of_python(texts: list[str]) -> None:
    assert text_order(texts).tolist() == sorted(range(len(texts)), key=texts.__getitem__)


def test_wrong_keys_are_named() -> None:
    codes = np.zeros(1, np.int32)
    for keys, message in (
        (["b", 7], r"item: keys are strings, got 7 \(int\); use str\(key\)."),
        (["b", "a", "b"], "item: the key list names a key twice."),
        (["a", "a"], "item: the key list names a key twice."),
    ):
        with pytest.raises(ValueError, match=message):
            with_sorted_keys("item", codes, keys, may_be_none=False)
    with pytest.raises(ValueError, match="item: code 3 is outside the 2 keys."):
        with_sorted_keys("item", np.array([0, 3]), ["a", "b"], may_be_none=False)


def test_numbers_are_kept_as_narrow_as_they_are() -> None:
    values = np.array([1.5, np.nan], np.float32)
    assert checked_column("quantity", values, 2).tolist() == [1.5, 1.0]
    assert checked_column("quantity", values, 2).dtype == np.float32
    assert np.isnan(checked_column("rating", [4, None], 2)[1])
    with pytest.raises(ValueError, match="time: nan in row 1; leave out events without a usable time."):
        checked_column("time", [1.0, np.nan], 2)
