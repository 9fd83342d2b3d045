"""The recommenders of the settings and the active Overrides, ready to learn."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from recommendations.algorithms.base import Algorithm, load
from recommendations.conf import NAME, settings
from recommendations.datatypes import Kind
from recommendations.exceptions import ConfigurationError
from recommendations.models import Override
from recommendations.overrides import active
from recommendations.overrides.merging import effective
from recommendations.store.encoding import MAX_TARGETS

logger = logging.getLogger(__name__)

#: Taken back: no interest can be learned from it, whatever the weights say.
NEVER_LEARNED = frozenset({Kind.REFUND.value})


@dataclass(frozen=True)
class Recommender:
    """A named settings entry with its algorithm. Training makes a fresh algorithm for every fit.

    `override`: the active Override of the entry, if any, and `problem` why it could not be used.
    """

    name: str
    path: str
    options: dict[str, Any]
    k: int
    kinds: frozenset[str]
    window_days: float | None
    needs_events: bool
    steady: bool
    override: Override | None = None
    problem: str = ""

    def algorithm(self) -> Algorithm:
        """An algorithm that has learned nothing yet."""
        return load(self.path, self.options)


def recommender(name: str, scope: str = "") -> Recommender:
    """The recommender of that name, as the settings and the scope's active Override have it.

    An Override that does not fit is logged and left out. Raises UnknownName when the settings define none of that
    name, ConfigurationError for a wrong path or options in the settings.
    """
    return _overridden_by(active_overrides(scope, name).get(name), name)


def active_overrides(scope: str, name: str | None = None) -> dict[str, Override]:
    """The scope's active Override of each recommender that has one, or of the one of that name."""
    found = active.read(scope).of(Override.Kind.RECOMMENDER)
    return {each: override for each, override in found.items() if name in (None, each)}


def recommenders(scope: str = "") -> Iterator[Recommender]:
    """Every recommender of the settings that is right, as `recommender` gives it."""
    overrides = active_overrides(scope)
    for name in settings.recommenders:
        try:
            found = _overridden_by(overrides.get(name), name)
        except ConfigurationError:  # training says so when it comes to this one
            continue
        yield found


def _overridden_by(override: Override | None, name: str) -> Recommender:
    entry = settings.recommender(name)
    if override is None:
        return _made(name, entry)
    try:
        return replace(overridden(override), override=override)
    except ConfigurationError as error:
        logger.warning("Override %s of the recommender %r is left out: %s", override.pk, name, error)
        return replace(_made(name, entry), override=override, problem=str(error))


def overridden(override: Override) -> Recommender:
    """The recommender that an Override would make. Raises ConfigurationError when it does not fit."""
    try:
        made = _made(override.name, effective(override))
    except (
        TypeError,
        ValueError,
        AttributeError,
    ) as error:  # an algorithm that does not look at its options first
        raise ConfigurationError(f"an option has a value of the wrong kind: {error}") from error
    if not isinstance(made.k, int) or isinstance(made.k, bool) or not 1 <= made.k <= MAX_TARGETS:
        raise ConfigurationError(f"k is {made.k!r}, and must be a whole number from 1 to {MAX_TARGETS}.")
    return made


def _made(name: str, entry: Mapping[str, Any]) -> Recommender:
    path, options = entry["algorithm"], dict(entry["options"])
    if not path:
        raise ConfigurationError(
            f'{NAME}["RECOMMENDERS"]["{name}"] has no algorithm; add "algorithm": '
            '"recommendations.algorithms.popular.Popular" or another dotted path.'
        )
    options |= told_by_settings(load(path, options), options)
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


#: Options of algorithms that are told how pages read a history, and the settings that say it.
_OF_HISTORIES = {
    "events": "HISTORY_WEIGHTS",
    "history_events": "HISTORY_EVENTS",
    "history_half_life_hours": "HISTORY_HALF_LIFE_HOURS",
    "purchased_days": "PURCHASED_DAYS",
}


def told_by_settings(algorithm: Algorithm, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options that the settings know better than the algorithm.

    Each {"recommender": name} becomes the algorithm and the options of that name; one that the shop took away is left
    out. How pages read a history is filled in, where the entry does not say it. Raises UnknownName for another name.
    """
    told = {name: _filled_in(value) for name, value in algorithm.options().items()}
    told = {name: value for name, value in told.items() if value != algorithm.options()[name]}
    if set(_OF_HISTORIES) <= set(algorithm.option_names()):
        told |= {
            option: getattr(settings, name) for option, name in _OF_HISTORIES.items() if option not in given
        }
    return told


def _filled_in(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(filled for each in value if (filled := _filled_in(each)) != {})
    if not isinstance(value, Mapping) or set(value) != {"recommender"}:
        return value
    name = value["recommender"]
    if name not in settings.recommenders and name in settings.default_recommenders:
        return {}
    entry = settings.recommender(name)
    return {
        "name": name,
        "algorithm": entry["algorithm"],
        "options": dict(entry["options"]),
        "k": entry["k"],
    }
