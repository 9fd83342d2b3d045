from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommendations.algorithms.compiled import has_numba
from recommendations.algorithms.similarity import cap_row_entries, top_k_similar
from recommendations.exceptions import MissingExtra


def brute_force(matrix: np.ndarray, k: int, groups: np.ndarray | None) -> list[list[tuple[int, float]]]:
    product = (matrix.astype(np.float64) @ matrix.T).astype(np.float32)
    found = []
    for i, row in enumerate(product):
        allowed = [j for j in range(len(row)) if j != i and (groups is None or groups[i] != groups[j])]
        best = sorted((j for j in allowed if row[j] > 0), key=lambda j: (-row[j], j))[:k]
        found.append([(j, float(row[j])) for j in best])
    return found


def as_lists(top) -> list[list[tuple[int, float]]]:  # type: ignore[no-untyped-def]
    bounds = list(zip(top.indptr[:-1], top.indptr[1:], strict=True))
    return [list(zip(top.indices[a:b].tolist(), top.scores[a:b].tolist(), strict=True)) for a, b in bounds]


ENGINES = ("numba", "fast", "scipy")


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_rows=st.integers(1, 60),
    n_features=st.integers(1, 12),
    k=st.integers(1, 25),
    values=st.sampled_from([1, 2, 1000]),
    grouped=st.booleans(),
)
def test_engines_agree_with_brute_force_ties_included(
    seed: int, n_rows: int, n_features: int, k: int, values: int, grouped: bool
) -> None:
    rng = np.random.default_rng(seed)
    dense = rng.integers(1, values + 1, (n_rows, n_features)) * (rng.random((n_rows, n_features)) < 0.4)
    groups = rng.integers(0, max(n_rows // 3, 1), n_rows).astype(np.int32) if grouped else None
    matrix = sparse.csr_matrix(dense.astype(np.float32))
    expected = brute_force(dense, k, groups)
    for engine in ENGINES:
        for block_bytes in (200, 2**20):
            found = top_k_similar(matrix, k, groups=groups, engine=engine, block_bytes=block_bytes)
            assert as_lists(found) == expected, engine


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_rows=st.integers(1, 50),
    n_features=st.integers(1, 40),
    k=st.integers(1, 25),
    kind=st.sampled_from(["binary", "weights", "signed"]),
    data_type=st.sampled_from([np.float32, np.float64]),
    shrinkage=st.sampled_from([0.0, 0.5, 30.0]),
    threshold=st.sampled_from([0.0, 0.01, 0.4]),
    normed=st.sampled_from(["no", "alike", "apart"]),
    other_columns=st.booleans(),
    csc=st.booleans(),
)
def test_numba_and_scipy_give_exactly_the_same(
    seed: int,
    n_rows: int,
    n_features: int,
    k: int,
    kind: str,
    data_type: type,
    shrinkage: float,
    threshold: float,
    normed: str,
    other_columns: bool,
    csc: bool,
) -> None:
    rng = np.random.default_rng(seed)

    def sample(n: int) -> sparse.csr_matrix:
        matrix = sparse.random(n, n_features, 0.3, format="csr", dtype=data_type, rng=rng)
        if kind == "binary":
            matrix.data[:] = 1
        elif kind == "signed":
            matrix.data -= data_type(0.5)
        return matrix

    matrix = sample(n_rows)
    right = sample(int(rng.integers(1, 60))) if other_columns else None
    n_columns = n_rows if right is None else right.shape[0]
    row_norm = column_norm = None
    if normed == "alike" and right is None:
        row_norm = column_norm = np.sqrt(np.diff(matrix.indptr))
    elif normed != "no":
        row_norm, column_norm = rng.integers(0, 5, n_rows), rng.random(n_columns)
    options = {
        "right": right,
        "row_norm": row_norm,
        "column_norm": column_norm,
        "shrinkage": shrinkage,
        "threshold": threshold,
    }
    expected = as_lists(top_k_similar(matrix, k, engine="scipy", **options))
    given_matrix = sparse.csc_matrix(matrix) if csc else matrix
    before = given_matrix.copy()
    for n_threads in (1, 2, 5):
        found = top_k_similar(given_matrix, k, engine="numba", n_threads=n_threads, **options)
        assert as_lists(found) == expected
        assert found.scores.dtype == np.float32 and found.indices.dtype == np.int32
    assert (given_matrix != before).nnz == 0
    if not shrinkage:
        found = top_k_similar(matrix, k, engine="fast", **options)
        assert_nearly(as_lists(found), expected)


def assert_nearly(found: list[list[tuple[int, float]]], expected: list[list[tuple[int, float]]]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert len(one) == len(other)
        for (code, score), (expected_code, expected_score) in zip(one, other, strict=True):
            assert score == pytest.approx(expected_score, rel=1e-6)
            tied = [c for c, s in other if s == pytest.approx(score, rel=1e-6)]
            assert code in tied or score == pytest.approx(other[-1][1], rel=1e-6) or code == expected_code


def test_known_products() -> None:
    matrix = sparse.csr_matrix(np.array([[1, 2, 0], [0, 3, 1], [4, 0, 0]]))
    top = top_k_similar(matrix, 2)
    assert as_lists(top) == [[(1, 6.0), (2, 4.0)], [(0, 6.0)], [(0, 4.0)]]
    assert top.to_csr().toarray().tolist() == [[0, 6, 4], [6, 0, 0], [4, 0, 0]]
    assert as_lists(top_k_similar(matrix, 2, threshold=4.0)) == [[(1, 6.0)], [(0, 6.0)], []]


def test_a_hand_computed_generalised_form() -> None:
    # Visitors a: items 0 1 2, b: 0 1, c: 1. g = 1: they weigh 1/3, 1/2, 1. n = 2, 3, 1.
    chosen = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 0]])
    items = sparse.csr_matrix((chosen / np.sqrt(chosen.sum(axis=1, keepdims=True))).T)
    n = chosen.sum(axis=0)
    for engine in ("numba", "scipy"):
        top = top_k_similar(items, 2, row_norm=n**1.0, column_norm=n**0.5, shrinkage=1.0, engine=engine)
        both, third = 1 / 3 + 1 / 2, 1 / 3
        expected = [
            [(1, both / (2 * 3**0.5 + 1)), (2, third / (2 * 1 + 1))],
            [(0, both / (3 * 2**0.5 + 1)), (2, third / (3 * 1 + 1))],
            [(0, third / (1 * 2**0.5 + 1)), (1, third / (1 * 3**0.5 + 1))],
        ]
        assert [[code for code, _ in row] for row in as_lists(top)] == [
            [code for code, _ in row] for row in expected
        ]
        assert [s for row in as_lists(top) for _, s in row] == pytest.approx(
            [s for row in expected for _, s in row], rel=1e-6
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k must be 1 or more, got 0."),
        ({"shrinkage": -1.0}, "shrinkage must be 0 or more and finite, got -1.0."),
        ({"row_norm": np.ones(3)}, r"row_norm must have shape \(2,\), got \(3,\)."),
        ({"column_norm": np.array([1, np.nan])}, "column_norm must be finite and not negative."),
        ({"groups": np.zeros(1, np.int32)}, "groups must have 2 codes, one a row and column, got 1."),
        ({"right": sparse.csr_matrix((2, 4))}, "right must have 3 features like the matrix, got 4."),
        ({"right": sparse.csr_matrix([[np.inf, 0, 0]])}, "right holds NaN or infinite values."),
        ({"matrix": sparse.csr_matrix([[np.nan]])}, "matrix holds NaN or infinite values."),
        ({"engine": "fast", "shrinkage": 1.0}, "engine 'fast' has no shrinkage"),
    ],
)
def test_bad_input_is_refused(options: dict, message: str) -> None:
    arguments = {"matrix": sparse.csr_matrix(np.ones((2, 3))), "k": 1} | options
    with pytest.raises(ValueError, match=message):
        top_k_similar(**arguments)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="engine must be auto, numba, fast or scipy, got 'gpu'."):
        top_k_similar(sparse.csr_matrix((1, 1)), 1, engine="gpu")


def test_the_threads_do_not_change_the_result() -> None:
    matrix = sparse.random(300, 40, 0.2, format="csr", rng=np.random.default_rng(0))
    one, four = (top_k_similar(matrix, 9, engine="fast", n_threads=n) for n in (1, 4))
    assert as_lists(one) == as_lists(four)


def test_rows_without_anything_have_no_neighbours() -> None:
    assert as_lists(top_k_similar(sparse.csr_matrix((3, 2)), 5)) == [[], [], []]
    assert as_lists(top_k_similar(sparse.csr_matrix((0, 2)), 5)) == []


def test_heavy_rows_keep_their_largest() -> None:
    matrix = sparse.csr_matrix(np.array([[3.0, 1, 3, 2], [0, 0, 1, 0], [1, 1, 1, 0]]))
    capped = cap_row_entries(matrix, 2)
    assert capped.toarray().tolist() == [[3, 0, 3, 0], [0, 0, 1, 0], [1, 1, 0, 0]]
    assert cap_row_entries(matrix, 4) is matrix


def test_the_best_engine_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = sparse.random(50, 20, 0.3, format="csr", rng=np.random.default_rng(0))
    with_extra = as_lists(top_k_similar(matrix, 5))
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not has_numba()
    assert as_lists(top_k_similar(matrix, 5)) == with_extra
    monkeypatch.setitem(sys.modules, "sparse_dot_topn", None)
    assert as_lists(top_k_similar(matrix, 5)) == with_extra
    with pytest.raises(MissingExtra, match=r"django-recommendations\[fast\]"):
        top_k_similar(matrix, 5, engine="fast")
    with pytest.raises(MissingExtra, match=r"django-recommendations\[fast\]"):
        top_k_similar(matrix, 5, engine="numba")
