from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recommendations.algorithms.spectral import GFCF, LowPass, right_singular_vectors
from recommendations.exceptions import ConfigurationError
from tests.algorithms import factors_page
from tests.algorithms.data import purchases
from tests.algorithms.matrix_contract import MatrixContract

# a b | b c: X̃ = (1/√2 ½ 0 / 0 ½ 1/√2), X̃ᵀX̃ has the eigenvalue 1 with v = (½ 1/√2 ½), then ½, then 0.
ROWS = [("u:1", "a"), ("u:1", "b"), ("u:2", "b"), ("u:2", "c")]


class TestLowPass(MatrixContract):
    algorithm_class = LowPass
    options = {"components": 6}
    # What is cut between equal singular values is arbitrary; without a cut twice the visitors scale everything.
    only_scales = False


class TestLowPassWithAllComponents(MatrixContract):
    algorithm_class = LowPass
    options = {"events": {"view": 1.0, "purchase": 2.0}, "components": 20, "damping": "log"}


class TestGFCF(MatrixContract):
    algorithm_class = GFCF
    options = {"components": 20}
    only_scales = False  # d^β appears in one of the two filters only


def test_low_pass_of_two_visitors() -> None:
    rows = purchases(ROWS)
    score = (
        LowPass(components=1, popularity_exponent=0.0)
        .fit(rows)
        .score([[("a", 1.0)], [("a", 1.0), ("c", 1.0)]])
    )
    # x̃ of "a" is (1 0 0), of "a c" (1 0 1)/√2: times v = ½ and 1/√2.
    assert score[0] == pytest.approx(0.5 * np.array([0.5, 0.5**0.5, 0.5]), abs=1e-6)
    assert score[1] == pytest.approx(0.5**0.5 * np.array([0.5, 0.5**0.5, 0.5]), abs=1e-6)
    popular = LowPass(components=1, popularity_exponent=0.5).fit(rows).score([[("a", 1.0)]])
    assert popular[0] == pytest.approx([0.25, 0.5, 0.25], abs=1e-6)  # b has two visitors: × √2


def test_exponents_of_the_normalisation() -> None:
    # X = (1 1 0 / 0 1 1) as it is: XXᵀ = (2 1 / 1 2), eigenvalue 3, v = (1 2 1)/√6.
    options = {"components": 1, "visitor_exponent": 0.0, "item_exponent": 0.0, "popularity_exponent": 0.0}
    score = LowPass(**options).fit(purchases(ROWS)).score([[("a", 1.0)]])
    assert score[0] == pytest.approx([1 / 6, 2 / 6, 1 / 6], abs=1e-6)


def test_no_more_components_than_the_rank() -> None:
    lowpass = LowPass(components=256).fit(purchases(ROWS))
    assert lowpass.vectors_.shape == (3, 2)
    # A filter that lets everything through gives a training history back.
    score = LowPass(popularity_exponent=0.0).fit(purchases(ROWS)).score([[("a", 1.0), ("b", 1.0)]])
    assert score[0] == pytest.approx([0.5**0.5, 0.5, 0.0], abs=1e-6)


def test_gfcf_adds_a_linear_filter() -> None:
    # (1 0 0) X̃ᵀX̃ = (1/√2 0) X̃ = (½ 1/√8 0), and 0.3 × the low-pass filter above.
    score = GFCF(components=1, alpha=0.3).fit(purchases(ROWS)).score([[("a", 1.0)]])
    assert score[0] == pytest.approx([0.5 + 0.3 / 4, 8**-0.5 + 0.3 / 2, 0.3 / 4], abs=1e-6)
    linear = GFCF(components=1, alpha=0.0).fit(purchases(ROWS)).score([[("a", 1.0), ("c", 3.0)]])
    # Repeats count once, and two items 1/√2 each.
    assert linear[0] == pytest.approx(np.array([0.5, 2 * 8**-0.5, 0.5]) / 2**0.5, abs=1e-6)


def test_repeats_are_summed_when_asked() -> None:
    twice = purchases([*ROWS, ("u:2", "c")])
    binary, summed = (LowPass(components=1, damping=damping).fit(twice) for damping in ("binary", "sum"))
    assert binary.vectors_ == pytest.approx(LowPass(components=1).fit(purchases(ROWS)).vectors_)
    # X = (1 1 0 / 0 1 2), d_u = 2 3, d_i = 1 2 2: the first singular vector is always √d_i / √Σd.
    assert np.abs(summed.vectors_[:, 0]) == pytest.approx(np.sqrt([1 / 5, 2 / 5, 2 / 5]), abs=1e-6)


def test_large_matrices_are_decomposed_as_well_as_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommendations.algorithms.spectral._EXACT_BELOW", 0)
    random = np.random.default_rng(3)
    topics = random.random((300, 4)) ** 8 @ random.random((4, 200)) ** 8
    matrix = sparse.csr_matrix((random.random(topics.shape) < topics).astype(np.float32))
    _, _, exact = np.linalg.svd(matrix.toarray(), full_matrices=False)
    found = right_singular_vectors(matrix, 4, power_iterations=8)
    assert found.dtype == np.float32
    assert found @ found.T == pytest.approx(exact[:4].T @ exact[:4], abs=1e-4)
    assert found.tolist() == right_singular_vectors(matrix, 4, power_iterations=8).tolist()
    other = right_singular_vectors(matrix, 4, power_iterations=8, seed=1)
    assert found @ found.T == pytest.approx(other @ other.T, abs=1e-4)


def test_more_components_than_visitors_are_not_approximated() -> None:
    matrix = sparse.random(30, 200, 0.1, "csr", np.float32, np.random.default_rng(4))
    found = right_singular_vectors(matrix, 50)
    _, values, exact = np.linalg.svd(matrix.toarray(), full_matrices=False)
    rank = int((values > 1e-6).sum())
    assert found.shape == (200, rank)
    assert found @ found.T == pytest.approx(exact[:rank].T @ exact[:rank], abs=1e-5)


def test_what_rounding_leaves_of_nothing_is_no_list() -> None:
    # A filter that lets everything through gives each visitor's own items back, and nothing beside them.
    random = np.random.default_rng(0)
    rows = [(f"u:{u}", f"i:{i}") for u in range(8) for i in random.choice(12, 4, replace=False)]
    assert list(LowPass(components=12).fit(purchases(rows)).visitor_lists([f"u:{u}" for u in range(8)])) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [("components", 0), ("components", 1.5), ("power_iterations", -1), ("seed", -1), ("item_exponent", 1.1)],
)
def test_bad_options(option: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=option):
        LowPass(**{option: value})
    with pytest.raises(ConfigurationError, match="alpha"):
        GFCF(alpha=-1.0)


def test_the_page_says_so() -> None:
    factors_page.check(LowPass)
    factors_page.check(GFCF)
