"""Gradient-boosted trees as JSON, evaluated in plain Python: what a web process needs of a learned ranker."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

FORMAT = 2

#: So many trees are one expression: Python nests no deeper than some hundreds.
TREES_AT_ONCE = 50

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


def _compiled(trees: Sequence[Tree], n_features: int) -> Callable[..., float]:
    """The sum of trees as one expression of Python's, a function of the features: walking them takes six times as long.

    It is put together of the syntax tree's nodes, in which numbers stay numbers, whatever the JSON holds.
    """
    names = [f"x{n}" for n in range(n_features)]

    def made(node: Node) -> ast.expr:
        if not isinstance(node, tuple):
            return ast.Constant(node)
        feature, threshold, nan_left, left, right = node
        x, bound = ast.Name(names[feature], ast.Load()), ast.Constant(float(threshold))
        if nan_left:  # what is unknown is not above
            return ast.IfExp(ast.Compare(x, [ast.Gt()], [bound]), made(right), made(left))
        return ast.IfExp(ast.Compare(x, [ast.LtE()], [bound]), made(left), made(right))

    total = made(trees[0].root)
    for tree in trees[1:]:
        total = ast.BinOp(total, ast.Add(), made(tree.root))
    arguments = ast.arguments(
        posonlyargs=[], args=[ast.arg(name) for name in names], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    expression = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, total)))
    function: Callable[..., float] = eval(compile(expression, "<trees>", "eval"))
    return function


@dataclass(frozen=True)
class TreeEnsemble:
    """A sum of trees over named features."""

    feature_names: Sequence[str]
    trees: Sequence[Tree]

    @cached_property
    def _sums(self) -> tuple[Callable[..., float], ...]:
        n = len(self.feature_names)
        return tuple(
            _compiled(self.trees[first : first + TREES_AT_ONCE], n)
            for first in range(0, len(self.trees), TREES_AT_ONCE)
        )

    def score(self, row: Sequence[float]) -> float:
        """The sum of the trees' values for one row of features.

        Raises ValueError when the row has another number of features.
        """
        if len(row) != len(self.feature_names):
            raise ValueError(f"{len(row)} features given, the trees know {len(self.feature_names)}.")
        return sum([added(*row) for added in self._sums], 0.0)

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
