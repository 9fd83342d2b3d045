"""Categories and brands for a visitor: where what they did lately is, else where what everybody likes is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from recommendations.datatypes import EVERYBODY, Context, ListKind
from recommendations.serving.facts import Facts
from recommendations.serving.page import Reads
from recommendations.store import ListRequest

SegmentKind = Literal["category", "brand"]

#: Whose list of everybody stands in for a visitor of whom nothing is known.
POPULAR = "popular"


@dataclass(frozen=True, slots=True)
class Segment:
    """A category (its path) or a brand, with its share, 0 to 1, in what was looked at."""

    key: str
    score: float


def segments_for(context: Context, kind: SegmentKind, size: int) -> tuple[list[Segment], bool]:
    """The visitor's categories or brands, best first, and whether they are the visitor's own.

    score(s) = Σ wᵢ over the items i in s / Σ wᵢ over all: the decayed weights of the visitor's recent items, or, for
    who has none, the scores of what everybody likes. An item in several categories counts in each. At most three
    queries.
    """
    reads = Reads(context)
    weights: Mapping[str, float] = reads.history.weights
    personal = bool(weights)
    if not personal:
        request = ListRequest(POPULAR, ListKind.SEGMENT, EVERYBODY)
        found = reads.lists([request]).get(request)
        weights = {key: score for key, score, _ in found.entries} if found is not None else {}
    facts = reads.facts(weights)
    sums: dict[str, float] = defaultdict(float)
    for item_key, weight in weights.items():
        for segment in set(_segments(facts[item_key], kind)):
            sums[segment] += weight
    total = sum(weights.values()) or 1.0
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Segment(key, weight / total) for key, weight in ranked[:size]], personal


def _segments(facts: Facts, kind: SegmentKind) -> list[str]:
    if kind == "category":
        return [path for path in facts.categories if path]
    return [facts.brand] if facts.brand else []
