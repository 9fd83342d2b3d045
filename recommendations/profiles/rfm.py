"""Recency, frequency and monetary value as scores from 1 to 5 (Hughes, "Strategic Database Marketing", 1994)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

N_GROUPS = 5


def quintile_scores(values: Sequence[Any]) -> list[int]:
    """A score from 1 (lowest fifth) to 5 (highest fifth) for each value, by rank.

    Equal values share the middle of their ranks and so their score. With ranks r = 1…n the score is
    ⌈5 (r − ½) / n⌉ (Hazen's plotting position), so that a single value, or n equal ones, gets the middle score 3.
    """
    n = len(values)
    scores = [0] * n
    below = 0
    for _value, tied in groupby(sorted(range(n), key=values.__getitem__), key=values.__getitem__):
        members = list(tied)
        middle = below + (len(members) + 1) / 2
        for index in members:
            scores[index] = math.ceil(N_GROUPS * (middle - 0.5) / n)
        below += len(members)
    return scores
