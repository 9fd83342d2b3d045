"""The search for options: finds the best of a ladder, respects its budget, learns from train only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommendations.algorithms.interactions import Interactions
from recommendations.evaluation.queries import HoldOut
from recommendations.evaluation.tuning import Trial, mean_quality, rank, tune, walk
from recommendations.exceptions import NotEnoughData

MARKOV = "recommendations.algorithms.markov.Markov"


def chains(n: int = 60) -> Interactions:
    """Everybody goes a → b → c → … from somewhere, with noise before: what was seen last says what is next."""
    rng = np.random.default_rng(0)
    rows = []
    for u in range(n):
        start = int(rng.integers(0, 12))
        noise = rng.integers(0, 20, 4).tolist()
        for p, item in enumerate([*noise, start, start + 1, start + 2, start + 3]):
            rows.append((f"u{u:03d}", f"i{item:02d}", float(p)))
    visitor, item, time = zip(*rows, strict=True)
    return Interactions.from_columns(visitor=visitor, item=item, kind="view", time=time)


HELD = HoldOut(method="last")(chains())
FIXED = {"events": {"view": 1.0}, "window": 1, "reverse": 0.0}


def test_finds_that_the_last_item_matters() -> None:
    found = tune(
        MARKOV, HELD, options=FIXED | {"history_decay": 0.0}, space={"history_decay": (0.0, 0.5, 1.0, 3.0)}
    )
    assert found.options["history_decay"] > 0
    assert found.score == max(trial.score for trial in found.trials)
    assert found.score > found.trials[0].score
    assert {name: found.options[name] for name in FIXED} == FIXED


def test_options_outside_the_ladder_are_a_rung() -> None:
    found = tune(MARKOV, HELD, options=FIXED | {"history_decay": 0.7}, space={"history_decay": (0.0, 3.0)})
    assert [trial.options["history_decay"] for trial in found.trials] == [0.7, 3.0, 0.0][: len(found.trials)]


def test_no_option_is_tried_twice_and_time_ends_it() -> None:
    space = {"history_decay": (0.0, 0.5, 1.0), "window": (1, 2, 3)}
    found = tune(MARKOV, HELD, options={"events": {"view": 1.0}}, space=space, rounds=5)
    tried = [tuple(sorted((k, repr(v)) for k, v in trial.options.items())) for trial in found.trials]
    assert len(set(tried)) == len(tried)
    assert len(tune(MARKOV, HELD, options=FIXED, space=space, seconds=0.0).trials) == 1


def test_an_empty_space_fits_once() -> None:
    seen = []
    found = tune(MARKOV, HELD, options=FIXED, space={}, on_trial=seen.append)
    assert (len(seen), found.options) == (1, FIXED)


def test_what_cannot_learn_says_so() -> None:
    with pytest.raises(NotEnoughData, match="0 of"):
        tune(MARKOV, HELD, options={"events": {"purchase": 1.0}}, space={})


def test_rank_leaves_out_what_is_hidden() -> None:
    from recommendations.algorithms.markov import Markov

    fitted = Markov(**FIXED).fit(HELD.train)
    codes = rank(fitted, HELD.queries, 5)
    assert codes.shape == (len(HELD.queries), 5)
    hidden = HELD.queries.hidden
    assert hidden is not None
    for row in range(len(codes)):
        assert not set(codes[row][codes[row] >= 0].tolist()) & set(hidden[[row]].indices.tolist())
    assert 0 < mean_quality(fitted, HELD.queries, 5) <= 1


def hill(values: Mapping[str, Any]) -> float:
    """Highest at x = 3, y = "b"."""
    return -abs(float(values["x"]) - 3) + (values["y"] == "b")


SPACE = {"x": (0, 1, 2, 3, 4, 5), "y": ("a", "b")}


def test_walk_climbs_both_ways_and_over_names() -> None:
    for start in (0, 5):
        found = walk(SPACE, {"x": start, "y": "a"}, hill, seconds=60, rounds=5)
        assert (found.options, found.score) == ({"x": 3, "y": "b"}, 1.0)


def test_walk_tries_every_value_where_neighbours_say_nothing() -> None:
    def valley(values: Mapping[str, Any]) -> float:
        return {0: 0.2, 1: 0.1, 2: 0.15, 3: 0.1, 4: 0.9, 5: 0.3}[values["x"]]

    space = {"x": SPACE["x"]}
    assert walk(space, {"x": 2}, valley, seconds=60).options == {"x": 2}
    found = walk(space, {"x": 2}, valley, seconds=60, whole=["x"])
    assert found.options == {"x": 4}
    assert [trial.options["x"] for trial in found.trials] == [2, 3, 4, 5, 1, 0]


def test_what_cannot_learn_later_is_just_worse() -> None:
    def score(values: Mapping[str, Any]) -> float:
        if values["x"] == 2:
            raise NotEnoughData("too few")
        return hill(values)

    found = walk(SPACE, {"x": 1, "y": "b"}, score, seconds=60)
    assert found.options == {"x": 1, "y": "b"}
    assert [trial.score for trial in found.trials if trial.options["x"] == 2] == [float("-inf")]


def test_optuna_finds_the_top_and_goes_on_where_it_was(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    from recommendations.evaluation.study import study

    seen: list[Trial] = []
    file = tmp_path / "study.journal"
    start = {"x": 0.5, "y": "a"}
    first = study(SPACE, start, hill, seconds=1.5, name="hill", file=file, on_trial=seen.append)
    assert dict(seen[0].options) == start  # the present options come first, though they are on no ladder
    assert (first.options, first.score) == ({"x": 3, "y": "b"}, 1.0)
    again = study(SPACE, start, lambda values: -9.0, seconds=0.2, name="hill", file=file)
    assert (again.options, again.score) == (first.options, first.score)
    assert start not in [dict(trial.options) for trial in again.trials][:1]


def test_optuna_says_when_the_present_options_cannot_learn() -> None:
    pytest.importorskip("optuna")
    from recommendations.evaluation.study import study

    def score(values: Mapping[str, Any]) -> float:
        raise NotEnoughData("nothing there")

    with pytest.raises(NotEnoughData, match="nothing there"):
        study(SPACE, {"x": 0, "y": "a"}, score, seconds=1, name="nothing")
