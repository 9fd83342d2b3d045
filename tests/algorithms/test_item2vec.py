from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.item2vec import Item2Vec
from recommendations.algorithms.testing import AlgorithmContract, sample_catalogue
from recommendations.exceptions import ConfigurationError, MissingExtra, NotEnoughData


def shelf_of(item: str) -> str:
    return item[0]


def shelves(n_baskets: int = 400, per_shelf: int = 12, seed: int = 0, **columns: Any) -> Interactions:
    """Baskets of four items of one of three shelves: two items may be alike without ever meeting."""
    drawn = np.random.default_rng(seed)
    rows = [
        (basket, f"{'abc'[basket % 3]}{item:02d}")
        for basket in range(n_baskets)
        for item in drawn.choice(per_shelf, 4, replace=False).tolist()
    ]
    given_columns: dict[str, Any] = {
        "visitor": [f"u:{basket // 2}" for basket, _ in rows],
        "kind": "purchase",
        "time": [3600.0 * basket for basket, _ in rows],
        "basket": [basket for basket, _ in rows],
    }
    return Interactions.from_columns(item=[item for _, item in rows], **given_columns | columns)


@pytest.mark.parametrize("sentences", ["baskets", "sessions"])
def test_items_of_one_shelf_are_alike(sentences: str) -> None:
    lists = dict(Item2Vec(dimensions=12, sentences=sentences).fit(shelves()).item_lists(11))
    assert len(lists) == 36
    for key, pairs in lists.items():
        assert [shelf_of(target) for target, _ in pairs] == [shelf_of(key)] * 11


def test_order_counts_in_sessions() -> None:
    """A ring of thirty items, each session a walk of six steps: neighbours in the ring are near."""
    drawn = np.random.default_rng(0)
    starts = drawn.integers(0, 30, 600).tolist()
    rows = [(number, (start + step) % 30, step) for number, start in enumerate(starts) for step in range(6)]
    views = Interactions.from_columns(
        visitor=[""] * len(rows),
        item=[f"{item:02d}" for _, item, _ in rows],
        kind="view",
        time=[1000.0 * number + step for number, _, step in rows],
        session=[number for number, _, _ in rows],
    )
    fitted = Item2Vec(events={"view": 1.0}, sentences="sessions", window=1, dimensions=16).fit(views)
    for key, pairs in fitted.item_lists(2):
        apart = [min((int(target) - int(key)) % 30, (int(key) - int(target)) % 30) for target, _ in pairs]
        assert max(apart) <= 3


def test_somebody_is_shown_more_of_the_shelf() -> None:
    fitted = Item2Vec(dimensions=12).fit(shelves())
    scores = fitted.score([[("a00", 1.0), ("a05", 1.0)], [("c01", 3.0), ("b01", 0.1)], []])
    best = np.argsort(-scores[:2], axis=1)[:, :11]
    assert [{shelf_of(fitted.item_keys_[item]) for item in row} for row in best] == [{"a"}, {"c"}]
    assert not scores[2].any()


def test_visitors_and_baskets_have_no_names() -> None:
    """Not even their order matters: baskets are taken by what is in them."""
    plain = shelves(60)
    renamed = shelves(
        60,
        visitor=[f"u:{977 * n % 1009}" for n in range(240)],
        basket=[f"o{(n // 4) * 977 % 1009}" for n in range(240)],
    )
    made, again = (Item2Vec(dimensions=8, epochs=3).fit(each).vectors_ for each in (plain, renamed))
    assert made.tobytes() == again.tobytes()


def test_other_names_of_items_in_the_same_order_change_only_the_keys() -> None:
    rows = shelves(60)
    renamed = Interactions.from_columns(
        visitor=[""] * len(rows),
        item=[f"x-{rows.item_keys[item]}" for item in rows.item],
        kind="purchase",
        time=rows.time,
        basket=rows.basket,
    )
    made, again = (Item2Vec(dimensions=8, epochs=3).fit(each).vectors_ for each in (rows, renamed))
    assert made.tobytes() == again.tobytes()


def test_a_seed_decides() -> None:
    made = [Item2Vec(dimensions=8, epochs=2, seed=seed).fit(shelves(60)).vectors_ for seed in (0, 0, 1)]
    assert made[0].tobytes() == made[1].tobytes()
    assert made[0].tobytes() != made[2].tobytes()


def test_seldom_and_lonely_items_have_no_vector() -> None:
    rows = [("o1", "a"), ("o1", "b"), ("o2", "a"), ("o2", "b"), ("o3", "once"), ("o3", "a"), ("o4", "alone")]
    rows += [("o5", "alone")]
    events = Interactions.from_columns(
        visitor=["u:1"] * 8,
        item=[item for _, item in rows],
        kind="purchase",
        time=[0.0] * 8,
        basket=[basket for basket, _ in rows],
    )
    fitted = Item2Vec(dimensions=4, epochs=5).fit(events)
    assert fitted.item_keys_ == ("a", "alone", "b", "once")
    assert np.any(fitted.vectors_ != 0, axis=1).tolist() == [True, False, True, False]
    assert {target for _, pairs in fitted.item_lists() for target, _ in pairs} <= {"a", "b"}


def test_nothing_that_goes_together() -> None:
    alone = Interactions.from_columns(
        visitor=["u:1", "u:2"], item=["a", "a"], kind="purchase", time=[0.0, 1.0], basket=["1", "2"]
    )
    with pytest.raises(NotEnoughData) as caught:
        Item2Vec().fit(alone)
    assert str(caught.value) == (
        "Item2Vec needs baskets with two items that are there 2 times: none of 2 has."
    )


def test_without_gensim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(MissingExtra, match="Item2Vec needs the extra 'text'"):
        Item2Vec().fit(shelves(9))


def test_bad_options_are_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Item2Vec(sentences="orders")
    assert str(caught.value) == "sentences must be one of baskets, sequences, sessions, got 'orders'."


rows = st.lists(
    st.tuples(st.sampled_from(["a", "b", "茶", "d'e", "é"]), st.sampled_from(["", "o1", "o2", "o3"])),
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(rows=rows, data=st.data())
def test_any_orders_give_well_formed_lists(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    def learned(given_rows: list[tuple[str, str]]) -> dict[str, list[tuple[str, float]]] | None:
        events = Interactions.from_columns(
            visitor=[""] * len(given_rows),
            item=[item for item, _ in given_rows],
            kind="purchase",
            time=[0.0] * len(given_rows),
            basket=[basket for _, basket in given_rows],
        )
        try:
            return dict(Item2Vec(dimensions=3, epochs=1).fit(events).item_lists(3))
        except NotEnoughData:
            return None

    made = learned(rows)
    for key, pairs in (made or {}).items():
        targets, scores = [target for target, _ in pairs], [score for _, score in pairs]
        assert key not in targets and len(targets) == len(set(targets)) <= 3
        assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    assert learned(data.draw(st.permutations(rows))) == made


class TestItem2Vec(AlgorithmContract):
    algorithm_class = Item2Vec
    options = {"dimensions": 8, "epochs": 3}


class TestOfSequences(AlgorithmContract):
    algorithm_class = Item2Vec
    options = {"sentences": "sequences", "dimensions": 8, "epochs": 3, "metric": "euclidean"}

    def test_variants_by_distance(self) -> None:
        assert sample_catalogue().groups(["item-000", "item-001"]) is not None
