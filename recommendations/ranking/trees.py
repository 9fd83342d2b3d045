"""Gradient-boosted trees as JSON, evaluated in plain Python: what a web process needs of a learned ranker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

FORMAT = 2

#: A node as it is walked: feature, threshold, whether NaN goes left, left, right; or the value of a leaf.
Node = tuple[int, float, bool, Any, Any] | float


@dataclass(frozen=True)
class Tree:
    """One regression tree in arrays. Children ≥ 0 are nodes, −1 − n is leaf n.

    At a node, what is at most `threshold` goes left, and NaN where `nan_left` says so. `node_count` and `leaf_count`
    are how many rows of the training data came by: SHAP values are relative to them.
    """

    feature: Sequence[int]
    threshold: Sequence[float]
    nan_left: Sequence[bool]
    left: Sequence[int]
    right: Sequence[int]
    leaf: Sequence[float]
    node_count: Sequence[float] = ()
    leaf_count: Sequence[float] = ()

    @cached_property
    def root(self) -> Node:
        """The tree as nested tuples, which are walked twice as fast as arrays."""

        def made(at: int) -> Node:
            if at < 0:
                return float(self.leaf[-1 - at])
            left, right = made(self.left[at]), made(self.right[at])
            return self.feature[at], self.threshold[at], bool(self.nan_left[at]), left, right

        return made(0 if self.feature else -1)

    def value(self, row: Sequence[float]) -> float:
        """The leaf's value for one row of features; NaN = unknown."""
        return _walk(self.root, row)


def _walk(node: Any, row: Sequence[float]) -> float:
    while node.__class__ is tuple:
        feature, threshold, nan_left, left, right = node
        x = row[feature]
        node = left if x <= threshold or (nan_left and x != x) else right
    return float(node)


@dataclass(frozen=True)
class TreeEnsemble:
    """A sum of trees over named features."""

    feature_names: Sequence[str]
    trees: Sequence[Tree]

    @cached_property
    def _roots(self) -> tuple[Node, ...]:
        return tuple(tree.root for tree in self.trees)

    def score(self, row: Sequence[float]) -> float:
        """The sum of the trees' values for one row of features.

        Raises ValueError when the row has another number of features.
        """
        if len(row) != len(self.feature_names):
            raise ValueError(f"{len(row)} features given, the trees know {len(self.feature_names)}.")
        total = 0.0
        for node in self._roots:
            # As _walk does: a call for each tree would take as long again.
            while node.__class__ is tuple:
                feature, threshold, nan_left, left, right = node
                x = row[feature]
                node = left if x <= threshold or (nan_left and x != x) else right
            total += node  # type: ignore[operator]
        return total

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it; `from_dict` takes it back."""
        names = [each.name for each in fields(Tree)]
        return {
            "format": FORMAT,
            "feature_names": list(self.feature_names),
            "trees": [{name: list(getattr(tree, name)) for name in names} for tree in self.trees],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TreeEnsemble:
        """Raises ValueError for another format."""
        if data.get("format") != FORMAT:
            raise ValueError(
                f"Trees of format {data.get('format')!r} cannot be read; this version reads format {FORMAT}."
            )
        return cls(tuple(data["feature_names"]), tuple(Tree(**tree) for tree in data["trees"]))
