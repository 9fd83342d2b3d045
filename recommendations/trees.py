"""Gradient-boosted trees as JSON, evaluated in plain Python: what a web process needs of a learned ranker."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Below this, LightGBM takes a number for zero.
_ZERO = 1e-35


@dataclass(frozen=True, slots=True)
class Tree:
    """One regression tree in arrays. Children ≥ 0 are nodes, −1 − n is leaf n."""

    feature: Sequence[int]
    threshold: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    missing: Sequence[str]  # none, zero or nan: what counts as missing at the node
    default_left: Sequence[bool]
    leaf: Sequence[float]

    def value(self, row: Sequence[float]) -> float:
        """The leaf's value for one row of features; NaN = unknown."""
        if not self.feature:
            return self.leaf[0]
        node = 0
        while node >= 0:
            x = row[self.feature[node]]
            missing = self.missing[node]
            if math.isnan(x) and missing != "nan":
                x = 0.0
            if (missing == "nan" and math.isnan(x)) or (missing == "zero" and -_ZERO <= x <= _ZERO):
                goes_left = self.default_left[node]
            else:
                goes_left = x <= self.threshold[node]
            node = self.left[node] if goes_left else self.right[node]
        return self.leaf[-1 - node]


@dataclass(frozen=True, slots=True)
class TreeEnsemble:
    """A sum of trees over named features."""

    feature_names: Sequence[str]
    trees: Sequence[Tree]

    def score(self, row: Sequence[float]) -> float:
        """The sum of the trees' values for one row of features.

        Raises ValueError when the row has another number of features.
        """
        if len(row) != len(self.feature_names):
            raise ValueError(f"{len(row)} features given, the trees know {len(self.feature_names)}.")
        return sum(tree.value(row) for tree in self.trees)

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it; `from_dict` takes it back."""
        fields = Tree.__slots__
        return {
            "format": 1,
            "feature_names": list(self.feature_names),
            "trees": [{name: list(getattr(tree, name)) for name in fields} for tree in self.trees],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TreeEnsemble:
        """Raises ValueError for another format."""
        if data.get("format") != 1:
            raise ValueError(
                f"Trees of format {data.get('format')!r} cannot be read; this version reads format 1."
            )
        return cls(tuple(data["feature_names"]), tuple(Tree(**tree) for tree in data["trees"]))
