"""The similarities by hand: on a matrix of ratings, and on sets of what was bought."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommendations.algorithms.measures import InnerProduct
from recommendations.algorithms.neighbour_search import as_lists, nearest, nearest_others
from recommendations.algorithms.similarities import SIMILARITIES, measure
from recommendations.algorithms.value_measures import OF_VALUES
from recommendations.algorithms.weighting import Weighting

#: Three users rate four items.
RATINGS = np.array([[5, 3, 1, 4], [4, 5, 2, 3], [2, 1, 4, 5]], float)
USERS, ITEMS = RATINGS, RATINGS.T


def similarities(name: str, rows: np.ndarray, *, ratings: bool = True, **options: float) -> np.ndarray:
    matrix = sparse.csr_matrix(rows)
    return measure(name, matrix, ratings=ratings, **options).similarities(matrix).toarray()  # type: ignore[arg-type]


def check(found: np.ndarray, *above: float) -> None:
    """`above` is the triangle above the diagonal, row by row."""
    assert found[np.triu_indices(len(found), 1)] == pytest.approx(above)
    assert (abs(found.T - found) < 1e-12).all()


class TestUsers:
    """Pairs (1, 2), (1, 3), (2, 3)."""

    def test_cosine(self) -> None:
        # Σ = 5·4 + 3·5 + 1·2 + 4·3 = 49, 5·2 + 3·1 + 1·4 + 4·5 = 37, 4·2 + 5·1 + 2·4 + 3·5 = 36
        # ‖u1‖² = 25 + 9 + 1 + 16 = 51, ‖u2‖² = 16 + 25 + 4 + 9 = 54, ‖u3‖² = 4 + 1 + 16 + 25 = 46
        check(similarities("cosine", USERS), 49 / sqrt(51 * 54), 37 / sqrt(51 * 46), 36 / sqrt(54 * 46))

    def test_pearson(self) -> None:
        # means 13/4, 14/4, 12/4; n Σxy − Σx Σy = 4·49 − 13·14 = 14, 4·37 − 13·12 = −8, 4·36 − 14·12 = −24
        # n Σx² − (Σx)² = 4·51 − 169 = 35, 4·54 − 196 = 20, 4·46 − 144 = 40
        check(similarities("pearson", USERS), 14 / sqrt(35 * 20), -8 / sqrt(35 * 40), -24 / sqrt(20 * 40))

    def test_adjusted_cosine(self) -> None:
        # the items' means 11/3, 3, 7/3, 4 off, times 3: (4 0 −4 0), (1 6 −1 −3), (−5 −6 5 3)
        # Σ = 4 + 4 = 8, −20 − 20 = −40, −5 − 36 − 5 − 9 = −55; squares 32, 1 + 36 + 1 + 9 = 47, 25 + 36 + 25 + 9 = 95
        check(
            similarities("adjusted_cosine", USERS),
            8 / sqrt(32 * 47),
            -40 / sqrt(32 * 95),
            -55 / sqrt(47 * 95),
        )

    def test_euclidean(self) -> None:
        # differences (1 −2 −1 1), (3 2 −3 −1), (2 4 −2 −2): squares 7, 23, 28
        check(similarities("euclidean", USERS), 1 / (1 + sqrt(7)), 1 / (1 + sqrt(23)), 1 / (1 + sqrt(28)))

    def test_manhattan(self) -> None:
        # the same differences: 1 + 2 + 1 + 1 = 5, 3 + 2 + 3 + 1 = 9, 2 + 4 + 2 + 2 = 10
        check(similarities("manhattan", USERS), 1 / 6, 1 / 10, 1 / 11)

    def test_sets_of_rated_items(self) -> None:
        # all rated all: 4 of 4 common; nothing above chance
        check(similarities("jaccard", USERS), 1, 1, 1)
        check(similarities("overlap", USERS), 1, 1, 1)
        check(similarities("half_dice", USERS), 4 / 8, 4 / 8, 4 / 8)
        check(similarities("conditional", USERS, alpha=1.0), 4 / 16, 4 / 16, 4 / 16)
        check(similarities("log_likelihood", USERS), 0, 0, 0)

    def test_asymmetric_cosine(self) -> None:
        found = similarities("asymmetric_cosine", USERS, alpha=0.25)
        assert found[0, 1] == pytest.approx(49 / (51**0.25 * 54**0.75))
        assert found[1, 0] == pytest.approx(49 / (54**0.25 * 51**0.75))
        check(similarities("asymmetric_cosine", USERS), *similarities("cosine", USERS)[[0, 0, 1], [1, 2, 2]])


class TestItems:
    """Items (5 4 2), (3 5 1), (1 2 4), (4 3 5): pairs (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)."""

    def test_cosine(self) -> None:
        # Σ: 15 + 20 + 2 = 37, 5 + 8 + 8 = 21, 20 + 12 + 10 = 42, 3 + 10 + 4 = 17, 12 + 15 + 5 = 32, 4 + 6 + 20 = 30
        # squares: 25 + 16 + 4 = 45, 9 + 25 + 1 = 35, 1 + 4 + 16 = 21, 16 + 9 + 25 = 50
        check(
            similarities("cosine", ITEMS),
            37 / sqrt(45 * 35),
            21 / sqrt(45 * 21),
            42 / sqrt(45 * 50),
            17 / sqrt(35 * 21),
            32 / sqrt(35 * 50),
            30 / sqrt(21 * 50),
        )

    def test_pearson(self) -> None:
        # sums 11, 9, 7, 12: n Σxy − Σx Σy = 111 − 99 = 12, 63 − 77 = −14, 126 − 132 = −6, 51 − 63 = −12,
        # 96 − 108 = −12, 90 − 84 = 6; n Σx² − (Σx)² = 135 − 121 = 14, 105 − 81 = 24, 63 − 49 = 14, 150 − 144 = 6
        check(
            similarities("pearson", ITEMS),
            12 / sqrt(14 * 24),
            -14 / sqrt(14 * 14),  # −1: one falls as the other rises, by the same steps
            -6 / sqrt(14 * 6),
            -12 / sqrt(24 * 14),
            -12 / sqrt(24 * 6),
            6 / sqrt(14 * 6),
        )

    def test_adjusted_cosine(self) -> None:
        # the users' means 13/4, 14/4, 3 off, times 4: (7 2 −4), (−1 6 −8), (−9 −6 4), (3 −2 8)
        # Σ: −7 + 12 + 32 = 37, −63 − 12 − 16 = −91, 21 − 4 − 32 = −15, 9 − 36 − 32 = −59, −3 − 12 − 64 = −79,
        # −27 + 12 + 32 = 17; squares 49 + 4 + 16 = 69, 1 + 36 + 64 = 101, 81 + 36 + 16 = 133, 9 + 4 + 64 = 77
        check(
            similarities("adjusted_cosine", ITEMS),
            37 / sqrt(69 * 101),
            -91 / sqrt(69 * 133),
            -15 / sqrt(69 * 77),
            -59 / sqrt(101 * 133),
            -79 / sqrt(101 * 77),
            17 / sqrt(133 * 77),
        )

    def test_euclidean(self) -> None:
        # differences (2 −1 1), (4 2 −2), (1 1 −3), (2 3 −3), (−1 2 −4), (−3 −1 −1)
        squares = 6, 24, 11, 22, 21, 11
        check(similarities("euclidean", ITEMS), *(1 / (1 + sqrt(square)) for square in squares))

    def test_manhattan(self) -> None:
        check(similarities("manhattan", ITEMS), 1 / 5, 1 / 9, 1 / 6, 1 / 9, 1 / 8, 1 / 6)


#: What four visitors bought of five items: A = {1 2 3}, B = {2 3}, C = {3 4}, D = {5}.
BOUGHT = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]], float)


class TestBought:
    """Pairs (A, B), (A, C), (B, C): 2, 1, 1 in common. Nothing is like D."""

    @pytest.mark.parametrize(
        ("name", "options", "expected"),
        [
            ("cosine", {}, (2 / sqrt(6), 1 / sqrt(6), 1 / 2)),
            ("jaccard", {}, (2 / 3, 1 / 4, 1 / 3)),
            ("overlap", {}, (2 / 2, 1 / 2, 1 / 2)),
            ("half_dice", {}, (2 / 5, 1 / 5, 1 / 4)),
            ("jaccard", {"shrinkage": 2.0}, (2 / 3 * 2 / 4, 1 / 4 * 1 / 3, 1 / 3 * 1 / 3)),
            ("cosine", {"shrinkage": 1.0}, (2 / sqrt(4 * 3), 1 / sqrt(4 * 3), 1 / 3)),
            # one, three and two items that only one of the two has
            ("manhattan", {}, (1 / 2, 1 / 4, 1 / 3)),
            ("euclidean", {}, (1 / 2, 1 / (1 + sqrt(3)), 1 / (1 + sqrt(2)))),
            # 5·2 − 3·2 = 4, 5·1 − 3·2 = −1, 5·1 − 2·2 = 1; 5·3 − 9 = 6, 5·2 − 4 = 6
            ("pearson", {}, (4 / 6, -1 / 6, 1 / 6)),
        ],
    )
    def test_symmetric(self, name: str, options: dict[str, float], expected: tuple[float, ...]) -> None:
        found = similarities(name, BOUGHT, ratings=False, **options)
        check(found[:3, :3], *expected)
        assert not found[3, :3].any()

    def test_adjusted_cosine(self) -> None:
        # shares 1/4, 2/4, 3/4, 1/4, 1/4 off, times 4: A (3 2 1 −1 −1), B (−1 2 1 −1 −1), C (−1 −2 1 3 −1)
        # Σ: −3 + 4 + 1 + 1 + 1 = 4, −3 − 4 + 1 − 3 + 1 = −8, 1 − 4 + 1 − 3 + 1 = −4; squares 16, 8, 16
        found = similarities("adjusted_cosine", BOUGHT, ratings=False)
        check(found[:3, :3], 4 / sqrt(16 * 8), -8 / sqrt(16 * 16), -4 / sqrt(8 * 16))

    def test_conditional_probability(self) -> None:
        plain = similarities("conditional", BOUGHT, ratings=False, alpha=0.0)
        assert plain[0, 1] == pytest.approx(2 / 3)  # of what A bought, B bought two thirds
        assert plain[1, 0] == pytest.approx(2 / 2)
        damped = similarities("conditional", BOUGHT, ratings=False, alpha=0.5)
        assert damped[0, 1] == pytest.approx(2 / (3 * sqrt(2)))
        assert damped[1, 0] == pytest.approx(2 / (2 * sqrt(3)))
        shrunk = similarities("conditional", BOUGHT, ratings=False, alpha=0.5, shrinkage=1.0)
        assert shrunk[0, 1] == pytest.approx(2 / (4 * sqrt(3)))

    def test_log_likelihood_ratio(self) -> None:
        # A, B of five items: 2 both, 1 only A, 0 only B, 2 neither; rows 3, 2, columns 2, 3
        # G² = 2 (Σ k ln k − Σ row ln row − Σ column ln column + n ln n)
        cells = 2 * log(2) + 1 * log(1) + 2 * log(2)
        evidence = 2 * (cells - (3 * log(3) + 2 * log(2)) - (2 * log(2) + 3 * log(3)) + 5 * log(5))
        found = similarities("log_likelihood", BOUGHT, ratings=False)
        assert evidence == pytest.approx(2.9110, abs=1e-4)
        assert found[0, 1] == pytest.approx(evidence / (1 + evidence))
        # A, C share one of 3 and 2 items of five, where chance gives 6/5
        assert found[0, 2] == 0
        # B, C: 1, 1, 1, 2, where chance gives 4/5
        second = 2 * (2 * log(2) - 2 * (2 * log(2) + 3 * log(3)) + 5 * log(5))
        assert found[1, 2] == pytest.approx(second / (1 + second))

    def test_asymmetric_cosine(self) -> None:
        found = similarities("asymmetric_cosine", BOUGHT, ratings=False, alpha=0.25)
        assert found[0, 1] == pytest.approx(2 / (3**0.25 * 2**0.75))

    def test_generalised(self) -> None:
        matrix = sparse.csr_matrix(BOUGHT)
        generalised = InnerProduct(matrix, left=0.25, right=0.25, feature_exponent=1.0, shrinkage=1.0)
        # items have 1, 2, 3, 1, 1 buyers
        assert generalised.similarities(matrix)[0, 1] == pytest.approx(
            (1 / 2 + 1 / 3) / ((3 + 1) * (2 + 1)) ** 0.25
        )


class TestWhatIsMissing:
    #: Items 1 and 2 are common; a rating of 0 is a rating.
    ROWS = sparse.csr_matrix(
        (np.array([1, 3, 5, 0, 4, 2], float), np.array([0, 1, 2, 0, 1, 3]), np.array([0, 3, 6])), shape=(2, 4)
    )

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("euclidean", 1 / (1 + sqrt(1 + 1))),
            ("manhattan", 1 / (1 + 1 + 1)),
            ("pearson", 1.0),  # (1 3) and (0 4) rise together
            # the means of the items, ½ and 3½, off: (½ −½) and (−½ ½)
            ("adjusted_cosine", -1.0),
            ("jaccard", 2 / 4),
            ("cosine", 12 / sqrt(35 * 20)),
        ],
    )
    def test_ratings_are_compared_where_both_rated(self, name: str, expected: float) -> None:
        found = measure(name, self.ROWS, ratings=True).similarities(self.ROWS)
        assert found[0, 1] == pytest.approx(expected)

    def test_shrinkage_by_the_number_of_common_ratings(self) -> None:
        found = measure("pearson", self.ROWS, ratings=True, shrinkage=3.0).similarities(self.ROWS)
        assert found[0, 1] == pytest.approx(2 / (2 + 3))

    def test_what_does_not_vary_has_no_correlation(self) -> None:
        rows = np.full((3, 4), 3.3)
        assert not similarities("pearson", rows).any()
        assert not similarities("adjusted_cosine", rows).any()
        assert similarities("euclidean", rows) == pytest.approx(1)


class TestWeighting:
    #: Lengths 3, 1, 2: the mean is 2; the features are in 2, 2 and 1 of three rows.
    ROWS = sparse.csr_matrix(np.array([[2, 1, 0], [1, 0, 0], [0, 1, 1]], float))

    def test_none(self) -> None:
        assert Weighting("none", self.ROWS)(self.ROWS) is self.ROWS

    def test_tfidf(self) -> None:
        found = Weighting("tfidf", self.ROWS)(self.ROWS).toarray()
        often, rare = log(1 + 3 / 2), log(1 + 3 / 1)
        assert found == pytest.approx(np.array([[2 * often, often, 0], [often, 0, 0], [0, often, rare]]))

    def test_bm25(self) -> None:
        found = Weighting("bm25", self.ROWS)(self.ROWS).toarray()
        often, rare = log(1 + 1.5 / 2.5), log(1 + 2.5 / 1.5)
        # 2.2 x / (x + 1.2 (0.25 + 0.75 length / 2))
        assert found[0, 0] == pytest.approx(often * 2.2 * 2 / (2 + 1.2 * (0.25 + 0.75 * 1.5)))
        assert found[2, 1] == pytest.approx(often * 2.2 / (1 + 1.2))
        assert found[2, 2] == pytest.approx(rare * 2.2 / (1 + 1.2))

    def test_other_rows_are_weighted_by_what_was_learned(self) -> None:
        other = sparse.csr_matrix(np.array([[0, 0, 4.0]]))
        assert Weighting("tfidf", self.ROWS)(other).toarray() == pytest.approx(np.array([[0, 0, 4 * log(4)]]))


@pytest.mark.parametrize("left", [0.5, 0.3])
def test_learned_rows_are_scaled_as_any_others(left: float) -> None:
    learned = sparse.random(30, 20, 0.3, format="csr", rng=np.random.default_rng(1))
    alike = InnerProduct(learned, left=left, shrinkage=2.0)
    assert (alike.scaled(learned) != alike.scaled(learned.copy())).nnz == 0
    assert (alike.scaled(learned) is alike.learned) == (left == 0.5)


def test_unknown_similarities_are_refused() -> None:
    with pytest.raises(ValueError, match="similarity must be one of adjusted_cosine, .*, got 'x'."):
        measure("x", sparse.csr_matrix(BOUGHT))


ratings_of_some = st.lists(
    st.lists(st.sampled_from([0.0, 0.5, 1, 2, 3, 5]), min_size=6, max_size=6), min_size=1, max_size=7
)


@pytest.mark.parametrize("name", OF_VALUES)
@pytest.mark.parametrize("ratings", [True, False])
@settings(max_examples=40, deadline=None)
@given(rows=ratings_of_some)
def test_values_as_numpy_has_them(name: str, ratings: bool, rows: list[list[float]]) -> None:
    x = np.array(rows)
    found = similarities(name, x, ratings=ratings)
    there = x[:, (x > 0).any(axis=0)]
    if name == "adjusted_cosine":
        total = there[(there > 0).any(axis=1)]
        mean = total.sum(axis=0) / ((total > 0).sum(axis=0) if ratings else max(len(total), 1))
    else:
        mean = np.zeros(there.shape[1])
    for i, j in np.ndindex(found.shape):
        both = (there[i] > 0) & (there[j] > 0)
        if not both.any():
            assert found[i, j] == 0
            continue
        counted = both if ratings else np.ones(len(both), bool)
        a, b = (there[i] - mean)[counted], (there[j] - mean)[counted]
        if name == "pearson":
            a, b = a - a.mean(), b - b.mean()
        if name in ("pearson", "adjusted_cosine"):
            size = np.linalg.norm(a) * np.linalg.norm(b)
            expected = a @ b / size if size > 1e-9 else 0.0
        else:
            distance = np.abs(a - b)
            expected = 1 / (1 + (sqrt(distance @ distance) if name == "euclidean" else distance.sum()))
        assert found[i, j] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("name", SIMILARITIES)
@pytest.mark.parametrize("ratings", [True, False])
@settings(max_examples=25, deadline=None)
@given(rows=ratings_of_some, k=st.integers(1, 8), threshold=st.sampled_from([-1.0, 0.0, 0.3]))
def test_the_nearest_are_the_largest(
    name: str, ratings: bool, rows: list[list[float]], k: int, threshold: float
) -> None:
    matrix = sparse.csr_matrix(np.array(rows))
    compared = measure(name, matrix, ratings=ratings, shrinkage=1.0)
    found = compared.similarities(matrix)
    pairs = sparse.coo_matrix(found)
    in_blocks = nearest(compared, matrix, k, threshold=threshold, block_bytes=1)
    whole = nearest(compared, matrix, k, threshold=threshold)
    others = nearest_others(compared, matrix, np.arange(len(rows)), k, threshold=threshold)
    apart = nearest(compared, matrix, k, threshold=threshold, groups=np.arange(len(rows)))
    for row in range(len(rows)):
        of_row = pairs.row == row
        listed = zip(pairs.col[of_row].tolist(), pairs.data[of_row].astype(np.float32).tolist(), strict=True)
        best = sorted([(-score, column) for column, score in listed if score > np.float32(threshold)])
        for top, expected in (
            (in_blocks, best),
            (whole, best),
            (others, [pair for pair in best if pair[1] != row]),
            (apart, [pair for pair in best if pair[1] != row]),
        ):
            part = slice(top.indptr[row], top.indptr[row + 1])
            got = list(zip((-top.scores[part]).tolist(), top.indices[part].tolist(), strict=True))
            assert [score for score, _ in got] == pytest.approx(
                [score for score, _ in expected[:k]], rel=1e-6
            )
            assert {column for _, column in got} <= {column for _, column in expected}


def test_lists_hold_what_is_above_zero_and_at_most_one() -> None:
    matrix = sparse.csr_matrix(USERS)
    top = nearest(measure("pearson", matrix, ratings=True), matrix, 3, threshold=-2.0)
    assert top.indices.tolist() == [0, 1, 2, 1, 0, 2, 2, 0, 1]
    published = as_lists(top, at_most_one=True)
    assert published.indices.tolist() == [0, 1, 1, 0, 2]
    r = 14 / sqrt(35 * 20)
    assert published.scores.tolist() == pytest.approx([1, r, 1, r, 1])
    assert as_lists(top, at_most_one=False).scores.tolist() == pytest.approx(
        [1 / 2, r / (1 + r), 1 / 2, r / (1 + r), 1 / 2]
    )
