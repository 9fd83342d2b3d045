"""A LambdaRank model over the features of candidates. Training needs LightGBM (extra `ranker`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.compiled import n_cpus
from recommendations.exceptions import MissingExtra
from recommendations.ranking.trees import Tree, TreeEnsemble


def has_lightgbm() -> bool:
    """Whether LightGBM is installed."""
    try:
        import lightgbm  # noqa: F401
    except ImportError:
        return False
    return True


#: Threads that wait for each other after every split pay when each has so many candidates to look at.
_CANDIDATES_A_THREAD = 50_000

#: LightGBM knows how much an answer is worth by so many grades, each worth √2 times the one below.
GRADES = 30


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a ranker learns from: `features` (n, c, n_features) of candidates, `gains` (n, c): how much each is worth as
    an answer, 0 = it is none."""

    features: NDArray[np.float32]
    gains: NDArray[np.float32]

    @classmethod
    def of(cls, lessons: Sequence[Lesson]) -> Lesson:
        """All of them."""
        if len(lessons) == 1:
            return lessons[0]
        return cls(
            np.concatenate([lesson.features for lesson in lessons]),
            np.concatenate([lesson.gains for lesson in lessons]),
        )


@dataclass(frozen=True, eq=False)
class Ranker:
    """A trained model. Scores mean nothing but an order within one query."""

    booster: Any
    feature_names: Sequence[str]

    def score(self, features: NDArray[np.floating], *, n_trees: int | None = None) -> NDArray[np.float32]:
        """(n, c, n_features) → (n, c), with the first `n_trees` trees (None = all)."""
        n, c, width = features.shape
        if not n * c:
            return np.zeros((n, c), np.float32)
        flat = self.booster.predict(
            features.reshape(n * c, width), num_iteration=n_trees or -1, num_threads=n_cpus()
        )
        return np.asarray(flat, np.float32).reshape(n, c)

    def contributions(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Exact SHAP values (Lundberg et al. 2020, TreeSHAP): rows (n, n_features) → (n, n_features + 1), the last
        column is the base. Each row sums to its score."""
        return np.asarray(self.booster.predict(features, pred_contrib=True), np.float64)

    def trees(self, n_trees: int | None = None) -> TreeEnsemble:
        """The same model for plain Python."""
        model = self.booster.dump_model(num_iteration=n_trees)
        return TreeEnsemble(
            tuple(self.feature_names), tuple(_tree(t["tree_structure"]) for t in model["tree_info"])
        )


def train(
    features: NDArray[np.floating],
    gains: NDArray[np.floating],
    feature_names: Sequence[str],
    *,
    n_trees: int,
    learning_rate: float,
    leaves: int,
    min_data: int,
    feature_fraction: float,
    truncation: int,
    seed: int,
    start: NDArray[np.floating] | None = None,
    present: NDArray[np.bool_] | None = None,
) -> Ranker:
    """LambdaRank (Burges 2010) on queries (n, c, n_features) with gains (n, c).

    `start` (n, c): scores that the trees are learned on top of; the ranker's own are without them. `present` (n, c):
    which of the candidates there are, None = all.

    Raises MissingExtra without LightGBM.
    """
    try:
        import lightgbm
    except ImportError as error:
        raise MissingExtra("Learning to rank", "ranker") from error
    n, c, width = features.shape
    labels = graded(gains)
    there = np.ones((n, c), bool) if present is None else present
    data = lightgbm.Dataset(
        features.reshape(n * c, width) if present is None else features[there],
        labels[there],
        group=there.sum(axis=1),
        init_score=None if start is None else start[there],
        params={"max_bin": 127, "min_data_in_leaf": min_data, "feature_pre_filter": False, "verbosity": -1},
        free_raw_data=True,
    )
    parameters: Mapping[str, Any] = {
        "objective": "lambdarank",
        "label_gain": [0.0, *(2.0 ** ((grade - GRADES) / 2) for grade in range(1, GRADES + 1))],
        "lambdarank_truncation_level": truncation,
        "learning_rate": learning_rate,
        "num_leaves": leaves,
        "min_data_in_leaf": min_data,
        "feature_fraction": feature_fraction,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "bagging_by_query": True,
        "lambda_l2": 1.0,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": max(1, min(n_cpus(), labels.size // _CANDIDATES_A_THREAD)),
        "verbosity": -1,
        "max_bin": 127,
    }
    return Ranker(lightgbm.train(dict(parameters), data, num_boost_round=n_trees), tuple(feature_names))


def graded(gains: NDArray[np.floating]) -> NDArray[np.int32]:
    """The grade of each gain: GRADES for the highest, one less for each factor √2 below it, 0 for none."""
    highest = float(gains.max(initial=0.0))
    grades = np.zeros(gains.shape, np.int32)
    worth = gains > 0
    grades[worth] = np.maximum(1, GRADES + np.round(2 * np.log2(gains[worth] / highest)))
    return grades


def _tree(root: Mapping[str, Any]) -> Tree:
    nodes: dict[str, list[Any]] = {field.name: [] for field in fields(Tree)}

    def add(node: Mapping[str, Any]) -> int:
        if "leaf_value" in node:
            nodes["leaf"].append(float(node["leaf_value"]))
            nodes["leaf_count"].append(int(node.get("leaf_count", 0)))
            return -len(nodes["leaf"])
        at = len(nodes["feature"])
        nodes["feature"].append(int(node["split_feature"]))
        nodes["threshold"].append(float(node["threshold"]))
        nodes["nan_left"].append(_nan_left(node))
        nodes["node_count"].append(int(node["internal_count"]))
        nodes["left"].append(0)
        nodes["right"].append(0)
        nodes["left"][at] = add(node["left_child"])
        nodes["right"][at] = add(node["right_child"])
        return at

    add(root)
    return Tree(**{name: tuple(values) for name, values in nodes.items()})


def _nan_left(node: Mapping[str, Any]) -> bool:
    """Where NaN goes: as learned; 0 is what LightGBM takes it for at a feature that always was known in training."""
    if node["missing_type"] == "None":
        return float(node["threshold"]) >= 0.0
    return bool(node["default_left"])
