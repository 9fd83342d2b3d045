"""Every format becomes the task that it asks: what may be learned from, and what is to be found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.datasets import read, shuffled_ties
from bench.tasks import Task
from tests.bench import made
from tests.bench.made import LENGTH, N_ITEMS, N_VISITORS, tastes


def task_of(folder: Path, name: str, **options: Any) -> Task:
    made.FORMATS[name][0](folder)
    return read(folder, **options)


def items_of(matrix: Any, row: int, keys: tuple[str, ...]) -> set[str]:
    return {keys[code] for code in matrix[[row]].indices.tolist()}


def asked(task: Task, test: int, row: int) -> tuple[list[str], set[str], set[str]]:
    """The history, the answers and the hidden items of a query."""
    queries, keys = task.tests[test].queries, task.train.item_keys
    history = [keys[code] for code in queries.histories[row : row + 1].item.tolist()]
    hidden = set() if queries.hidden is None else items_of(queries.hidden, row, keys)
    return history, items_of(queries.targets, row, keys), hidden


def test_sequences(tmp_path: Path) -> None:
    task = task_of(tmp_path, "sequences")
    items = [str(item) for item in tastes()[0]]
    assert asked(task, 0, 0) == (items[:-1], {items[-1]}, set(items[:-1]))
    assert len(task.train) == N_VISITORS * (LENGTH - 1)
    assert task.without_validation is not None
    assert len(task.without_validation) == N_VISITORS * (LENGTH - 2)
    assert task.catalogue is not None
    assert task.catalogue.categories[0] == ("Home/Tea",)


def test_runs_of_ids_are_shuffled_when_asked() -> None:
    rng = np.random.default_rng(0)
    items = ["1", "5", "9", "2", "3", "1"]
    drawn = [shuffled_ties(items, rng) for _ in range(50)]
    assert {tuple(sorted(order[:3])) for order in drawn} == {("1", "5", "9")}
    assert {tuple(sorted(order[3:5])) for order in drawn} == {("2", "3")}
    assert len({tuple(order) for order in drawn}) > 5


@pytest.mark.parametrize("name", ["sets as text", "sets as matrices"])
def test_sets(tmp_path: Path, name: str) -> None:
    task = task_of(tmp_path, name)
    items = [f"{item:09d}" for item in tastes()[3]]
    history, answers, hidden = asked(task, 0, 3)
    assert (set(history), answers, hidden) == (set(items[:6]), set(items[6:]), set(items[:6]))
    assert task.train.n_items == N_ITEMS
    assert task.hold_out["method"] == "random"


def test_sessions(tmp_path: Path) -> None:
    task = task_of(tmp_path, "sessions")
    first = [f"i{item}" for item in tastes()[N_VISITORS * 2 // 3]]
    assert asked(task, 0, 0) == (first[:1], {first[1]}, set())
    assert asked(task, 0, LENGTH - 2) == (first[:-1], {first[-1]}, set())
    # The prefix whose item was never seen has no answer, and stays a question.
    n_later = N_VISITORS - N_VISITORS * 2 // 3
    assert len(task.tests[0].queries) in (n_later * (LENGTH - 1), n_later * (LENGTH - 1) + 1)
    assert np.diff(task.train.time).min() >= 0


def test_behaviours(tmp_path: Path) -> None:
    task = task_of(tmp_path, "behaviours")
    items = [str(item) for item in tastes()[0]]
    row = task.train.visitor_keys.index("0")
    history, answers, hidden = asked(task, 0, row)
    assert set(history) == set(items[:7])
    assert answers == set(items[6:8])
    assert hidden == set(items[:4])  # what was bought; what was viewed may be shown
    _, answers, hidden = asked(task, 1, row)
    assert answers == {items[7]}
    assert hidden == set(items[:7])
    assert sorted(task.train.kinds) == ["cart", "purchase", "view"]


def test_baskets_of_users(tmp_path: Path) -> None:
    task = task_of(tmp_path, "user baskets")
    items = [str(item) for item in tastes()[0]]
    row = task.train.visitor_keys.index("0")
    _, answers, hidden = asked(task, 0, row)
    assert answers == {items[0], items[6]}
    assert hidden == set()
    baskets = task.train.select(mask=task.train.visitor == row)
    assert len(np.unique(baskets.basket)) == 3  # the markers are none
    assert "-1" not in task.train.item_keys


def test_plain_baskets(tmp_path: Path) -> None:
    task = task_of(tmp_path, "plain baskets")
    assert len(task.tests[0].queries) == N_VISITORS // 5
    assert len(np.unique(task.train.visitor)) == N_VISITORS - N_VISITORS // 5
    for row in range(len(task.tests[0].queries)):
        history, answers, hidden = asked(task, 0, row)
        assert (len(history), len(answers)) == (4, 1)
        assert hidden == set(history)
    assert task.catalogue is not None


def test_orders(tmp_path: Path) -> None:
    task = task_of(tmp_path, "orders", cut="2011-08-01")
    items = [f"S{item}" for item in tastes()[1]]
    keys = task.train.visitor_keys
    row = sorted(keys).index("1")
    assert asked(task, 0, row)[1] == {items[0], items[6]}
    assert asked(task, 1, row)[1] == {items[6]}
    assert "" not in keys  # a guest cannot come back
    assert len(task.tests[0].queries) == N_VISITORS - 1
