from __future__ import annotations

import numpy as np
import pytest

from recommendations.algorithms.association import Association
from recommendations.algorithms.content import ContentTfidf
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.algorithms.popular import Popular
from recommendations.algorithms.testing import sample_catalogue, sample_columns
from recommendations.evaluation.evaluate import Lists, Serving, evaluate, lists_of
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


def test_empty_lists_serve_nobody() -> None:
    found = evaluate({}, SHOP.train, SHOP.test)
    assert (found["ndcg"], found["served"], found["coverage"], found["novelty"]) == (0, 0, 0, 0)


def test_parts_of_different_data_are_refused() -> None:
    other = split([("u:9", "x", 0), ("u:9", "y", 9)], at=5)
    with pytest.raises(ValueError, match="train and test have different key maps"):
        evaluate({}, SHOP.train, other.test)
