"""Explicit feedback: what visitors said of items, and what they would say of others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.histories import Histories


def rating_matrix(histories: Histories, max_items: int | None = None) -> sparse.csr_matrix:
    """Histories × items, float64: the last rating of each item, a rating of 0 stored too; sorted indices.

    The weight of an event is its rating where the histories know no ratings, as those from plain (item key, rating) do
    not. Events without a rating are left out. With `max_items` only so many items of a history stay, the last rated.
    """
    rating = histories.weight if histories.rating is None else histories.rating
    event = np.flatnonzero(~np.isnan(rating))[::-1]  # the last first
    owner, item = histories.owner[event], histories.item[event].astype(np.int64)
    _, latest = np.unique(owner * max(histories.n_items, 1) + item, return_index=True)
    latest.sort()
    event, owner, item = event[latest], owner[latest], item[latest]
    if max_items is not None:
        by_owner = np.argsort(owner, kind="stable")
        start = np.searchsorted(owner[by_owner], owner[by_owner])
        kept = by_owner[np.arange(len(by_owner)) - start < max_items]
        event, owner, item = event[kept], owner[kept], item[kept]
    values = rating[event].astype(np.float64)
    return sparse.csr_matrix((values, (owner, item)), shape=(len(histories), histories.n_items))


def means(ratings: sparse.csr_matrix, default: float) -> NDArray[np.float64]:
    """The mean of what each row stores, (n_rows,); `default` for a row that stores nothing."""
    count = np.diff(ratings.indptr)
    total = np.asarray(ratings.sum(axis=1), np.float64).ravel()
    return np.divide(total, count, out=np.full(len(count), default), where=count > 0)


def less(ratings: sparse.csr_matrix, mean: NDArray[np.float64], axis: int) -> sparse.csr_matrix:
    """What is stored less the mean of its row (`axis` 0) or column (1), a difference of 0 stored too."""
    of_entry = mean[ratings.indices] if axis else np.repeat(mean, np.diff(ratings.indptr))
    return sparse.csr_matrix((ratings.data - of_entry, ratings.indices, ratings.indptr), shape=ratings.shape)


@dataclass(frozen=True)
class Scale:
    """The lowest and the highest rating given, and the mean of all."""

    lowest: float
    highest: float
    mean: float

    @classmethod
    def of(cls, ratings: sparse.csr_matrix) -> Scale:
        return cls(float(ratings.data.min()), float(ratings.data.max()), float(ratings.data.mean()))

    def predicted(
        self,
        votes: sparse.csr_matrix,
        weights: sparse.csr_matrix,
        mean: NDArray[np.float64],
        *,
        mean_centred: bool,
    ) -> NDArray[np.float32]:
        """Weighted averages within the scale, (n, n_items) float32: `mean` + votes / weights, `mean` without votes.

        `votes` holds Σ sim · (r − mean) and `weights` Σ |sim|; when not `mean_centred`, Σ sim · r, and the result is
        votes / weights. `mean` has a shape that fits (n, n_items).
        """
        total = weights.toarray()
        heard = total > 0
        average = np.divide(votes.toarray(), total, out=np.zeros(total.shape), where=heard)
        predicted = mean + average if mean_centred else np.where(heard, average, mean)
        return np.clip(predicted, self.lowest, self.highest).astype(np.float32)
