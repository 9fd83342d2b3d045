"""The learned blend: candidates, weights, features, trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from recommendations.algorithms import learned_blend
from recommendations.algorithms.blending.candidates import Candidates, Scorer
from recommendations.algorithms.blending.linear import learn_weights
from recommendations.algorithms.blending.ranker import graded, train
from recommendations.algorithms.generalised_knn import GeneralisedKNN
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.learned_blend import LearnedBlend
from recommendations.algorithms.popular import Popular
from recommendations.algorithms.testing import AlgorithmContract, sample_catalogue, sample_columns
from recommendations.evaluation.queries import HoldOut
from recommendations.exceptions import ConfigurationError, NotEnoughData, UnknownOption

HERE = "recommendations.algorithms."
BASES = [
    {"algorithm": HERE + "generalised_knn.GeneralisedKNN"},
    {"algorithm": HERE + "markov.Markov", "name": "markov", "options": {"reverse": 1.0}},
    {"algorithm": HERE + "popular.Popular"},
]
EVENTS = {"view": 1.0, "purchase": 3.0}


class TestContractWithTrees(AlgorithmContract):
    algorithm_class = LearnedBlend
    options = {
        "events": EVENTS,
        "bases": BASES,
        "ranker": "lightgbm",
        "tree_counts": (5,),
        "min_data": 1,
        "candidates": 12,
        "exclude_seen": False,
        "hold_out": {"hide": ()},
    }

    @pytest.fixture(autouse=True)
    def _needs_lightgbm(self) -> None:
        pytest.importorskip("lightgbm")


class TestContractLinear(AlgorithmContract):
    algorithm_class = LearnedBlend
    options = {"events": EVENTS, "bases": BASES, "ranker": "linear", "candidates": 12, "exclude_seen": False}


def data(seed: int = 0) -> Interactions:
    return Interactions.from_columns(**sample_columns(seed, n_visitors=120, n_items=40))


def fitted(**options: Any) -> LearnedBlend:
    catalogue = sample_catalogue(42)
    return LearnedBlend(**({"events": EVENTS, "bases": BASES, "candidates": 20} | options)).fit(
        data(), catalogue
    )


def test_weights_find_the_algorithm_that_knows() -> None:
    rng = np.random.default_rng(0)
    n, c = 200, 30
    answers = rng.integers(0, c, n)
    raw = rng.random((n, c, 3)).astype(np.float32)
    raw[np.arange(n), answers, 1] += 0.7  # the second knows something, the third the same with more noise
    raw[np.arange(n), answers, 2] += 0.2
    codes = np.tile(np.arange(c, dtype=np.int32), (n, 1))
    pool = Candidates(codes, raw, raw.max(axis=1), np.zeros((n, c), np.float32))
    targets = sparse.csr_matrix((np.ones(n), (np.arange(n), answers)), shape=(n, c))
    weights, score = learn_weights(pool, targets, 10)
    assert weights[1] == 1.0
    assert weights[1] > weights[2] >= weights[0]
    alone, _ = learn_weights(
        Candidates(codes, raw[:, :, 1:2], raw.max(axis=1)[:, 1:2], pool.blend), targets, 10
    )
    assert alone.tolist() == [1.0]
    assert score > 0.5


def test_weights_heed_how_much_an_answer_counts() -> None:
    rng = np.random.default_rng(1)
    n, c = 200, 30
    rare, common = rng.integers(0, 15, n), rng.integers(15, c, n)
    raw = rng.random((n, c, 2)).astype(np.float32)
    raw[np.arange(n), common, 0] += 0.8
    raw[np.arange(n), rare, 1] += 0.8
    pool = Candidates(
        np.tile(np.arange(c, dtype=np.int32), (n, 1)), raw, raw.max(axis=1), np.zeros((n, c), np.float32)
    )
    for worth, best_one in ((0.1, 1), (10.0, 0)):
        targets = sparse.csr_matrix(
            (np.tile([1.0, worth], n), np.stack([rare, common], axis=1).ravel(), np.arange(n + 1) * 2),
            shape=(n, c),
        )
        weights, _ = learn_weights(pool, targets, 10)
        assert int(np.argmax(weights)) == best_one


def test_gains_become_grades_by_factors_of_the_square_root_of_two() -> None:
    assert graded(np.array([[0.0, 8.0, 4.0, 8 / np.sqrt(2), 1e-9]])).tolist() == [[0, 30, 28, 29, 1]]
    assert graded(np.zeros((1, 2))).tolist() == [[0, 0]]


def test_trees_prefer_answers_that_count_more() -> None:
    pytest.importorskip("lightgbm")
    rng = np.random.default_rng(2)
    n, c = 400, 8
    features = rng.random((n, c, 2)).astype(np.float32)
    gains = np.zeros((n, c), np.float32)
    gains[np.arange(n), features[:, :, 0].argmax(axis=1)] = 0.2
    gains[np.arange(n), features[:, :, 1].argmax(axis=1)] = 0.9
    ranker = train(
        features,
        gains,
        ["common", "rare"],
        n_trees=30,
        learning_rate=0.2,
        leaves=7,
        min_data=5,
        feature_fraction=1.0,
        truncation=8,
        seed=0,
    )
    pair = np.array([[[0.99, 0.5], [0.5, 0.99]]], np.float32)
    common, rare = ranker.score(pair)[0].tolist()
    assert rare > common


def test_scorer_gives_every_score_of_every_candidate() -> None:
    events = data()
    knn = GeneralisedKNN(events=EVENTS).fit(events)
    popular = Popular(events=EVENTS).fit(events)
    scorer = Scorer([knn, popular], events.item_keys)
    histories = Histories.of(events)[:7]
    found = scorer.best(histories, histories.matrix(), np.array([0.5, 2.0]), 6)
    exact = np.stack([knn.score(histories), popular.score(histories)], axis=2)
    for row in range(7):
        codes = found.codes[row][found.codes[row] >= 0]
        assert not set(codes.tolist()) & set(histories.matrix()[[row]].indices.tolist())
        assert found.raw[row, : len(codes)] == pytest.approx(exact[row, codes])
        blend = (
            0.5 * exact[row, :, 0] / exact[row, :, 0].max() + 2 * exact[row, :, 1] / exact[row, :, 1].max()
        )
        assert found.blend[row, : len(codes)] == pytest.approx(blend[codes], rel=1e-5)
        assert (np.diff(found.blend[row, : len(codes)]) <= 0).all()
    pool = scorer.pool(histories, None, 3)
    assert ((pool.codes >= 0).sum(axis=1) >= 3).all()
    assert all(len(set(row[row >= 0].tolist())) == (row >= 0).sum() for row in pool.codes)


def test_single_items_can_be_learned_from_their_partners_in_orders() -> None:
    """Everybody buys milk besides a pair; whoever asks for the pair is not told of milk."""
    rng = np.random.default_rng(0)
    rows = []
    for order in range(600):
        pair = int(rng.integers(0, 20))
        things = [f"left {pair:02d}", f"right {pair:02d}"] + ["milk"] * (rng.random() < 0.7)
        rows += [(f"u{order % 150}", thing, float(order), f"o{order}") for thing in things]
    orders = Interactions.from_columns(
        visitor=[r[0] for r in rows],
        item=[r[1] for r in rows],
        kind="purchase",
        time=[r[2] for r in rows],
        basket=[r[3] for r in rows],
    )
    bases = [
        {"algorithm": HERE + "association.Association", "options": {"min_visitors": 1}},
        {"algorithm": HERE + "popular.Popular"},
    ]
    blend = LearnedBlend(
        events={"purchase": 1.0},
        bases=bases,
        hold_out={"method": "partners"},
        single_item_share=0.0,
        answer_exponent=1.0,
        candidates=10,
        lists=["item"],
    ).fit(orders)
    assert blend.produces == {("item", "item")}
    lists = dict(blend.item_lists(3))
    assert all(lists[f"left {n:02d}"][0][0] == f"right {n:02d}" for n in range(20))


def test_features_are_named_and_say_nothing_of_the_item_itself() -> None:
    pytest.importorskip("lightgbm")
    blend = fitted(ranker="lightgbm", tree_counts=(3,), min_data=1)
    histories = Histories.of(data())[:5]
    candidates = blend.candidates(histories, histories.matrix())
    features = blend.features(candidates, histories)
    names = blend._features.feature_names
    assert features.shape == (5, 20, len(names))
    assert len(set(names)) == len(names)
    assert "score of markov" in names
    assert "share of the history with its brand" in names
    column = {name: features[:, :, n] for n, name in enumerate(names)}
    assert column["score of markov"] == pytest.approx(candidates.raw[:, :, 1])
    assert column["items of the history"][0, 0] == len(np.unique(histories[:1].item))
    assert (column["times in the history"][candidates.codes >= 0] == 0).all()  # the history is hidden
    catalogue = sample_catalogue(42)
    code = int(candidates.codes[0, 0])
    brand = catalogue.brands[catalogue.codes[histories.item_keys[code]]]
    own = [catalogue.brands[catalogue.codes[histories.item_keys[i]]] for i in histories[:1].item.tolist()]
    assert column["share of the history with its brand"][0, 0] == pytest.approx(own.count(brand) / len(own))


def test_repeats_count_how_often_how_long_ago_and_by_what() -> None:
    events = Interactions.from_columns(
        visitor=["u"] * 4 + ["v"] * 3,
        item=["a", "b", "a", "c", "a", "b", "c"],
        kind=["view", "view", "purchase", "view", "view", "view", "view"],
        time=[0.0, 86_400.0, 172_800.0, 259_200.0, 0.0, 1.0, 2.0],
    )
    knn = GeneralisedKNN(events={"view": 1.0, "purchase": 1.0}).fit(events)
    from recommendations.algorithms.blending.features import FeatureMaker
    from recommendations.algorithms.blending.item_facts import ItemFacts

    maker = FeatureMaker(["knn"], ItemFacts.of(events, None), [], events.kinds)
    histories = Histories.of(events, np.array([0]))
    candidates = Scorer([knn], events.item_keys).best(histories, None, np.ones(1), 3)
    features = dict(zip(maker.feature_names, maker(candidates, histories)[0].T, strict=True))
    at = {events.item_keys[code]: n for n, code in enumerate(candidates.codes[0].tolist())}
    assert [features["times in the history"][at[i]] for i in "abc"] == [2, 1, 1]
    assert [features["nearness of the last time in steps"][at[i]] for i in "abc"] == pytest.approx(
        [1 / 2, 1 / 3, 1]
    )
    assert [features["nearness of the last time in days"][at[i]] for i in "abc"] == pytest.approx(
        [1 / 2, 1 / 3, 1]
    )
    assert [features["purchase events on it"][at[i]] for i in "abc"] == [1, 0, 0]


def test_trees_beat_a_blend_that_cannot_know() -> None:
    """What was bought last is never bought next here, which no base sees and a feature tells."""
    pytest.importorskip("lightgbm")
    rng = np.random.default_rng(1)
    rows = []
    for u in range(400):
        items = rng.permutation(12).tolist()
        for p in range(7):
            rows.append((f"u{u:03d}", f"i{items[p % 3 if p < 6 else 0]:02d}", float(p)))
    visitor, item, time = zip(*rows, strict=True)
    events = Interactions.from_columns(visitor=visitor, item=item, kind="view", time=time)
    blend = LearnedBlend(
        events={"view": 1.0},
        bases=[
            {"algorithm": HERE + "popular.Popular"},
            {"algorithm": HERE + "generalised_knn.GeneralisedKNN"},
        ],
        hold_out={"hide": ()},
        exclude_seen=False,
        single_item_share=0.0,
        tree_counts=(40,),
        min_data=5,
        candidates=12,
    ).fit(events)
    # The pattern is a b c a b c a: the next is what was seen two steps before the last.
    assert blend.validation_["lightgbm"] > 0.9 > blend.validation_["linear"]
    assert blend.rankers_


def test_the_linear_blend_stays_without_lightgbm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned_blend, "has_lightgbm", lambda: False)
    blend = fitted()
    assert not blend.rankers_
    assert set(blend.validation_) == {"linear"}
    assert dict(blend.visitor_lists(["u:001"], 5))


def test_the_same_seed_gives_the_same_and_rankers_are_averaged() -> None:
    pytest.importorskip("lightgbm")
    options = {"ranker": "lightgbm", "tree_counts": (5,), "min_data": 1, "rankers": 2}
    one, two = fitted(**options), fitted(**options)
    histories = Histories.of(data())[:9]
    candidates = one.candidates(histories, None)
    features = one.features(candidates, histories)
    assert one.order(candidates, features) == pytest.approx(two.order(candidates, features), abs=1e-5)
    each = [one.order(candidates, features, n) for n in range(2)]
    assert one.order(candidates, features) == pytest.approx(np.mean(each, axis=0), abs=1e-6)


def test_bases_that_cannot_learn_are_left_out() -> None:
    bases = [*BASES, {"algorithm": HERE + "association.Association", "options": {"events": {"wish": 1.0}}}]
    assert fitted(bases=bases, ranker="linear").base_names_ == ["GeneralisedKNN", "markov", "Popular"]
    with pytest.raises(NotEnoughData, match="none of its bases can"):
        fitted(bases=bases[3:], ranker="linear")


def test_answers_are_held_out_of_what_the_bases_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    original = GeneralisedKNN.fit

    def fit(self: GeneralisedKNN, interactions: Interactions, catalogue: Any = None) -> GeneralisedKNN:
        sizes.append(len(interactions))
        return original(self, interactions, catalogue)

    monkeypatch.setattr(GeneralisedKNN, "fit", fit)
    fitted(ranker="linear")
    held = HoldOut(method="last")(data())
    assert sizes == [len(held.train), len(data())]
    sizes.clear()
    fitted(ranker="linear", refit=False)
    assert sizes == [len(held.train)] * 2
    sizes.clear()
    pytest.importorskip("lightgbm")
    fitted(ranker="lightgbm", tree_counts=(3,), min_data=1, folds=3)
    second = HoldOut(method="last")(held.train)
    third = HoldOut(method="last")(second.train)
    assert sizes == [len(held.train), len(second.train), len(third.train), len(data())]


def test_a_share_of_the_questions_knows_one_item_only() -> None:
    queries = HoldOut(method="last")(data()).queries
    short = queries.shortened(0.4)
    before, after = np.diff(queries.histories.indptr), np.diff(short.histories.indptr)
    cut = after < before
    assert 0.2 < cut.mean() < 0.5
    assert (after[cut] == 1).all()
    row = int(np.flatnonzero(cut)[0])
    assert short.histories[[row]].item.tolist() == queries.histories[[row]].item.tolist()[-1:]
    assert short.hidden is queries.hidden


def test_bad_options() -> None:
    with pytest.raises(ConfigurationError, match="ranker must be one of auto, lightgbm, linear, got 'magic'"):
        LearnedBlend(ranker="magic")
    with pytest.raises(ConfigurationError, match="lists must be some of .*got \\['term'\\]"):
        LearnedBlend(lists=["term"])
    with pytest.raises(UnknownOption, match="Popular has no option 'halflife'"):
        LearnedBlend(bases=[{"algorithm": HERE + "popular.Popular", "options": {"halflife": 3}}])
    with pytest.raises(ConfigurationError, match=r"bases: \{'options': \{\}\} has no \"algorithm\""):
        LearnedBlend(bases=[{"options": {}}])
    with pytest.raises(ConfigurationError, match="bases and tree_counts need one entry"):
        LearnedBlend(bases=[])
