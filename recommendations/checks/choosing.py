"""AUTO_CHOICE: do the placements and the candidates exist?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register

from recommendations.checks.behaviours import TAG
from recommendations.conf import NAME, settings
from recommendations.exceptions import ConfigurationError


@register(TAG)
def check_auto_choice(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E015: the placements whose recommender training may choose, and the candidates."""
    try:
        placements, recommenders = settings.placements, settings.recommenders
        allowed = settings.AUTO_CHOICE
    except ConfigurationError:  # E010 says so
        return []
    where = f'{NAME}["AUTO_CHOICE"]'
    if not isinstance(allowed, dict):
        wrong = [f"{where} is {allowed!r}, which is no mapping of placements to candidates."]
    else:
        wrong = [
            why
            for placement, candidates in allowed.items()
            for why in _wrong_choice(where, placement, candidates, placements, recommenders)
        ]
    hint = f'Write it as {where} = {{"product_page": ["also_bought", "also_viewed"]}}.'
    return [Error(why, hint=hint, id="recommendations.E015") for why in wrong]


def _wrong_choice(
    where: str,
    placement: str,
    candidates: Any,
    placements: Collection[str],
    recommenders: Collection[str],
) -> Iterator[str]:
    if placement not in placements:
        yield f"{where} names the placement {placement!r}, which does not exist."
    if not isinstance(candidates, list | tuple):
        yield f'{where}["{placement}"] is {candidates!r}, which is no list of recommenders.'
        return
    for name in candidates:
        if name not in recommenders:
            yield f'{where}["{placement}"] names the recommender {name!r}, which does not exist.'
