from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommendations.algorithms.similarity import cap_row_entries, top_k_of_rows, top_k_similar


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
    for engine in ("scipy", "fast"):
        for block_bytes in (200, 2**20):
            found = top_k_similar(matrix, k, groups=groups, engine=engine, block_bytes=block_bytes)
            assert as_lists(found) == expected, engine


def test_known_products() -> None:
    matrix = sparse.csr_matrix(np.array([[1, 2, 0], [0, 3, 1], [4, 0, 0]]))
    top = top_k_similar(matrix, 2)
    assert as_lists(top) == [[(1, 6.0), (2, 4.0)], [(0, 6.0)], [(0, 4.0)]]
    assert top.to_csr().toarray().tolist() == [[0, 6, 4], [6, 0, 0], [4, 0, 0]]
    assert as_lists(top_k_similar(matrix, 2, threshold=4.0)) == [[(1, 6.0)], [(0, 6.0)], []]


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="engine must be auto, fast or scipy, got 'gpu'."):
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


def test_top_k_of_rows() -> None:
    matrix = sparse.csr_matrix(np.array([[0, 5.0, 7, 5], [-1, 0, 0, 0]]))
    assert as_lists(top_k_of_rows(matrix, 2)) == [[(2, 7.0), (1, 5.0)], []]


def test_without_the_fast_extra_scipy_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = sparse.random(50, 20, 0.3, format="csr", rng=np.random.default_rng(0))
    with_extra = as_lists(top_k_similar(matrix, 5))
    monkeypatch.setitem(sys.modules, "sparse_dot_topn", None)
    assert as_lists(top_k_similar(matrix, 5)) == with_extra
    with pytest.raises(ImportError):
        top_k_similar(matrix, 5, engine="fast")
