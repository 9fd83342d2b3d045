"""What must hold for every shipped algorithm, whatever the events: on small random data."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from recommendations.algorithms.base import Algorithm
from recommendations.exceptions import NotEnoughData
from tests.algorithms.shipped import CASES, Case, shipped
from tests.algorithms.small_world import (
    ALL,
    ITEMS,
    VISITORS,
    Row,
    assert_alike,
    catalogue,
    interactions,
    learn,
    lists,
    renamed,
    shuffled,
    tried,
)


def test_every_shipped_algorithm_is_tried() -> None:
    assert {case.algorithm for case in CASES} == shipped()


@tried
def test_lists_are_well_formed(case: Case, rows: list[Row], rng: np.random.Generator) -> None:
    algorithm = learn(case, rows)
    made = lists(algorithm, k=3)
    for (key_kind, key, target_kind), pairs in made.items():
        targets, scores = [target for target, _ in pairs], [score for _, score in pairs]
        assert 0 < len(targets) == len(set(targets)) <= 3
        assert all(math.isfinite(score) and 0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)
        if target_kind == "item":
            assert set(targets) <= set(ITEMS)
        if key_kind == target_kind:
            assert key not in targets
        if key_kind == target_kind == "item" and key in ITEMS[:2]:
            assert not set(ITEMS[:2]) & set(targets)
    if algorithm is not None and ("visitor", "item") in algorithm.produces:
        assert_nothing_is_shown_that_must_not_be(algorithm, rows)


def assert_nothing_is_shown_that_must_not_be(algorithm: Algorithm, rows: list[Row]) -> None:
    excluded = {key: ITEMS[3:5] for key in VISITORS}
    for key, pairs in algorithm.visitor_lists([*VISITORS, "never seen"], ALL, excluded):
        hidden = set(excluded[key])
        if algorithm.config.exclude_seen:  # type: ignore[attr-defined]
            hidden |= {
                ITEMS[row.item]
                for row in rows
                if VISITORS[row.visitor] == key and algorithm.config.events.get(row.kind)
            }
        assert not hidden & {target for target, _ in pairs}


@tried
def test_the_order_of_rows_changes_nothing(case: Case, rows: list[Row], rng: np.random.Generator) -> None:
    assert lists(learn(case, shuffled(rows, rng))) == lists(learn(case, rows))


@tried
def test_new_names_in_the_same_order_change_only_the_keys(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    visitors, items = [f"v-{key}" if key else "" for key in VISITORS], [f"x-{key}" for key in ITEMS]
    new = {
        "visitor": dict(zip(VISITORS, visitors, strict=True)),
        "item": dict(zip(ITEMS, items, strict=True)),
    }
    assert lists(learn(case, rows, visitors, items), visitors) == renamed(lists(learn(case, rows)), new)


@tried
def test_new_names_in_another_order_change_only_ties(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    if case.by_name:
        return
    visitors = ["", *shuffled(VISITORS[1:], rng)]
    items = shuffled(ITEMS, rng)
    # What happens at one moment is in the order of the keys; so nothing does.
    rows = [replace(row, time=row.time + n * 1e-3) for n, row in enumerate(rows)]
    new = {
        "visitor": dict(zip(VISITORS, visitors, strict=True)),
        "item": dict(zip(ITEMS, items, strict=True)),
    }
    assert_alike(lists(learn(case, rows, visitors, items)), renamed(lists(learn(case, rows)), new))


def with_copies(rows: list[Row]) -> list[Row]:
    """The rows, and all that visitor 1, 2, … did once more by another visitor; guests' too."""
    n = len(VISITORS)
    return rows + [replace(row, visitor=row.visitor + n) for row in rows]


EVERYBODY_TWICE = [*VISITORS, *(f"{key}-copy" if key else "" for key in VISITORS)]


@tried
def test_a_copy_of_every_visitor_changes_no_list(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    if isinstance(case.copied, str):
        return
    known = [row for row in rows if row.visitor]
    once = learn(case, known)
    twice = learn(case, with_copies(known), EVERYBODY_TWICE, **case.copied)
    assert (once is None) == (twice is None)
    first, second = lists(once), lists(twice)
    assert_alike(*({key: made[key] for key in made if key[2] != "visitor"} for made in (first, second)))


@tried
def test_a_visitor_and_a_copy_get_the_same_list(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    algorithm = learn(case, with_copies(rows), EVERYBODY_TWICE)
    made = lists(algorithm, EVERYBODY_TWICE)
    for key in VISITORS[1:]:
        for target_kind in ("item", "segment"):
            one, other = (made.get(("visitor", who, target_kind), []) for who in (key, f"{key}-copy"))
            assert_alike({("visitor", key, target_kind): one}, {("visitor", key, target_kind): other})


@tried
def test_dislikes_old_events_and_negative_amounts(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    """A weight below 0, a half-life, a window, and quantities that were taken back give no list that is wrong."""
    options = {
        "events": {"dismiss": -2.0, **case.make().config.events},
        "half_life_days": (None, 1e-3, 10.0)[rng.integers(3)],
        "window_days": (None, 1.0, 30.0)[rng.integers(3)],
    }
    events = interactions(rows)
    events.quantity[:] = -1.0
    events.value[:] = -9.5
    try:
        algorithm = case.make(**options).fit(events, catalogue())
    except NotEnoughData:
        return
    for pairs in lists(algorithm).values():
        scores = [score for _, score in pairs]
        assert scores
        assert all(math.isfinite(score) and 0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)


@tried
def test_scores_are_finite_and_strangers_get_what_nobody_gets(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    algorithm = learn(case, rows)
    if algorithm is None:
        return
    known = [[(key, 1.0), ("茶", 0.5)] for key in ITEMS]
    scores = algorithm.score([*known, [("no such item", 1.0)], []])
    assert scores.shape == (len(ITEMS) + 2, len(algorithm.item_keys_))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert scores[-2].tolist() == scores[-1].tolist()
    assert algorithm.score([]).shape == (0, len(algorithm.item_keys_))
