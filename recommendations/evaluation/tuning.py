"""Choosing options on held-out queries: a search along one option at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.base import Algorithm, load
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.ranking import best_codes
from recommendations.evaluation.queries import Held, Queries
from recommendations.exceptions import NotEnoughData

#: Queries are scored in blocks of about so many numbers.
BLOCK_CELLS = 8_000_000

#: Option → the values worth trying, in their order.
Space = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Trial:
    """One fit: the options tried, their score on the held-out queries (higher is better), seconds."""

    options: Mapping[str, Any]
    score: float
    seconds: float


@dataclass(frozen=True)
class Tuned:
    """What a search found, and all that it tried."""

    options: dict[str, Any]
    score: float
    trials: list[Trial] = field(default_factory=list)


def rank(algorithm: Algorithm, queries: Queries, k: int) -> NDArray[np.int32]:
    """The codes of the `k` best items for each query, (n_queries, k), best first, -1 = none."""
    size = max(1, BLOCK_CELLS // max(queries.histories.n_items, 1))
    codes = np.full((len(queries), k), -1, np.int32)
    for begin in range(0, len(queries), size):
        block = queries[begin : begin + size]
        codes[begin : begin + size] = best_codes(algorithm.scores_of(block.histories), k, block.hidden)[0]
    return codes


def mean_quality(algorithm: Algorithm, queries: Queries, k: int, metric: str = "ndcg") -> float:
    """The mean of a metric @k over the queries."""
    return float(queries.quality(rank(algorithm, queries, k), k)[metric].mean())


def tune(
    dotted_path: str,
    held: Held,
    *,
    options: Mapping[str, Any] | None = None,
    space: Space | None = None,
    catalogue: Catalogue | None = None,
    k: int = 10,
    metric: str = "ndcg",
    seconds: float = 60.0,
    rounds: int = 2,
    on_trial: Callable[[Trial], None] | None = None,
) -> Tuned:
    """The best options found within about `seconds`, fitted on `held.train` and judged on `held.queries`.

    Starts from `options` and walks over `space` (default: the algorithm's own `search_space`), see `walk`. Raises
    NotEnoughData when the algorithm cannot learn with the options it starts from.
    """
    start = dict(options or {})
    algorithm = load(dotted_path, start)

    def score_of(values: Mapping[str, Any]) -> float:
        fitted = load(dotted_path, {**start, **values}).fit(held.train, catalogue)
        return mean_quality(fitted, held.queries, k, metric)

    searched = algorithm.search_space if space is None else space
    present = {name: algorithm.options()[name] for name in searched}
    found = walk(searched, present, score_of, seconds=seconds, rounds=rounds, on_trial=on_trial)
    return Tuned(start | found.options, found.score, found.trials)


def walk(
    space: Space,
    present: Mapping[str, Any],
    score_of: Callable[[Mapping[str, Any]], float],
    *,
    seconds: float,
    rounds: int = 2,
    whole: Collection[str] = (),
    on_trial: Callable[[Trial], None] | None = None,
) -> Tuned:
    """Coordinate search: along one option of `space` at a time, from the present value outwards in both directions
    while `score_of` gets better; until a round changes nothing, or time is up. Nothing is tried twice. Of the options
    in `whole` every value is tried: where a little makes no difference, the next value tells nothing of the one after.

    The first trial is always made, and its NotEnoughData raised; options that cannot learn later are just worse.
    """
    judge = _Judge(space, score_of, seconds, on_trial)
    current = dict(present)
    best = judge(current)
    for _ in range(rounds):
        before = dict(current)
        for name, values in space.items():
            ladder = _ladder(values, current[name])
            at = ladder.index(current[name])
            for step in (1, -1):
                place, moved = at, False
                while 0 <= place + step < len(ladder) and not judge.time_is_up():
                    place += step
                    score = judge(current | {name: ladder[place]})
                    if score > best:
                        best, current, moved = score, current | {name: ladder[place]}, True
                    elif name not in whole:
                        break
                if moved and name not in whole:
                    break
        if current == before or judge.time_is_up():
            break
    return Tuned(current, best, list(judge.trials.values()))


class _Judge:
    """Scores options once each, and knows how long that takes."""

    def __init__(
        self,
        space: Space,
        score_of: Callable[[Mapping[str, Any]], float],
        seconds: float,
        on_trial: Callable[[Trial], None] | None,
    ) -> None:
        self.trials: dict[tuple[str, ...], Trial] = {}
        self._names = list(space)
        self._score_of = score_of
        self._ends = time.monotonic() + seconds
        self._on_trial = on_trial

    def __call__(self, values: Mapping[str, Any]) -> float:
        key = tuple(repr(values[name]) for name in self._names)
        if key not in self.trials:
            since = time.monotonic()
            try:
                score = self._score_of(values)
            except NotEnoughData:
                if not self.trials:
                    raise
                score = float("-inf")
            self.trials[key] = Trial(dict(values), score, time.monotonic() - since)
            if self._on_trial is not None:
                self._on_trial(self.trials[key])
        return self.trials[key].score

    def time_is_up(self) -> bool:
        """Whether another trial, as long as the typical one, would end too late."""
        typical = float(np.median([trial.seconds for trial in self.trials.values()]))
        return time.monotonic() + typical > self._ends


def _ladder(values: Sequence[Any], present: Any) -> list[Any]:
    """The values with the present one at its place: numbers in order, anything else appended."""
    if present in values:
        return list(values)
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (*values, present))
    return sorted([*values, present]) if numeric else [*values, present]
