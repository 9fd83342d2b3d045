"""The recommenders of the settings, ready to learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recommendations.algorithms.base import Algorithm, load
from recommendations.conf import NAME, settings
from recommendations.datatypes import Kind
from recommendations.exceptions import ConfigurationError

#: Taken back: no interest can be learned from it, whatever the weights say.
NEVER_LEARNED = frozenset({Kind.REFUND.value})


@dataclass(frozen=True)
class Recommender:
    """A named settings entry with its algorithm. Training makes a fresh algorithm for every fit."""

    name: str
    path: str
    options: dict[str, Any]
    k: int
    kinds: frozenset[str]
    window_days: float | None
    needs_events: bool
    steady: bool

    def algorithm(self) -> Algorithm:
        """An algorithm that has learned nothing yet."""
        return load(self.path, self.options)


def recommender(name: str) -> Recommender:
    """The recommender of that name.

    Raises UnknownName when the settings define none, ConfigurationError for a wrong path or options.
    """
    entry = settings.recommender(name)
    path, options = entry["algorithm"], dict(entry["options"])
    if not path:
        raise ConfigurationError(
            f'{NAME}["RECOMMENDERS"]["{name}"] has no algorithm; add "algorithm": '
            '"recommendations.algorithms.popular.Popular" or another dotted path.'
        )
    algorithm = load(path, options)
    kinds = frozenset(kind for kind, weight in algorithm.config.events.items() if weight) - NEVER_LEARNED
    return Recommender(
        name=name,
        path=path,
        options=options,
        k=entry["k"],
        kinds=kinds,
        window_days=algorithm.config.window_days,
        needs_events=algorithm.needs_events,
        steady=algorithm.steady,
    )
