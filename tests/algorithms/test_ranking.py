from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommendations.algorithms import ranking
from recommendations.algorithms.ranking import best, best_codes, multiply, pick

ENGINES = ("numba", "numpy")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    use(request.param, monkeypatch)
    return request.param


def use(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "numba":
        pytest.importorskip("numba")
    monkeypatch.setattr(ranking, "has_numba", lambda: engine == "numba")


def ranked(scores: np.ndarray, k: int, hidden: np.ndarray, floor: float) -> list[list[tuple[int, float]]]:
    """What the best are, said plainly."""
    found = []
    for row, left_out in zip(scores, hidden, strict=True):
        allowed = [j for j in range(len(row)) if row[j] > floor and not left_out[j]]
        found.append([(j, float(row[j])) for j in sorted(allowed, key=lambda j: (-row[j], j))[:k]])
    return found


def as_lists(codes: np.ndarray, values: np.ndarray) -> list[list[tuple[int, float]]]:
    assert codes.dtype == np.int32 and values.dtype == np.float32
    assert not values[codes < 0].any()
    kept = [row[row >= 0] for row in codes]
    assert all(
        (row[: len(left)] >= 0).all() for row, left in zip(codes, kept, strict=True)
    )  # padded on the right
    return [
        list(zip(left.tolist(), row[: len(left)].tolist(), strict=True))
        for left, row in zip(kept, values, strict=True)
    ]


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_rows=st.integers(0, 20),
    n_items=st.integers(1, 200),
    k=st.integers(1, 25),
    levels=st.sampled_from([1, 3, 10**6]),
    special=st.booleans(),
)
def test_the_best_are_those_of_a_plain_sort(
    seed: int, n_rows: int, n_items: int, k: int, levels: int, special: bool
) -> None:
    rng = np.random.default_rng(seed)
    shape = (n_rows, n_items)
    scores = (rng.integers(-levels, levels + 1, shape) * (rng.random(shape) < 0.5)).astype(np.float32)
    if special:
        scores[rng.random(shape) < 0.1] = np.nan
        scores[rng.random(shape) < 0.1] = np.inf
        scores[rng.random(shape) < 0.1] = -np.inf
    left_out = rng.random(shape) < 0.3
    hidden = sparse.csr_matrix(left_out, dtype=np.float32)
    rows, columns = scores.nonzero()
    shuffled = rng.permutation(len(rows))
    shuffled = shuffled[np.argsort(rows[shuffled], kind="stable")]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_rows))])
    unsorted = sparse.csr_matrix((scores[rows, columns][shuffled], columns[shuffled], indptr), shape=shape)
    nothing = np.zeros(shape, bool)
    for engine in ENGINES:
        with pytest.MonkeyPatch.context() as monkeypatch:
            use(engine, monkeypatch)
            for given_scores in (scores, unsorted):
                assert as_lists(*best_codes(given_scores, k)) == ranked(scores, k, nothing, 0.0)
                assert as_lists(*best_codes(given_scores, k, hidden)) == ranked(scores, k, left_out, 0.0)
                assert as_lists(*best_codes(given_scores, k, hidden, positive_only=False)) == ranked(
                    scores, k, left_out, -np.inf
                )


def test_best_gives_the_same_as_columns(engine: str) -> None:
    scores = np.array([[0, 5, 7, 5], [-1, 0, 0, 0], [1, 2, 3, 4]], np.float32)
    hidden = sparse.csr_matrix(([0.0], ([2], [3])), shape=(3, 4))  # a stored 0 hides, too
    top = best(scores, 2, hidden)
    assert top.indptr.tolist() == [0, 2, 2, 4]
    assert top.indices.tolist() == [2, 1, 2, 1]
    assert top.scores.tolist() == [7, 5, 3, 2]
    assert top.n_columns == 4
    assert (scores[0].tolist(), hidden.nnz) == ([0, 5, 7, 5], 1)  # what was given stays as it was


def test_nothing_gives_nothing(engine: str) -> None:
    assert best_codes(np.zeros((0, 3), np.float32), 2)[0].shape == (0, 2)
    assert best_codes(np.zeros((2, 0), np.float32), 2)[0].tolist() == [[-1, -1], [-1, -1]]
    assert best_codes(sparse.csr_matrix((1, 3)), 2)[0].tolist() == [[-1, -1]]
    assert best_codes(sparse.csr_matrix((1, 3)), 2, positive_only=False)[0].tolist() == [[0, 1]]
    assert best_codes(np.ones((1, 3), np.float32), 0)[0].shape == (1, 0)


def test_hidden_must_fit() -> None:
    with pytest.raises(
        ValueError, match=r"hidden must have the shape of the scores, \(1, 3\), got \(1, 2\)."
    ):
        best_codes(np.ones((1, 3), np.float32), 1, sparse.csr_matrix((1, 2)))


@pytest.mark.parametrize("index_type", [np.int32, np.int64])
@pytest.mark.parametrize("data_type", [np.float32, np.float64, np.int8])
def test_a_product(engine: str, data_type: type, index_type: type) -> None:
    rng = np.random.default_rng(1)
    left = sparse.random(2500, 30, 0.2, format="csr", rng=rng)
    right = sparse.random(30, 50, 0.3, format="csr", rng=rng)
    for side in (left, right):
        side.data = np.ceil(side.data * 9).astype(data_type)
        side.indices, side.indptr = side.indices.astype(index_type), side.indptr.astype(index_type)
    product = multiply(left, right)
    assert product.dtype == np.float32
    expected = left.astype(np.float64).toarray() @ right.astype(np.float64).toarray()
    assert np.array_equal(product, expected.astype(np.float32))  # whole numbers: no rounding
    assert multiply(sparse.csr_matrix((0, 3)), sparse.csr_matrix((3, 2))).shape == (0, 2)


def test_products_are_the_same_on_both_engines() -> None:
    rng = np.random.default_rng(2)
    left, right = (sparse.random(40, 40, 0.4, format="csr", dtype=np.float32, rng=rng) for _ in range(2))
    products = []
    for engine in ENGINES:
        with pytest.MonkeyPatch.context() as monkeypatch:
            use(engine, monkeypatch)
            products.append(multiply(left, right))
    assert np.array_equal(*products)


def test_shapes_of_a_product_must_fit() -> None:
    with pytest.raises(ValueError, match=r"cannot multiply \(1, 3\) by \(2, 4\)."):
        multiply(sparse.csr_matrix((1, 3)), sparse.csr_matrix((2, 4)))


def test_picked_scores(engine: str) -> None:
    scores = np.array([[0, 5, 7], [1, 0, 2], [0, 0, 0]], np.float32)
    codes = np.array([[2, 2, -1, 0], [-1, 1, 0, 2], [-1, -1, -1, -1]], np.int32)
    expected = [[7, 7, 0, 0], [0, 0, 1, 2], [0, 0, 0, 0]]
    for given_scores in (scores, sparse.csr_matrix(scores), sparse.csr_matrix(scores.astype(np.float64))):
        picked = pick(given_scores, codes)
        assert picked.dtype == np.float32
        assert picked.tolist() == expected
    assert pick(sparse.csr_matrix((0, 3)), np.zeros((0, 2), np.int32)).shape == (0, 2)
    assert pick(np.ones((1, 0), np.float32), np.full((1, 2), -1)).tolist() == [[0, 0]]


@pytest.mark.parametrize("n_threads", ["1", "2", "5"])
def test_the_threads_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch, n_threads: str) -> None:
    pytest.importorskip("numba")
    rng = np.random.default_rng(3)
    scores = sparse.random(333, 60, 0.5, format="csr", dtype=np.float32, rng=rng)
    similarity = sparse.random(60, 60, 0.5, format="csr", dtype=np.float32, rng=rng)

    def everything() -> list[np.ndarray]:
        product = multiply(scores, similarity)
        codes, values = best_codes(product, 7, scores)
        return [product, codes, values, *best_codes(scores, 7), pick(scores, codes)]

    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    expected = everything()
    monkeypatch.setenv("OMP_NUM_THREADS", n_threads)
    assert all(np.array_equal(one, other) for one, other in zip(everything(), expected, strict=True))
