"""Items that are shown and never bought: room that other items could have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommendations.reports.exposure import ByItem

#: An item in view less often says nothing yet.
ENOUGH_VIEWS = 20
MOST_ITEMS = 200


def of_window(catalogue: Mapping[str, Any], window: ByItem) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summary and detail: items of the catalogue in view at least ENOUGH_VIEWS times and not bought once, by anybody
    anywhere, as [key, times in view, clicks, carts], most in view first."""
    enough = {key: each for key, each in window.items() if each.seen >= ENOUGH_VIEWS and key in catalogue}
    unsold = {key: each for key, each in enough.items() if not each.bought}
    summary = {
        "n": len(unsold),
        "of": len(enough),
        "seen": sum(each.seen for each in unsold.values()),
        "all_seen": sum(each.seen for each in window.values()),
    }
    ordered = sorted(unsold.items(), key=lambda pair: (-pair[1].seen, pair[0]))
    return summary, {
        "items": [[key, each.seen, each.clicks, each.carts] for key, each in ordered[:MOST_ITEMS]]
    }
