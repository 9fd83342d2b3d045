"""New items get a share of a placement's places, so that one learns whether they are liked.

The roll-up stores with what probability each new item is the best (`reports/exploration.py`). A page draws from these
in plain Python, without a query of its own, and notes with each item that it draws the probability of that: its
propensity.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from recommendations.datatypes import EXPLORATION, Candidate, ListKind, placement_segment
from recommendations.defaults import EXPLORE_DEFAULTS
from recommendations.exceptions import ConfigurationError, UnknownOption
from recommendations.serving.history import visitor_of
from recommendations.serving.page import Page
from recommendations.serving.sources.base import Lists
from recommendations.store import ListRequest

SOURCE = "explore"


@dataclass(frozen=True)
class Explore:
    """A placement's wish: a `share` of its places for items that came within `days` or were in view there fewer than
    `seen_below` times. What is new, the roll-up finds out."""

    share: float

    @classmethod
    def parse(cls, where: str, entry: Any) -> Explore | None:
        """Of a settings entry; None where it says nothing. Raises ConfigurationError."""
        if entry is None:
            return None
        if not isinstance(entry, Mapping):
            raise ConfigurationError(f'{where} is {entry!r}. Write it as {{"share": 0.1}}, or None.')
        if unknown := set(entry) - set(EXPLORE_DEFAULTS):
            raise UnknownOption(where, unknown, EXPLORE_DEFAULTS)
        wanted = {**EXPLORE_DEFAULTS, **entry}
        for name, largest in (("share", 1), ("days", 3650), ("seen_below", 1_000_000)):
            value = wanted[name]
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not 0 <= value <= largest:
                raise ConfigurationError(
                    f'{where}["{name}"] is {value!r}. Set it to a number from 0 to {largest}.'
                )
        return cls(float(wanted["share"]))


def request_for(placement: str) -> ListRequest:
    """The list of a placement's new items, each with its probability of being the best."""
    return ListRequest(EXPLORATION, ListKind.SEGMENT, placement_segment(placement))


def arms(placement: str, lists: Lists) -> list[Candidate]:
    """The new items of a placement; their scores are these probabilities."""
    found = lists.get(request_for(placement))
    if found is None:
        return []
    return [
        Candidate(key, probability, SOURCE, found.recommender, found.snapshot_id)
        for key, probability, _ in found.entries
    ]


def chance(page: Page, placement: str) -> random.Random:
    """The same for a visitor, a placement and a day of the shop, so that web, app and a reload agree; for nobody in
    particular, the same for an hour."""
    local = timezone.localtime(page.now, timezone.get_default_timezone())
    visitor_key = visitor_of(page.context)
    when = f"{local:%Y-%m-%d}" if visitor_key else f"{local:%Y-%m-%dT%H}"
    return random.Random("\n".join((page.context.scope, visitor_key, placement, when)))


def drawn(candidates: Sequence[Candidate], n: float, dice: random.Random) -> list[Candidate]:
    """On average `n` of the candidates, each with a probability in proportion to its score, noted as its propensity.

    Systematic sampling (Madow 1949) in a random order: the probabilities hold exactly, and add up to `n`, which need
    not be whole.
    """
    shuffled = sorted(candidates, key=lambda each: each.item_key)
    dice.shuffle(shuffled)
    edge, chosen = dice.random(), []
    for each, probability in zip(shuffled, inclusion([c.score for c in shuffled], n), strict=True):
        before, edge = edge, edge + probability
        if math.floor(edge) > math.floor(before):
            chosen.append(each.with_(propensity=round(probability, 6)))
    return chosen


def inclusion(weights: Sequence[float], n: float) -> list[float]:
    """Probabilities in proportion to the weights that add up to `n`, none above 1; to fewer where there are fewer
    weights above 0."""
    probabilities = [0.0] * len(weights)
    rest, left = [place for place, weight in enumerate(weights) if weight > 0], n
    while rest and left > 0:
        factor = left / math.fsum(weights[place] for place in rest)
        certain = [place for place in rest if weights[place] * factor >= 1]
        for place in certain or rest:
            probabilities[place] = min(1.0, weights[place] * factor)
        if not certain:
            break
        rest, left = [place for place in rest if place not in certain], left - len(certain)
    return probabilities


def mixed_in(chosen: Sequence[Candidate], new: Sequence[Candidate], dice: random.Random) -> list[Candidate]:
    """The chosen, with new ones in places that chance gives them: where an item stands must not say how good it is."""
    mixed = list(chosen)
    places = dice.sample(range(len(chosen) + len(new)), len(new))
    for place, candidate in sorted(zip(places, new, strict=True), key=lambda pair: pair[0]):
        mixed.insert(place, candidate)
    return mixed
