from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from shop.money import format_money, percent_off, share_out

amounts = st.decimals(0, 10_000, places=2)


@pytest.mark.parametrize(
    ("amount", "percent", "left"),
    [("10.00", "15", "8.50"), ("0.99", "50", "0.50"), ("3.33", "12.5", "2.91"), ("5.00", "100", "0.00")],
)
def test_percent_off_rounds_half_up_to_the_cent(amount: str, percent: str, left: str) -> None:
    assert percent_off(Decimal(amount), Decimal(percent)) == Decimal(left)


@given(amounts, st.lists(amounts.filter(bool), min_size=1, max_size=20))
def test_shares_sum_to_the_whole_and_are_right_to_the_cent(total: Decimal, weights: list[Decimal]) -> None:
    parts = share_out(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) <= Decimal("0.01")


def test_what_weighs_nothing_gets_nothing() -> None:
    assert share_out(Decimal("1.00"), [Decimal(0), Decimal(3), Decimal(0)]) == [0, Decimal("1.00"), 0]
    assert share_out(Decimal(0), [Decimal(0)]) == [0]


def test_money_is_written_with_its_sign() -> None:
    with translation.override("en"):
        assert format_money(Decimal("1234.5")) == "$1,234.50"
        assert format_money(Decimal("-2"), "GBP") == "−£2.00"
        assert format_money(Decimal("7"), "CHF") == "7.00 CHF"
