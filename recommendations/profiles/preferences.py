"""Which categories and brands a visitor likes: shares of their interest, faded with time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

HALF_LIFE_DAYS = 90.0
#: At most so many names are kept, and none with a smaller share.
MOST_NAMES = 20
SMALLEST_SHARE = 0.01
#: Shares are kept to so many parts of one.
UNITS = 10_000


class Taste(NamedTuple):
    """What an item says about who likes it."""

    categories: tuple[str, ...] = ()
    brand: str = ""


def decayed(weight: float, age_days: float, half_life_days: float = HALF_LIFE_DAYS) -> float:
    """What is left of a weight: half of it after each half-life. Events of the future count as of now."""
    return weight * 2.0 ** (-max(age_days, 0.0) / half_life_days)


def preferences(
    interest: Iterable[tuple[str, float]], tastes: Mapping[str, Taste]
) -> dict[str, dict[str, float]]:
    """{"categories": {path: share}, "brands": {name: share}}, each summing to 1, biggest share first.

    `interest` are (item key, decayed weight), an item may come more than once; items that `tastes` does not know say
    nothing, and the weight of one in several categories is divided among them.
    """
    categories: defaultdict[str, float] = defaultdict(float)
    brands: defaultdict[str, float] = defaultdict(float)
    for item_key, weight in interest:
        taste = tastes.get(item_key)
        if taste is None:
            continue
        for path in taste.categories:
            categories[path] += weight / len(taste.categories)
        if taste.brand:
            brands[taste.brand] += weight
    return {"categories": shares(categories), "brands": shares(brands)}


def shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Shares of the biggest names, rounded so that they sum to 1 (largest remainder method)."""
    total = sum(weights.values())
    if total <= 0:
        return {}
    ordered = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_NAMES]
    kept = [(name, weight) for name, weight in ordered if weight >= SMALLEST_SHARE * total] or ordered[:1]
    total = sum(weight for _name, weight in kept)
    exact = {name: weight / total * UNITS for name, weight in kept}
    units = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: units[name] - exact[name])
    for name in by_remainder[: UNITS - sum(units.values())]:
        units[name] += 1
    return {name: share / UNITS for name, share in units.items()}
