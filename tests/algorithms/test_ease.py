from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.algorithms import ease
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.ease import EASE
from recommendations.exceptions import ConfigurationError
from tests.algorithms import factors_page
from tests.algorithms.data import purchases
from tests.algorithms.matrix_contract import MatrixContract, bounded

# a b | b c: xᵀx = (1 1 0 / 1 2 1 / 0 1 1)
ROWS = [("u:1", "a"), ("u:1", "b"), ("u:2", "b"), ("u:2", "c")]


class TestEASE(MatrixContract):
    algorithm_class = EASE
    options = {"l2": 5.0}
    only_scales = False  # twice the visitors are twice the evidence


class TestEASEWithWeights(MatrixContract):
    algorithm_class = EASE
    options = {
        "events": {"view": 1.0, "purchase": 5.0},
        "damping": "log",
        "l2": 5.0,
        "frequency_exponent": 0.5,
        "visitor_exponent": 0.3,
    }
    only_scales = False


def test_two_items_by_hand() -> None:
    # xᵀx + I = (3 1 / 1 3): each is 1 / (2 + λ) of the other, as in any ridge regression on one variable.
    rows = [("u:1", "a"), ("u:1", "b"), ("u:2", "a"), ("u:3", "b")]
    model = EASE(l2=1.0).fit(purchases(rows))
    assert model.weights_ == pytest.approx(np.array([[0, 1 / 3], [1 / 3, 0]]), abs=1e-6)


def test_three_items_by_hand() -> None:
    # xᵀx + I = (2 1 0 / 1 3 1 / 0 1 2), its inverse (5 −2 1 / −2 4 −2 / 1 −2 5) / 8
    model = EASE(l2=1.0).fit(purchases(ROWS))
    assert model.weights_ == pytest.approx(
        np.array([[0, 1 / 2, -1 / 5], [2 / 5, 0, 2 / 5], [-1 / 5, 1 / 2, 0]]), abs=1e-6
    )
    scores = model.score([[("a", 1.0)], [("a", 1.0), ("c", 0.5), ("unknown", 1.0)], []])
    assert scores == pytest.approx(
        np.array([[0, 1 / 2, -1 / 5], [-1 / 10, 3 / 4, -1 / 5], [0, 0, 0]]), abs=1e-6
    )
    # Weights of 0 and below are not listed; the median of the best is ½.
    assert dict(model.item_lists()) == {
        "a": [("b", 0.5)],
        "b": [("a", 0.44444), ("c", 0.44444)],
        "c": [("b", 0.5)],
    }


def test_popular_items_are_held_back_by_a_frequency_exponent() -> None:
    # n = 1 2 1, mean 4/3, λ = ¾ 3/2 ¾ with ν = 1: xᵀx + Λ = (7/4 1 0 / 1 7/2 1 / 0 1 7/4)
    model = EASE(l2=1.0, frequency_exponent=1.0).fit(purchases(ROWS))
    inverse = np.linalg.inv(np.array([[7 / 4, 1, 0], [1, 7 / 2, 1], [0, 1, 7 / 4]]))
    assert model.weights_[0, 1] == pytest.approx(-inverse[0, 1] / inverse[1, 1], abs=1e-6)
    assert model.weights_[0, 1] == pytest.approx(4 / 7, abs=1e-6)  # P_ab / P_bb = −1 / (7/4)


def test_the_frequency_exponent_is_a_scaling_of_the_columns() -> None:
    random = np.random.default_rng(0)
    cells = np.argwhere(random.random((40, 8)) < 0.3)
    events = purchases([(f"u{u:02d}", f"i{i}") for u, i in cells])
    model = EASE(l2=3.0, frequency_exponent=0.8).fit(events)
    x = events.matrix(binary=True).toarray().astype(float)
    scale = (x.sum(axis=0) / x.sum(axis=0).mean()) ** -0.4
    precision = np.linalg.inv((x * scale).T @ (x * scale) + 3.0 * np.eye(8))
    of_scaled = -precision / np.diag(precision)
    np.fill_diagonal(of_scaled, 0)
    assert model.weights_ == pytest.approx(scale[:, None] * of_scaled / scale, abs=1e-5)


def test_visitors_with_many_items_count_less_when_asked() -> None:
    # d = 2 2 with g = 1: all of xᵀx halves, which is as if λ were twice as large.
    halved = EASE(l2=1.0, visitor_exponent=1.0).fit(purchases(ROWS))
    assert halved.weights_ == pytest.approx(EASE(l2=2.0).fit(purchases(ROWS)).weights_, abs=1e-6)


@bounded
@given(seed=st.integers(0, 999), cells=st.sampled_from([1, 30, 8_000_000]))
def test_each_item_is_a_ridge_regression_on_the_others(seed: int, cells: int) -> None:
    random = np.random.default_rng(seed)
    drawn = np.argwhere(random.random((30, 9)) < 0.3)
    events = purchases([(f"u{u:02d}", f"i{i}") for u, i in drawn])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ease, "_BLOCK_CELLS", cells)
        model = EASE(l2=2.0).fit(events)
        lists = dict(model.item_lists(3))
    x = events.matrix(binary=True).toarray().astype(float)
    for j in range(x.shape[1]):
        others = np.delete(x, j, axis=1)
        found = np.linalg.solve(others.T @ others + 2.0 * np.eye(others.shape[1]), others.T @ x[:, j])
        assert np.delete(model.weights_[:, j], j) == pytest.approx(found, abs=1e-5)
    assert lists == dict(model.item_lists(3))


def test_items_without_events_take_no_part() -> None:
    rows = [*ROWS, ("", "d"), ("u:3", "aa")]
    events = purchases(rows, kind=["purchase"] * 5 + ["view"])
    model = EASE(l2=1.0).fit(events)
    assert model.item_keys_ == ("a", "aa", "b", "c", "d")
    assert model.weights_.shape == (3, 3)
    assert model.score([[("a", 1.0), ("aa", 1.0)]])[0] == pytest.approx([0, 0, 1 / 2, -1 / 5, 0], abs=1e-6)
    assert {key for key, _ in model.item_lists()} == {"a", "b", "c"}


def test_variants_stay_apart_when_a_catalogue_says_so() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], group_keys=["g", "g", ""])
    lists = dict(EASE(l2=1.0).fit(purchases(ROWS), catalogue).item_lists())
    assert {key: [target for target, _ in pairs] for key, pairs in lists.items()} == {"b": ["c"], "c": ["b"]}


def test_too_many_items_are_refused_before_memory_is_taken() -> None:
    rows = purchases([("u:1", f"{n:05d}") for n in range(20_001)])
    with pytest.raises(ConfigurationError) as caught:
        EASE().fit(rows)
    assert str(caught.value) == (
        "EASE needs a dense matrix of 20,001 × 20,001 items, 1.6 GB of memory; max_items is 20,000. "
        "Set max_items=20001 if there is so much, or use SLIM or RP3beta, which are sparse."
    )
    with pytest.raises(ConfigurationError, match="max_items is 2."):
        EASE(max_items=2).fit(purchases(ROWS))


def test_singular_equations_are_refused() -> None:
    alike = [(f"u:{n}", item) for n in range(4000) for item in "abc"]
    with pytest.raises(ConfigurationError, match="l2 is too small for these data"):
        EASE(l2=1e-6).fit(purchases(alike))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("l2", 0.0),
        ("l2", float("nan")),
        ("frequency_exponent", -1.0),
        ("visitor_exponent", 3.0),
        ("max_items", 0),
    ],
)
def test_bad_options(option: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=option):
        EASE(**{option: value})


def test_the_page_says_so() -> None:
    factors_page.check(EASE)
