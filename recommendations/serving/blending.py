"""Several sources become one ranking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from recommendations.datatypes import Candidate


def blend(parts: Iterable[tuple[float, Sequence[Candidate]]]) -> list[Candidate]:
    """One ranking of the candidates of weighted sources, each item once, best first.

    score(j) = Σₛ wₛ·sₛⱼ / Σₛ wₛ over the sources that gave anything, with sₛⱼ = 0 where a source lacks the item:
    scores are calibrated to 0..1 by the recommenders, so that they can be added, and stay there. An item keeps the
    origin that gave it most. Ties keep the order of the sources.
    """
    given = [(weight, candidates) for weight, candidates in parts if candidates and weight > 0]
    if len(given) == 1:
        return list(given[0][1])
    total = sum(weight for weight, _ in given)
    scores: dict[str, float] = {}
    strongest: dict[str, tuple[float, Candidate]] = {}
    for weight, candidates in given:
        for candidate in candidates:
            gain = weight * candidate.score
            key = candidate.item_key
            scores[key] = scores.get(key, 0.0) + gain
            if key not in strongest or gain > strongest[key][0]:
                strongest[key] = (gain, candidate)
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    return [replace(strongest[key][1], score=score / total) for key, score in ranked]
