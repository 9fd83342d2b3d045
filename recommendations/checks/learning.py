"""Recommenders, placements and the folder of training: does what the settings name exist?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from recommendations.checks.behaviours import TAG
from recommendations.conf import settings
from recommendations.exceptions import ConfigurationError
from recommendations.training.folder import how_to_change, problem, training_folder

#: Over Redis, Celery gives a task that waits longer than an hour to a second worker.
LONGEST_WAIT = 3600


@register(TAG)
def check_recommenders(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E010–E012: settings, algorithms and their options."""
    try:
        recommenders = settings.recommenders
        _others = settings.placements, settings.rules, settings.segment_rows
    except ConfigurationError as error:
        return [Error(str(error), hint="Remove or rename it in RECOMMENDATIONS.", id="recommendations.E010")]
    return [problem for name, entry in recommenders.items() for problem in recommender_problems(name, entry)]


def recommender_problems(name: str, entry: dict[str, Any]) -> Iterator[CheckMessage]:
    """What is wrong with one recommender."""
    from recommendations.algorithms.base import Algorithm
    from recommendations.training.recommenders import told_by_settings

    where = f'RECOMMENDATIONS["RECOMMENDERS"]["{name}"]'
    try:
        algorithm = import_string(entry["algorithm"])
        if not (isinstance(algorithm, type) and issubclass(algorithm, Algorithm)):
            raise ImportError(
                f"{entry['algorithm']!r} is no subclass of recommendations.algorithms.base.Algorithm"
            )
    except ImportError as error:
        yield Error(
            f'{where}["algorithm"] is {entry["algorithm"]!r}, which is no algorithm: {error}',
            hint='Give a dotted path, e.g. "recommendations.algorithms.item_knn.ItemKNN".',
            id="recommendations.E011",
        )
        return
    try:
        told_by_settings(algorithm(**entry["options"]), entry["options"])
    except (ConfigurationError, TypeError) as error:
        yield Error(
            f'{where}["options"]: {error}', hint=f'Change {where}["options"].', id="recommendations.E012"
        )


@register(TAG)
def check_placements(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E013: placements, their sources, filters and the recommenders they name."""
    from recommendations.serving.placements import placement_errors

    try:
        errors = placement_errors()
    except ConfigurationError:  # E010 says so
        return []
    return [
        Error(str(error), hint=f'Change RECOMMENDATIONS["PLACEMENTS"]["{name}"].', id="recommendations.E013")
        for name, error in errors.items()
    ]


@register(TAG)
def check_segment_rows(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E021: the rows of categories and brands."""
    from recommendations.serving.segments import row_errors

    try:
        errors = row_errors()
    except ConfigurationError:  # E010 says so
        return []
    return [
        Error(
            str(error), hint=f'Change RECOMMENDATIONS["SEGMENT_ROWS"]["{name}"].', id="recommendations.E021"
        )
        for name, error in errors.items()
    ]


@register(TAG)
def check_rules(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E018: the rules of the settings."""
    from recommendations.serving.rules import rules_of

    try:
        _rules, errors = rules_of({})
    except ConfigurationError:  # E010 says so
        return []
    return [
        Error(str(error), hint=f'Change RECOMMENDATIONS["RULES"]["{name}"].', id="recommendations.E018")
        for name, error in errors.items()
    ]


@register(TAG)
def check_training_folder(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W005: nothing can be kept where training wants to keep the events that it has read."""
    try:
        folder = training_folder()
    except ConfigurationError:  # E010 says so
        return []
    if folder is None or not (why := problem(folder)):
        return []
    return [
        Warning(
            f"Training cannot keep the events that it has read, and reads all of them every time: {why}.",
            hint=how_to_change(folder),
            id="recommendations.W005",
        )
    ]


@register(TAG)
def check_rebuilding(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E014: when the lists of what was saved are made."""
    try:
        seconds = settings.CONTENT_REBUILD_SECONDS
    except ConfigurationError:  # E010 says so
        return []
    if seconds is None or (
        isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= LONGEST_WAIT
    ):
        return []
    return [
        Error(
            f'RECOMMENDATIONS["CONTENT_REBUILD_SECONDS"] is {seconds!r}.',
            hint=f"Set it to a number above 0 and at most {LONGEST_WAIT}, or to None: only the nightly training.",
            id="recommendations.E014",
        )
    ]
