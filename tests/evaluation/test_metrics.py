from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

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


def test_f1_and_accuracy_by_hand() -> None:
    judged = judge(RANKED, RELEVANT)
    assert metrics.f1_at_k(judged, 2).tolist() == pytest.approx([2 / (2 + 2), 0, 0])
    precision, recall = metrics.precision_at_k(judged, 3)[0], metrics.recall_at_k(judged, 3)[0]
    assert metrics.f1_at_k(judged, 3)[0] == pytest.approx(2 * precision * recall / (precision + recall))
    # of 10 items: the first user has 1 wrong of 3 shown and misses none; the second 3 wrong and misses 1
    assert metrics.accuracy_at_k(judged, 3, n_items=10).tolist() == pytest.approx([0.9, 0.6, 0.7])


def test_k_cuts_and_may_be_deeper_than_the_lists() -> None:
    judged = judge(RANKED, RELEVANT)
    assert metrics.recall_at_k(judged, 2).tolist() == [0.5, 0, 0]
    assert metrics.precision_at_k(judged, 10).tolist() == [0.2, 0, 0]
    assert metrics.ndcg_at_k(judged, 10)[0] == pytest.approx(metrics.ndcg_at_k(judged, 3)[0])


def random_lists(seed: int, highest_grade: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lists without ties (60, 20), and grades from 1 up of the relevant ones of 50 items, 0 = not."""
    rng = np.random.default_rng(seed)
    n_users, n_items = 60, 50
    ranked = np.array([rng.permutation(n_items)[:20] for _ in range(n_users)])
    relevant = rng.random((n_users, n_items)) < 0.12
    relevant[:, 0] |= ~relevant.any(axis=1)
    return ranked, relevant * rng.integers(1, highest_grade + 1, relevant.shape)


def as_ranx(ranx: ModuleType, ranked: NDArray[np.int64], grades: NDArray[np.int64]) -> tuple[Any, Any]:
    depth = ranked.shape[1]
    judged = {f"u{u}": {f"i{i}": int(row[i]) for i in np.flatnonzero(row)} for u, row in enumerate(grades)}
    shown = {f"u{u}": {f"i{i}": float(depth - r) for r, i in enumerate(row)} for u, row in enumerate(ranked)}
    return ranx.Qrels(judged), ranx.Run(shown)


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
    ranked, relevant = random_lists(k)
    judged = judge(ranked, sparse.csr_matrix(relevant))
    ours: dict[str, Callable[[Judged, int], NDArray[np.float64]]] = {
        "precision": metrics.precision_at_k,
        "recall": metrics.recall_at_k,
        "hit_rate": metrics.hit_rate_at_k,
        "mrr": metrics.mrr_at_k,
        "map": metrics.map_at_k,
        "ndcg": metrics.ndcg_at_k,
        "f1": metrics.f1_at_k,
    }
    names = [f"{name}@{k}" for name in ours]
    theirs = ranx.evaluate(*as_ranx(ranx, ranked, relevant), names, make_comparable=True)
    for name, metric in ours.items():
        assert metric(judged, k).mean() == pytest.approx(theirs[f"{name}@{k}"]), name


def test_graded_by_hand() -> None:
    grades = sparse.csr_matrix(np.array([[0, 3, 1, 2], [0, 0, 1, 0], [0, 0, 0, 0]]))
    ideal = 7 + 3 / np.log2(3) + 1 / 2
    found = metrics.graded_ndcg_at_k(RANKED, grades, 3)
    assert found.tolist() == pytest.approx([(3 + 7 / np.log2(3) + 1 / 2) / ideal, 0, 0])
    linear = metrics.graded_ndcg_at_k(RANKED, grades, 2, gain="linear")
    assert linear[0] == pytest.approx((2 + 3 / np.log2(3)) / (3 + 2 / np.log2(3)))


def test_grades_of_one_are_binary() -> None:
    for gain in ("exponential", "linear"):
        graded = metrics.graded_ndcg_at_k(RANKED, RELEVANT, 2, gain=gain)
        assert graded.tolist() == pytest.approx(metrics.ndcg_at_k(judge(RANKED, RELEVANT), 2).tolist())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("gain", "name"), [("linear", "ndcg"), ("exponential", "ndcg_burges")])
def test_grades_agree_with_ranx_on_random_data(ranx: ModuleType, gain: str, name: str) -> None:
    ranked, grades = random_lists(7, highest_grade=4)
    for k in (1, 5, 20):
        theirs = ranx.evaluate(*as_ranx(ranx, ranked, grades), [f"{name}@{k}"], make_comparable=True)
        found = metrics.graded_ndcg_at_k(ranked, sparse.csr_matrix(grades), k, gain=gain).mean()
        assert found == pytest.approx(theirs if isinstance(theirs, float) else theirs[f"{name}@{k}"])


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="they need one row a user"):
        judge(RANKED[:2], RELEVANT)
    with pytest.raises(ValueError, match="ranked: a list names an item twice."):
        judge(np.array([[1, 1]]), RELEVANT[:1])
    with pytest.raises(ValueError, match="ranked: a list names an item twice."):
        metrics.graded_ndcg_at_k(np.array([[1, 1]]), RELEVANT[:1])
    with pytest.raises(ValueError, match="gain must be exponential or linear, got 'cubic'."):
        metrics.graded_ndcg_at_k(RANKED, RELEVANT, gain="cubic")
    for grade in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="grades: every grade must be finite and at least 0."):
            metrics.graded_ndcg_at_k(np.array([[0]]), sparse.csr_matrix([[grade]]))
