from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms import least_squares
from recommendations.algorithms.ials import IALS
from recommendations.algorithms.least_squares import NormalEquations
from recommendations.exceptions import ConfigurationError
from tests.algorithms import factors_page
from tests.algorithms.data import purchases
from tests.algorithms.matrix_contract import MatrixContract


class TestIALS(MatrixContract):
    algorithm_class = IALS
    options = {"dimensions": 6, "sweeps": 4, "unobserved_weight": 0.1}
    only_scales = False  # twice the visitors are twice the evidence


class TestIALSWithWeights(MatrixContract):
    algorithm_class = IALS
    options = {
        "events": {"view": 1.0, "purchase": 5.0},
        "damping": "log",
        "dimensions": 12,
        "sweeps": 3,
        "frequency_exponent": 0.5,
    }
    only_scales = False


def matrix(seed: int = 0, n_visitors: int = 30, n_items: int = 20) -> sparse.csr_matrix:
    """Weights 1 to 3 in a fifth of the cells; the first visitor has nearly everything, the second nothing."""
    random = np.random.default_rng(seed)
    cells = random.integers(1, 4, (n_visitors, n_items)) * (random.random((n_visitors, n_items)) < 0.2)
    cells[0] = 1
    cells[1] = 0
    return sparse.csr_matrix(cells.astype(np.float32))


def naive_solve(
    cells: NDArray[np.float64], other: NDArray[np.float64], ridge: NDArray[np.float64], alpha0: float
) -> NDArray[np.float64]:
    """Each row's normal equations, written out and solved in full."""
    solved = []
    for row, l2 in zip(cells, ridge, strict=True):
        system = alpha0 * other.T @ other + l2 * np.eye(other.shape[1]) + (other.T * row) @ other
        solved.append(np.linalg.solve(system, other.T @ row))
    return np.array(solved)


def test_one_dimension_by_hand() -> None:
    # V = (1 2)ᵀ: VᵀV = 5. For x = (2 1): y = (2·1 + 1·2) / (½·5 + 1 + 2·1 + 1·4) = 4 / 9.5.
    equations = NormalEquations(np.array([[1.0], [2.0]], np.float32), 0.5)
    solved = equations.solve(sparse.csr_matrix(np.array([[2.0, 1.0], [1.0, 0.0], [0.0, 0.0]])), np.ones(3))
    assert solved @ equations.regressors.T == pytest.approx(
        np.array([[4 / 9.5, 8 / 9.5], [1 / 4.5, 2 / 4.5], [0, 0]]), abs=1e-6
    )


@pytest.mark.parametrize("dimensions", [3, 12, 40])  # more and fewer than the items of most rows
@pytest.mark.parametrize("batch", [1, 200, 4_000_000])
def test_rows_are_solved_exactly(dimensions: int, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(least_squares, "_BATCH_CELLS", batch)
    rows = matrix()
    regressors = np.random.default_rng(1).standard_normal((rows.shape[1], dimensions)).astype(np.float32)
    ridge = np.linspace(0.5, 2, rows.shape[0])
    equations = NormalEquations(regressors, 0.1)
    solved = equations.solve(rows, ridge)
    expected = naive_solve(rows.toarray().astype(float), regressors.astype(float), ridge, 0.1)
    assert solved @ equations.regressors.T == pytest.approx(expected @ regressors.T.astype(float), abs=1e-5)
    assert solved.tolist() == equations.solve(rows, ridge, n_threads=1).tolist()
    assert solved.tolist() == equations.solve(rows, ridge, n_threads=3).tolist()
    assert not solved[1].any()


@pytest.mark.parametrize("dimensions", [4, 32])
@pytest.mark.parametrize("exponent", [0.0, 0.6, 1.0])
def test_sweeps_equal_the_naive_ones(dimensions: int, exponent: float) -> None:
    cells = matrix(2).tocoo()
    keys = [[f"{name}{code:02d}" for code in codes] for name, codes in (("u", cells.row), ("i", cells.col))]
    events = purchases(list(zip(*keys, strict=True)), quantity=cells.data)
    weights = {"dimensions": dimensions, "sweeps": 5, "unobserved_weight": 0.2, "l2": 0.05, "seed": 7}
    ials = IALS(**weights, frequency_exponent=exponent, damping="sum").fit(events)

    x = events.matrix({"purchase": 1.0}).toarray().astype(float)
    start = np.random.default_rng(7).standard_normal((x.shape[1], dimensions))
    items = (start * (0.1 / np.sqrt(dimensions))).astype(np.float32).astype(float)
    visitor_ridge = 0.05 * (x.sum(axis=1) + 0.2 * x.shape[1]) ** exponent
    item_ridge = 0.05 * (x.sum(axis=0) + 0.2 * x.shape[0]) ** exponent
    for _ in range(5):
        visitors = naive_solve(x, items, visitor_ridge, 0.2)
        items = naive_solve(x.T, visitors, item_ridge, 0.2)
    visitors = naive_solve(x, items, visitor_ridge, 0.2)
    assert ials.score(ials.histories_) == pytest.approx(visitors @ items.T, abs=1e-5)


def test_each_sweep_lowers_the_loss() -> None:
    cells = matrix(3).tocoo()
    rows = [(f"u{u:02d}", f"i{i:02d}") for u, i in zip(cells.row, cells.col, strict=True)]
    losses = []
    for sweeps in (1, 2, 4, 8):
        ials = IALS(dimensions=5, sweeps=sweeps, unobserved_weight=0.1).fit(purchases(rows))
        x = ials.histories_.matrix(binary=True)
        frequency, popularity = np.diff(x.indptr), np.diff(x.tocsc().indptr)
        visitors = ials._equations.solve(x, ials._ridge(x, x.shape[1]))
        scores = visitors.astype(float) @ ials.item_factors_.T.astype(float)
        ridge = ((frequency + 0.1 * x.shape[1]) * (visitors**2).sum(axis=1)).sum()
        ridge += ((popularity + 0.1 * x.shape[0]) * (ials.item_factors_**2).sum(axis=1)).sum()
        losses.append(
            ((1 - scores[x.nonzero()]) ** 2).sum() + 0.1 * (scores**2).sum() + ials.config.l2 * ridge
        )
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > losses[-1]


def test_two_tastes_are_kept_apart() -> None:
    rows = [
        (f"u:{n}{kind}", item)
        for kind in ("abc", "xyz")
        for n in range(3)
        for item in kind
        if item != kind[n]
    ]
    lists = dict(
        IALS(dimensions=2, sweeps=20, unobserved_weight=1.0)
        .fit(purchases(rows))
        .visitor_lists(["u:0abc", "u:2xyz"], k=1)
    )
    assert {key: pairs[0][0] for key, pairs in lists.items()} == {"u:0abc": "a", "u:2xyz": "z"}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("dimensions", 0),
        ("sweeps", 0),
        ("sweeps", 2.5),
        ("unobserved_weight", 0.0),
        ("l2", -1.0),
        ("l2", None),
        ("frequency_exponent", 3.0),
        ("seed", -1),
    ],
)
def test_bad_options(option: str, value: float | None) -> None:
    with pytest.raises(ConfigurationError, match=option):
        IALS(**{option: value})


def test_the_page_says_so() -> None:
    factors_page.check(IALS)
