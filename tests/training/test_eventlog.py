from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommendations.training.eventlog import EventLog, Rows, in_use
from recommendations.training.fingerprints import _places, _starts

NOTHING = np.uint64(7)


class Memory:
    """A source whose keys are the fingerprints as text; those of some pks are gone."""

    nothing = NOTHING

    def __init__(self, *gone: int) -> None:
        self.gone = gone
        self.asked: list[tuple[str, int]] = []

    def texts(self, name: str, fingerprints: Any, pks: Any) -> Sequence[str | None]:
        assert np.all(pks[1:] > pks[:-1])
        self.asked += [(name, pk) for pk in pks.tolist()]
        return [
            None if pk in self.gone else f"{name[0]}{fingerprint:03d}"
            for pk, fingerprint in zip(pks.tolist(), fingerprints.tolist(), strict=True)
        ]


def rows(*events: tuple[int, int, int, int], **more: Any) -> Rows:
    """Rows of (pk, at, visitor, item)."""
    pk, at, visitor, item = np.array(events).T
    n = len(events)
    return {
        "pk": pk.astype(np.int64),
        "at": at.astype(np.int64) * 1_000_000,
        "kind": np.zeros(n, np.int8),
        "visitor": visitor.astype(np.uint64),
        "item": item.astype(np.uint64),
        "session": np.full(n, NOTHING),
        "basket": np.full(n, NOTHING),
        "quantity": np.ones(n, np.float32),
        "value": np.zeros(n, np.float32),
        "rating": np.full(n, np.nan, np.float32),
        **more,
    }


def described(log: EventLog) -> list[tuple[int, str, str]]:
    visitors = [*log.texts["visitor"], ""]
    return [
        (pk, visitors[visitor], log.texts["item"][item])
        for pk, visitor, item in zip(
            *(log.columns[name].tolist() for name in ("pk", "visitor", "item")), strict=True
        )
    ]


def test_rows_are_in_order_and_keys_are_named_once() -> None:
    source = Memory()
    log = EventLog.empty(["view"]).with_rows([rows((1, 9, 30, 2), (2, 5, 20, 1)), rows((3, 5, 7, 2))], source)
    assert described(log) == [(2, "v020", "i001"), (3, "", "i002"), (1, "v030", "i002")]
    assert source.asked == [("visitor", 1), ("visitor", 2), ("item", 1), ("item", 2)]
    assert log.texts == {"visitor": ["v020", "v030"], "item": ["i001", "i002"]}


def test_further_rows_ask_for_new_keys_only_and_dropped_ones_take_their_keys_along() -> None:
    log = EventLog.empty(["view"]).with_rows([rows((1, 1, 30, 1), (2, 2, 20, 1), (3, 3, 50, 3))], Memory())
    source = Memory()
    log = log.with_rows([rows((8, 2, 30, 2), (9, 2, 10, 2))], source, drop=log.columns["pk"] == 2)
    assert described(log) == [
        (1, "v030", "i001"),
        (8, "v030", "i002"),
        (9, "v010", "i002"),
        (3, "v050", "i003"),
    ]
    assert source.asked == [("visitor", 9), ("item", 8)]
    assert log.texts["visitor"] == ["v010", "v030", "v050"]
    assert log.with_rows([], source) is log
    fewer = log.with_rows([], source, drop=log.columns["pk"] > 1)
    assert (described(fewer), fewer.texts["item"]) == ([(1, "v030", "i001")], ["i001"])


def test_rows_that_vanish_while_they_are_read_are_left_out() -> None:
    read = rows((1, 1, 30, 1), (2, 2, 30, 2), (3, 3, 50, 3), (4, 4, 30, 3))
    log = EventLog.empty(["view"]).with_rows([read], Memory(1, 3))
    assert described(log) == [(2, "v030", "i002"), (4, "v030", "i003")]


def test_interactions_leave_out_what_is_not_asked_for() -> None:
    read = rows((1, 1, 30, 1), (2, 2, 20, 2), (3, 3, 50, 3), kind=np.array([0, 1, 0], np.int8))
    log = EventLog.empty(["cart", "view"]).with_rows([read], Memory())
    whole = log.interactions(kinds=["cart", "view"])
    assert (whole.visitor_keys, whole.item_keys) == (("v020", "v030", "v050"), ("i001", "i002", "i003"))
    assert whole.time.tolist() == [1.0, 2.0, 3.0]
    cart = log.interactions(kinds=["cart"], gone={"i003"})
    assert (cart.visitor_keys, cart.item_keys, cart.kinds) == (("v030",), ("i001",), ("cart",))
    assert log.interactions(kinds=["view", "cart"], since=2.0).item_keys == ("i002", "i003")
    assert len(log.interactions(kinds=[])) == 0
    links = [("v030", "v050"), ("v020", "b new user"), ("v999", "v030")]
    assert log.interactions(kinds=["cart", "view"], links=links).visitor_keys == ("b new user", "v050")


def test_buckets_tell_numbers_and_sums() -> None:
    log = EventLog.empty(["view"]).with_rows([rows((1, 1, 1, 1), (3, 1, 1, 1), (9, 1, 1, 1))], Memory())
    assert log.buckets(2, 9) == {0: (2, 4), 2: (1, 9)}
    assert log.buckets(2, 8) == {0: (2, 4)}
    assert (log.number_and_sum(9), log.number_and_sum(8)) == ((3, 13), (2, 4))
    assert EventLog.empty(["view"]).buckets(2, 9) == {}


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, unique=True, max_size=60), st.data())
def test_places_are_found_however_fingerprints_are_spread(values: list[int], data: Any) -> None:
    table = np.array(sorted(values), np.uint64)
    asked = np.array(data.draw(st.lists(st.sampled_from(values), max_size=60)), np.uint64)
    assert _places(table, *_starts(table), asked).tolist() == [
        sorted(values).index(value) for value in asked.tolist()
    ]


def test_codes_in_use_are_numbered_anew() -> None:
    used, codes = in_use(np.array([4, -1, 2, 4]), 6)
    assert (used.tolist(), codes.tolist()) == ([2, 4], [1, -1, 0, 1])
