"""The placements as a visitor sees them who takes part in experiments."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache

from django.utils import timezone

from recommendations.datatypes import MAIL_CHANNEL, Context, bucket_of
from recommendations.exceptions import ConfigurationError
from recommendations.experiments.assignment import Arm, Running
from recommendations.serving.placements import Layout, layout
from recommendations.serving.rules import is_among, visitors

logger = logging.getLogger("recommendations")


def layout_for(context: Context) -> Layout:
    """`layout` with the variants of the experiments that the visitor takes part in; the same object as long as nothing
    changes. Without a cookie or a token there is no visitor to follow, and mails take part in none."""
    base = layout(context.scope, context.moment)
    if not base.experiments or not context.anonymous_key or context.channel == MAIL_CHANNEL:
        return base
    now = context.moment or timezone.now()
    bucket = bucket_of(context.anonymous_key)
    arms = (
        each.arm_of(bucket)
        for each in base.experiments
        if each.is_on(now) and is_among(_segment(each), context)
    )
    found = tuple(arm for arm in arms if arm is not None)
    return _with_arms(base, found) if found else base


@lru_cache(maxsize=256)
def _with_arms(base: Layout, arms: tuple[Arm, ...]) -> Layout:
    return base.with_arms({arm.placement: arm for arm in arms})


@lru_cache(maxsize=64)
def _segment(experiment: Running) -> Mapping[str, object]:
    """Nobody's, when it is written wrongly: the form refuses that, and a shop may have changed since."""
    try:
        return visitors(f"The segment of experiment {experiment.experiment}", experiment.segment)
    except ConfigurationError as error:
        logger.warning("Nobody takes part in experiment %s: %s", experiment.experiment, error)
        return {"channel": frozenset()}
