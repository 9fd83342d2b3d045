from __future__ import annotations

import pytest

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.rp3beta import RP3beta
from recommendations.exceptions import ConfigurationError
from tests.algorithms import factors_page
from tests.algorithms.data import purchases
from tests.algorithms.matrix_contract import MatrixContract

# a b | b c: d_u = 2 2, d_a = d_c = 1, d_b = 2.
ROWS = [("u:1", "a"), ("u:1", "b"), ("u:2", "b"), ("u:2", "c")]


class TestRP3beta(MatrixContract):
    algorithm_class = RP3beta
    options = {"events": {"purchase": 1.0}}


class TestRP3betaWithWeights(MatrixContract):
    algorithm_class = RP3beta
    options = {"events": {"view": 1.0, "purchase": 5.0}, "damping": "log", "alpha": 0.7, "beta": 0.3}


def weights(alpha: float, beta: float, **options: object) -> list[list[float]]:
    """w_ij of the items a, b, c."""
    model = RP3beta(alpha=alpha, beta=beta, **options).fit(purchases(ROWS))
    return [row.tolist() for row in model.item_weights().toarray()]


def test_walks_by_hand() -> None:
    # From a always to u:1, from there to b half of the time; from b to either visitor, then half to a or c.
    assert weights(1.0, 0.0) == [[0, 0.5, 0], [0.25, 0, 0.25], [0, 0.5, 0]]
    # b, with two visitors, is an end half as good.
    assert weights(1.0, 1.0) == [[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]]
    # Every probability squared: 1² · ½² and ½² · ½².
    assert weights(2.0, 0.0) == [[0, 0.25, 0], [1 / 16, 0, 1 / 16], [0, 0.25, 0]]


def test_weights_of_events_are_probabilities() -> None:
    rows = purchases([("u:1", "a"), ("u:1", "b"), ("u:1", "b"), ("u:1", "b"), ("u:2", "a")])
    # x = (1 3 / 1 0): a → u:1 (½) → b (¾); b → u:1 (1) → a (¼).
    model = RP3beta(damping="sum", alpha=1.0, beta=0.0).fit(rows)
    assert model.item_weights().toarray().tolist() == [[0, 0.375], [0.25, 0]]


def test_score_sums_the_walks_of_a_history() -> None:
    model = RP3beta(alpha=1.0, beta=0.0).fit(purchases(ROWS))
    scores = model.score([[("a", 1.0), ("b", 0.5), ("unknown", 9.0)], [("b", 7.0)], []])
    assert scores.tolist() == [[0.125, 0.5, 0.125], [0.25, 0, 0.25], [0, 0, 0]]


def test_lists_are_cut_and_ties_go_by_name() -> None:
    model = RP3beta(alpha=1.0, beta=0.0, neighbours=1).fit(purchases(ROWS))
    # The median of the best is ½: ½ / (½ + ½) and ¼ / (¼ + ½).
    assert dict(model.item_lists()) == {"a": [("b", 0.5)], "b": [("a", 0.33333)], "c": [("b", 0.5)]}


def test_variants_stay_apart_when_a_catalogue_says_so() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], group_keys=["g", "g", ""])
    lists = dict(RP3beta().fit(purchases(ROWS), catalogue).item_lists())
    assert {key: [target for target, _ in pairs] for key, pairs in lists.items()} == {"b": ["c"], "c": ["b"]}


def test_a_robot_is_capped() -> None:
    robot = [("u:robot", f"{n:03d}") for n in range(50)]
    model = RP3beta(max_items_per_visitor=2).fit(purchases([*robot, ("u:1", "000"), ("u:1", "001")]))
    assert {key for key, _ in model.item_lists()} == {"000", "001"}


@pytest.mark.parametrize(("option", "value"), [("alpha", -0.1), ("beta", 2.1), ("neighbours", 0)])
def test_bad_options(option: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=option):
        RP3beta(**{option: value})


def test_the_page_says_so() -> None:
    factors_page.check(RP3beta)
