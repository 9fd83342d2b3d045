"""The learned ranker as it is published: trees that multiply the scores of candidates."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from recommendations.ranking.features import Features
from recommendations.ranking.trees import TreeEnsemble

#: How many candidates are ranked; the rest stays behind them.
CANDIDATES = 40


@dataclass(frozen=True)
class RankerModel:
    """score′ = score · e^(Σ trees(features)), divided by the largest e^(…) so that it stays in 0..1.

    The trees learned on top of the logarithm of the score, so without trees nothing changes, and what else multiplies
    a score, such as a boost, goes on doing so. `bases`: the recommenders whose lists are told of.
    """

    bases: tuple[str, ...]
    ensemble: TreeEnsemble
    candidates: int = CANDIDATES
    features: Features = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", Features(self.bases))
        if tuple(self.ensemble.feature_names) != self.features.names:
            raise ValueError(
                "The ranker was trained with other features than this version makes; train it again. "
                f"Trained: {', '.join(self.ensemble.feature_names)}. Made: {', '.join(self.features.names)}."
            )

    @cached_property
    def changes_nothing(self) -> bool:
        """Whether the order stays as it is: no trees were better than it."""
        return not self.ensemble.trees

    def factors(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """What the score of each candidate is multiplied by, in 0..1, the largest 1."""
        values = [self.ensemble.score(row) for row in rows]
        highest = max(values, default=0.0)
        return [math.exp(value - highest) for value in values]

    def rescored(self, scores: Sequence[float], rows: Sequence[Sequence[float]]) -> list[float]:
        """Scores, best first, times the factors of the first of them, for which there are `rows`; those behind stay
        behind."""
        factors = self.factors(rows)
        behind = min(factors, default=1.0)
        factors += [behind] * (len(scores) - len(rows))
        return [score * factor for score, factor in zip(scores, factors, strict=True)]

    def to_json(self) -> str:
        """Compact; `from_json` takes it back."""
        data = {"bases": self.bases, "candidates": self.candidates, "trees": self.ensemble.to_dict()}
        return json.dumps(data, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> RankerModel:
        """Raises ValueError for what this version cannot read."""
        data = json.loads(text)
        return cls(tuple(data["bases"]), TreeEnsemble.from_dict(data["trees"]), int(data["candidates"]))
