"""Ridge regression of each item on its neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recommendations.algorithms import slim
from recommendations.algorithms.similarity import top_k_similar
from recommendations.algorithms.slim import LocalSLIM
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import purchases
from tests.algorithms.test_generalised_knn import ROWS

X = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1], [0, 0, 1]], float)  # the same, visitors × items


class TestContract(AlgorithmContract):
    algorithm_class = LocalSLIM
    options = {"events": {"view": 1.0, "purchase": 3.0}, "exclude_seen": False, "ridge": 2.0}


def test_equals_the_normal_equations_solved_by_hand() -> None:
    fitted = LocalSLIM(ridge=1.0, relative_ridge=0.0, visitor_exponent=0.0).fit(purchases(ROWS))
    # a from (b, c): G_NN = (3 2 / 2 3), + I = (4 2 / 2 4), G_Na = (2, 1): b = (2·4 − 1·2, 1·4 − 2·2) / 12 = (½, 0)
    assert fitted.coefficients_.toarray()[:, 0] == pytest.approx([0, 0.5, 0], abs=1e-6)
    # b from (a, c): G_NN = (2 1 / 1 3), + I = (3 1 / 1 4), G_Nb = (2, 2): b = (6, 4) / 11
    assert fitted.coefficients_.toarray()[:, 1] == pytest.approx([6 / 11, 0, 4 / 11], abs=1e-6)


def test_relative_ridge_and_weights_of_visitors() -> None:
    fitted = LocalSLIM(ridge=2.0, relative_ridge=0.5, visitor_exponent=1.0).fit(purchases(ROWS))
    share = 1 / X.sum(axis=1)
    gram = X.T @ np.diag(share) @ X
    ridge = 2.0 * (share[:, None] * X).sum() / X.sum()
    among = gram[:2, :2] + ridge * np.eye(2) + 0.5 * np.diag(np.diag(gram[:2, :2]))
    assert fitted.coefficients_.toarray()[:2, 2] == pytest.approx(
        np.linalg.solve(among, gram[:2, 2]), rel=1e-5
    )


def test_compiled_and_plain_solve_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    items = sparse.random(80, 300, 0.05, format="csr", random_state=rng, data_rvs=np.ones)
    near = top_k_similar(items, 20)
    compiled = slim.solve(items, near, 3.0, 0.7)
    monkeypatch.setattr(slim, "has_numba", lambda: False)
    assert slim.solve(items, near, 3.0, 0.7) == pytest.approx(compiled, abs=1e-5)


def test_scores_are_linear_in_the_history() -> None:
    fitted = LocalSLIM(ridge=1.0).fit(purchases(ROWS))
    one, two, both = fitted.score([[("a", 1.0)], [("b", 2.0)], [("a", 1.0), ("b", 2.0)]])
    assert (one + two).tolist() == pytest.approx(both.tolist())


def test_bad_options_and_too_little_data() -> None:
    with pytest.raises(ConfigurationError, match="ridge must be above 0"):
        LocalSLIM(ridge=0)
    with pytest.raises(NotEnoughData, match="known visitors"):
        LocalSLIM().fit(purchases([("", "a"), ("", "b")]))
