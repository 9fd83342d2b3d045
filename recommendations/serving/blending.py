"""Several sources become one ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter

from recommendations.datatypes import Candidate

#: A list has at most so many candidates, besides as many as there are things the visitor bought or dismissed: more than
#: filters drop, so that a row stays full.
MOST_CANDIDATES = 200

#: Sorts (item key, score).
BY_SCORE = itemgetter(1)


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
            key = candidate.item_key
            gain = weight * candidate.score
            if key not in scores:
                scores[key], strongest[key] = gain, (gain, candidate)
                continue
            scores[key] += gain
            if gain > strongest[key][0]:
                strongest[key] = (gain, candidate)
    most = max([MOST_CANDIDATES, *(len(candidates) for _, candidates in given)])
    ranked = sorted(scores.items(), key=BY_SCORE, reverse=True)[:most]
    return [Candidate(key, score / total, *strongest[key][1][2:]) for key, score in ranked]


#: What the rank is added to: the first few places of a source count about the same.
RANK_CONSTANT = 60


def blend_by_rank(parts: Iterable[tuple[float, Sequence[Candidate]]]) -> list[Candidate]:
    """The same by the places of the items, whatever their scores: weighted reciprocal rank fusion (Cormack, Clarke &
    Büttcher, SIGIR 2009, k = 60).

    score(j) = Σₛ wₛ·(60 + 1) / (60 + rankₛ(j)) / Σₛ wₛ over the sources that gave anything, with rank 1 for a source's
    best item and nothing where it lacks the item. So the score is 1 for what is first in all of them. For sources
    whose scores mean different things.
    """
    given = [(weight, candidates) for weight, candidates in parts if candidates and weight > 0]
    ranked = [
        (
            weight,
            [
                candidate.with_(score=(RANK_CONSTANT + 1) / (RANK_CONSTANT + rank))
                for rank, candidate in enumerate(candidates, start=1)
            ],
        )
        for weight, candidates in given
    ]
    return blend(ranked)


Blend = Callable[[Iterable[tuple[float, Sequence[Candidate]]]], list[Candidate]]

#: What a placement's `blend` can say.
BLENDS: Mapping[str, Blend] = {"score": blend, "rank": blend_by_rank}
