from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.algorithms.ratings import rating_matrix
from recommendations.algorithms.similarities import SIMILARITIES
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import DAY, purchases
from tests.algorithms.rated import MATRIX, rated_columns, ratings, ratings_of

PLAIN = {"damping": "binary", "shrinkage": 0.0, "visitor_exponent": 0.0, "half_life_days": None}
ROWS = [("u:1", "a"), ("u:1", "b"), ("u:2", "a"), ("u:2", "b"), ("u:3", "a"), ("u:3", "c")]


def test_cosine_of_item_columns() -> None:
    # a = (1 1 1), b = (1 1 0), c = (0 0 1): cos(a, b) = 2/√6, cos(a, c) = 1/√3
    lists = dict(ItemKNN(**PLAIN).fit(purchases(ROWS)).item_lists())
    assert lists == {"a": [("b", 0.8165), ("c", 0.57735)], "b": [("a", 0.8165)], "c": [("a", 0.57735)]}


def test_shrinkage_is_in_visitors() -> None:
    # one more visitor in both norms: 2/√(4·3), 1/√(4·2)
    shrunk = ItemKNN(**(PLAIN | {"shrinkage": 1.0}))
    assert dict(shrunk.fit(purchases(ROWS)).item_lists())["a"] == [("b", 0.57735), ("c", 0.35355)]
    # whatever the scale of the weights
    heavy = ItemKNN(**(PLAIN | {"shrinkage": 1.0, "damping": "sum", "events": {"purchase": 7.0}}))
    assert dict(heavy.fit(purchases(ROWS)).item_lists())["a"] == [("b", 0.57735), ("c", 0.35355)]


def test_visitors_with_many_items_count_less() -> None:
    rows = [("u:1", item) for item in "abcd"] + [("u:2", "a"), ("u:2", "b")]
    # n = 4 and 2: ‖a‖² = ‖b‖² = 1/4 + 1/2, a·b the same; a·c = 1/4, ‖c‖² = 1/4
    lists = dict(ItemKNN(**(PLAIN | {"visitor_exponent": 1.0})).fit(purchases(rows)).item_lists())
    assert lists["a"] == [("b", 1.0), ("c", 0.57735), ("d", 0.57735)]
    assert round(0.25 / np.sqrt(0.75 * 0.25), 5) == 0.57735


def test_repeats_are_summed_damped_or_ignored() -> None:
    rows = [("u:1", "a")] * 3 + [("u:1", "b"), ("u:2", "a")]
    a, b = {"sum": (3, 1), "log": (np.log(4), np.log(2)), "binary": (1, 1)}, {"sum": 1, "log": np.log(2)}
    for damping, (first, second) in a.items():
        last = b.get(damping, 1)
        expected = first * second / (np.hypot(first, last) * second)
        lists = dict(ItemKNN(**(PLAIN | {"damping": damping})).fit(purchases(rows)).item_lists())
        assert lists["a"] == [("b", pytest.approx(expected, abs=1e-5))], damping


def test_old_events_fade() -> None:
    events = purchases(
        [("u:1", "a"), ("u:1", "b"), ("u:2", "a"), ("u:2", "c")], time=[0.0, 0.0, 10 * DAY, 10 * DAY]
    )
    lists = dict(ItemKNN(**(PLAIN | {"damping": "sum", "half_life_days": 10.0})).fit(events).item_lists())
    assert lists["a"] == [("c", 0.89443), ("b", 0.44721)]  # a = (½ 1): 1/√1.25 and ½/√1.25


def test_a_robot_is_capped() -> None:
    robot = [("u:robot", f"{n:03d}") for n in range(50)]
    events = purchases(robot + [("u:1", "000"), ("u:1", "001")])
    lists = dict(ItemKNN(**(PLAIN | {"max_items_per_visitor": 2})).fit(events).item_lists())
    assert lists == {"000": [("001", 1.0)], "001": [("000", 1.0)]}


def test_variants_stay_apart_when_a_catalogue_says_so() -> None:
    catalogue = Catalogue.from_columns(item_keys=["a", "b", "c"], group_keys=["g", "g", ""])
    lists = dict(ItemKNN(**PLAIN).fit(purchases(ROWS), catalogue).item_lists())
    assert lists == {"a": [("c", 0.57735)], "c": [("a", 0.57735)]}


def test_score_sums_the_lists_of_a_history() -> None:
    knn = ItemKNN(**PLAIN).fit(purchases(ROWS))
    scores = knn.score([[("b", 1.0), ("c", 0.5), ("unknown", 9.0)], []])
    assert scores.tolist() == [pytest.approx([2 / 6**0.5 + 0.5 / 3**0.5, 0, 0]), [0, 0, 0]]
    with pytest.raises(ValueError, match="histories: a weight is NaN or infinite."):
        knn.score([[("a", float("nan"))]])


def test_learns_anew() -> None:
    knn = ItemKNN(**PLAIN).fit(purchases(ROWS))
    assert knn.score([[("b", 1.0)]])[0, 0] > 0
    assert knn.fit(purchases([("u:1", "a"), ("u:2", "b")])).score([[("b", 1.0)]]).tolist() == [[0, 0]]


def test_single_visitor_single_item_and_all_alike() -> None:
    assert list(ItemKNN(**PLAIN).fit(purchases([("u:1", "a")])).item_lists()) == []
    alike = [(f"u:{n}", item) for n in range(3) for item in "cab"]
    lists = dict(ItemKNN(**PLAIN).fit(purchases(alike)).item_lists())
    assert lists == {
        "a": [("b", 1.0), ("c", 1.0)],
        "b": [("a", 1.0), ("c", 1.0)],
        "c": [("a", 1.0), ("b", 1.0)],
    }


def test_guests_alone_are_not_enough() -> None:
    with pytest.raises(NotEnoughData) as caught:
        ItemKNN().fit(purchases([("", "a"), ("", "b")]))
    assert str(caught.value) == (
        "ItemKNN needs events of known visitors: all of them are of nobody or weigh nothing."
    )


class TestOfRatings(AlgorithmContract):
    algorithm_class = ItemKNN
    options = {"feedback": "explicit", "similarity": "adjusted_cosine", "shrinkage": 2.0}

    def columns(self) -> dict[str, list[Any]]:
        return rated_columns()


class TestByLogLikelihood(AlgorithmContract):
    algorithm_class = ItemKNN
    options = {"similarity": "log_likelihood", "shrinkage": 0.0}


class TestByConditionalProbability(AlgorithmContract):
    algorithm_class = ItemKNN
    options = {"similarity": "conditional", "weighting": "tfidf"}


class TestByAsymmetricCosine(AlgorithmContract):
    algorithm_class = ItemKNN
    options = {"similarity": "asymmetric_cosine", "alpha": 0.8, "damping": "sum", "weighting": "bm25"}


class TestByManhattan(AlgorithmContract):
    algorithm_class = ItemKNN
    options = {"similarity": "manhattan", "threshold": 0.01}


BARE = PLAIN | {"feedback": "explicit", "similarity": "pearson"}


def test_other_similarities() -> None:
    # a = {1 2 3}, b = {1 2}, c = {3}
    jaccard = ItemKNN(**(PLAIN | {"similarity": "jaccard"})).fit(purchases(ROWS))
    assert dict(jaccard.item_lists()) == {
        "a": [("b", 0.66667), ("c", 0.33333)],
        "b": [("a", 0.66667)],
        "c": [("a", 0.33333)],
    }
    # of who bought a, two thirds bought b; of who bought b, all bought a; α = 0 leaves popularity in
    conditional = ItemKNN(**(PLAIN | {"similarity": "conditional", "alpha": 0.0})).fit(purchases(ROWS))
    assert dict(conditional.item_lists())["a"] == [("b", 0.66667), ("c", 0.33333)]
    assert dict(conditional.item_lists())["b"] == [("a", 1.0)]
    assert conditional.score([[("a", 1.0)]])[0].tolist() == pytest.approx([0, 2 / 3, 1 / 3])


def test_what_is_less_similar_than_the_threshold_is_no_neighbour() -> None:
    lists = dict(ItemKNN(**(PLAIN | {"threshold": 0.6})).fit(purchases(ROWS)).item_lists())
    assert lists == {"a": [("b", 0.8165)], "b": [("a", 0.8165)]}


def test_visitors_are_weighted_as_words_are() -> None:
    # visitor 1 has a and b of the three items, 2 a and b, 3 a and c: ln(1 + 3/2) each, so that the cosine stays
    lists = dict(ItemKNN(**(PLAIN | {"weighting": "tfidf"})).fit(purchases(ROWS)).item_lists())
    assert lists == dict(ItemKNN(**PLAIN).fit(purchases(ROWS)).item_lists())
    # a fourth with all of them says ln(1 + 3/3) of each: a·b = 2 (ln 2.5)² + (ln 2)², ‖a‖² = 3 (ln 2.5)² + (ln 2)²
    more = purchases([*ROWS, ("u:4", "a"), ("u:4", "b"), ("u:4", "c")])
    few, all_ = np.log(2.5) ** 2, np.log(2) ** 2
    lists = dict(ItemKNN(**(PLAIN | {"weighting": "tfidf"})).fit(more).item_lists())
    expected = (2 * few + all_) / np.sqrt((3 * few + all_) * (2 * few + all_))
    assert lists["a"][0] == ("b", pytest.approx(expected, abs=1e-5))


def test_what_is_further_back_in_a_history_counts_less() -> None:
    knn = ItemKNN(**(PLAIN | {"history_decay": 1.0})).fit(purchases(ROWS))
    scores = knn.score([[("b", 1.0), ("c", 1.0)]])
    assert scores[0, 0] == pytest.approx(np.exp(-1) * 2 / 6**0.5 + 1 / 3**0.5)


class TestRatings:
    """Three users rate four items; the items' means are 11/3, 3, 7/3, 4."""

    def test_predicts_from_the_neighbours_that_were_rated(self) -> None:
        # Pearson with item 4: −6/√84 of item 1, 6/√84 of item 3. 5 is 4/3 above its mean, 1 is 4/3 below its own
        knn = ItemKNN(**BARE, threshold=-2.0).fit(ratings(MATRIX))
        predicted = knn.predict([[("i:1", 5.0), ("i:3", 1.0)]])[0]
        assert predicted[3] == pytest.approx(4 + (-4 / 3 - 4 / 3) / 2)
        # item 2: 12/√336 of item 1, −12/√336 of item 3
        assert predicted[1] == pytest.approx(3 + (4 / 3 + 4 / 3) / 2)

    def test_weighs_by_similarity(self) -> None:
        # cosine: item 2 is 37/√(45·35) item 1 and 17/√(35·21) item 3
        first, third = 37 / (45 * 35) ** 0.5, 17 / (35 * 21) ** 0.5
        history = [[("i:1", 5.0), ("i:3", 1.0)]]
        cosine = BARE | {"similarity": "cosine"}
        predicted = ItemKNN(**cosine).fit(ratings(MATRIX)).predict(history)[0, 1]
        assert predicted == pytest.approx(3 + (first - third) * 4 / 3 / (first + third))
        plain = ItemKNN(**cosine, mean_centred=False).fit(ratings(MATRIX))
        assert plain.predict(history)[0, 1] == pytest.approx((5 * first + 1 * third) / (first + third))
        assert plain.score(history)[0, 1] == pytest.approx(5 * first + 1 * third)

    def test_stays_on_the_scale_and_falls_back_to_the_mean(self) -> None:
        knn = ItemKNN(**BARE).fit(ratings(MATRIX))
        # 4 + (5 − 7/3) is above 5
        assert knn.predict([[("i:3", 5.0)], []]).tolist() == [
            pytest.approx([11 / 3, 3, 7 / 3, 5]),
            pytest.approx([11 / 3, 3, 7 / 3, 4]),
        ]

    def test_a_score_is_the_sum_of_the_votes(self) -> None:
        knn = ItemKNN(**BARE).fit(ratings(MATRIX))
        scores = knn.score([[("i:1", 5.0), ("i:3", 1.0)]])
        assert scores[0].tolist() == pytest.approx([0, 4 / 3 * 12 / 336**0.5, 0, -4 / 3 * 6 / 84**0.5])

    def test_histories_of_events_know_their_ratings(self) -> None:
        events = ratings(MATRIX)
        knn = ItemKNN(**BARE).fit(events)
        plain = [[(f"i:{n}", value) for n, value in enumerate(row, start=1)] for row in MATRIX]
        assert knn.predict(Histories.of(events)).tolist() == knn.predict(plain).tolist()

    def test_lists_hold_only_what_is_similar(self) -> None:
        lists = dict(ItemKNN(**BARE, threshold=-2.0).fit(ratings(MATRIX)).item_lists())
        assert lists == {
            "i:1": [("i:2", 0.65465)],
            "i:2": [("i:1", 0.65465)],
            "i:3": [("i:4", 0.65465)],
            "i:4": [("i:3", 0.65465)],
        }

    def test_the_last_rating_counts_and_heavy_visitors_keep_their_last(self) -> None:
        rows = [("u:1", "a", 1.0), ("u:1", "b", 2.0), ("u:1", "a", 4.0), ("u:1", "c", 3.0)]
        histories = Histories.of(ratings_of(rows))
        assert rating_matrix(histories).toarray().tolist() == [[4, 2, 3]]
        assert rating_matrix(histories, max_items=2).toarray().tolist() == [[4, 0, 3]]

    def test_all_alike_single_and_zero(self) -> None:
        same = ItemKNN(**BARE).fit(ratings([[3, 3], [3, 3]]))
        assert list(same.item_lists()) == []
        assert same.predict([[("i:1", 3.0)], []]).tolist() == [[3, 3], [3, 3]]
        single = ItemKNN(**BARE).fit(ratings([[2]]))
        assert single.predict([[("i:1", 2.0)]]).tolist() == [[2]]
        zero = ItemKNN(**BARE).fit(ratings([[0, 0], [-2, -2], [-1, 1]]))
        assert zero.means_.tolist() == pytest.approx([-1, -1 / 3])
        assert dict(zero.item_lists()) == {"i:1": [("i:2", 0.65465)], "i:2": [("i:1", 0.65465)]}

    def test_without_ratings(self) -> None:
        with pytest.raises(NotEnoughData) as caught:
            ItemKNN(feedback="explicit").fit(purchases(ROWS))
        assert str(caught.value) == "ItemKNN needs ratings of known visitors: 0 of 6 events are."
        with pytest.raises(ConfigurationError) as refused:
            ItemKNN().fit(purchases(ROWS)).predict([[]])
        assert str(refused.value) == (
            'ItemKNN predicts ratings with feedback="explicit" only, got feedback="implicit".'
        )
        with pytest.raises(ConfigurationError) as unused:
            ItemKNN(feedback="explicit", weighting="bm25")
        assert str(unused.value) == "weighting must be 'none' with feedback 'explicit', got 'bm25'."


rated = st.lists(
    st.tuples(
        st.sampled_from(["", "u:1", "u:2", "u:3", "a:x"]),
        st.sampled_from(["a", "b", "茶", "d'e", "é", "0"]),
        st.sampled_from([float("nan"), -1.0, 0.0, 2.5, 5.0]),
    ),
    max_size=30,
)


def learn(rows: list[Any], **options: Any) -> Any:
    try:
        knn = ItemKNN(**options).fit(ratings_of(rows))
    except NotEnoughData:
        return None
    history = [(item, 2.0) for item in knn.item_keys_[:3]]
    predicted = knn.predict([history, []]) if options["feedback"] == "explicit" else knn.score([history, []])
    assert np.isfinite(predicted).all()
    return [(key[-1], [(target[-1], score) for target, score in pairs]) for key, pairs in knn.item_lists()], (
        predicted.tolist()
    )


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("feedback", ["implicit", "explicit"])
@settings(max_examples=15, deadline=None)
@given(rows=rated, data=st.data())
def test_names_and_the_order_of_reading_change_nothing(
    similarity: str, feedback: str, rows: list[tuple[str, str, float]], data: st.DataObject
) -> None:
    options = {
        "similarity": similarity,
        "feedback": feedback,
        "threshold": -2.0 if feedback == "explicit" else 0.0,
    }
    before = learn(rows, **options)
    timed = [(*row, float(time)) for time, row in enumerate(rows)]
    assert learn(data.draw(st.permutations(timed)), **options) == before
    assert learn([(visitor, f"x-{item}", rating) for visitor, item, rating in rows], **options) == before
