"""Better options for a recommender, found on the shop's own data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from recommendations.algorithms.base import Algorithm, load
from recommendations.algorithms.interactions import Interactions
from recommendations.conf import settings
from recommendations.evaluation.evaluate import Evaluation, Evaluator
from recommendations.evaluation.kinds import as_options, by_meaning, present_weights, weight_space
from recommendations.evaluation.splits import Split, time_split
from recommendations.evaluation.statistics import Comparison, compare
from recommendations.evaluation.study import study
from recommendations.evaluation.tuning import Trial, walk
from recommendations.exceptions import ConfigurationError
from recommendations.progress import NoProgress, Progress
from recommendations.training.evaluating import serving
from recommendations.training.loading import TrainingData
from recommendations.training.loading import load as load_events
from recommendations.training.recommenders import Recommender, recommender

#: The kind that means most is foretold where so many visitors can be judged by it; else all kinds are.
ENOUGH_VISITORS = 50


@dataclass(frozen=True)
class TuningReport:
    """`changed`: the options that should change, by name; `options`: all that the settings should say then.
    `validation`: NDCG@k of the present and of the best options on the events that decided. `on_new`: the best against
    the present ones on later events, which nothing was chosen by; None when nothing changes. `decided_from`,
    `later_from`: when the events that decided, and the later ones, begin. `targets`: the kinds of events to be foretold
    there, the same for all options."""

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
    targets: list[str]

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

    A recommender of several kinds of events has their weights searched too (see `evaluation.kinds`). What is to be
    foretold does not change with them: the kind that means most, purchases where it learns from them, as long as
    ENOUGH_VISITORS can be judged by it, else all kinds that it learns from.

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
    targets = _targets(entry, (inner, outer))
    judge = _evaluator(entry, data, inner, k, targets)
    moments = (datetime.fromtimestamp(inner.at, UTC), datetime.fromtimestamp(outer.at, UTC))
    told.start(f"tune {name}", int(seconds))
    events, there = dict(algorithm.config.events), _kinds_of(inner.train)
    weights = weight_space(events, there)
    space = {**weights, **algorithm.search_space}
    begin = present_weights(events, weights, there) | {
        option: algorithm.options()[option] for option in algorithm.search_space
    }

    def score_of(values: Mapping[str, Any]) -> float:
        return _judged(judge, _fitted(entry, as_options(values, events, there), inner, data)).means["ndcg"]

    def plain(trial: Trial) -> Trial:
        return replace(trial, options=as_options(trial.options, events, there))

    tell = _telling(told, None if on_trial is None else lambda trial: on_trial(plain(trial)))
    if by_optuna:
        search = study(space, begin, score_of, seconds=seconds, name=name, file=file, on_trial=tell)
    else:
        search = walk(space, begin, score_of, seconds=seconds, rounds=5, whole=weights, on_trial=tell)
    told.finish()
    present, best = (as_options(values, events, there) for values in (begin, search.options))
    trials = [plain(trial) for trial in search.trials]
    changed = {option: value for option, value in best.items() if value != present[option]}
    before = next((t.score for t in trials if t.options == present), float("nan"))
    if not changed:
        return TuningReport(
            name, k, {}, entry.options, present, (before, search.score), None, None, trials, *moments, targets
        )
    last = _evaluator(entry, data, outer, k, targets)
    old, new = (_judged(last, _fitted(entry, values, outer, data)) for values in ({}, best))
    return TuningReport(
        recommender=name,
        k=k,
        changed=changed,
        options=entry.options | changed,
        present=present,
        validation=(before, search.score),
        on_new=compare(new.by_user["ndcg"], old.by_user["ndcg"]),
        means_on_new=(old.means["ndcg"], new.means["ndcg"]),
        trials=trials,
        decided_from=moments[0],
        later_from=moments[1],
        targets=targets,
    )


def _telling(told: Progress, also: Callable[[Trial], None] | None) -> Callable[[Trial], None]:
    def tell(trial: Trial) -> None:
        told.advance(max(1, round(trial.seconds)))
        if also is not None:
            also(trial)

    return tell


def _targets(entry: Recommender, splits: Iterable[Split]) -> list[str]:
    """The kinds of events to be foretold."""
    for kind in by_meaning(entry.algorithm().config.events)[:1]:
        if all(_n_visitors(split, kind) >= ENOUGH_VISITORS for split in splits):
            return [kind]
    return sorted(entry.kinds)


def _n_visitors(split: Split, kind: str) -> int:
    """How many visitors of before the split have events of the kind after it."""
    later = split.test.select(kinds=[kind]).visitor
    return len(np.intersect1d(later[later >= 0], split.train.visitor))


def _evaluator(entry: Recommender, data: TrainingData, split: Split, k: int, targets: list[str]) -> Evaluator:
    return Evaluator(
        split.train,
        split.test,
        k=k,
        targets=targets,
        n_items=len(data.catalogue) or None,
        serving=serving(entry.k),
    )


def _kinds_of(interactions: Interactions) -> set[str]:
    """The kinds that there are events of."""
    return {interactions.kinds[code] for code in np.unique(interactions.kind).tolist()}


def _fitted(entry: Recommender, values: Mapping[str, Any], split: Split, data: TrainingData) -> Algorithm:
    return load(entry.path, {**entry.options, **values}).fit(split.train, data.catalogue)


def _judged(evaluator: Evaluator, algorithm: Algorithm) -> Evaluation:
    found = evaluator.evaluate(algorithm)
    assert np.isfinite(found.means["ndcg"])
    return found
