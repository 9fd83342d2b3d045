"""Numbers as people read them, in their language."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format

from recommendations.adapter import get_adapter

NONE = "–"


def money(amounts: dict[str, Decimal]) -> str:
    """Amounts of several currencies in a line; "–" for none."""
    price = get_adapter().format_price
    ordered = sorted(amounts.items(), key=lambda pair: (-pair[1], pair[0]))
    return " + ".join(price(amount, currency) for currency, amount in ordered) or NONE


def percent(share: float | None) -> str:
    """A share in per cent with one digit; "–" for none."""
    if share is None:
        return NONE
    return (
        f"< {number_format(0.1, 1)} %"
        if 0 < share < 0.001
        else f"{number_format(round(100 * share, 1), 1)} %"
    )


def count(value: float) -> str:
    """A whole number, its thousands apart."""
    return number_format(int(value), force_grouping=True)


def number(value: float | None, digits: int = 3) -> str:
    """A figure with some digits; "–" for none."""
    return NONE if value is None else number_format(round(value, digits), digits)


def change(now: float | None, before: float | None) -> str:
    """By how much something rose or fell, in per cent of what it was; "" where that says nothing."""
    if now is None or not before:
        return ""
    risen = (now - before) / before
    sign = "+" if risen > 0 else "−" if risen < 0 else "±"
    return f"{sign}{number_format(abs(round(100 * risen, 1)), 1)} %"
