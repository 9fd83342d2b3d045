"""The ranker of sessions: learns what the sum of the lists cannot say, and leaves alone what it can."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from recommendations.algorithms.base import Algorithm, RankedPairs
from recommendations.algorithms.blending.session_lessons import Lessons
from recommendations.algorithms.blending.sessions import Sessions
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.session_ranker import SessionRanker
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import ConfigurationError, NotEnoughData
from recommendations.ranking.model import RankerModel

pytest.importorskip("lightgbm")

HERE = "recommendations.algorithms."
DAY = 86_400.0
OPTIONS: dict[str, Any] = {
    "events": {"view": 1.0, "purchase": 3.0},
    "bases": [
        {"name": "viewed", "algorithm": HERE + "item_knn.ItemKNN", "options": {"events": {"view": 1.0}}},
        {"name": "bought", "algorithm": HERE + "item_knn.ItemKNN"},
    ],
    "popularity": {"algorithm": HERE + "popular.Popular"},
    "tree_counts": [5, 30],
    "min_data": 5,
}


class TestContract(AlgorithmContract):
    algorithm_class = SessionRanker
    options = OPTIONS


def world(n_visitors: int = 300, *, taste: bool = True) -> tuple[Interactions, Catalogue]:
    """Visitors view items at random, in every way; each buys only what is of one of two brands, if there is `taste`."""
    rng = np.random.default_rng(3)
    columns: dict[str, list[Any]] = {name: [] for name in ("visitor", "item", "kind", "time")}
    for visitor in range(n_visitors):
        liked = np.arange(visitor % 2, 40, 2) if taste else np.arange(40)
        for step, item in enumerate(rng.choice(liked, 8, replace=False).tolist()):
            columns["visitor"].append(f"u:{visitor}")
            columns["item"].append(f"i{item:02d}")
            columns["kind"].append("view")
            columns["time"].append(float(rng.integers(0, 90)) * DAY + step)
    catalogue = Catalogue.from_columns(
        item_keys=[f"i{n:02d}" for n in range(40)], brands=[("Acme", "Birch")[n % 2] for n in range(40)]
    )
    return Interactions.from_columns(**columns), catalogue


#: A base that knows nothing of brands: everything goes with everything, by how popular it is.
CROWD = {
    "events": {"view": 1.0},
    "bases": [
        {
            "name": "crowd",
            "algorithm": "tests.algorithms.test_session_ranker.Crowd",
            "options": {"events": {"view": 1.0}},
        }
    ],
    "popularity": {},
    "tree_counts": [10, 40],
    "min_data": 5,
}


class Crowd(Algorithm):
    """Leads from every item to all others, with the same score."""

    produces = frozenset({("item", "item")})

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Crowd:
        self.item_keys_ = interactions.item_keys
        return self

    def item_lists(self, k: int = 50) -> Any:
        for key in self.item_keys_:
            pairs: RankedPairs = (key, [(other, 0.5) for other in self.item_keys_ if other != key][:k])
            yield pairs


def test_it_learns_what_the_lists_do_not_say() -> None:
    interactions, catalogue = world()
    ranker = SessionRanker(**CROWD).fit(interactions, catalogue)
    assert ranker.validation_["lightgbm"] > 1.5 * ranker.validation_["linear"]
    assert ranker.ranker_ is not None
    used = {
        ranker.model_.features.names[feature]
        for tree in ranker.model_.ensemble.trees
        for feature in tree.feature
    }
    assert "share of the session of its brand" in used
    for key, pairs in ranker.visitor_lists(["u:0", "u:1"], 10):
        of_brand = [int(item[1:]) % 2 == int(key[-1]) for item, _ in pairs]
        assert sum(of_brand) >= 9


def test_where_nothing_can_be_learned_the_order_stays(caplog: pytest.LogCaptureFixture) -> None:
    interactions, catalogue = world(600, taste=False)
    with caplog.at_level("INFO"):
        ranker = SessionRanker(**CROWD).fit(interactions, catalogue)
    assert ranker.ranker_ is None
    assert ranker.model_.changes_nothing
    assert "No trees are better than the sum of the lists alone, so pages keep their order" in caplog.text
    rows = dict(ranker.ranker_lists())
    assert RankerModel.from_json(rows["model"][0][0]).changes_nothing
    assert rows["version"] == [(RankerModel.version_of(rows["model"][0][0]), 1.0)]


def test_the_published_trees_are_lightgbms() -> None:
    interactions, catalogue = world()
    ranker = SessionRanker(**CROWD).fit(interactions, catalogue)
    assert ranker.ranker_ is not None
    published = dict(ranker.ranker_lists())["model"][0][0]
    assert json.loads(published)["bases"] == ["crowd"]
    model = RankerModel.from_json(published)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, len(model.features.names)))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    expected = ranker.ranker_.booster.predict(rows)
    assert [model.ensemble.score(row) for row in rows.tolist()] == pytest.approx(expected.tolist(), abs=1e-9)


def test_the_same_events_teach_the_same() -> None:
    interactions, catalogue = world()
    first, second = (SessionRanker(**CROWD).fit(interactions, catalogue).model_.to_json() for _ in range(2))
    assert first == second


def test_sessions_before_and_answers_after() -> None:
    """One visitor: a, b on day 0; at noon of day 2 an order of c and d; e on day 3."""
    interactions = Interactions.from_columns(
        visitor=["u:1"] * 5 + ["u:2"],
        item=["a", "b", "c", "d", "e", "a"],
        kind=["view", "view", "purchase", "purchase", "view", "view"],
        time=[0.0, 60.0, 2.5 * DAY, 2.5 * DAY, 3 * DAY, 2.6 * DAY],
    )
    sessions = Sessions.of(interactions, {"view": 1.0, "purchase": 4.0}, 60, 24.0)
    found = sessions.questions(DAY, moments=5, n_answers=2, most=10, hidden_days=0, seed=0)
    assert [(sorted(each.session.weights), sorted(each.answers)) for each in found] == [
        (["a", "b"], ["c", "d"]),  # the order is one answer, no part of its session
        (["a", "b", "c", "d"], ["e"]),
    ]
    assert found[0].session.now.timestamp() == 2.5 * DAY
    assert [touch.item_key for touch in found[1].session.touches] == ["d", "c", "b", "a"]
    assert found[1].session.weights["c"] == 4.0
    assert found[1].session.weights["b"] == pytest.approx(2 ** -(2.5 - 60 / DAY))
    hiding = sessions.questions(DAY, moments=5, n_answers=2, most=10, hidden_days=1, seed=0)
    assert [sorted(each.hidden) for each in hiding] == [[], ["c", "d"]]
    # Of u:2 nothing is known before.
    assert {each.visitor for each in found} == {0}
    assert [key for key, _ in sessions.at_the_end(["u:2", "nobody", "u:1"])] == ["u:2", "u:1"]


def test_seeds_are_no_answers() -> None:
    interactions, _ = world()
    sessions = Sessions.of(interactions, {"view": 1.0}, 60, 72.0)
    questions = sessions.questions(60 * DAY, moments=3, n_answers=10, most=150, hidden_days=0, seed=0)
    assert 150 <= len(questions) < 153
    assert all(not each.answers & set(each.session.weights) for each in questions)


def test_ndcg_by_hand() -> None:
    lessons = Lessons(
        rows=np.zeros((2, 3, 1)),
        gains=np.array([[0, 1, 0], [0, 0, 1]], np.float32),
        start=np.array([[3.0, 2.0, 1.0], [1.0, 1.0, -np.inf]]),
        n_answers=np.array([1, 2]),
        visitor=np.array([7, 7]),
    )
    ideal = 1 + 1 / np.log2(3)
    assert lessons.ndcg(lessons.start, 2).tolist() == pytest.approx([1 / np.log2(3), 0.0])
    assert lessons.ndcg(-lessons.start, 3).tolist() == pytest.approx([1 / np.log2(3), 1 / ideal])
    assert lessons.ndcg(lessons.gains, 1).tolist() == [1.0, 1.0]
    assert len(lessons.answerable) == 2
    assert lessons.standard_errors(np.array([0.1, 0.3])) == 0.0  # of one visitor nothing can be said
    assert lessons.present.tolist() == [[True] * 3, [True, True, False]]


def test_nobody_learns_and_judges() -> None:
    visitor = np.array([3, 3, 5, 8, 8, 8, 9])
    lessons = Lessons(np.zeros((7, 1, 1)), np.zeros((7, 1), np.float32), np.zeros((7, 1)), visitor, visitor)
    folds = list(lessons.folds(2, 0))
    assert sum(asked.astype(int) for _, asked in folds).tolist() == [1] * 7
    for learned, asked in folds:
        assert not set(learned.visitor.tolist()) & set(visitor[asked].tolist())
        assert len(set(visitor[asked].tolist())) == 2


def test_what_is_wrong_is_told() -> None:
    interactions, catalogue = world(n_visitors=1)
    with pytest.raises(
        NotEnoughData, match="SessionRanker needs visitors who did something before and after"
    ):
        SessionRanker(**CROWD).fit(interactions, catalogue)
    with pytest.raises(ConfigurationError, match=r"\{'name': 'x'\} names no \"recommender\""):
        SessionRanker(bases=[{"name": "x"}])
    popular = {"algorithm": HERE + "popular.Popular"}
    with pytest.raises(
        ConfigurationError, match=r"Popular \(.*\) makes no item → item lists; name a recommender"
    ):
        SessionRanker(bases=[popular])
    with pytest.raises(ConfigurationError, match="makes no segment → item lists"):
        SessionRanker(popularity={"algorithm": HERE + "item_knn.ItemKNN"})
    with pytest.raises(ConfigurationError, match=r"tree_counts must be numbers within 1..100"):
        SessionRanker(tree_counts=[200])
    with pytest.raises(ConfigurationError, match="bases needs one entry"):
        SessionRanker(bases=[])
    interactions, catalogue = world(n_visitors=30)
    with pytest.raises(ConfigurationError, match="The recommender 'also_viewed' is not known here"):
        SessionRanker(events={"view": 1.0}).fit(interactions, catalogue)
