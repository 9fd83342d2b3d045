"""How much of the catalogue recommendations bring into view, and how much of that is the long tail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommendations.reports.exposure import ByItem, Touched
from recommendations.reports.inequality import gini

#: The catalogue is cut into so many equal parts by sales, best-selling first.
PARTS = 10
#: Items that together make this share of the sales are the head, the others the long tail.
HEAD_SHARE = 0.8


def of_window(catalogue: Mapping[str, Any], window: ByItem) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summary and detail of what was in view in a window; `catalogue` has the items that are in the shop now."""
    touched = [window.get(key, Touched()) for key in catalogue]
    seen = sum(each.seen for each in touched)
    by_sales = sorted(touched, key=lambda each: (-each.bought, -each.seen))
    head = _head(by_sales)
    in_tail = sum(each.seen for each in by_sales[head:])
    summary = {
        "n_items": len(touched),
        "n_seen": sum(each.seen > 0 for each in touched),
        "n_clicked": sum(each.clicks > 0 for each in touched),
        "n_bought": sum(each.bought > 0 for each in touched),
        "seen": seen,
        "n_head": head,
        "tail_share": in_tail / seen if seen else None,
        "gini": gini(each.seen for each in touched),
    }
    return summary, {"parts": [_part(by_sales, n) for n in range(PARTS)]}


def _head(by_sales: list[Touched]) -> int:
    """How many of the best-selling items make HEAD_SHARE of the sales."""
    wanted = HEAD_SHARE * sum(each.bought for each in by_sales)
    reached = 0
    for n, each in enumerate(by_sales):
        if reached >= wanted:
            return n
        reached += each.bought
    return len(by_sales)


def _part(by_sales: list[Touched], n: int) -> list[int]:
    """Items, items seen, times in view, clicks and purchases of one part."""
    first, last = (len(by_sales) * each // PARTS for each in (n, n + 1))
    of_part = by_sales[first:last]
    total = Touched()
    for each in of_part:
        total = total.plus(each)
    return [len(of_part), sum(each.seen > 0 for each in of_part), total.seen, total.clicks, total.bought]
