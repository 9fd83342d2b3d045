"""Who bought what how often, at which intervals, and how long ago."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import SECONDS_PER_DAY

#: Purchases of an item no further apart are one.
_ONE_PURCHASE_DAYS = 0.5


@dataclass(frozen=True, eq=False)
class Repeats:
    """The pairs of a history and an item in it, (n_pairs,), ordered by history, then item."""

    owner: NDArray[np.int64]
    item: NDArray[np.int64]
    #: Days since the last purchase.
    elapsed: NDArray[np.float64]
    #: Days between one purchase and the next, (n_gaps,), and the pair of each.
    gap: NDArray[np.float64]
    gap_pair: NDArray[np.int64]
    n_owners: int

    @property
    def n_repeats(self) -> NDArray[np.float64]:
        """Purchases after the first, (n_pairs,)."""
        return np.bincount(self.gap_pair, minlength=len(self.item)).astype(np.float64)

    @property
    def watched(self) -> NDArray[np.float64]:
        """Days since the first purchase, (n_pairs,)."""
        return self.elapsed + np.bincount(self.gap_pair, self.gap, len(self.item))


def repeats_of(purchases: Histories, now: NDArray[np.float64]) -> Repeats:
    """The repeats in histories of purchases at the moments `now` (n_histories,), POSIX seconds, none of which is before
    the last purchase."""
    owner, item = purchases.owner, purchases.item.astype(np.int64)
    order = np.lexsort((purchases.time, item, owner))
    owner, item, time = owner[order], item[order], purchases.time[order] / SECONDS_PER_DAY
    begins = np.ones(len(owner), bool)
    begins[1:] = (owner[1:] != owner[:-1]) | (item[1:] != item[:-1])
    since = np.diff(time, prepend=time[:1])
    again = ~begins & (since > _ONE_PURCHASE_DAYS)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(owner))[: len(first)] - 1
    return Repeats(
        owner=owner[first],
        item=item[first],
        elapsed=now[owner[first]] / SECONDS_PER_DAY - time[last],
        gap=since[again],
        gap_pair=(np.cumsum(begins) - 1)[again],
        n_owners=len(purchases),
    )
