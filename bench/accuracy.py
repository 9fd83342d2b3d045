"""How good the lists are on public data: python -m bench.accuracy --data DIR

Detects the format of DIR (see bench/datasets.py), chooses options on answers held out of the training data, learns
the blend, and prints one line a recommender. Everything is chosen on validation; the test answers are looked at once.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.datasets import Task, Test, read
from bench.recipes import RECIPES
from recommendations.algorithms.learned_blend import LearnedBlend, reordered
from recommendations.algorithms.ranking import best_codes
from recommendations.evaluation.queries import HoldOut
from recommendations.evaluation.tuning import tune
from recommendations.exceptions import NotEnoughData

#: Tests are ranked so many queries at a time.
BLOCK = 4000
TUNING_QUERIES = 4000
#: The blend learns from so many queries × items: scoring them all takes a few minutes on two cores.
QUERY_CELLS = 1.4e9
FEWEST_QUERIES, MOST_QUERIES = 20_000, 80_000
TREE_COUNTS = (100, 160, 240, 330, 500)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of a data set")
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a line, nothing else on standard output"
    )
    parser.add_argument(
        "--recommenders", help="comma-separated names of base algorithms (default: all of the recipe)"
    )
    parser.add_argument(
        "--seeds", type=int, default=3, help="rankers with different seeds, whose mean is reported"
    )
    parser.add_argument("--cut", help="orders: the day from which on they are the test, e.g. 2011-08-01")
    parser.add_argument(
        "--shuffle-ties", action="store_true", help="sequences: runs stored by id in random order"
    )
    parser.add_argument(
        "--refit", choices=("yes", "no"), default="yes", help="learn from the validation part too"
    )
    parser.add_argument(
        "--tune-seconds", type=float, default=25.0, help="for each base algorithm; 0 = defaults"
    )
    given = parser.parse_args(arguments)
    task = read(given.data, cut=given.cut, shuffle_ties=given.shuffle_ties)
    run = Run(task, given.seeds, given.refit == "yes", given.tune_seconds, _names(given.recommenders))
    try:
        run.learn()
    except NotEnoughData as error:
        raise SystemExit(f"{given.data}: {error}") from error
    for line in run.lines():
        print(json.dumps(line) if given.json else _readable(line), flush=True)


def _names(given: str | None) -> list[str] | None:
    return [name.strip() for name in given.split(",")] if given else None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass
class Run:
    """One data set: choosing, learning, testing."""

    task: Task
    seeds: int
    refit: bool
    tune_seconds: float
    only: list[str] | None
    fit_seconds: dict[str, float] = field(default_factory=dict)

    def learn(self) -> None:
        """Choose the options of the bases on held-out answers, then fit the blend."""
        task = self.task
        train = task.train if self.refit or task.without_validation is None else task.without_validation
        hold_out = HoldOut(**{**task.hold_out, "max_queries": TUNING_QUERIES})
        _say(f"{task.name}: {len(train):,} events, {train.n_visitors:,} visitors, {train.n_items:,} items")
        recipe = RECIPES[task.recipe](task.catalogue is not None)
        bases = [base for base in recipe if not self.only or base["name"] in self.only]
        if self.only and len(bases) < len(self.only):
            known = ", ".join(base["name"] for base in recipe)
            raise SystemExit(f"--recommenders may name {known}.")
        held = hold_out(train)
        tuned = [found for base in bases if (found := self._tuned(base, held)) is not None]
        del held
        begun = time.perf_counter()
        self.blend = LearnedBlend(
            events=task.events,
            bases=tuned,
            hold_out=task.hold_out,
            rankers=self.seeds,
            max_queries=int(np.clip(QUERY_CELLS / train.n_items, FEWEST_QUERIES, MOST_QUERIES)),
            tree_counts=TREE_COUNTS,
            single_item_share=0.0,  # no lists of single items here
            k=task.k,
            refit=self.refit or task.without_validation is not None,
        ).fit(train, task.catalogue)
        self.blend_seconds = time.perf_counter() - begun
        _say(f"  blend: {_short(self.blend.validation_)} weights {_short(self._weights())}")
        _say(f"  seconds: {_short(self.blend.seconds_)}")

    def _weights(self) -> dict[str, float]:
        return dict(zip(self.blend.base_names_, self.blend.weights_.tolist(), strict=True))

    def _tuned(self, base: Mapping[str, Any], held: Any) -> dict[str, Any] | None:
        options = {"events": self.task.events} | base["options"]
        begun = time.perf_counter()
        space = {} if self.tune_seconds <= 0 else base["space"]
        try:
            found = tune(
                base["algorithm"],
                held,
                options=options,
                space=space,
                catalogue=self.task.catalogue,
                k=self.task.k,
                seconds=self.tune_seconds,
            )
        except NotEnoughData as error:
            _say(f"  without {base['name']}: {error}")
            return None
        self.fit_seconds[base["name"]] = time.perf_counter() - begun
        changed = {name: value for name, value in found.options.items() if name != "events"}
        _say(
            f"  {base['name']:20} validation NDCG@{self.task.k} {found.score:.4f} "
            f"{time.perf_counter() - begun:5.1f} s, {len(found.trials)} trials: {changed}"
        )
        return {"name": base["name"], "algorithm": base["algorithm"], "options": found.options}

    def lines(self) -> list[dict[str, Any]]:
        """One result a recommender."""
        found: dict[str, dict[str, float]] = {}
        seconds: dict[str, float] = {}
        for test in self.task.tests:
            for name, metrics in self._tested(test, seconds).items():
                found.setdefault(name, {}).update(metrics)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        chosen = self.chosen()
        return [
            {
                "dataset": self.task.name,
                "split": self.task.split,
                "refit": self.refit,
                "recommender": name,
                **{metric: round(value, 5) for metric, value in metrics.items()},
                "fit_seconds": round(self.fit_seconds.get(name, self.blend_seconds), 1),
                "score_seconds": round(seconds.get(name, 0.0), 1),
                "peak_mb": round(peak),
                **({"validation": round(self.validation()[name], 5)} if name in self.validation() else {}),
                **({"chosen": True} if name == chosen else {}),
            }
            for name, metrics in found.items()
        ]

    def validation(self) -> dict[str, float]:
        """NDCG@k of each recommender on the held-out answers of the blend."""
        scores = {"linear_blend": self.blend.validation_["linear"]}
        if "lightgbm" in self.blend.validation_:
            scores["learned_blend"] = self.blend.validation_["lightgbm"]
        return scores | self.blend.base_validation_

    def chosen(self) -> str:
        """The best on validation."""
        return max(self.validation(), key=lambda name: self.validation()[name])

    def _tested(self, test: Test, seconds: dict[str, float]) -> dict[str, dict[str, float]]:
        blend, queries = self.blend, test.queries
        depth = max(k for _, k in test.metrics.values())
        names = [*blend.base_names_, "linear_blend"]
        rankers = len(blend.rankers_)
        found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
        if rankers:
            found["learned_blend"] = []
        for begin in range(0, len(queries), BLOCK):
            part = queries[begin : begin + BLOCK]
            base_codes: list[list[NDArray[np.int32]]] = [[] for _ in blend.base_names_]

            def watch(
                rows: slice, scores: list[NDArray[np.float32]], part=part, base_codes=base_codes
            ) -> None:  # type: ignore[no-untyped-def]
                hidden = None if part.hidden is None else part.hidden[rows]
                for m, score in enumerate(scores):
                    base_codes[m].append(best_codes(score, depth, hidden)[0])

            before = list(blend.scorer_.seconds)
            began = time.perf_counter()
            candidates = blend.candidates(part.histories, part.hidden, watch=watch)
            for m, name in enumerate(blend.base_names_):
                codes = np.concatenate(base_codes[m])
                found[name].append(_values(part.quality, codes, test))
                seconds[name] = seconds.get(name, 0.0) + blend.scorer_.seconds[m] - before[m]
            found["linear_blend"].append(_values(part.quality, candidates.codes, test))
            seconds["linear_blend"] = seconds.get("linear_blend", 0.0) + time.perf_counter() - began
            if rankers:
                features = blend.features(candidates, part.histories)
                values = [
                    _values(
                        part.quality, reordered(candidates.codes, blend.order(candidates, features, n)), test
                    )
                    for n in range(rankers)
                ]
                found["learned_blend"].append(np.mean(values, axis=0))
                seconds["learned_blend"] = seconds.get("learned_blend", 0.0) + time.perf_counter() - began
        means = {name: np.concatenate(values, axis=1).mean(axis=1) for name, values in found.items()}
        return {name: dict(zip(test.metrics, mean.tolist(), strict=True)) for name, mean in means.items()}


def _values(quality: Any, codes: NDArray[np.int32], test: Test) -> NDArray[np.float64]:
    """(n_metrics, n_queries)."""
    return np.stack([quality(codes, k)[metric] for metric, k in test.metrics.values()])


def _short(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())


def _readable(line: Mapping[str, Any]) -> str:
    skipped = ("dataset", "split", "refit", "recommender", "chosen")
    rest = "  ".join(f"{name} {value}" for name, value in line.items() if name not in skipped)
    return f"{'*' if line.get('chosen') else ' '} {line['recommender']:20} {rest}"


if __name__ == "__main__":
    main()
