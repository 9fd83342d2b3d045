"""The weights of the kinds of events as options of a search."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from recommendations.datatypes import INTEREST_WEIGHTS

#: What is tried for each kind, relative to the kind that means most: 0 = it is not learned from.
LADDER: Sequence[float] = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0)

_PREFIX = "events."


def by_meaning(events: Mapping[str, float]) -> list[str]:
    """The kinds that speak for an item, those that mean most first: purchases, carts, …, views, see INTEREST_WEIGHTS.

    Kinds of the shop's own mean less than those; among themselves they go by their weights.
    """
    liked = [kind for kind, weight in events.items() if weight > 0]
    return sorted(liked, key=lambda kind: (-INTEREST_WEIGHTS.get(kind, 0.0), -events[kind], kind))


def weight_space(events: Mapping[str, float], there: Collection[str]) -> dict[str, Sequence[float]]:
    """The space of the weights worth searching: LADDER for each kind `there` in the data but the one that means most,
    whose weight stays. Empty with fewer than two. Kinds that speak against an item are left as they are."""
    kinds = [kind for kind in by_meaning(events) if kind in there]
    return {_PREFIX + kind: LADDER for kind in kinds[1:]}


def present_weights(
    events: Mapping[str, float], space: Mapping[str, Any], there: Collection[str]
) -> dict[str, float]:
    """The present place of `events` in that space."""
    if not space:
        return {}
    unit = _unit(events, there)
    return {option: round(events[option.removeprefix(_PREFIX)] / unit, 6) for option in space}


def as_options(
    values: Mapping[str, Any], events: Mapping[str, float], there: Collection[str]
) -> dict[str, Any]:
    """Values of a search as the options of an algorithm: those of weights together as one `events` mapping.

    Unchanged weights are given as they are, whatever dividing and multiplying makes of them.
    """
    weights = {
        name.removeprefix(_PREFIX): value for name, value in values.items() if name.startswith(_PREFIX)
    }
    others = {name: value for name, value in values.items() if not name.startswith(_PREFIX)}
    if not weights:
        return others
    unit = _unit(events, there)
    found = {
        kind: weight
        if kind not in weights or round(weight / unit, 6) == weights[kind]
        else float(f"{weights[kind] * unit:.6g}")
        for kind, weight in events.items()
    }
    return {"events": found, **others}


def _unit(events: Mapping[str, float], there: Collection[str]) -> float:
    """The weight of the kind that means most."""
    return events[next(kind for kind in by_meaning(events) if kind in there)]
