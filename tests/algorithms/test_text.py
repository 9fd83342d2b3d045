from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.text import normalise, tokenise


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The Women's T-Shirt, 12 oz.", ["womens", "t", "shirt", "12", "oz"]),
        ("ＸＬ　Ｃａｆé", ["xl", "café"]),
        ("Straße ŁÓDŹ", ["strasse", "łódź"]),
        ("绿茶杯", ["绿茶", "茶杯"]),
        ("妈妈的茶和咖啡", ["妈妈", "茶", "咖啡"]),
        ("iPhone15手机壳 red", ["iphone15", "手机", "机壳", "red"]),
        ("カメラ", ["カメ", "メラ"]),
        ("кофе с молоком", ["кофе", "с", "молоком"]),
        ("snake_case & more", ["snake", "case", "more"]),
        ("", []),
        ("— !? …", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokenise(text) == tokens


def test_another_way_to_cut_chinese() -> None:
    assert tokenise("绿茶杯 red", list) == ["绿", "茶", "杯", "red"]


def test_normalise() -> None:
    assert normalise("  ﬁne\tＡ  B ") == "fine a b"


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_tokens_are_their_own_tokens(text: str) -> None:
    for token in tokenise(text):
        assert token.strip() == token != ""
        assert normalise(token) == token
