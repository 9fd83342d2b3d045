"""Stored lists of a session's items as they are put together to candidates: what `for_you` does, for the ranker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from recommendations.ranking.features import WeightedList

#: So many of the items that a visitor had to do with lately count, those that weigh most.
SEEDS = 20


def heaviest(weights: Mapping[str, float]) -> dict[str, float]:
    """The first SEEDS of weights that are in order."""
    return dict(islice(weights.items(), SEEDS))


def summed(lists: Iterable[WeightedList], seeds: Mapping[str, float]) -> list[tuple[str, float]]:
    """(item key, Σ weight · score), best first, without the seeds."""
    totals: dict[str, float] = {}
    for _base, weight, _seed, entries in lists:
        for entry in entries:
            totals[entry[0]] = totals.get(entry[0], 0.0) + weight * entry[1]
    found = [(key, total) for key, total in totals.items() if key not in seeds and total > 0]
    return sorted(found, key=lambda pair: -pair[1])
