from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.algorithms.user_knn import UserKNN
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import DAY, purchases
from tests.algorithms.rated import MATRIX, rated_columns, ratings

COSINE = {"similarity": "cosine", "exclude_seen": False}
#: u:1 = {a, b}, u:2 = {a, b, c}, u:3 = {c, d}
ROWS = [(f"u:{n}", item) for n, items in enumerate(("ab", "abc", "cd"), start=1) for item in items]


class TestUserKNN(AlgorithmContract):
    algorithm_class = UserKNN


class TestOfViewsByCosine(AlgorithmContract):
    algorithm_class = UserKNN
    options = {
        "events": {"view": 1.0, "purchase": 3.0},
        "similarity": "cosine",
        "damping": "log",
        "weighting": "bm25",
        "half_life_days": 30.0,
        "shrinkage": 1.0,
    }


class TestByJaccard(AlgorithmContract):
    algorithm_class = UserKNN
    options = {"similarity": "jaccard", "neighbours": 5, "power": 2.0}


class TestByAsymmetricCosine(AlgorithmContract):
    algorithm_class = UserKNN
    options = {"similarity": "asymmetric_cosine", "alpha": 0.2, "damping": "sum", "weighting": "tfidf"}


class TestOfRatings(AlgorithmContract):
    algorithm_class = UserKNN
    options = {"feedback": "explicit", "similarity": "pearson", "shrinkage": 2.0}

    def columns(self) -> dict[str, list[Any]]:
        return rated_columns()


def scores(history: str, rows: list[tuple[str, str]] = ROWS, **options: Any) -> dict[str, float]:
    knn = UserKNN(**options).fit(purchases(rows))
    found = knn.score([[(item, 1.0) for item in history]])[0]
    return dict(zip(knn.item_keys_, found.tolist(), strict=True))


def test_the_neighbours_vote_with_their_similarity() -> None:
    # the cosine of {a, b} with u:1 is 2/√(2·2) = 1, with u:2 2/√(2·3), with u:3 0
    second = 2 / 6**0.5
    assert scores("ab", **COSINE) == pytest.approx({"a": 1 + second, "b": 1 + second, "c": second, "d": 0})


def test_only_the_nearest_vote() -> None:
    assert scores("ab", **COSINE, neighbours=1) == {"a": 1, "b": 1, "c": 0, "d": 0}
    # {c}: 1/√3 with u:2, 1/√2 with u:3; the threshold lies between
    assert scores("c", **COSINE, threshold=0.6) == pytest.approx(
        {"a": 0, "b": 0, "c": 0.5**0.5, "d": 0.5**0.5}
    )


def test_generalised_weighs_rare_items_more() -> None:
    # all items but d have two visitors, d one. {c, d} with u:3: (2^−a + 1^−a) / (2·2)^b, with u:2: 2^−a / (2·3)^b
    options = {"item_exponent": 1.0, "norm_exponent": 0.25}
    assert scores("cd", **options) == pytest.approx(
        {"a": 0.5 / 6**0.25, "b": 0.5 / 6**0.25, "c": 1.5 / 4**0.25 + 0.5 / 6**0.25, "d": 1.5 / 4**0.25}
    )
    same = {"item_exponent": 0.0, "norm_exponent": 0.5}
    assert scores("ab", **same) == pytest.approx(scores("ab", **COSINE))


def test_power_amplifies() -> None:
    assert scores("ab", **COSINE, power=2.0)["c"] == pytest.approx((2 / 6**0.5) ** 2)


def test_shrinkage_adds_visitors_to_both_norms() -> None:
    # one average item (1²) more: 2/√(3·3) and 2/√(3·4)
    assert scores("ab", **COSINE, shrinkage=1.0)["c"] == pytest.approx(2 / 12**0.5)
    # overlap of two: × 2/(2 + 1)
    jaccard = {"similarity": "jaccard", "exclude_seen": False, "shrinkage": 1.0}
    assert scores("ab", **jaccard)["c"] == pytest.approx(2 / 3 * 2 / 3)


def test_what_is_further_back_in_a_history_counts_less() -> None:
    # a one step back: (e^−1 1 0 0) with u:1 = (1 1 0 0)
    x = np.exp(-1.0)
    found = scores("ab", **COSINE, history_decay=1.0, neighbours=1)
    assert found["a"] == pytest.approx((x + 1) / np.sqrt(2 * (x * x + 1)))


def test_old_events_fade_and_repeats_are_damped() -> None:
    rows = [("u:1", "a"), ("u:1", "b"), ("u:1", "b")]
    for damping, (a, b) in {"sum": (0.5, 2.0), "log": (np.log(1.5), np.log(3.0)), "binary": (1, 1)}.items():
        events = purchases(rows, time=[0.0, 10 * DAY, 10 * DAY])
        knn = UserKNN(**COSINE, damping=damping, half_life_days=10.0).fit(events)
        assert knn.visitors_.toarray() == pytest.approx(np.array([[a, b]]))


def test_lists_leave_out_what_a_visitor_has() -> None:
    knn = UserKNN(similarity="cosine").fit(purchases(ROWS))
    lists = dict(knn.visitor_lists(["u:1", "u:2", "u:3", "nobody"]))
    assert [item for item, _ in lists["u:1"]] == ["c"]
    assert [item for item, _ in lists["u:2"]] == ["d"]
    assert [item for item, _ in lists["u:3"]] == ["a", "b"]
    assert set(lists) == {"u:1", "u:2", "u:3"}


def test_the_neighbours_of_visitors() -> None:
    knn = UserKNN(similarity="cosine").fit(purchases(ROWS))
    assert dict(knn.visitor_neighbours(["u:2", "u:3", "nobody", "u:1"])) == {
        "u:1": [("u:2", 0.8165)],  # 2/√6
        "u:2": [("u:1", 0.8165), ("u:3", 0.40825)],  # 1/√6
        "u:3": [("u:2", 0.40825)],
    }
    assert dict(knn.visitor_neighbours(["u:2"], k=1)) == {"u:2": [("u:1", 0.8165)]}


def test_a_similarity_above_one_is_published_below_one() -> None:
    # 2 / (2·3)^0.1 > 1
    strength = 2 / 6**0.1
    knn = UserKNN(item_exponent=0.0, norm_exponent=0.1).fit(purchases(ROWS))
    lists = dict(knn.visitor_neighbours(["u:1"]))
    assert lists == {"u:1": [("u:2", pytest.approx(strength / (1 + strength), abs=1e-5))]}


def test_single_visitor_single_item_and_unknown_items() -> None:
    knn = UserKNN(exclude_seen=False).fit(purchases([("u:1", "茶")]))
    assert dict(knn.visitor_lists(["u:1"])) == {"u:1": [("茶", 0.5)]}
    assert list(knn.visitor_neighbours(["u:1"])) == []
    assert knn.score([[], [("unknown", 1.0)], [("茶", -1.0)]]).tolist() == [[0.0], [0.0], [0.0]]
    with pytest.raises(ValueError, match="histories: a weight is NaN or infinite."):
        knn.score([[("茶", float("inf"))]])


def test_guests_alone_are_not_enough() -> None:
    with pytest.raises(NotEnoughData) as caught:
        UserKNN().fit(purchases([("", "a"), ("", "b")]))
    assert str(caught.value) == (
        "UserKNN needs events of known visitors: all of them are of nobody or weigh nothing."
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neighbours": 0}, "neighbours must be within 1..1e+07, got 0."),
        ({"power": float("nan")}, "power must be within 0..10, got nan."),
        ({"alpha": 1.5}, "alpha must be within 0..1, got 1.5."),
        ({"shrinkage": -1}, "shrinkage must be within 0..inf, got -1."),
        ({"weighting": "idf"}, "weighting must be one of bm25, none, tfidf, got 'idf'."),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        UserKNN(**options)
    assert str(caught.value) == message


class TestRatings:
    """Two users whose means are 14/4 and 12/4, and somebody who rated three of the four items, mean 3.

    Pearson over the three: (2 0 −2) with u2's (1 4 −5)/3 is 4/√(8·42/9) = 12/√336, with u3's (−1 −4 5)/3 −12/√336.
    """

    EXPLICIT = {"feedback": "explicit", "similarity": "pearson"}
    HISTORY = [[("i:1", 5.0), ("i:2", 3.0), ("i:3", 1.0)]]

    def test_predicts_from_the_neighbours_who_rated(self) -> None:
        # u2 gave item 4 ½ below his mean, u3 2 above his, and counts against
        both = UserKNN(**self.EXPLICIT, threshold=-2.0).fit(ratings(MATRIX[1:]))
        assert both.predict(self.HISTORY)[0, 3] == pytest.approx(3 + (-0.5 - 2) / 2)
        alike = UserKNN(**self.EXPLICIT).fit(ratings(MATRIX[1:]))
        assert alike.predict(self.HISTORY)[0].tolist() == pytest.approx([3.5, 4.5, 1.5, 2.5])

    def test_weighs_by_similarity(self) -> None:
        # cosines: 20 + 15 + 2 = 37, 10 + 3 + 4 = 17; ‖q‖² = 35, ‖u2‖² = 54, ‖u3‖² = 46
        first, second = 37 / (35 * 54) ** 0.5, 17 / (35 * 46) ** 0.5
        cosine = self.EXPLICIT | {"similarity": "cosine"}
        knn = UserKNN(**cosine).fit(ratings(MATRIX[1:]))
        expected = (-0.5 * first + 2 * second) / (first + second)
        assert knn.predict(self.HISTORY)[0, 3] == pytest.approx(3 + expected)
        assert knn.score(self.HISTORY)[0, 3] == pytest.approx(-0.5 * first + 2 * second)
        plain = UserKNN(**cosine, mean_centred=False).fit(ratings(MATRIX[1:]))
        assert plain.predict(self.HISTORY)[0, 3] == pytest.approx((3 * first + 5 * second) / (first + second))
        squared = UserKNN(**cosine, power=2.0).fit(ratings(MATRIX[1:]))
        expected = (-0.5 * first**2 + 2 * second**2) / (first**2 + second**2)
        assert squared.predict(self.HISTORY)[0, 3] == pytest.approx(3 + expected)

    def test_falls_back_to_the_mean_and_stays_on_the_scale(self) -> None:
        knn = UserKNN(**self.EXPLICIT).fit(ratings(MATRIX[1:]))
        # nobody alike: the mean of all ratings, 26/8; nobody like somebody who rates all the same: his mean
        assert knn.predict([[], [("i:1", 5.0), ("i:2", 5.0)]]).tolist() == [[3.25] * 4, [5.0] * 4]
        high = knn.predict([[("i:1", 5.0), ("i:2", 6.0), ("i:3", 4.0)]])[0]  # mean 5, item 2 is 1.5 above
        assert high.tolist() == [5, 5, 3.5, 4.5]

    def test_histories_of_events_know_their_ratings(self) -> None:
        events = ratings(MATRIX)
        knn = UserKNN(**self.EXPLICIT).fit(events)
        plain = [[(f"i:{n}", value) for n, value in enumerate(row, start=1)] for row in MATRIX]
        assert knn.predict(Histories.of(events)).tolist() == knn.predict(plain).tolist()

    def test_lists_and_neighbours(self) -> None:
        # of u:1 and u:2 12/√336, of u:3 with both below 0; u:2 gave item 4 one more than his mean
        rows = [[5, 3, 1, None], [4, 5, 2, 5], [2, 1, 4, 5]]
        knn = UserKNN(**self.EXPLICIT).fit(ratings(rows))
        assert dict(knn.visitor_lists(["u:1", "u:2"])) == {"u:1": [("i:4", 0.5)]}
        assert dict(knn.visitor_neighbours(["u:1", "u:2", "u:3"])) == {
            "u:1": [("u:2", 0.65465)],
            "u:2": [("u:1", 0.65465)],
        }
        dissimilar_too = UserKNN(**self.EXPLICIT, threshold=-2.0).fit(ratings(rows))
        assert dict(dissimilar_too.visitor_neighbours(["u:3"])) == {}

    def test_without_ratings(self) -> None:
        with pytest.raises(NotEnoughData) as caught:
            UserKNN(feedback="explicit").fit(purchases(ROWS))
        assert str(caught.value) == "UserKNN needs ratings of known visitors: 0 of 7 events are."

    def test_all_alike_and_single(self) -> None:
        same = UserKNN(**self.EXPLICIT).fit(ratings([[3, 3], [3, 3]]))
        assert same.predict([[("i:1", 3.0)], []]).tolist() == [[3, 3], [3, 3]]
        assert list(same.visitor_lists(["u:1"])) == []
        single = UserKNN(**self.EXPLICIT).fit(ratings([[2]]))
        assert single.predict([[("i:1", 2.0)]]).tolist() == [[2]]


pairs = st.lists(
    st.tuples(st.sampled_from(["", "u:1", "u:2", "u:3", "a:x"]), st.sampled_from("ab茶d'é0/")), max_size=30
)
MEASURES = ["generalised", "cosine", "asymmetric_cosine", "conditional", "jaccard", "log_likelihood"]


def learned(rows: list[tuple[str, str]], **options: Any) -> tuple[tuple[str, ...], np.ndarray] | None:
    try:
        knn = UserKNN(**options).fit(purchases(rows))
    except NotEnoughData:
        return None
    histories = [[("a", 1.0), ("b", 1.0)], [("茶", 0.5), ("é", 2.0)], []]
    return knn.item_keys_, knn.score(histories)


@pytest.mark.parametrize("similarity", MEASURES)
@settings(max_examples=30, deadline=None)
@given(rows=pairs, data=st.data())
def test_order_of_rows_and_names_of_visitors_change_nothing(
    similarity: str, rows: list[tuple[str, str]], data: st.DataObject
) -> None:
    before = learned(rows, similarity=similarity)
    shuffled = learned(data.draw(st.permutations(rows)), similarity=similarity)
    renamed = learned([(visitor and f"{9 - len(visitor)}{visitor[::-1]}", item) for visitor, item in rows])
    again = learned(rows)
    for first, second in ((before, shuffled), (again, renamed)):
        if first is None:
            assert second is None
            continue
        assert second is not None
        assert first[0] == second[0]
        assert first[1] == pytest.approx(second[1], rel=1e-6)
        assert np.isfinite(first[1]).all()
        assert (first[1] >= 0).all()


@settings(max_examples=30, deadline=None)
@given(rows=pairs)
def test_a_copy_of_every_visitor_doubles_the_votes(rows: list[tuple[str, str]]) -> None:
    copies = [(visitor and f"{visitor}-copy", item) for visitor, item in rows]
    once, twice = learned(rows, similarity="cosine"), learned(rows + copies, similarity="cosine")
    if once is not None:
        assert twice is not None
        assert twice[1] == pytest.approx(2 * once[1], rel=1e-5)


def test_a_long_history_and_many_visitors() -> None:
    rng = np.random.default_rng(0)
    n = 20_000
    events = Interactions.from_codes(
        visitor=rng.integers(0, 500, n),
        item=rng.integers(0, 300, n),
        kind=np.zeros(n, int),
        time=np.arange(n, dtype=float),
        visitor_keys=[f"u:{code}" for code in range(500)],
        item_keys=[f"i:{code}" for code in range(300)],
        kinds=["purchase"],
    )
    knn = UserKNN().fit(events)
    found = knn.score([[(f"i:{code % 300}", 1.0) for code in range(1_000_000)]])
    assert np.isfinite(found).all()
    assert (found > 0).any()
