"""Train and test without looking into the future."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from recommendations.algorithms.interactions import SECONDS_PER_DAY, Interactions
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, eq=False)
class Split:
    """`train` and `test` have the same key maps. `at` is the moment between them, POSIX seconds, or NaN when
    each visitor has one of their own."""

    train: Interactions
    test: Interactions
    at: float


def time_split(
    interactions: Interactions,
    *,
    fraction: float | None = None,
    days: float | None = None,
    at: float | None = None,
) -> Split:
    """One moment for everybody: `train` is before it, `test` from it on.

    The moment is given by exactly one of: the last `fraction` of the time span (0.1 when none is given), the
    last `days`, or `at` in POSIX seconds. This is the split that resembles what a shop does every night (Ji
    et al. 2023, "A critical study on data leakage in recommender system offline evaluation").

    Raises ValueError for several or senseless options, NotEnoughData when one side is empty.
    """
    if sum(option is not None for option in (fraction, days, at)) > 1:
        raise ValueError("time_split takes one of fraction, days and at.")
    if not len(interactions):
        raise NotEnoughData("There are no events to split.")
    first, last = float(interactions.time.min()), float(interactions.time.max())
    if at is None:
        if days is not None:
            if not days > 0:
                raise ValueError(f"days must be above 0, got {days!r}.")
            at = last - days * SECONDS_PER_DAY
        else:
            fraction = 0.1 if fraction is None else fraction
            if not 0 < fraction < 1:
                raise ValueError(f"fraction must be between 0 and 1, got {fraction!r}.")
            at = last - fraction * (last - first)
    train, test = interactions.select(until=at), interactions.select(since=at)
    if not len(train) or not len(test):
        raise NotEnoughData(
            f"The time split leaves {len(train)} of {len(interactions)} events to train and {len(test)} to test."
        )
    return Split(train, test, at)


def leave_last_out(interactions: Interactions, *, n: int = 1, kinds: Iterable[str] | None = None) -> Split:
    """The last `n` events (of some kinds) of each visitor are the test; events after the first of them are in
    neither part. Visitors with no event before that, and events of nobody, are trained on only.

    Simpler than `time_split`, but models may learn from other visitors' future. Raises ValueError for n < 1,
    NotEnoughData when nobody has n + 1 events.
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more, got {n!r}.")
    wanted = np.isin(interactions.kind, interactions.kind_codes(kinds)) & (interactions.visitor >= 0)
    rows = np.flatnonzero(wanted)
    rows = rows[np.argsort(interactions.visitor[rows], kind="stable")]
    visitor = interactions.visitor[rows]
    count = np.bincount(visitor, minlength=interactions.n_visitors)
    from_end = np.cumsum(count)[visitor] - np.arange(len(rows))  # 1 = the last
    first_tested = np.full(interactions.n_visitors + 1, len(interactions))
    starts = rows[(from_end == n) & (count[visitor] > n)]
    first_tested[interactions.visitor[starts]] = starts
    position = np.arange(len(interactions))
    after = position >= first_tested[interactions.visitor]  # -1 reads the entry of nobody
    if not after.any():
        raise NotEnoughData(f"No visitor has {n + 1} events, which leave-last-out needs.")
    return Split(interactions.select(mask=~after), interactions.select(mask=after & wanted), float("nan"))
