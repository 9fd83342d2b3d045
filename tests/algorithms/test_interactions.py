from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommendations.algorithms.interactions import Interactions
from tests.algorithms.data import DAY, baskets


@pytest.fixture
def events() -> Interactions:
    return Interactions.from_columns(
        visitor=["u:2", "u:1", "", "u:1", "u:1"],
        item=["b", "a", "a", "c", "a"],
        kind=["view", "purchase", "purchase", "purchase", "view"],
        time=[3 * DAY, 2 * DAY, 1 * DAY, 2 * DAY, 0.0],
        quantity=[1, 2, 3, 4, 5],
        basket=["", "x", "y", "x", ""],
        session=["s1", "", "", "", "s2"],
    )


def test_rows_are_sorted_by_time_and_keys_by_name(events: Interactions) -> None:
    assert events.visitor_keys == ("u:1", "u:2")
    assert events.item_keys == ("a", "b", "c")
    assert events.kinds == ("purchase", "view")
    assert (events.time / DAY).tolist() == [0, 1, 2, 2, 3]
    assert events.visitor.tolist() == [0, -1, 0, 0, 1]
    assert events.item.tolist() == [0, 0, 0, 2, 1]
    assert events.quantity.tolist() == [5, 3, 2, 4, 1]
    assert events.basket.tolist() == [-1, 0, 1, 1, -1]
    assert np.isnan(events.rating).all()
    assert (len(events), events.n_visitors, events.n_items) == (5, 2, 3)


def test_matrix_sums_weights_and_leaves_nobody_out(events: Interactions) -> None:
    matrix = events.matrix({"purchase": 2.0, "view": 0.5})
    assert matrix.dtype == np.float32
    assert matrix.toarray().tolist() == [[2.5, 0, 2], [0, 0.5, 0]]
    assert events.matrix({"purchase": 1.0}, binary=True).toarray().tolist() == [[1, 0, 1], [0, 0, 0]]
    assert events.matrix({"purchase": -1.0, "view": 1.0}).toarray().tolist() == [[0, 0, 0], [0, 1, 0]]


def test_matrix_decays_from_the_latest_event_or_from_now(events: Interactions) -> None:
    assert events.matrix(half_life_days=1).toarray().tolist() == [[0.5 + 0.125, 0, 0.5], [0, 1, 0]]
    assert events.matrix(half_life_days=1, now=4 * DAY).toarray()[1, 1] == 0.5


def test_select_keeps_the_key_maps(events: Interactions) -> None:
    chosen = events.select(kinds=["purchase", "unheard of"], since=1 * DAY, until=2 * DAY)
    assert chosen.time.tolist() == [DAY]
    assert chosen.item_keys == events.item_keys
    assert len(events.select(mask=events.item == 0)) == 3


def test_what_is_only_cut_is_not_copied(events: Interactions) -> None:
    everything = events.select(kinds=events.kinds, since=events.time[0], mask=np.ones(len(events), bool))
    assert np.shares_memory(everything.item, events.item)
    later = events.select(since=events.time[1], until=events.time[-1])
    assert np.shares_memory(later.time, events.time)
    inside = (events.time >= events.time[1]) & (events.time < events.time[-1])
    assert np.array_equal(later.item, events.item[inside])
    odd = np.arange(len(events)) % 2 == 1
    both = events.select(since=events.time[1], kinds=["purchase"], mask=odd)
    purchase = events.kind == events.kinds.index("purchase")
    assert np.array_equal(both.time, events.time[odd & purchase & (events.time >= events.time[1])])


def test_baskets_sequences_and_sessions(events: Interactions) -> None:
    assert events.baskets().toarray().tolist() == [[1, 0, 0], [1, 0, 1]]
    assert events.baskets(["view"]).shape == (0, 3)
    sequences = events.sequences()
    assert len(sequences) == 2
    assert (sequences.indptr.tolist(), sequences.item.tolist()) == ([0, 3, 4], [0, 0, 2, 1])
    assert sequences.owner.tolist() == [0, 1]
    sessions = events.sessions(gap_minutes=30)
    assert sorted(np.diff(sessions.indptr).tolist()) == [1, 1, 2]


def test_a_pause_begins_a_session() -> None:
    minutes = [0, 20, 51, 60]
    events = Interactions.from_columns(
        visitor=["u:1"] * 4, item=list("abcd"), kind="view", time=[60.0 * m for m in minutes]
    )
    assert events.sessions(gap_minutes=30).indptr.tolist() == [0, 2, 4]
    assert events.sessions(gap_minutes=31).indptr.tolist() == [0, 4]


def test_nobody_acts_by_order_session_or_alone() -> None:
    events = Interactions.from_columns(
        visitor=["u:1", "", "", "", "", "", ""],
        item=["a"] * 7,
        kind="purchase",
        time=range(7),
        basket=["x", "y", "y", "", "", "", ""],
        session=["", "", "", "s", "s", "", ""],
    )
    actors = events.actors().tolist()
    assert actors[0] == 0
    assert actors[1] == actors[2]
    assert actors[3] == actors[4]
    assert len(set(actors)) == 5


def test_codes_give_the_same_as_keys(events: Interactions) -> None:
    again = Interactions.from_codes(
        visitor=[1, 0, -1, 0, 0],
        item=[1, 0, 0, 2, 0],
        kind=[0, 1, 1, 1, 0],
        time=[3 * DAY, 2 * DAY, 1 * DAY, 2 * DAY, 0.0],
        quantity=[1, 2, 3, 4, 5],
        basket=[-1, 7, 2, 7, -1],
        session=[5, -1, -1, -1, 6],
        visitor_keys=["u:1", "u:2"],
        item_keys=["a", "b", "c"],
        kinds=["view", "purchase"],
    )
    for name in ("visitor", "item", "kind", "time", "quantity", "basket", "session"):
        assert np.array_equal(getattr(again, name), getattr(events, name)), name


def test_segments_are_of_known_visitors(events: Interactions) -> None:
    segments = events.with_segments({"stage:new": ["u:2", "u:9"], "stage:loyal": []}).segments
    assert {key: codes.tolist() for key, codes in segments.items()} == {"stage:loyal": [], "stage:new": [1]}


def test_nothing_is_allowed() -> None:
    nothing = Interactions.from_columns(visitor=[], item=[], kind=[], time=[])
    assert nothing.matrix().shape == (0, 0)
    assert nothing.baskets().shape == (0, 0)
    assert len(nothing.sequences()) == len(nothing.sessions()) == 0
    assert baskets().n_items == 0


BAD: list[tuple[dict[str, Any], str]] = [
    ({"time": [0.0, float("nan")]}, "time: nan in row 1; leave out events without a usable time."),
    ({"time": [float("inf"), 0.0]}, "time: inf in row 0; leave out events without a usable time."),
    (
        {"quantity": [1.0, float("inf")]},
        "quantity: inf in row 1; leave out events without a usable quantity.",
    ),
    ({"visitor": ["u:1"]}, "visitor: (1,) values for 2 times; every column needs one value an event."),
    ({"item": ["a", ""]}, "item: an empty key; leave out events that are about no item."),
    ({"item": ["a", 7]}, "item: keys are strings, got 7 (int); use str(key)."),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_columns_are_refused(change: dict[str, Any], message: str) -> None:
    columns: dict[str, Any] = {"visitor": ["u:1", "u:2"], "item": ["a", "b"], "time": [0.0, 1.0]}
    with pytest.raises(ValueError) as caught:
        Interactions.from_columns(**(columns | change), kind="view")
    assert str(caught.value) == message


def test_bad_codes_are_refused() -> None:
    good: dict[str, Any] = {"visitor": [0], "item": [0], "kind": [0], "time": [0.0]}
    keys: dict[str, Any] = {"visitor_keys": ["u:1"], "item_keys": ["a"], "kinds": ["view"]}
    for change, message in (
        ({"item": [1]}, "item: code 1 is outside the 1 keys."),
        ({"item": [-1]}, "item: code -1 is outside the 1 keys."),
        ({"item": [0.0]}, "item: codes must be integers, got float64."),
        ({"item_keys": ["a", "a"]}, "item: the key list names a key twice."),
    ):
        with pytest.raises(ValueError) as caught:
            Interactions.from_codes(**(good | keys | change))
        assert str(caught.value) == message


def test_missing_quantities_and_values_have_defaults() -> None:
    events = Interactions.from_columns(
        visitor=["u:1"], item=["a"], kind="view", time=[0], quantity=[np.nan], value=[np.nan], rating=[None]
    )
    assert (events.quantity[0], events.value[0]) == (1, 0)
    assert np.isnan(events.rating[0])
