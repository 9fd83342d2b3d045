from __future__ import annotations

from typing import Self

import numpy as np
import pytest
from scipy import sparse

from recommendations.algorithms.association import Association
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.content import ContentTfidf
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.algorithms.personal import PersonalAlgorithm
from recommendations.algorithms.popular import Popular
from recommendations.algorithms.testing import sample_catalogue, sample_columns
from recommendations.evaluation import evaluate as module
from recommendations.evaluation import served
from recommendations.evaluation.evaluate import Evaluator, Lists, Serving, evaluate, lists_of
from recommendations.evaluation.splits import Split, time_split
from recommendations.exceptions import NotEnoughData

HOUR = 3600.0


def split(rows: list[tuple[str, str, float]], at: float) -> Split:
    visitor, item, time = zip(*rows, strict=True)
    events = Interactions.from_columns(
        visitor=visitor, item=item, kind="purchase", time=[hour * HOUR for hour in time]
    )
    return time_split(events, at=at * HOUR)


#: u:1 bought a, then b a day later, then c; u:2 bought a, then a and d. Nobody else comes back.
SHOP = split(
    [
        ("u:1", "a", 0),
        ("u:1", "b", 24),
        ("u:2", "a", 24),
        ("u:3", "e", 24),
        ("u:1", "c", 100),
        ("u:2", "a", 100),
        ("u:2", "d", 100),
        ("u:4", "e", 100),
    ],
    at=50,
)


def test_item_lists_are_served_as_the_decayed_sum_over_the_history() -> None:
    lists = {"a": [("d", 0.8), ("c", 0.5)], "b": [("c", 0.4), ("a", 0.9)]}
    found = evaluate(lists, SHOP.train, SHOP.test, k=2, serving=Serving(history_half_life_hours=24))
    # u:1: a weighs half of b: c = 0.5·0.5 + 0.4 = 0.65, d = 0.4, seeds left out → [c, d], c is right at 1.
    # u:2: [d, c]: d is right at 1; a, a seed, is not shown.
    assert found["n_users"] == 2
    assert found["precision"] == pytest.approx(0.5)
    assert found["recall"] == pytest.approx((1 + 0.5) / 2)
    assert found["mrr"] == found["hit_rate"] == 1
    assert found["ndcg"] == pytest.approx((1 + 1 / (1 + 1 / np.log2(3))) / 2)
    assert found["coverage"] == pytest.approx(2 / 3)  # c and d, of the three items with events
    assert found["list_coverage"] == pytest.approx(2 / 3)
    assert found["served"] == 1
    assert (found["k"], found["n_lists"], found["n_items"]) == (2, 2, 3)


def test_a_slow_decay_changes_what_is_first() -> None:
    lists = {"a": [("d", 0.8), ("c", 0.3)], "b": [("c", 0.4)]}
    fast, slow = (
        evaluate(lists, SHOP.train, SHOP.test, k=1, serving=Serving(history_half_life_hours=hours))
        for hours in (6, 1000)
    )
    assert (fast["hit_rate"], slow["hit_rate"]) == (1.0, 0.5)


def test_only_the_heaviest_seeds_and_the_length_of_the_lists_count() -> None:
    lists = {"a": [("d", 0.8), ("c", 0.5)], "b": [("e", 0.4)]}
    one_seed = evaluate(lists, SHOP.train, SHOP.test, k=2, serving=Serving(seeds=1))
    assert one_seed["recall"] == pytest.approx((0 + 0.5) / 2)
    short = evaluate(lists, SHOP.train, SHOP.test, k=2, serving=Serving(list_length=1))
    assert short["coverage"] == pytest.approx(2 / 3)
    assert short["recall"] == pytest.approx((0 + 0.5) / 2)


def test_everybodys_list_with_and_without_what_was_seen() -> None:
    lists = {"": [("a", 1.0), ("d", 0.5), ("c", 0.1)], "category:x": [("z", 1.0)]}
    found = evaluate(lists, SHOP.train, SHOP.test, k=2)
    assert found["recall"] == pytest.approx((0 + 1) / 2)
    assert found["list_coverage"] == 0
    unseen = evaluate(lists, SHOP.train, SHOP.test, k=2, exclude_seen=True)
    # without a: [d, c] for both; of u:2's test only d is new
    assert unseen["recall"] == 1
    assert unseen["mrr"] == pytest.approx(0.75)


def test_items_that_only_the_lists_know_take_places() -> None:
    lists: Lists = {"a": [("new", 1.0), ("d", 0.5)], "unknown": [("a", 1.0)]}
    assert evaluate(lists, SHOP.train, SHOP.test, k=1)["hit_rate"] == 0
    found = evaluate(lists, SHOP.train, SHOP.test, k=2, n_items=10)
    assert found["hit_rate"] == 0.5
    assert found["coverage"] == 0.2


def test_targets_are_the_kinds_to_find() -> None:
    events = Interactions.from_columns(
        visitor=["u:1"] * 3, item=["a", "b", "c"], kind=["view", "view", "purchase"], time=[0.0, 9.0, 9.0]
    )
    parts = time_split(events, at=5.0)
    lists = {"a": [("b", 1.0), ("c", 0.5)]}
    assert evaluate(lists, parts.train, parts.test, k=1)["hit_rate"] == 1
    assert evaluate(lists, parts.train, parts.test, k=1, targets=["purchase"])["hit_rate"] == 0
    with pytest.raises(NotEnoughData) as caught:
        evaluate(lists, parts.train, parts.test, targets=["cart"])
    assert str(caught.value) == (
        "No visitor has events on both sides of the split: 1 visitors to train, 0 to test."
    )


@pytest.mark.parametrize("exclude_seen", [False, True])
@pytest.mark.parametrize(
    "algorithm",
    [
        Popular(),
        ItemKNN(),
        Association(min_support=2, min_visitors=2, min_evidence=0.1),
        ContentTfidf(),
    ],
    ids=lambda algorithm: type(algorithm).__name__,
)
def test_an_algorithm_is_as_good_as_its_lists(
    algorithm: Popular | ItemKNN | Association | ContentTfidf, exclude_seen: bool
) -> None:
    parts = time_split(Interactions.from_columns(**sample_columns()), fraction=0.3)
    algorithm.fit(parts.train, sample_catalogue())
    of_lists = evaluate(lists_of(algorithm), parts.train, parts.test, exclude_seen=exclude_seen)
    assert evaluate(algorithm, parts.train, parts.test, exclude_seen=exclude_seen) == of_lists
    assert of_lists["served"] > 0.9
    assert 0 < of_lists["ndcg"] < 1


def test_taste_is_found() -> None:
    parts = time_split(Interactions.from_columns(**sample_columns(n_visitors=200)), fraction=0.3)
    options = {"k": 5, "exclude_seen": True}
    by_taste = evaluate(ItemKNN().fit(parts.train), parts.train, parts.test, **options)  # type: ignore[arg-type]
    for_all = evaluate(Popular().fit(parts.train), parts.train, parts.test, **options)  # type: ignore[arg-type]
    assert by_taste["ndcg"] > 1.1 * for_all["ndcg"]


def test_every_metric_by_hand() -> None:
    lists = {"a": [("d", 0.8), ("c", 0.5)], "b": [("c", 0.4), ("e", 0.2)]}
    catalogue = Catalogue.from_columns(item_keys=["c", "d", "e"], categories=[["Food"], ["Food"], ["Drinks"]])
    serving = Serving(history_half_life_hours=24)
    evaluator = Evaluator(SHOP.train, SHOP.test, k=2, n_items=10, catalogue=catalogue, serving=serving)
    found = evaluator.evaluate(lists)
    # u:1 sees c (.65), d (.4), then e (.2), to find c; u:2 sees d, c, to find a (not shown, a seed) and d.
    assert [SHOP.train.visitor_keys[user] for user in found.users] == ["u:1", "u:2"]
    expected = {
        "f1": [2 / 3, 1 / 2],
        "accuracy": [9 / 10, 8 / 10],
        # u:2: of the relevant, d is above all 8 others; a ties with 7 that are not listed, and is below c
        "auc": [1.0, (8 + 3.5) / 16],
        # The most popular items are a and then b or e, by two or one visitors: no hit would have been theirs.
        "serendipity": [1 / 2, 1 / 2],
        "average_popularity": [0.0, 0.0],  # c and d are new
        "long_tail": [1.0, 1.0],
        "diversity": [0.0, 0.0],
    }
    for name, values in expected.items():
        assert found.by_user[name].tolist() == pytest.approx(values), name
        assert found.means[name] == pytest.approx(np.mean(values)), name
    assert found.means["novelty"] == pytest.approx(np.log2(3))  # at most one of three visitors
    assert found.means["personalisation"] == pytest.approx(0, abs=1e-9)
    means = evaluate(lists, SHOP.train, SHOP.test, k=2, n_items=10, catalogue=catalogue, serving=serving)
    assert means == found.means
    assert "diversity" not in evaluate(lists, SHOP.train, SHOP.test)


def test_blocks_of_visitors_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = time_split(Interactions.from_columns(**sample_columns()), fraction=0.3)
    fitted = ItemKNN().fit(parts.train)
    whole = Evaluator(parts.train, parts.test, exclude_seen=True).evaluate(fitted)
    monkeypatch.setattr(module, "_USERS_AT_ONCE", 7)
    cut = Evaluator(parts.train, parts.test, exclude_seen=True).evaluate(fitted)
    assert cut.means == whole.means
    for name, values in whole.by_user.items():
        np.testing.assert_array_equal(cut.by_user[name], values)
        assert whole.means[name] == pytest.approx(np.nanmean(values))


@pytest.mark.parametrize("length", [2, 50])
def test_lists_are_read_alike_in_columns_and_one_by_one(length: int) -> None:
    events = Interactions.from_columns(**sample_columns())
    content = ContentTfidf().fit(events, sample_catalogue(60))  # knows items that have no events
    neighbours = ItemKNN().fit(events)
    for algorithm in (content, neighbours):
        in_columns = {key: code for code, key in enumerate(events.item_keys)}
        one_by_one = dict(in_columns)
        row_of = {key: code for key, code in in_columns.items() if code % 3}
        found = served._coded(algorithm.item_lists(length), in_columns, row_of, length)
        expected = served._coded(iter(list(algorithm.item_lists(length))), one_by_one, row_of, length)
        assert in_columns == one_by_one
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_sample_of_visitors_has_the_values_that_they_have_among_all() -> None:
    parts = time_split(Interactions.from_columns(**sample_columns()), fraction=0.3)
    fitted = ItemKNN().fit(parts.train)
    whole = Evaluator(parts.train, parts.test).evaluate(fitted)
    some = Evaluator(parts.train, parts.test, max_users=5).evaluate(fitted)
    assert len(some.users) == 5
    at = np.searchsorted(whole.users, some.users)
    np.testing.assert_array_equal(some.by_user["ndcg"], whole.by_user["ndcg"][at])
    assert Evaluator(parts.train, parts.test, max_users=10_000).evaluate(fitted).means == whole.means


class Again(PersonalAlgorithm):
    """What a visitor had most, once more."""

    produces = frozenset({("visitor", "item")})

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        self._remember(self.selected(interactions))
        return self

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        return histories.matrix()


def test_visitors_see_their_own_lists_where_these_are_made() -> None:
    again = Again(exclude_seen=False).fit(SHOP.train)
    found = evaluate(again, SHOP.train, SHOP.test, k=2)
    # u:1 sees a and b, to find c; u:2 sees a, to find a and d
    assert (found["hit_rate"], found["recall"], found["precision"]) == (0.5, 0.25, 0.25)
    assert found["list_coverage"] == 0
    unseen = evaluate(again, SHOP.train, SHOP.test, k=2, exclude_seen=True)
    assert unseen["served"] == 0


class Squared(ItemKNN):
    """Publishes other scores than it keeps."""

    def item_lists(self, k=50):  # type: ignore[no-untyped-def]
        for key, items in super().item_lists(k):
            yield key, [(target, score**2) for target, score in items]


def test_what_is_published_counts_not_what_is_kept() -> None:
    parts = time_split(Interactions.from_columns(**sample_columns()), fraction=0.3)
    squared = Squared().fit(parts.train)
    found = evaluate(squared, parts.train, parts.test)
    assert found == evaluate(lists_of(squared), parts.train, parts.test)
    assert found["ndcg"] != evaluate(ItemKNN().fit(parts.train), parts.train, parts.test)["ndcg"]


def test_everybodys_list_is_shown_in_its_order() -> None:
    lists = {"": [("d", 0.0), ("c", 0.0), ("a", 0.0)]}
    assert evaluate(lists, SHOP.train, SHOP.test, k=1)["hit_rate"] == 0.5
    assert evaluate({"": [("c", 0.0), ("a", 0.5)]}, SHOP.train, SHOP.test, k=1)["mrr"] == 0.5


def test_empty_lists_serve_nobody() -> None:
    found = evaluate({}, SHOP.train, SHOP.test)
    assert (found["ndcg"], found["served"], found["coverage"], found["novelty"]) == (0, 0, 0, 0)
    assert all(np.isfinite(value) for value in found.values())
    assert evaluate({"": []}, SHOP.train, SHOP.test)["served"] == 0


def test_parts_of_different_data_are_refused() -> None:
    other = split([("u:9", "x", 0), ("u:9", "y", 9)], at=5)
    with pytest.raises(ValueError, match="train and test have different key maps"):
        evaluate({}, SHOP.train, other.test)
