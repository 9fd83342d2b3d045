"""Transitions: windows, both directions, decay, walks."""

from __future__ import annotations

import numpy as np
import pytest

from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.markov import Markov
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import NotEnoughData

PLAIN = {
    "window": 1,
    "reverse": 0.0,
    "seed_exponent": 0.0,
    "target_exponent": 0.0,
    "history_decay": 0.0,
    "events": {"view": 1.0},
}


class TestContract(AlgorithmContract):
    algorithm_class = Markov
    options = {"events": {"view": 1.0, "purchase": 1.0}, "exclude_seen": False}


class TestContractWithSessionsAndWalks(AlgorithmContract):
    algorithm_class = Markov
    options = {
        "events": {"view": 1.0, "purchase": 1.0},
        "sessions": True,
        "gap_minutes": 60.0 * 24 * 30,
        "walk": (1.0, 0.5, 0.25),
        "repeat": 2.0,
        "exclude_seen": False,
        "half_life_days": 30.0,
    }


def views(*sequences: str, step: float = 1.0) -> Interactions:
    rows = [
        (f"u{n}", item, position) for n, items in enumerate(sequences) for position, item in enumerate(items)
    ]
    return Interactions.from_columns(
        visitor=[u for u, _, _ in rows],
        item=[i for _, i, _ in rows],
        kind="view",
        time=[step * p for *_, p in rows],
    )


def matrix(*sequences: str, **options: object) -> list[list[float]]:
    fitted = Markov(**(PLAIN | options)).fit(views(*sequences))
    return fitted.neighbours_.to_csr().toarray().astype(float).round(6).tolist()


def test_first_order_counts() -> None:
    assert matrix("abc", "ab") == [[0, 2, 0], [0, 0, 1], [0, 0, 0]]


def test_window_with_decay() -> None:
    assert matrix("abc", window=2, window_decay=np.log(4)) == [[0, 1, 0.25], [0, 0, 1], [0, 0, 0]]


def test_backwards_counts_less() -> None:
    assert matrix("abc", reverse=0.5) == [[0, 1, 0], [0.5, 0, 1], [0, 0.5, 0]]


def test_frequent_items_count_less() -> None:
    # b is in both sequences, a and c in one: c_ab = 1 / (1 · 2^½), c_bc = 1 / (2^½ · 1)
    root = round(2**-0.5, 6)
    assert matrix("ab", "bc", seed_exponent=0.5, target_exponent=0.5) == [
        [0, root, 0],
        [0, 0, root],
        [0, 0, 0],
    ]


def test_old_transitions_fade() -> None:
    day = 86_400.0
    events = views("abc", step=day)
    fitted = Markov(**PLAIN, half_life_days=1.0).fit(events)
    assert fitted.neighbours_.to_csr().toarray().tolist() == [[0, 0.5, 0], [0, 0, 1], [0, 0, 0]]


def test_sessions_end_at_pauses() -> None:
    events = Interactions.from_columns(
        visitor=["u"] * 4, item=list("abcd"), kind="view", time=[0.0, 60.0, 86_400.0, 86_460.0]
    )
    fitted = Markov(**PLAIN, sessions=True).fit(events)
    assert dict(fitted.item_lists()).keys() == {"a", "c"}
    assert dict(Markov(**PLAIN).fit(events).item_lists()).keys() == {"a", "b", "c"}


def test_a_walk_reaches_what_never_followed_directly() -> None:
    events = views("ab", "bc")
    assert Markov(**PLAIN).fit(events).score([[("a", 1.0)]]).tolist() == [[0, 1, 0]]
    assert Markov(**PLAIN, walk=(1.0, 0.5)).fit(events).score([[("a", 1.0)]]).tolist() == [[0, 1, 0.5]]


def test_later_events_of_a_history_count_more() -> None:
    fitted = Markov(**(PLAIN | {"history_decay": np.log(2)})).fit(views("ac", "bd"))
    assert fitted.score([[("a", 1.0), ("b", 1.0)]]).tolist() == [[0, 0, 0.5, 1]]


def test_items_of_the_history_can_count_more() -> None:
    fitted = Markov(**PLAIN, repeat=3.0).fit(views("aba"))
    assert fitted.score([[("a", 1.0), ("b", 1.0)]]).tolist() == [[3, 3]]


def test_single_items_are_too_little() -> None:
    with pytest.raises(NotEnoughData, match="two different items"):
        Markov(events={"view": 1.0}).fit(views("a", "b", "cc"))
