"""Nearest sessions."""

from __future__ import annotations

import numpy as np
import pytest

from recommendations.algorithms.session_knn import SessionKNN
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import NotEnoughData
from tests.algorithms.test_markov import views

PLAIN = {
    "events": {"view": 1.0},
    "history_decay": 0.0,
    "size_exponent": 0.0,
    "item_exponent": 0.0,
    "sessions": False,
}


class TestContract(AlgorithmContract):
    algorithm_class = SessionKNN
    options = {"events": {"view": 1.0, "purchase": 1.0}, "sessions": False, "exclude_seen": False}


class TestContractWithTime(AlgorithmContract):
    algorithm_class = SessionKNN
    options = {
        "events": {"view": 1.0, "purchase": 1.0},
        "gap_minutes": 60.0 * 24 * 30,
        "session_half_life_days": 30.0,
        "target_exponent": 0.2,
        "repeat": 2.0,
        "exclude_seen": False,
    }


def test_overlaps_are_summed_over_sessions() -> None:
    fitted = SessionKNN(**PLAIN).fit(views("abc", "abd", "ae"))
    # abc and abd share two with the history, ae one
    assert fitted.score([[("a", 1.0), ("b", 1.0)]]).tolist() == [[5, 4, 2, 2, 1]]


def test_only_the_nearest_are_asked() -> None:
    fitted = SessionKNN(**PLAIN, neighbours=1).fit(views("abc", "ae"))
    assert fitted.score([[("a", 1.0), ("b", 1.0)]]).tolist() == [[2, 2, 2, 0]]


def test_exponents_and_decay() -> None:
    options = PLAIN | {
        "size_exponent": 1.0,
        "item_exponent": 1.0,
        "history_decay": np.log(2),
        "target_exponent": 1.0,
    }
    fitted = SessionKNN(**options).fit(views("abc", "ad"))
    # q = (a: ½, b: 1), f_a = 2, f_b = 1: sim(abc) = (½·½ + 1) / 3 = 5/12, sim(ad) = ¼ / 2 = 1/8
    expected = [(5 / 12 + 1 / 8) / 2, 5 / 12, 5 / 12, 1 / 8]
    assert fitted.score([[("a", 1.0), ("b", 1.0)]])[0].tolist() == pytest.approx(expected)


def test_old_sessions_count_less() -> None:
    events = views("ab", step=86_400.0)
    from recommendations.algorithms.interactions import Interactions

    later = Interactions.from_columns(
        visitor=["u", "u", "v", "v"],
        item=["a", "b", "a", "c"],
        kind="view",
        time=[0.0, 0.0, 86_400.0, 86_400.0],
    )
    assert len(events) == 2
    fitted = SessionKNN(**PLAIN, session_half_life_days=1.0).fit(later)
    assert fitted.score([[("a", 1.0)]]).tolist() == [[1.5, 0.5, 1.0]]


def test_single_items_are_too_little() -> None:
    with pytest.raises(NotEnoughData, match="two items or more"):
        SessionKNN(events={"view": 1.0}, sessions=False).fit(views("a", "b"))
