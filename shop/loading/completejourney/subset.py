"""The quick demo's subset, and the household behind the demo login. Both are the same on every machine.

The rule: N_HOUSEHOLDS households drawn by a seeded hash of their number, each with its whole year; of what they
bought, the products with at least MIN_LINES lines among them (rare ones say nothing to a recommender and are most of
the catalogue), and the products that those are variants of.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from shop.loading.completejourney.tables import Ints, Transactions
from shop.loading.completejourney.till import WEEK_SECONDS

SEED = b"quick demo"
N_HOUSEHOLDS = 680
MIN_LINES = 8
SHOPPER_MIN_ORDERS, SHOPPER_MAX_ORDERS = 40, 150


def drawn_households(till: Transactions, n: int = N_HOUSEHOLDS) -> Ints:
    """The first `n` households of the hash's order (all, when there are fewer)."""
    households = np.unique(till.household).tolist()
    ranked = sorted(households, key=lambda household: blake2b(str(household).encode(), key=SEED).digest())
    return np.array(ranked[:n], dtype=np.int64)


def shopper(till: Transactions, drawn: Ints, described: set[int], addressed: set[int]) -> int:
    """The household that the demo login shops for: a regular, recent one that the data describes.

    The first drawn household with demographics and a campaign, with between SHOPPER_MIN_ORDERS and
    SHOPPER_MAX_ORDERS orders, one of them in the last two weeks; else the one with the most orders.
    """
    _baskets, at = np.unique(till.basket, return_index=True)
    households, times = till.household[at], till.time[at]
    recent = times.max() - 2 * WEEK_SECONDS
    most, best = -1, int(drawn[0])
    for household in drawn.tolist():
        own = times[households == household]
        regular = SHOPPER_MIN_ORDERS <= len(own) <= SHOPPER_MAX_ORDERS and own.max() > recent
        if regular and household in described and household in addressed:
            return household
        if len(own) > most:
            most, best = len(own), household
    return best
