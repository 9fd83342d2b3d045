"""Trees in plain Python: equal to LightGBM's, whatever is missing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from recommendations.ranking.shap import contributions
from recommendations.ranking.trees import Tree, TreeEnsemble

STUMP = Tree((0,), (1.5,), (False,), (-1,), (-2,), (10.0, 20.0))


@pytest.mark.parametrize(("x", "value"), [(1.0, 10.0), (1.5, 10.0), (1.6, 20.0), (float("nan"), 20.0)])
def test_a_split(x: float, value: float) -> None:
    assert STUMP.value([x]) == value


def test_what_is_missing_may_go_left() -> None:
    tree = Tree((0,), (-1.0,), (True,), (-1,), (-2,), (10.0, 20.0))
    assert (tree.value([float("nan")]), tree.value([-2.0]), tree.value([0.0])) == (10.0, 10.0, 20.0)


def test_two_levels() -> None:
    tree = Tree((1, 0), (0.0, 5.0), (False, False), (1, -3), (-1, -2), (1.0, 2.0, 3.0))
    rows = {(5.0, -1.0): 3.0, (6.0, -1.0): 2.0, (0.0, 1.0): 1.0}
    assert {row: tree.value(row) for row in rows} == rows


def test_a_single_leaf() -> None:
    assert Tree((), (), (), (), (), (0.25,)).value([1.0]) == 0.25


def test_sums_names_and_json() -> None:
    ensemble = TreeEnsemble(("price",), (STUMP, STUMP))
    assert ensemble.score([2.0]) == 40.0
    again = TreeEnsemble.from_dict(json.loads(json.dumps(ensemble.to_dict())))
    assert again.score([1.0]) == 20.0
    with pytest.raises(ValueError, match="2 features given, the trees know 1"):
        ensemble.score([1.0, 2.0])
    with pytest.raises(ValueError, match="format 7 cannot be read"):
        TreeEnsemble.from_dict({"format": 7})


def test_scores_equal_lightgbm() -> None:
    """One feature is unknown now and then, one only after training: LightGBM takes that for 0."""
    pytest.importorskip("lightgbm")
    from recommendations.algorithms.blending.ranker import train

    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 20, 5)).astype(np.float32)
    features[:, :, :3][rng.random((60, 20, 3)) < 0.1] = np.nan
    features[rng.random(features.shape) < 0.1] = 0.0
    labels = (np.nan_to_num(features[:, :, 0]) + rng.normal(size=(60, 20)) > 1.5).astype(np.int32)
    ranker = train(
        features,
        labels,
        [f"f{n}" for n in range(5)],
        n_trees=30,
        learning_rate=0.1,
        leaves=8,
        min_data=5,
        feature_fraction=0.8,
        truncation=10,
        seed=0,
    )
    trees = TreeEnsemble.from_dict(json.loads(json.dumps(ranker.trees().to_dict())))
    rows = features.reshape(-1, 5)
    rows[::7, 4] = np.nan
    expected = ranker.booster.predict(rows)
    assert [trees.score(row) for row in rows.astype(float).tolist()] == pytest.approx(
        expected.tolist(), abs=1e-12
    )
    fewer = ranker.trees(10)
    assert len(fewer.trees) == 10
    shap = ranker.contributions(rows)
    assert shap.shape == (len(rows), 6)
    assert shap.sum(axis=1) == pytest.approx(expected, abs=1e-6)


def test_contributions_equal_lightgbms() -> None:
    """Exact SHAP values, whatever is missing and however often a feature is asked for on the way down."""
    pytest.importorskip("lightgbm")
    from recommendations.algorithms.blending.ranker import train

    rng = np.random.default_rng(1)
    features = rng.normal(size=(80, 20, 4))
    features[:, :, :2][rng.random((80, 20, 2)) < 0.2] = np.nan
    gains = (np.nan_to_num(features[:, :, 0]) + features[:, :, 2] * features[:, :, 3] > 1).astype(float)
    ranker = train(
        features,
        gains,
        list("abcd"),
        n_trees=25,
        learning_rate=0.1,
        leaves=12,
        min_data=5,
        feature_fraction=1.0,
        truncation=10,
        seed=0,
    )
    rows = features.reshape(-1, 4)[:60]
    trees = ranker.trees()
    expected = ranker.contributions(rows)
    for row, values in zip(rows.tolist(), expected.tolist(), strict=True):
        found = contributions(trees, row)
        assert found == pytest.approx(values, abs=1e-9)
        assert sum(found) == pytest.approx(trees.score(row), abs=1e-9)


def test_contributions_of_a_stump_by_hand() -> None:
    """A quarter of the training data went left: 10 or 20, 17.5 in the mean."""
    stump = Tree((0,), (1.5,), (False,), (-1,), (-2,), (10.0, 20.0), (8,), (2, 6))
    ensemble = TreeEnsemble(("price", "age"), (stump, Tree((), (), (), (), (), (0.5,))))
    assert contributions(ensemble, [1.0, 0.0]) == pytest.approx([-7.5, 0.0, 18.0])
    assert contributions(ensemble, [2.0, 0.0]) == pytest.approx([2.5, 0.0, 18.0])
