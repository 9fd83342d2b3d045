"""How unequally something is spread: Gini coefficients, in plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def gini(amounts: Iterable[float]) -> float | None:
    """0 when all have the same, towards 1 when one has everything; None when there is nothing to spread.

    G = Σ (2i − n − 1) xᵢ / (n Σ xᵢ) over the amounts in rising order (Gini 1912; Sen 1973, eq. 2.8.4).
    """
    rising = sorted(amounts)
    total = sum(rising)
    if not rising or total <= 0:
        return None
    n = len(rising)
    return sum((2 * i - n - 1) * amount for i, amount in enumerate(rising, start=1)) / (n * total)


def relative_gini(pairs: Sequence[tuple[float, float]]) -> float | None:
    """How far amounts are from being in proportion to weights: pairs of (amount, weight) of groups.

    The area between the Lorenz curve of the amounts over the weights and the diagonal, times two: 0 when every group
    gets its share, towards 1 when a group of little weight gets all. Groups without weight come last. None when
    amounts or weights sum to nothing.
    """
    all_amounts, all_weights = sum(a for a, _w in pairs), sum(w for _a, w in pairs)
    if all_amounts <= 0 or all_weights <= 0:
        return None
    area = reached = 0.0
    for amount, weight in sorted(pairs, key=_ratio):
        share = amount / all_amounts
        area += weight / all_weights * (2 * reached + share) / 2
        reached += share
    return 1 - 2 * area


def _ratio(pair: tuple[float, float]) -> float:
    amount, weight = pair
    return amount / weight if weight else float("inf")
