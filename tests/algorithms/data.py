"""Small data with a known answer."""

from __future__ import annotations

from collections.abc import Sequence

from recommendations.algorithms.interactions import Interactions

DAY = 86_400.0


def purchases(rows: Sequence[tuple[str, str]], **columns: object) -> Interactions:
    """Purchases from (visitor, item), all at one moment, each visitor's together in one basket."""
    given = {
        "kind": "purchase",
        "time": [0.0] * len(rows),
        "basket": [visitor for visitor, _ in rows],
        **columns,
    }
    return Interactions.from_columns(
        visitor=[visitor for visitor, _ in rows],
        item=[item for _, item in rows],
        **given,  # type: ignore[arg-type]
    )


def baskets(*contents: str, visitor: str = "") -> Interactions:
    """Orders from strings of one-letter items, each by a visitor of its own unless `visitor` is given."""
    rows = [(number, item) for number, items in enumerate(contents) for item in items]
    return Interactions.from_columns(
        visitor=[visitor or f"u:{number}" for number, _ in rows],
        item=[item for _, item in rows],
        kind="purchase",
        time=[float(number) for number, _ in rows],
        basket=[number for number, _ in rows],
    )
