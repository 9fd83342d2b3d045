from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from recommendations.evaluation import metrics
from recommendations.evaluation.metrics import Judged, judge

RANKED = np.array([[3, 1, 2], [0, 4, -1], [-1, -1, -1]])
RELEVANT = sparse.csr_matrix(np.array([[0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]))


def test_by_hand() -> None:
    judged = judge(RANKED, RELEVANT)
    assert judged.hits.tolist() == [[False, True, True], [False] * 3, [False] * 3]
    assert judged.n_relevant.tolist() == [2, 1, 0]
    expected = {
        metrics.precision_at_k: 2 / 3,
        metrics.recall_at_k: 1.0,
        metrics.hit_rate_at_k: 1.0,
        metrics.mrr_at_k: 1 / 2,
        metrics.map_at_k: (1 / 2 + 2 / 3) / 2,
        metrics.ndcg_at_k: (1 / np.log2(3) + 1 / np.log2(4)) / (1 + 1 / np.log2(3)),
    }
    for metric, value in expected.items():
        assert metric(judged, 3).tolist() == pytest.approx([value, 0, 0]), metric.__name__


def test_k_cuts_and_may_be_deeper_than_the_lists() -> None:
    judged = judge(RANKED, RELEVANT)
    assert metrics.recall_at_k(judged, 2).tolist() == [0.5, 0, 0]
    assert metrics.precision_at_k(judged, 10).tolist() == [0.2, 0, 0]
    assert metrics.ndcg_at_k(judged, 10)[0] == pytest.approx(metrics.ndcg_at_k(judged, 3)[0])


@pytest.fixture(scope="module")
def ranx() -> Iterator[ModuleType]:
    """ranx as plain Python: compiling its metrics would take a minute."""
    numba = importlib.import_module("numba")
    before, numba.config.DISABLE_JIT = numba.config.DISABLE_JIT, True
    try:
        yield importlib.import_module("ranx")
    finally:
        numba.config.DISABLE_JIT = before


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("k", [1, 5, 20])
def test_agrees_with_ranx_on_random_data(ranx: ModuleType, k: int) -> None:
    rng = np.random.default_rng(k)
    n_users, n_items, depth = 60, 50, 20
    ranked = np.array([rng.permutation(n_items)[:depth] for _ in range(n_users)])
    relevant = rng.random((n_users, n_items)) < 0.12
    relevant[:, 0] |= ~relevant.any(axis=1)
    qrels = ranx.Qrels({f"u{u}": {f"i{i}": 1 for i in np.flatnonzero(relevant[u])} for u in range(n_users)})
    run = ranx.Run(
        {f"u{u}": {f"i{i}": float(depth - r) for r, i in enumerate(ranked[u])} for u in range(n_users)}
    )
    judged = judge(ranked, sparse.csr_matrix(relevant))
    ours: dict[str, Callable[[Judged, int], NDArray[np.float64]]] = {
        "precision": metrics.precision_at_k,
        "recall": metrics.recall_at_k,
        "hit_rate": metrics.hit_rate_at_k,
        "mrr": metrics.mrr_at_k,
        "map": metrics.map_at_k,
        "ndcg": metrics.ndcg_at_k,
    }
    theirs = ranx.evaluate(qrels, run, [f"{name}@{k}" for name in ours], make_comparable=True)
    for name, metric in ours.items():
        assert metric(judged, k).mean() == pytest.approx(theirs[f"{name}@{k}"]), name


def test_coverage_novelty_and_gini_by_hand() -> None:
    assert metrics.catalogue_coverage(RANKED, 10) == 0.5
    assert metrics.catalogue_coverage(np.full((2, 2), -1), 10) == 0.0
    bits = metrics.novelty(RANKED, np.array([1.0, 0.5, 0.25, 0.125, 1.0]))
    assert bits[:2].tolist() == [2.0, 0.0]
    assert np.isnan(bits[2])
    assert metrics.gini(np.array([[0, 1], [2, 3]]), 4) == pytest.approx(0)
    assert metrics.gini(np.array([[0], [0]]), 4) == pytest.approx(0.75)
    assert metrics.gini(np.array([[-1]]), 4) == 0.0


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="they need one row a user"):
        judge(RANKED[:2], RELEVANT)
    with pytest.raises(ValueError, match="ranked: a list names an item twice."):
        judge(np.array([[1, 1]]), RELEVANT[:1])
    with pytest.raises(ValueError, match="popularity: shares must be above 0 and at most 1."):
        metrics.novelty(RANKED, np.array([1.0, 0.0, 0.25, 0.125, 1.0]))
