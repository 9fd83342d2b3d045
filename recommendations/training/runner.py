"""Training as the command, Celery and the admin call it. Numbers are loaded when a run begins, not on import."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recommendations.conf import settings
from recommendations.exceptions import ConfigurationError, Locked
from recommendations.models import Snapshot
from recommendations.overrides.changing import note_problem
from recommendations.progress import NoProgress, Progress
from recommendations.training.locks import Lock, held, job_name
from recommendations.training.progress import JobProgress, Tee
from recommendations.training.publishing import activate, rollback

if TYPE_CHECKING:
    from recommendations.training.choosing import Choice
    from recommendations.training.recommenders import Recommender

__all__ = ["TrainingResult", "activate", "choose", "rollback", "train"]

LOCKED = "locked"


@dataclass(frozen=True)
class TrainingResult:
    """What became of one recommender. `status` is a Snapshot's (live, refused, failed) or "locked"."""

    recommender: str
    snapshot: Snapshot | None
    status: str
    reason: str = ""
    seconds: float = 0.0
    metrics: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a task's result."""
        return {
            "recommender": self.recommender,
            "snapshot": self.snapshot.pk if self.snapshot else None,
            "status": self.status,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "metrics": self.metrics,
        }


def train(
    names: Iterable[str] | None = None,
    *,
    scope: str = "",
    progress: Progress | None = None,
    force: bool = False,
) -> list[TrainingResult]:
    """Train the recommenders (all of the settings by default), each under its lock, from one read of the events.

    What goes wrong with one is in its result and its Snapshot; the others go on, and its live snapshot stays. `force`
    publishes whatever the quality gate says. Raises UnknownName for a name that the settings do not define.
    """
    chosen = list(dict.fromkeys(names)) if names is not None else list(settings.recommenders)
    for name in chosen:
        settings.recommender(name)
    told = progress or NoProgress()
    results: dict[str, TrainingResult] = {}
    with ExitStack() as run:
        locks: dict[str, tuple[Lock, ExitStack]] = {}
        for name in chosen:
            own = run.enter_context(ExitStack())
            try:
                locks[name] = (own.enter_context(held(job_name("train", name, scope), scope)), own)
            except Locked as locked:
                results[name] = TrainingResult(name, None, LOCKED, str(locked))
        _train_locked(locks, results, scope, told, force)
    told.finish()
    return [results[name] for name in chosen]


def choose(*, scope: str = "", progress: Progress | None = None) -> list[Choice]:
    """What follows a training of all recommenders: the choice of recommenders for the placements of AUTO_CHOICE."""
    if not settings.AUTO_CHOICE:
        return []
    from recommendations.training.choosing import choose as run

    return run(scope=scope, progress=progress)


def _train_locked(
    locks: dict[str, tuple[Lock, ExitStack]],
    results: dict[str, TrainingResult],
    scope: str,
    told: Progress,
    force: bool,
) -> None:
    """Train those whose locks we hold, letting go of each as soon as it is done."""
    from recommendations.training.building import Build, timed
    from recommendations.training.evaluating import Evaluations
    from recommendations.training.loading import load, widest

    ready = _configured([name for name in locks], results, scope)
    if not ready:
        return
    kinds = frozenset[str]().union(*(entry.kinds for entry in ready))
    window = widest([entry.window_days for entry in ready])
    everybody = JobProgress(*(locks[entry.name][0] for entry in ready))
    data = load(kinds, scope=scope, window_days=window, progress=Tee(told, everybody))
    evaluations = Evaluations(data)
    for entry in ready:
        lock, own = locks[entry.name]
        both = Tee(told, JobProgress(lock))
        snapshot, seconds = timed(Build(entry, data, evaluations, scope, force, both, lock.keep))
        results[entry.name] = TrainingResult(
            entry.name, snapshot, snapshot.status, snapshot.reason, seconds, snapshot.metrics
        )
        lock.error = snapshot.reason if snapshot.status == Snapshot.Status.FAILED else ""
        both.finish()
        own.close()


def _configured(names: list[str], results: dict[str, TrainingResult], scope: str) -> list[Recommender]:
    """The recommenders whose settings are right; the others get a failed result."""
    from recommendations.training.building import fail
    from recommendations.training.recommenders import recommender

    found = []
    for name in names:
        begun = time.monotonic()
        try:
            found.append(recommender(name, scope))
        except ConfigurationError as error:
            snapshot = fail(name, scope, str(settings.recommender(name)["algorithm"]), error)
            seconds = time.monotonic() - begun
            results[name] = TrainingResult(name, snapshot, snapshot.status, snapshot.reason, seconds)
        else:
            if found[-1].override is not None:
                note_problem(found[-1].override, found[-1].problem)
    return found
