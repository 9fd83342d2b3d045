"""A search by Optuna (extra `tune`): for many options at once, and for searches that go on another day."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from recommendations.evaluation.tuning import Space, Trial, Tuned
from recommendations.exceptions import MissingExtra, NotEnoughData


def study(
    space: Space,
    present: Mapping[str, Any],
    score_of: Callable[[Mapping[str, Any]], float],
    *,
    seconds: float,
    name: str,
    file: Path | None = None,
    seed: int = 0,
    on_trial: Callable[[Trial], None] | None = None,
) -> Tuned:
    """The best options found within `seconds` by tree-structured Parzen estimators (Bergstra et al. 2011), beginning
    with the present ones. With `file`, a journal, the search of that `name` goes on where it was left, as long as it is
    for the same values of the same options.

    Raises MissingExtra without Optuna, NotEnoughData when the present options cannot learn.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra("Tuning by Optuna", "tune") from error
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = JournalStorage(JournalFileBackend(str(file))) if file is not None else None
    choices = {
        option: list(values) if present[option] in values else [*values, present[option]]
        for option, values in space.items()
    }
    search = optuna.create_study(
        direction="maximize",
        study_name=f"{name}-{zlib.crc32(repr(choices).encode()):08x}",
        storage=storage,
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=seed),
    )
    # Optuna keeps plain values only, so it chooses among positions.
    begin = {option: choices[option].index(present[option]) for option in space}
    if not any(trial.params == begin for trial in search.trials):
        search.enqueue_trial(begin)
    trials: list[Trial] = []

    def objective(trial: Any) -> float:
        since = time.monotonic()
        values = {
            option: choices[option][trial.suggest_int(option, 0, len(choices[option]) - 1)]
            for option in space
        }
        try:
            score = score_of(values)
        except NotEnoughData:
            if not trials and not search.best_trials:
                raise
            score = 0.0
        trials.append(Trial(values, score, time.monotonic() - since))
        if on_trial is not None:
            on_trial(trials[-1])
        return score

    search.optimize(objective, timeout=seconds, n_trials=None)
    chosen = {option: choices[option][place] for option, place in search.best_params.items()}
    return Tuned(chosen, float(search.best_value), trials)
