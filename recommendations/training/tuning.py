"""Better options for a recommender, found on the shop's own data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from recommendations.algorithms.base import Algorithm, load
from recommendations.conf import settings
from recommendations.evaluation.evaluate import Evaluation, Evaluator
from recommendations.evaluation.splits import Split, time_split
from recommendations.evaluation.statistics import Comparison, compare
from recommendations.evaluation.study import study
from recommendations.evaluation.tuning import Trial, Tuned, walk
from recommendations.exceptions import ConfigurationError
from recommendations.progress import NoProgress, Progress
from recommendations.training.evaluating import serving
from recommendations.training.loading import TrainingData
from recommendations.training.loading import load as load_events
from recommendations.training.recommenders import Recommender, recommender


@dataclass(frozen=True)
class TuningReport:
    """`changed`: the options that should change, by name; `options`: all that the settings should say then.
    `validation`: NDCG@k of the present and of the best options on the events that decided. `on_new`: the best against
    the present ones on later events, which nothing was chosen by; None when nothing changes. `decided_from`,
    `later_from`: when the events that decided, and the later ones, begin."""

    recommender: str
    k: int
    changed: dict[str, Any]
    options: dict[str, Any]
    present: dict[str, Any]
    validation: tuple[float, float]
    on_new: Comparison | None
    means_on_new: tuple[float, float] | None
    trials: list[Trial]
    decided_from: datetime
    later_from: datetime

    @property
    def is_better(self) -> bool:
        """Whether the difference on later events is more than chance."""
        return self.on_new is not None and self.on_new.difference.low > 0


def tune_recommender(
    name: str,
    *,
    scope: str = "",
    k: int = 10,
    seconds: float = 300.0,
    file: Path | None = None,
    by_optuna: bool = False,
    progress: Progress | None = None,
    on_trial: Callable[[Trial], None] | None = None,
) -> TuningReport:
    """Search the recommender's options for about `seconds`.

    The last part of the time span (EVALUATION_FRACTION) is set aside; of what is before, the same share at the end
    decides, and the rest is learned from. What wins there is compared with the present options on the part set
    aside, once. `by_optuna` searches with Optuna, with `file` going on where it was left; else one option at a time.

    Raises UnknownName, ConfigurationError for an algorithm without options to search, NotEnoughData.
    """
    told = progress or NoProgress()
    entry = recommender(name, scope)
    algorithm = entry.algorithm()
    if not algorithm.search_space:
        raise ConfigurationError(f"{name}: {type(algorithm).__name__} has no options worth a search.")
    data = load_events(entry.kinds, scope=scope, window_days=entry.window_days, progress=told)
    outer = time_split(data.interactions, fraction=float(settings.EVALUATION_FRACTION))
    inner = time_split(outer.train, fraction=float(settings.EVALUATION_FRACTION))
    judge = _evaluator(entry, data, inner, k)
    moments = (datetime.fromtimestamp(inner.at, UTC), datetime.fromtimestamp(outer.at, UTC))
    told.start(f"tune {name}", int(seconds))

    def score_of(values: Mapping[str, Any]) -> float:
        return _judged(judge, _fitted(entry, values, inner, data)).means["ndcg"]

    present = {option: algorithm.options()[option] for option in algorithm.search_space}
    found = _search(algorithm, present, score_of, name, seconds, file, by_optuna, _telling(told, on_trial))
    told.finish()
    changed = {option: value for option, value in found.options.items() if value != present[option]}
    before = next((t.score for t in found.trials if dict(t.options) == present), float("nan"))
    if not changed:
        return TuningReport(
            name, k, {}, entry.options, present, (before, found.score), None, None, found.trials, *moments
        )
    last = _evaluator(entry, data, outer, k)
    old, new = (_judged(last, _fitted(entry, values, outer, data)) for values in ({}, found.options))
    return TuningReport(
        recommender=name,
        k=k,
        changed=changed,
        options=entry.options | changed,
        present=present,
        validation=(before, found.score),
        on_new=compare(new.by_user["ndcg"], old.by_user["ndcg"]),
        means_on_new=(old.means["ndcg"], new.means["ndcg"]),
        trials=found.trials,
        decided_from=moments[0],
        later_from=moments[1],
    )


def _search(
    algorithm: Algorithm,
    present: Mapping[str, Any],
    score_of: Callable[[Mapping[str, Any]], float],
    name: str,
    seconds: float,
    file: Path | None,
    by_optuna: bool,
    on_trial: Callable[[Trial], None],
) -> Tuned:
    space = algorithm.search_space
    if by_optuna:
        return study(space, present, score_of, seconds=seconds, name=name, file=file, on_trial=on_trial)
    return walk(space, present, score_of, seconds=seconds, rounds=5, on_trial=on_trial)


def _telling(told: Progress, also: Callable[[Trial], None] | None) -> Callable[[Trial], None]:
    def tell(trial: Trial) -> None:
        told.advance(max(1, round(trial.seconds)))
        if also is not None:
            also(trial)

    return tell


def _evaluator(entry: Recommender, data: TrainingData, split: Split, k: int) -> Evaluator:
    return Evaluator(
        split.train,
        split.test,
        k=k,
        targets=sorted(entry.kinds),
        n_items=len(data.catalogue) or None,
        serving=serving(entry.k),
    )


def _fitted(entry: Recommender, values: Mapping[str, Any], split: Split, data: TrainingData) -> Algorithm:
    return load(entry.path, {**entry.options, **values}).fit(split.train, data.catalogue)


def _judged(evaluator: Evaluator, algorithm: Algorithm) -> Evaluation:
    found = evaluator.evaluate(algorithm)
    assert np.isfinite(found.means["ndcg"])
    return found
