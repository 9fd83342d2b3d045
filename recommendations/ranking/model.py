"""The learned ranker as it is published: trees that multiply the scores of candidates."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from recommendations.ranking.features import Features
from recommendations.ranking.shap import contributions
from recommendations.ranking.trees import TreeEnsemble

#: How many candidates are ranked; the rest stays behind them.
CANDIDATES = 40


@dataclass(frozen=True)
class RankerModel:
    """score′ = score · e^(Σ trees(features)), divided by the largest e^(…) so that it stays in 0..1.

    The trees learned on top of the logarithm of the score, so without trees nothing changes, and what else multiplies
    a score, such as a boost, goes on doing so. `bases`: the recommenders whose lists are told of, `popularity`: the one
    whose list of everybody is, "" for none.
    """

    bases: tuple[str, ...]
    popularity: str
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

    def factors(self, rows: Sequence[Sequence[float]], n: int) -> list[float]:
        """What the scores of `n` candidates, best first, are multiplied by, in 0..1, the largest 1. There are `rows` of
        the first of them; the others get the smallest factor, and so stay behind."""
        values = [self.ensemble.score(row) for row in rows]
        highest = max(values, default=0.0)
        factors = [math.exp(value - highest) for value in values]
        return factors + [min(factors, default=1.0)] * (n - len(rows))

    def contributions(self, row: Sequence[float]) -> dict[str, float]:
        """Name of a feature → by how much it raised the logarithm of the score, the largest first; without those that
        did nothing. Relative to what the trees say when nothing is known."""
        values = zip(self.features.names, contributions(self.ensemble, row), strict=False)
        told = {name: value for name, value in values if value}
        return dict(sorted(told.items(), key=lambda pair: -abs(pair[1])))

    def to_json(self) -> str:
        """Compact; `from_json` takes it back."""
        data = {
            "bases": self.bases,
            "popularity": self.popularity,
            "candidates": self.candidates,
            "trees": self.ensemble.to_dict(),
        }
        return json.dumps(data, separators=(",", ":"))

    @staticmethod
    def version_of(text: str) -> str:
        """A digest of the JSON, by which a page knows whether it has these trees already."""
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> RankerModel:
        """Raises ValueError for what this version cannot read."""
        data = json.loads(text)
        trees = TreeEnsemble.from_dict(data.get("trees", {}))  # refuses what has another form
        return cls(
            tuple(data["bases"]),
            str(data["popularity"]),
            trees,
            int(data["candidates"]),
        )
