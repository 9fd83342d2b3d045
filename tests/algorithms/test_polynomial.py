"""Polynomials of the graph of items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.polynomial import (
    LINEAR,
    SECOND_ORDER,
    THIRD_ORDER,
    PolynomialFilter,
    largest_eigenvalue,
)
from recommendations.algorithms.testing import sample_columns
from recommendations.exceptions import ConfigurationError
from tests.algorithms import factors_page
from tests.algorithms.data import purchases
from tests.algorithms.matrix_contract import MatrixContract

# a b | b c, d_u = 2 2, d_i = 1 2 1, α = β = ½: x̃ = (1/√2 ½ 0 / 0 ½ 1/√2), so P is
ROWS = [("u:1", "a"), ("u:1", "b"), ("u:2", "b"), ("u:2", "c")]
P = np.array([[1 / 2, 8**-0.5, 0], [8**-0.5, 1 / 2, 8**-0.5], [0, 8**-0.5, 1 / 2]])


class TestLinear(MatrixContract):
    algorithm_class = PolynomialFilter
    options = {"events": {"purchase": 1.0}}


class TestSecondOrder(MatrixContract):
    algorithm_class = PolynomialFilter
    options = {"events": {"view": 1.0, "purchase": 2.0}, "damping": "log", "coefficients": SECOND_ORDER}


class TestThirdOrderOfPowers(MatrixContract):
    algorithm_class = PolynomialFilter
    options = {"coefficients": THIRD_ORDER, "power": 0.8, "visitor_exponent": 0.3, "item_exponent": 0.7}


def filter_of(**options: Any) -> np.ndarray:
    return PolynomialFilter(**options).fit(purchases(ROWS)).filter_.toarray()


def test_the_graph_by_hand() -> None:
    assert filter_of() == pytest.approx(P, abs=1e-6)
    # α = 1, β = 0: the walk to a visitor and on. a → u:1 → b: (1/2)².
    assert filter_of(visitor_exponent=1.0, item_exponent=0.0) == pytest.approx(
        np.array([[1, 1, 0], [1, 2, 1], [0, 1, 1]]) / 4
    )
    assert filter_of(power=2.0) == pytest.approx(P**2, abs=1e-6)


@pytest.mark.parametrize(
    ("coefficients", "expected"),
    [
        (LINEAR, P),
        (SECOND_ORDER, 2 * P - P @ P),
        (THIRD_ORDER, P + 0.01 * (-P @ P @ P + 10 * P @ P - 29 * P)),
        ((0.0, 0.0, 1.0), P @ P @ P),
    ],
)
def test_polynomials_by_hand(coefficients: tuple[float, ...], expected: np.ndarray) -> None:
    assert filter_of(coefficients=coefficients) == pytest.approx(expected, abs=1e-6)


def test_eigenvalues_are_filtered() -> None:
    # P has the eigenvalues 1, ½, 0; 2λ − λ² makes 1, ¾, 0 of them.
    assert np.linalg.eigvalsh(filter_of(coefficients=SECOND_ORDER)) == pytest.approx([0, 0.75, 1], abs=1e-6)


def test_scores_are_the_rows_of_a_history() -> None:
    fitted = PolynomialFilter(coefficients=SECOND_ORDER).fit(purchases(ROWS))
    expected = 2 * P - P @ P
    scores = fitted.score([[("a", 1.0), ("c", 0.5), ("unknown", 9.0)], []])
    assert scores[0] == pytest.approx(expected[0] + 0.5 * expected[2], abs=1e-6)
    assert not scores[1].any()


def test_two_steps_away_speaks_against() -> None:
    # (2P − P²)_ac = −1/8: c, which is only reached by way of b, is in no list of a's.
    fitted = PolynomialFilter(coefficients=SECOND_ORDER).fit(purchases(ROWS))
    assert fitted.filter_.toarray()[0, 2] == pytest.approx(-1 / 8)
    assert [item for item, _ in dict(fitted.item_lists())["a"]] == ["b"]
    walks = PolynomialFilter(coefficients=(0.0, 1.0)).fit(purchases(ROWS))
    assert [item for item, _ in dict(walks.item_lists())["a"]] == ["b", "c"]


def test_blocks_of_rows_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    events = Interactions.from_columns(**sample_columns())
    whole = PolynomialFilter(coefficients=THIRD_ORDER).fit(events).filter_
    monkeypatch.setattr("recommendations.algorithms.polynomial._BLOCK_CELLS", 50)
    assert (whole != PolynomialFilter(coefficients=THIRD_ORDER).fit(events).filter_).nnz == 0


def test_the_largest_eigenvalue() -> None:
    random = np.random.default_rng(0)
    matrix = random.random((20, 20)) * (random.random((20, 20)) < 0.4)
    found = largest_eigenvalue(sparse.csr_matrix(matrix))
    assert found == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max(), rel=1e-4)
    assert largest_eigenvalue(sparse.csr_matrix((3, 3))) == 1.0


def test_eigenvalues_stay_where_the_polynomial_is_meant_for() -> None:
    events = Interactions.from_columns(**sample_columns())
    options = {"visitor_exponent": 0.1, "item_exponent": 0.2}
    plain = PolynomialFilter(**options).fit(events).filter_.toarray().astype(float)
    values = np.linalg.eigvalsh(plain)
    assert values[-1] > 2
    scaled = values / values[-1]
    found = PolynomialFilter(**options, coefficients=SECOND_ORDER).fit(events).filter_.toarray().astype(float)
    assert np.linalg.eigvalsh(found) == pytest.approx(np.sort(2 * scaled - scaled**2), abs=1e-4)


def test_few_neighbours_keep_what_is_farthest_from_nothing() -> None:
    events = Interactions.from_columns(**sample_columns())
    fitted = PolynomialFilter(coefficients=SECOND_ORDER, neighbours=3).fit(events)
    assert np.diff(fitted.filter_.indptr).max() <= 4
    graph = PolynomialFilter(neighbours=3).fit(events).filter_.toarray().astype(float)
    graph /= largest_eigenvalue(sparse.csr_matrix(graph))
    squares = graph @ graph
    kept = np.sort(np.abs(squares), axis=1)[:, -4][:, None]
    expected = 2 * graph - np.where(np.abs(squares) >= kept, squares, 0.0)
    found = fitted.filter_.toarray()
    assert found[found != 0] == pytest.approx(expected[found != 0], abs=1e-6)


def test_variants_stay_apart_when_a_catalogue_says_so() -> None:
    family = Catalogue.from_columns(item_keys=["a", "b", "c"], group_keys=["f", "f", ""])
    lists = dict(PolynomialFilter().fit(purchases(ROWS), family).item_lists())
    assert {key: [item for item, _ in pairs] for key, pairs in lists.items()} == {"b": ["c"], "c": ["b"]}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("coefficients", ()),
        ("coefficients", (0.0, 0.0)),
        ("coefficients", (1.0, float("nan"))),
        ("coefficients", (True,)),
        ("coefficients", "linear"),
        ("coefficients", 2.0),
        ("coefficients", (0.1,) * 9),
        ("power", 0.0),
        ("neighbours", 0),
        ("neighbours", 1.5),
        ("item_exponent", -0.1),
        ("visitor_exponent", float("nan")),
    ],
)
def test_bad_options(option: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=option):
        PolynomialFilter(**{option: value})


def test_the_page_says_so() -> None:
    factors_page.check(PolynomialFilter)
