"""The rerankers that settings can name."""

from __future__ import annotations

from recommendations.serving.reranking.base import Reranker
from recommendations.serving.reranking.caps import AtMost
from recommendations.serving.reranking.diversity import Diversity
from recommendations.serving.reranking.floors import Floor
from recommendations.serving.reranking.learned import Learned
from recommendations.serving.reranking.objectives import Objective
from recommendations.serving.reranking.occasions import InContext
from recommendations.serving.reranking.popularity import DampPopular
from recommendations.serving.reranking.prices import NearPrice
from recommendations.serving.reranking.repeats import RepeatPenalty

RERANKERS: dict[str, type[Reranker]] = {
    kind.name: kind
    for kind in (
        AtMost,
        Diversity,
        DampPopular,
        NearPrice,
        Floor,
        InContext,
        Objective,
        Learned,
        RepeatPenalty,
    )
}
