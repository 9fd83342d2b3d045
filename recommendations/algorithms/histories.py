"""What visitors did so far, in columns: what algorithms score items for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.interactions import Interactions

#: Histories as a caller may give them: (item key, weight), oldest first.
Pairs = Sequence[Sequence[tuple[str, float]]]


@dataclass(frozen=True, eq=False)
class Histories:
    """`n` histories: events `indptr[h]` to `indptr[h + 1]` belong to history `h`, oldest first.

    `item` is a code into `item_keys`, `kind` into `kinds`; `time` is POSIX seconds; events with the same `basket`
    (-1 = none) were in one order. `weight` says how much an event counts, 1 unless told otherwise.
    """

    item_keys: tuple[str, ...]
    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    weight: NDArray[np.float32]
    time: NDArray[np.float64]
    kind: NDArray[np.int8]
    kinds: tuple[str, ...]
    basket: NDArray[np.int32]
    #: What the visitor thought of the item, NaN = no rating; None where nobody could say.
    rating: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def n_items(self) -> int:
        return len(self.item_keys)

    @classmethod
    def of(cls, interactions: Interactions, visitors: NDArray[np.integer] | None = None) -> Histories:
        """The histories of the visitors with these codes, in their order (default: of all visitors)."""
        rows = np.flatnonzero(interactions.visitor >= 0)
        rows = rows[np.argsort(interactions.visitor[rows], kind="stable")]
        count = np.bincount(interactions.visitor[rows], minlength=interactions.n_visitors)
        histories = cls(
            item_keys=interactions.item_keys,
            indptr=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
            item=interactions.item[rows],
            weight=np.ones(len(rows), np.float32),
            time=interactions.time[rows],
            kind=interactions.kind[rows],
            kinds=interactions.kinds,
            basket=interactions.basket[rows],
            rating=interactions.rating[rows],
        )
        return histories if visitors is None else histories[np.asarray(visitors)]

    @classmethod
    def from_pairs(cls, histories: Pairs, item_keys: tuple[str, ...]) -> Histories:
        """Histories from (item key, weight), oldest first. Items that are not in `item_keys` are left out.

        Raises ValueError for a weight that is NaN or infinite.
        """
        codes = {key: code for code, key in enumerate(item_keys)}
        known = [[(codes[key], weight) for key, weight in history if key in codes] for history in histories]
        weight = np.array([weight for history in known for _, weight in history], np.float32)
        if not np.isfinite(weight).all():
            raise ValueError("histories: a weight is NaN or infinite.")
        n = len(weight)
        return cls(
            item_keys=item_keys,
            indptr=np.concatenate([[0], np.cumsum([len(history) for history in known])]).astype(np.int64),
            item=np.array([code for history in known for code, _ in history], np.int32),
            weight=weight,
            time=np.zeros(n),
            kind=np.zeros(n, np.int8),
            kinds=("",),
            basket=np.full(n, -1, np.int32),
        )

    @classmethod
    def of_items(cls, items: NDArray[np.integer], known: Histories) -> Histories:
        """A history for each of the item codes: one event on it, of the kind and time of its latest in `known`."""
        last = np.zeros(known.n_items, np.int64)
        order = np.argsort(known.time, kind="stable")
        last[known.item[order]] = order
        found = known.rows(last[items], np.arange(len(items) + 1, dtype=np.int64))
        return found.weighted(np.ones(len(items)))

    def __getitem__(self, which: slice | NDArray[np.integer]) -> Histories:
        """Some of the histories: a slice, or their positions."""
        chosen = np.arange(len(self))[which]
        count = np.diff(self.indptr)[chosen]
        indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        rows = np.repeat(self.indptr[chosen] - indptr[:-1], count) + np.arange(indptr[-1])
        return self.rows(rows, indptr)

    def where(self, mask: NDArray[np.bool_]) -> Histories:
        """Only the events where `mask` (n_events,) holds; the histories stay, some perhaps empty."""
        kept = np.concatenate([[0], np.cumsum(mask)])
        return self.rows(np.flatnonzero(mask), kept[self.indptr].astype(np.int64))

    def weighted(self, weight: NDArray[np.floating]) -> Histories:
        """The same with other weights, (n_events,)."""
        return replace(self, weight=weight.astype(np.float32))

    def weighted_by_kind(self, events: Mapping[str, float]) -> Histories:
        """Weights × the weight of each event's kind; events of kinds that `events` leaves out are left out."""
        by_kind = np.array([float(events.get(kind, 0.0)) for kind in self.kinds], np.float32)
        weight = by_kind[self.kind] if len(by_kind) else np.zeros(0, np.float32)
        return self.weighted(self.weight * weight).where(weight != 0)

    def for_items(self, item_keys: tuple[str, ...]) -> Histories:
        """The same with codes into other item keys; events on items that are not among them are left out."""
        if item_keys is self.item_keys or item_keys == self.item_keys:
            return self
        codes = {key: code for code, key in enumerate(item_keys)}
        new_code = np.array([codes.get(key, -1) for key in self.item_keys], np.int32)
        recoded = replace(self, item=new_code[self.item], item_keys=item_keys)
        return recoded.where(recoded.item >= 0)

    @property
    def owner(self) -> NDArray[np.int64]:
        """The history of each event, (n_events,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    @property
    def steps_back(self) -> NDArray[np.int64]:
        """How many events of its history came after each event, (n_events,): 0 = the last."""
        return np.repeat(self.indptr[1:], np.diff(self.indptr)) - 1 - np.arange(len(self.item))

    def latest(self, n: int, mask: NDArray[np.bool_] | None = None) -> Histories:
        """Only the last `n` events of each history, or of those where `mask` (n_histories,) holds."""
        kept = self.steps_back < n
        return self.where(kept if mask is None else kept | ~mask[self.owner])

    def decayed(self, rate: float) -> Histories:
        """Weights × exp(−rate · steps back); 0 = as they are."""
        return self if rate == 0 else self.weighted(self.weight * np.exp(-rate * self.steps_back))

    def matrix(self, *, binary: bool = False) -> sparse.csr_matrix:
        """Histories × items, float32: the summed weights, or 1 for every item of a history when `binary`."""
        shape = (len(self), self.n_items)
        matrix = sparse.csr_matrix((self.weight, self.item, self.indptr), shape=shape, copy=True)
        matrix.sum_duplicates()
        if binary:
            matrix.data[:] = 1.0
        return matrix

    def rows(self, rows: NDArray[np.integer], indptr: NDArray[np.int64]) -> Histories:
        """The events in these rows, cut into histories by `indptr`."""
        names = ("item", "weight", "time", "kind", "basket")
        rating = None if self.rating is None else self.rating[rows]
        return replace(
            self, rating=rating, indptr=indptr, **{name: getattr(self, name)[rows] for name in names}
        )


def as_histories(histories: Histories | Pairs, item_keys: tuple[str, ...]) -> Histories:
    """Histories with codes into `item_keys`, whatever was given."""
    if isinstance(histories, Histories):
        return histories.for_items(item_keys)
    return Histories.from_pairs(histories, item_keys)
