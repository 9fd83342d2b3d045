"""How many candidates the shop is asked about for each place of a row: as many as were needed of late.

Some are sold out, or variants of one another. What is asked about for nothing costs the database and Django time; what
is missing costs a second query. So each process learns a factor for each placement, from its own pages: after a row
that came short it grows, after any other it shrinks a little, and comes to stand where one row in a hundred comes short
(Robbins & Monro, Ann. Math. Statist. 22, 1951, as quantiles are tracked). Which items are shown does not depend on it.
"""

from __future__ import annotations

import math

#: Before anything is known, and within what it stays.
AT_FIRST = 1.75
LEAST = 1.1
MOST = 4.0

#: Of the rows so many may come short.
SHORT_SHARE = 0.01
STEP = 0.2

_factors: dict[tuple[str, str], float] = {}


def n_asked(scope: str, placement: str, size: int) -> int:
    """About how many candidates to ask for `size` places."""
    return math.ceil(size * _factors.get((scope, placement), AT_FIRST))


def note(scope: str, placement: str, *, was_short: bool) -> None:
    """A row had enough, or not."""
    place = scope, placement
    step = STEP * (was_short - SHORT_SHARE)
    _factors[place] = min(max(_factors.get(place, AT_FIRST) + step, LEAST), MOST)


def forget() -> None:
    """Know nothing, as a new process does."""
    _factors.clear()
