from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommendations.algorithms.interactions import Interactions
from recommendations.evaluation.splits import k_fold, leave_last_out, session_split, time_split
from recommendations.exceptions import NotEnoughData

DAY = 86_400.0


def events(rows: list[tuple[str, str, float]], kind: Any = "purchase") -> Interactions:
    return Interactions.from_columns(
        visitor=[row[0] for row in rows],
        item=[row[1] for row in rows],
        kind=kind,
        time=[row[2] * DAY for row in rows],
    )


TEN_DAYS = events([("u:1", str(day), float(day)) for day in range(11)])


@pytest.mark.parametrize(
    ("options", "n_train"),
    [({}, 9), ({"fraction": 0.5}, 5), ({"days": 3}, 7), ({"at": 2 * DAY}, 2)],
)
def test_train_is_before_and_test_from_the_moment_on(options: dict[str, float], n_train: int) -> None:
    split = time_split(TEN_DAYS, **options)
    assert len(split.train) == n_train
    assert len(split.test) == 11 - n_train
    assert split.train.time.max() < split.at <= split.test.time.min()
    assert split.train.item_keys == split.test.item_keys == TEN_DAYS.item_keys


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fraction": 0.1, "days": 3}, "time_split takes one of fraction, days and at."),
        ({"fraction": 1.0}, "fraction must be between 0 and 1, got 1.0."),
        ({"days": 0}, "days must be above 0, got 0."),
    ],
)
def test_senseless_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        time_split(TEN_DAYS, **options)
    assert str(caught.value) == message


def test_one_side_empty() -> None:
    with pytest.raises(NotEnoughData) as caught:
        time_split(TEN_DAYS, days=99)
    assert str(caught.value) == "The time split leaves 0 of 11 events to train and 11 to test."
    with pytest.raises(NotEnoughData, match="There are no events to split."):
        time_split(events([]))
    with pytest.raises(NotEnoughData, match="leaves 0 of 2 events to train and 2 to test"):
        time_split(events([("u:1", "a", 1.0), ("u:1", "b", 1.0)]))


def test_leave_last_out() -> None:
    data = events([("u:1", "a", 1), ("u:1", "b", 2), ("u:1", "c", 3), ("u:2", "a", 4), ("", "b", 5)])
    split = leave_last_out(data)
    assert [data.item_keys[i] for i in split.test.item] == ["c"]
    assert len(split.train) == 4
    assert np.isnan(split.at)
    two = leave_last_out(data, n=2)
    assert [data.item_keys[i] for i in two.test.item] == ["b", "c"]
    with pytest.raises(NotEnoughData, match=r"No visitor has 4 events, which leave-last-out needs\."):
        leave_last_out(data, n=3)
    with pytest.raises(ValueError, match="n must be 1 or more, got 0."):
        leave_last_out(data, n=0)


def test_what_follows_the_event_left_out_is_in_neither_part() -> None:
    data = events(
        [("u:1", "a", 1), ("u:1", "b", 2), ("u:1", "c", 3), ("u:2", "a", 2), ("u:2", "c", 9)],
        kind=["purchase", "purchase", "view", "view", "purchase"],
    )
    split = leave_last_out(data, kinds=["purchase"])
    assert [data.item_keys[i] for i in split.test.item] == ["b"]
    assert len(split.train) == 3


def visits(rows: list[tuple[str, str, str, float]]) -> Interactions:
    """(visitor, recorded session, item, minute)."""
    return Interactions.from_columns(
        visitor=[row[0] for row in rows],
        session=[row[1] for row in rows],
        item=[row[2] for row in rows],
        kind="view",
        time=[row[3] * 60 for row in rows],
    )


VISITS = visits(
    [
        ("u:1", "", "a", 0),
        ("u:1", "", "b", 20),  # the same visit: 20 minutes later
        ("u:2", "s", "c", 5),
        ("u:2", "s", "d", 90),  # the same: recorded so
        ("u:1", "", "e", 60),  # another: 40 minutes later
        ("", "", "f", 100),  # nobody: each by itself
        ("", "", "g", 101),
        ("", "t", "h", 102),
        ("", "t", "i", 300),
    ]
)


def items(part: Interactions) -> str:
    return "".join(sorted(part.item_keys[code] for code in part.item))


@pytest.mark.parametrize(
    ("options", "at", "train", "test"),
    [
        ({}, 102, "abcdefg", "hi"),  # the last of six sessions
        ({"fraction": 0.5}, 100, "abcde", "fghi"),
        ({"at": 60 * 60.0}, 60, "ab", "efghi"),  # c and d are going on at that time: in neither part
        ({"days": 200 / 1440}, 100, "abcde", "fghi"),
        ({"at": 60 * 60.0, "gap_minutes": 50}, 60, None, "fghi"),
    ],
)
def test_sessions_are_never_cut(options: dict[str, float], at: float, train: str | None, test: str) -> None:
    if train is None:
        with pytest.raises(NotEnoughData) as caught:
            session_split(VISITS, **options)
        assert str(caught.value) == "The session split leaves 0 of 5 sessions to train and 3 to test."
        return
    split = session_split(VISITS, **options)
    assert (split.at, items(split.train), items(split.test)) == (at * 60, train, test)
    assert split.train.item_keys == split.test.item_keys == VISITS.item_keys


def test_senseless_sessions() -> None:
    with pytest.raises(ValueError, match="session_split takes one of fraction, days and at."):
        session_split(VISITS, fraction=0.1, at=3.0)
    with pytest.raises(ValueError, match="fraction must be between 0 and 1, got 2"):
        session_split(VISITS, fraction=2)
    with pytest.raises(NotEnoughData, match="There are no events to split."):
        session_split(events([]))


def test_folds_of_events() -> None:
    splits = list(k_fold(TEN_DAYS, 3, seed=1))
    assert sorted(len(split.test) for split in splits) == [3, 4, 4]
    for split in splits:
        assert len(split.train) + len(split.test) == 11
        assert split.train.item_keys == split.test.item_keys == TEN_DAYS.item_keys
    assert sorted(code for split in splits for code in split.test.item.tolist()) == list(range(11))
    again = list(k_fold(TEN_DAYS, 3, seed=1))
    other = list(k_fold(TEN_DAYS, 3, seed=2))
    assert [items(split.test) for split in splits] == [items(split.test) for split in again]
    assert [items(split.test) for split in splits] != [items(split.test) for split in other]


def test_folds_of_visitors_keep_each_together() -> None:
    data = events([(f"u:{n % 7}", str(n), float(n)) for n in range(40)])
    splits = list(k_fold(data, 3, by="visitor"))
    tested = [set(split.test.visitor.tolist()) for split in splits]
    assert sorted(map(len, tested)) == [2, 2, 3]
    assert set.union(*tested) == set(range(7))
    for split in splits:
        assert not set(split.train.visitor.tolist()) & set(split.test.visitor.tolist())


def test_a_guests_order_is_a_visitor() -> None:
    data = Interactions.from_columns(
        visitor=[""] * 6, item=list("abcdef"), kind="purchase", time=[0.0] * 6, basket=[1, 1, 2, 2, 3, 3]
    )
    assert sorted(items(split.test) for split in k_fold(data, 3, by="visitor")) == ["ab", "cd", "ef"]


def test_senseless_folds() -> None:
    with pytest.raises(ValueError, match="n_folds must be 2 or more, got 1."):
        k_fold(TEN_DAYS, 1)
    with pytest.raises(ValueError, match="by must be event or visitor, got 'item'."):
        k_fold(TEN_DAYS, by="item")
    with pytest.raises(NotEnoughData, match="5 folds need 5 visitors or more; there are 1."):
        k_fold(TEN_DAYS, by="visitor")
    with pytest.raises(NotEnoughData, match="5 folds need 5 events or more; there are 0."):
        k_fold(events([]))
