"""Item neighbours with free exponents: known answers, and the classics it covers."""

from __future__ import annotations

import numpy as np
import pytest

from recommendations.algorithms.generalised_knn import GeneralisedKNN
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import purchases

# a and b share u1 and u2, b and c share u2 and u3; n_a = 2, n_b = 3, n_c = 3, items of u1 = 2, u2 = 3, u3 = 2, u4 = 1.
ROWS = [
    ("u1", "a"),
    ("u1", "b"),
    ("u2", "a"),
    ("u2", "b"),
    ("u2", "c"),
    ("u3", "b"),
    ("u3", "c"),
    ("u4", "c"),
]


class TestContract(AlgorithmContract):
    algorithm_class = GeneralisedKNN
    options = {"events": {"view": 1.0, "purchase": 3.0}, "exclude_seen": False}


def weights(**options: float) -> dict[tuple[str, str], float]:
    knn = GeneralisedKNN(**options).fit(purchases(ROWS))
    matrix = knn.neighbours_.to_csr().toarray()
    return {(i, j): matrix[x, y] for x, i in enumerate(knn.item_keys_) for y, j in enumerate(knn.item_keys_)}


def test_without_exponents_it_counts_visitors() -> None:
    w = weights(visitor_exponent=0, seed_exponent=0, target_exponent=0)
    assert (w["a", "b"], w["b", "a"], w["a", "c"], w["b", "c"]) == (2, 2, 1, 2)


def test_half_and_half_is_the_cosine() -> None:
    w = weights(visitor_exponent=0, seed_exponent=0.5, target_exponent=0.5)
    assert w["a", "b"] == pytest.approx(2 / np.sqrt(2 * 3))
    assert w["a", "c"] == pytest.approx(1 / np.sqrt(2 * 3))


def test_one_and_zero_is_the_conditional_probability() -> None:
    w = weights(visitor_exponent=0, seed_exponent=1, target_exponent=0)
    assert w["a", "b"] == pytest.approx(1.0)  # both buyers of a bought b
    assert w["b", "a"] == pytest.approx(2 / 3)


def test_all_of_the_formula() -> None:
    # Σ over u1 (2 items) and u2 (3 items) of n_u^−0.5, over n_a^0.4 n_b^0.3 + 0.7
    w = weights(visitor_exponent=0.5, seed_exponent=0.4, target_exponent=0.3, shrinkage=0.7)
    assert w["a", "b"] == pytest.approx((2**-0.5 + 3**-0.5) / (2**0.4 * 3**0.3 + 0.7), rel=1e-6)
    assert w["b", "a"] == pytest.approx((2**-0.5 + 3**-0.5) / (3**0.4 * 2**0.3 + 0.7), rel=1e-6)


def test_scores_sum_over_the_decayed_history() -> None:
    knn = GeneralisedKNN(visitor_exponent=0, seed_exponent=0, target_exponent=0, history_decay=np.log(2)).fit(
        purchases(ROWS)
    )
    assert knn.score([[("a", 1.0), ("b", 1.0)]]).tolist() == [
        [2.0, 1.0, 2.5]
    ]  # a counts half: ½·(0, 2, 1) + (2, 0, 2)


def test_visitors_are_not_offered_what_they_have() -> None:
    knn = GeneralisedKNN().fit(purchases(ROWS))
    assert [item for item, _ in dict(knn.visitor_lists(["u1", "u4", "nobody"]))["u1"]] == ["c"]
    assert set(dict(knn.visitor_lists(["u4"], exclude={"u4": ["a"]}))["u4"]) == {
        pair for pair in dict(knn.visitor_lists(["u4"]))["u4"] if pair[0] != "a"
    }


def test_bad_options_and_too_little_data() -> None:
    with pytest.raises(ConfigurationError, match="target_exponent must be within 0..2, got 3"):
        GeneralisedKNN(target_exponent=3)
    with pytest.raises(NotEnoughData, match="known visitors"):
        GeneralisedKNN().fit(purchases([("", "a"), ("", "b")]))
