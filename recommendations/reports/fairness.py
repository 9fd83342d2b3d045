"""Who gets the view: exposure of brands, suppliers and categories against their share of catalogue and of relevance.

Relevance is what visitors show by buying: a group's share of the purchases of the window, whether a recommendation
led to them or not (equity of attention as in Biega, Gummadi & Weikum, SIGIR 2018, with purchases as relevance).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from recommendations.models import Item
from recommendations.reports.exposure import ByItem, Touched
from recommendations.reports.inequality import relative_gini

#: So many groups of a dimension are kept, those most in view or most of the catalogue; the rest are one line.
MOST_GROUPS = 20

Groups = dict[str, list[int]]

DIMENSIONS: dict[str, Callable[[Item], str]] = {
    "brand": lambda item: item.brand,
    "supplier": lambda item: item.supplier,
    "category": lambda item: item.categories[0].split("/")[0] if item.categories else "",
}


def of_window(catalogue: Mapping[str, Item], window: ByItem) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summary: dimension → Gini of exposure against the catalogue and against relevance. Detail: the groups of each
    dimension as [name, items, times in view, purchases], "" for items that name none."""
    summary: dict[str, Any] = {}
    detail: dict[str, Any] = {}
    for name, group_of in DIMENSIONS.items():
        groups = _groups(catalogue, window, group_of)
        if set(groups) <= {""}:
            continue  # the shop does not say
        summary[name] = {
            "catalogue": relative_gini([(seen, items) for items, seen, _bought in groups.values()]),
            "relevance": relative_gini([(seen, bought) for _items, seen, bought in groups.values()]),
            "n": len(groups),
        }
        detail[name] = _largest(groups)
    return summary, detail


def _groups(catalogue: Mapping[str, Item], window: ByItem, group_of: Callable[[Item], str]) -> Groups:
    groups: Groups = defaultdict(lambda: [0, 0, 0])
    for key, item in catalogue.items():
        touched = window.get(key, Touched())
        of_group = groups[group_of(item)]
        of_group[0] += 1
        of_group[1] += touched.seen
        of_group[2] += touched.bought
    return dict(groups)


def _largest(groups: Groups) -> dict[str, Any]:
    ordered = sorted(groups.items(), key=lambda pair: (-pair[1][1], -pair[1][0], pair[0]))
    others = [of_group for _name, of_group in ordered[MOST_GROUPS:]]
    return {
        "groups": [[name, *of_group] for name, of_group in ordered[:MOST_GROUPS]],
        "others": [len(others), *(sum(column) for column in zip(*others, strict=True))] if others else None,
    }
