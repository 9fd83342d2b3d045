"""Small data with ratings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import sample_columns

#: Three users rate four items.
MATRIX = [[5, 3, 1, 4], [4, 5, 2, 3], [2, 1, 4, 5]]


def ratings_of(rows: Sequence[Any]) -> Interactions:
    """Ratings from (visitor, item, rating), one after the other, or from (visitor, item, rating, time)."""
    return Interactions.from_columns(
        visitor=[row[0] for row in rows],
        item=[row[1] for row in rows],
        kind="purchase",
        rating=[row[2] for row in rows],
        time=[row[3] if len(row) > 3 else float(number) for number, row in enumerate(rows)],
    )


def ratings(matrix: Sequence[Sequence[float | None]]) -> Interactions:
    """Ratings from a matrix: users u:1, u:2, … and items i:1, i:2, …; None = no rating."""
    return ratings_of(
        [
            (f"u:{user}", f"i:{item}", value)
            for user, row in enumerate(matrix, start=1)
            for item, value in enumerate(row, start=1)
            if value is not None
        ]
    )


def rated_columns() -> dict[str, list[Any]]:
    """The sample's columns, with ratings of 1 to 5 for most: higher of what a visitor's taste is."""
    columns = sample_columns()
    rng = np.random.default_rng(1)
    tastes = [
        (visitor[-1:] or "0", int(item[-3:]))
        for visitor, item in zip(columns["visitor"], columns["item"], strict=True)
    ]
    columns["rating"] = [
        float(rng.integers(3, 6) if int(visitor) % 2 == item % 2 else rng.integers(1, 4))
        for visitor, item in tastes
    ]
    columns["rating"][::7] = [float("nan")] * len(columns["rating"][::7])
    return columns
