"""Exact SHAP values of trees in plain Python: what each feature contributed to a score."""

from __future__ import annotations

from collections.abc import Sequence

from recommendations.ranking.trees import Tree, TreeEnsemble

#: A step of the way to a leaf: the feature, the share of the rows that go there where the feature is not known, whether
#: (1 or 0) this row goes there where it is, and the weight of the subsets of so many features.
_Step = tuple[int, float, float, float]


def contributions(ensemble: TreeEnsemble, row: Sequence[float]) -> list[float]:
    """The contribution of each feature, and last the base: what the trees say when no feature is known. They add up to
    the score.

    TreeSHAP, path-dependent (Lundberg, Erion & Lee 2018, "Consistent individualized feature attribution for tree
    ensembles", algorithm 2): where a feature is not known, a row goes both ways, by the shares of the training data
    that did.
    """
    found = [0.0] * (len(ensemble.feature_names) + 1)
    for tree in ensemble.trees:
        found[-1] += _expected(tree)
        if tree.feature:
            _Walk(tree, row, found).down(0, [], 1.0, 1.0, -1)
    return found


def _expected(tree: Tree) -> float:
    if not tree.feature:
        return tree.leaf[0]
    total = tree.node_count[0]
    return sum(value * count / total for value, count in zip(tree.leaf, tree.leaf_count, strict=True))


class _Walk:
    """One tree and one row; `found` is added to."""

    def __init__(self, tree: Tree, row: Sequence[float], found: list[float]) -> None:
        self.tree, self.row, self.found = tree, row, found

    def down(self, node: int, path: list[_Step], zero: float, one: float, feature: int) -> None:
        """Through a node or leaf that `feature` led to: with the share `zero` of the rows when it is not known."""
        path = _extended(path, zero, one, feature)
        if node < 0:
            value = self.tree.leaf[-1 - node]
            for place in range(1, len(path)):
                step = path[place]
                self.found[step[0]] += _unwound_sum(path, place) * (step[2] - step[1]) * value
            return
        split, x = self.tree.feature[node], self.row[self.tree.feature[node]]
        goes_left = x <= self.tree.threshold[node] or (self.tree.nan_left[node] and x != x)
        hot, cold = self.tree.left[node], self.tree.right[node]
        if not goes_left:
            hot, cold = cold, hot
        known_zero = known_one = 1.0
        for place in range(1, len(path)):
            if path[place][0] == split:  # the same feature again: one step of both
                known_zero, known_one = path[place][1], path[place][2]
                path = _unwound(path, place)
                break
        here = self.tree.node_count[node]
        self.down(hot, path, known_zero * self._count(hot) / here, known_one, split)
        self.down(cold, path, known_zero * self._count(cold) / here, 0.0, split)

    def _count(self, node: int) -> float:
        return self.tree.leaf_count[-1 - node] if node < 0 else self.tree.node_count[node]


def _extended(path: list[_Step], zero: float, one: float, feature: int) -> list[_Step]:
    length = len(path)
    weights = [step[3] for step in path] + [1.0 if not length else 0.0]
    for n in range(length - 1, -1, -1):
        weights[n + 1] += one * weights[n] * (n + 1) / (length + 1)
        weights[n] = zero * weights[n] * (length - n) / (length + 1)
    steps = [*path, (feature, zero, one, 0.0)]
    return [(step[0], step[1], step[2], weight) for step, weight in zip(steps, weights, strict=True)]


def _unwound(path: list[_Step], place: int) -> list[_Step]:
    """The path as it was without one of its steps."""
    last = len(path) - 1
    _, zero, one, _ = path[place]
    weights = [step[3] for step in path]
    following = weights[last]
    for n in range(last - 1, -1, -1):
        if one:
            before = weights[n]
            weights[n] = following * (last + 1) / ((n + 1) * one)
            following = before - weights[n] * zero * (last - n) / (last + 1)
        else:
            weights[n] = weights[n] * (last + 1) / (zero * (last - n))
    steps = path[:place] + path[place + 1 :]
    return [(step[0], step[1], step[2], weight) for step, weight in zip(steps, weights[:last], strict=True)]


def _unwound_sum(path: list[_Step], place: int) -> float:
    """Σ of the weights of the path without one of its steps."""
    last = len(path) - 1
    _, zero, one, _ = path[place]
    total, following = 0.0, path[last][3]
    for n in range(last - 1, -1, -1):
        if one:
            weight = following * (last + 1) / ((n + 1) * one)
            total += weight
            following = path[n][3] - weight * zero * (last - n) / (last + 1)
        else:
            total += path[n][3] * (last + 1) / (zero * (last - n))
    return total
