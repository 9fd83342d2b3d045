from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommendations.algorithms.interactions import Interactions
from recommendations.evaluation.splits import leave_last_out, time_split
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
