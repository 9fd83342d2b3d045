"""Train and test without looking into the future."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    fraction = _checked("time_split", interactions, fraction, days, at)
    first, last = float(interactions.time.min()), float(interactions.time.max())
    if at is None:
        at = last - (fraction * (last - first) if days is None else days * SECONDS_PER_DAY)
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


def session_split(
    interactions: Interactions,
    *,
    fraction: float | None = None,
    days: float | None = None,
    at: float | None = None,
    gap_minutes: float = 30,
) -> Split:
    """The last sessions are the test, and no session is cut: `train` are the sessions that were over before a
    moment, `test` those that began at it or later; what was going on at that moment is in neither part.

    The moment is given by exactly one of: the last `fraction` of the sessions (0.1 when none is given), the
    last `days`, or `at` in POSIX seconds. A session is what was recorded as one, else a known visitor's events
    less than `gap_minutes` apart, else an event by itself.

    Raises ValueError for several or senseless options, NotEnoughData when one side is empty.
    """
    fraction = _checked("session_split", interactions, fraction, days, at)
    session = _sessions(interactions, gap_minutes)
    began, over = np.full(session.max() + 1, np.inf), np.full(session.max() + 1, -np.inf)
    np.minimum.at(began, session, interactions.time)
    np.maximum.at(over, session, interactions.time)
    if at is None:
        last = max(len(began) - max(round(len(began) * fraction), 1), 0)
        at = float(np.sort(began)[last] if days is None else over.max() - days * SECONDS_PER_DAY)
    train = interactions.select(mask=(over < at)[session])
    test = interactions.select(mask=(began >= at)[session])
    if not len(train) or not len(test):
        raise NotEnoughData(
            f"The session split leaves {(over < at).sum()} of {len(began)} sessions to train and "
            f"{(began >= at).sum()} to test."
        )
    return Split(train, test, at)


def k_fold(
    interactions: Interactions, n_folds: int = 5, *, by: str = "event", seed: int = 0
) -> Iterator[Split]:
    """Cross-validation: `n_folds` splits, every event in the test of exactly one of them.

    What is dealt out at random, in equal numbers, is each event by itself (`by="event"`: for ratings, whose
    order says nothing) or everything of a visitor (`by="visitor"`: how good are models for visitors they have
    not learned from? A guest's order counts as a visitor).

    Not for data in order of time: a model would learn from what came after the events it is asked for, and
    look better than it will be. Use `time_split` there. Raises ValueError for senseless options, NotEnoughData
    with fewer units than folds.
    """
    if n_folds < 2:
        raise ValueError(f"n_folds must be 2 or more, got {n_folds!r}.")
    if by not in ("event", "visitor"):
        raise ValueError(f"by must be event or visitor, got {by!r}.")
    owner = np.arange(len(interactions)) if by == "event" else interactions.actors()
    _, unit = np.unique(owner, return_inverse=True)
    n_units = int(unit.max(initial=-1)) + 1
    if n_units < n_folds:
        raise NotEnoughData(f"{n_folds} folds need {n_folds} {by}s or more; there are {n_units}.")
    fold = np.random.default_rng(seed).permutation(n_units)[unit.reshape(-1)] % n_folds
    return (
        Split(interactions.select(mask=fold != n), interactions.select(mask=fold == n), float("nan"))
        for n in range(n_folds)
    )


def _checked(
    name: str, interactions: Interactions, fraction: float | None, days: float | None, at: float | None
) -> float:
    """The fraction to use; raises for options and data that make no split."""
    if sum(option is not None for option in (fraction, days, at)) > 1:
        raise ValueError(f"{name} takes one of fraction, days and at.")
    if not len(interactions):
        raise NotEnoughData("There are no events to split.")
    if days is not None and not days > 0:
        raise ValueError(f"days must be above 0, got {days!r}.")
    if fraction is not None and not 0 < fraction < 1:
        raise ValueError(f"fraction must be between 0 and 1, got {fraction!r}.")
    return 0.1 if fraction is None else fraction


def _sessions(interactions: Interactions, gap_minutes: float) -> NDArray[np.int64]:
    """The session of each event, (n,): codes from 0."""
    visitor, recorded, time = interactions.visitor, interactions.session, interactions.time
    order = np.lexsort((recorded, visitor))  # stable: oldest first within each
    visitor, recorded, time = visitor[order], recorded[order], time[order]
    other = (visitor[1:] != visitor[:-1]) | (recorded[1:] != recorded[:-1])
    pause = (recorded[1:] < 0) & ((time[1:] - time[:-1] > gap_minutes * 60) | (visitor[1:] < 0))
    session = np.empty(len(order), np.int64)
    session[order] = np.cumsum(np.append(True, other | pause)) - 1
    return session
