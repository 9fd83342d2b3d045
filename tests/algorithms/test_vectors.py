"""What is alike, by sparse and by dense vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from recommendations.algorithms.vectors import likeness, most_alike, unit_rows

POINTS = np.array([[3, 4], [4, 3], [-3, -4], [0, 0], [6, 8]], np.float32)


def named(top, digits: int = 4) -> dict[int, list[tuple[int, float]]]:
    rows = top.lists(tuple("01234"), tuple("01234"), 10, digits)
    return {int(key): [(int(target), score) for target, score in pairs] for key, pairs in rows}


def test_cosine_of_dense_vectors() -> None:
    """cos((3, 4), (4, 3)) = 24/25; what points away is not alike, what is nowhere has no neighbours."""
    assert named(most_alike(unit_rows(POINTS), 3)) == {
        0: [(4, 1.0), (1, 0.96)],
        1: [(0, 0.96), (4, 0.96)],
        4: [(0, 1.0), (1, 0.96)],
    }


def test_distance_of_dense_vectors() -> None:
    """√2 apart is 1 / (1 + √2), 5 apart 1/6, 10 apart 1/11."""
    assert named(most_alike(POINTS, 2, metric="euclidean")) == {
        0: [(1, round(1 / (1 + 2**0.5), 4)), (4, round(1 / 6, 4))],
        1: [(0, round(1 / (1 + 2**0.5), 4)), (4, round(1 / (1 + 29**0.5), 4))],
        2: [(1, round(1 / (1 + 98**0.5), 4)), (0, round(1 / 11, 4))],
        4: [(0, round(1 / 6, 4)), (1, round(1 / (1 + 29**0.5), 4))],
    }


def test_variants_and_a_threshold() -> None:
    groups = np.array([0, 1, 2, 3, 0], np.int32)
    assert named(most_alike(unit_rows(POINTS), 3, groups=groups)) == {
        0: [(1, 0.96)],
        1: [(0, 0.96), (4, 0.96)],
        4: [(1, 0.96)],
    }
    assert named(most_alike(unit_rows(POINTS), 3, threshold=0.97)) == {0: [(4, 1.0)], 4: [(0, 1.0)]}


def test_blocks_make_no_difference() -> None:
    vectors = unit_rows(np.random.default_rng(0).standard_normal((60, 8)).astype(np.float32))
    whole, pieces = (most_alike(vectors, 7, block_bytes=size) for size in (2**27, 2000))
    assert whole.indices.tolist() == pieces.indices.tolist()
    assert whole.scores.tolist() == pieces.scores.tolist()
    some = most_alike(vectors, 7, rows=np.array([3, 59]))
    assert some.indices.tolist() == [*whole.indices[21:28], *whole.indices[-7:]]
    assert some.indptr[[3, 4, 59, 60]].tolist() == [0, 7, 7, 14]


def test_nobody_and_nothing() -> None:
    assert likeness(sparse.csr_matrix((2, 5)), unit_rows(POINTS)).tolist() == [[0] * 5] * 2
    assert likeness(sparse.csr_matrix((1, 5)), POINTS, "euclidean").tolist() == [[0] * 5]
    assert len(most_alike(np.zeros((0, 3), np.float32), 5)) == 0
    assert most_alike(np.zeros((4, 3), np.float32), 5).indptr.tolist() == [0] * 5


def test_a_history_is_its_weighted_mean() -> None:
    weights = sparse.csr_matrix(np.array([[1.0, 0, 0, 0, 1.0]], np.float32))
    assert likeness(weights, POINTS, "euclidean")[0] == pytest.approx(
        [1 / 3.5, 1 / (1 + (0.25 + 9) ** 0.5), 1 / 13.5, 0, 1 / 3.5], abs=1e-5
    )
    assert likeness(weights, unit_rows(POINTS))[0] == pytest.approx([1, 0.96, -1, 0, 1], abs=1e-5)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@settings(max_examples=60, deadline=None)
@given(
    points=arrays.arrays(
        np.float32, st.tuples(st.integers(1, 9), st.integers(1, 4)), elements=st.integers(0, 3)
    )
)
def test_sparse_and_dense_agree(metric: str, points: np.ndarray) -> None:
    """On what has a feature in common."""
    dense = unit_rows(points) if metric == "cosine" else points
    thin = (
        unit_rows(sparse.csr_matrix(points)) if metric == "cosine" else sparse.csr_matrix(points, dtype=float)
    )
    shared = (points @ points.T) > 0
    expected = most_alike(dense, 20, metric=metric).to_csr().toarray() * shared
    assert most_alike(thin, 20, metric=metric).to_csr().toarray() == pytest.approx(expected, abs=2e-6)
    weights = sparse.csr_matrix(np.eye(len(points), dtype=np.float32))
    assert likeness(weights, thin, metric) == pytest.approx(likeness(weights, dense, metric), abs=2e-6)
