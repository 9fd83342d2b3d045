"""Decimal arithmetic of prices. One rounding rule, used by lists, cart and checkout alike."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils.formats import number_format

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€", "CNY": "¥"}


def to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def percent_off(amount: Decimal, percent: Decimal) -> Decimal:
    """What is left of `amount` after `percent` per cent were taken off, in whole cents."""
    return to_cents(amount * (100 - percent) / 100)


def share_out(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split `total` in proportion to `weights` so that the parts, in whole cents, sum to it exactly.

    The parts are differences of the rounded running sum, so no part is off by more than one cent.
    """
    whole = sum(weights, ZERO)
    parts: list[Decimal] = []
    running, given = ZERO, ZERO
    for weight in weights:
        running += weight
        upto = to_cents(total * running / whole) if whole else ZERO
        parts.append(upto - given)
        given = upto
    return parts


def format_money(amount: Decimal, currency: str | None = None) -> str:
    """`amount` with its currency's sign and the active locale's separators, e.g. "$1,234.50"."""
    code = currency or settings.SHOP_CURRENCY
    number = number_format(abs(to_cents(amount)), decimal_pos=2, use_l10n=True, force_grouping=True)
    sign = "−" if amount < 0 else ""
    symbol = SYMBOLS.get(code)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {code}"
