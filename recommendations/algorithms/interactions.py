"""Events in columns: what every algorithm learns from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.columns import (
    COLUMNS,
    by_appearance,
    canonical_order,
    checked_column,
    encode,
    with_sorted_keys,
)

SECONDS_PER_DAY = 86_400.0

#: Columns of codes without keys.
_UNNAMED = ("basket", "session")


@dataclass(frozen=True)
class Sequences:
    """Ordered items per owner: sequence `s` is `item[indptr[s]:indptr[s + 1]]`, oldest first.

    `owner` is the visitor code of each sequence, -1 = nobody.
    """

    indptr: NDArray[np.int64]
    item: NDArray[np.int32]
    time: NDArray[np.float64]
    owner: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.owner)


@dataclass(frozen=True, eq=False)
class Interactions:
    """`n` events in columns, with the maps from codes back to keys.

    Rows are kept in one canonical order (time first), so whatever is learned does not depend on the order in
    which events were read. Build one with `from_columns` (keys) or `from_codes` (codes and key lists), not by
    hand.
    """

    visitor: NDArray[np.int32]  # code into visitor_keys; -1 = nobody (a guest's basket)
    item: NDArray[np.int32]  # code into item_keys
    kind: NDArray[np.int8]  # code into kinds
    time: NDArray[np.float64]  # POSIX seconds, UTC
    quantity: NDArray[np.float32]
    value: NDArray[np.float32]
    rating: NDArray[np.float32]  # NaN = none
    basket: NDArray[np.int32]  # code of the order, -1 = none
    session: NDArray[np.int32]  # code of the visitor session, -1 = none
    visitor_keys: tuple[str, ...]
    item_keys: tuple[str, ...]
    kinds: tuple[str, ...]
    #: Segments of visitors, e.g. `"stage:new"` → codes into visitor_keys.
    segments: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.time)

    @property
    def n_visitors(self) -> int:
        return len(self.visitor_keys)

    @property
    def n_items(self) -> int:
        return len(self.item_keys)

    @classmethod
    def from_columns(
        cls,
        *,
        visitor: Iterable[str],
        item: Iterable[str],
        kind: Iterable[str] | str,
        time: Sequence[float] | NDArray[Any],
        quantity: Sequence[float] | NDArray[Any] | None = None,
        value: Sequence[float] | NDArray[Any] | None = None,
        rating: Sequence[float | None] | NDArray[Any] | None = None,
        basket: Iterable[Any] | None = None,
        session: Iterable[Any] | None = None,
    ) -> Interactions:
        """Interactions from columns of keys.

        `visitor` "" is nobody; `kind` may be one string for all rows; `basket` and `session` are any hashable
        values, "" or None = none; a missing quantity is 1, a missing value 0, a missing rating none.

        Raises ValueError for columns of different lengths, an empty item key, a time that is NaN or infinite.
        """
        visitors, visitor_keys = encode(visitor, none=("", None))
        items, item_keys = encode(item)
        kinds = (kind,) if isinstance(kind, str) else ()
        kind_codes = np.zeros(len(items), np.int32)
        if not isinstance(kind, str):
            kind_codes, kinds = encode(kind)
        return cls.from_codes(
            visitor=visitors,
            item=items,
            kind=kind_codes,
            time=time,
            quantity=quantity,
            value=value,
            rating=rating,
            basket=None if basket is None else encode(basket, none=("", None))[0],
            session=None if session is None else encode(session, none=("", None))[0],
            visitor_keys=visitor_keys,
            item_keys=item_keys,
            kinds=kinds,
        )

    @classmethod
    def from_codes(
        cls,
        *,
        visitor: Any,
        item: Any,
        kind: Any,
        time: Any,
        visitor_keys: Sequence[str],
        item_keys: Sequence[str],
        kinds: Sequence[str],
        quantity: Any = None,
        value: Any = None,
        rating: Any = None,
        basket: Any = None,
        session: Any = None,
    ) -> Interactions:
        """Interactions from codes that a loader gave out while it streamed, in any order of keys.

        Codes index the key lists; -1 = none where the class allows none. Keys are sorted and codes follow, so
        the same events give the same object whichever way they were read.

        Raises ValueError for columns of different lengths, doubled keys, codes outside the key lists, an
        empty item key, a time that is NaN or infinite.
        """
        n = len(time)
        given = {
            "visitor": visitor,
            "item": item,
            "kind": kind,
            "time": time,
            "quantity": np.ones(n) if quantity is None else quantity,
            "value": np.zeros(n) if value is None else value,
            "rating": np.full(n, np.nan) if rating is None else rating,
            "basket": np.full(n, -1) if basket is None else basket,
            "session": np.full(n, -1) if session is None else session,
        }
        columns: dict[str, Any] = {name: checked_column(name, values, n) for name, values in given.items()}
        if "" in item_keys:
            raise ValueError("item: an empty key; leave out events that are about no item.")
        keys: dict[str, tuple[str, ...]] = {}
        for name, known in (("visitor", visitor_keys), ("item", item_keys), ("kind", kinds)):
            columns[name], keys[name] = with_sorted_keys(
                name, columns[name], known, may_be_none=name == "visitor"
            )
        order = canonical_order(columns)
        if order is not None:
            columns = {name: values[order] for name, values in columns.items()}
        with ThreadPoolExecutor(2) as pool:
            columns |= zip(
                _UNNAMED, pool.map(lambda name: by_appearance(columns[name]), _UNNAMED), strict=True
            )
        return cls(
            **{name: columns[name].astype(COLUMNS[name], copy=False) for name in COLUMNS},
            visitor_keys=keys["visitor"],
            item_keys=keys["item"],
            kinds=keys["kind"],
        )

    def with_segments(self, segments: Mapping[str, Iterable[str]]) -> Interactions:
        """The same events, with segments of visitors: segment key → visitor keys (unknown ones are left
        out)."""
        codes = {key: code for code, key in enumerate(self.visitor_keys)}
        return replace(
            self,
            segments={
                segment: np.array(sorted({codes[key] for key in members if key in codes}), np.int32)
                for segment, members in sorted(segments.items())
            },
        )

    def select(
        self,
        *,
        kinds: Iterable[str] | None = None,
        since: float | None = None,
        until: float | None = None,
        mask: NDArray[np.bool_] | None = None,
    ) -> Interactions:
        """The events of some kinds, with `since` ≤ time < `until`, where `mask` holds. The key maps stay the
        same. Columns that are left as they are, or only cut, share their memory with these."""
        inside = slice(
            0 if since is None else int(np.searchsorted(self.time, since)),
            len(self) if until is None else int(np.searchsorted(self.time, until)),
        )
        keep = None if mask is None else np.asarray(mask, bool)[inside]
        codes = self.kind_codes(kinds)
        if len(codes) < len(self.kinds):
            of_kind = np.isin(np.arange(len(self.kinds)), codes)[self.kind[inside]]
            keep = of_kind if keep is None else keep & of_kind
        columns = {name: getattr(self, name)[inside] for name in COLUMNS}
        if keep is not None and not keep.all():
            columns = {name: values[keep] for name, values in columns.items()}
        return replace(self, **columns)

    def weights(
        self,
        events: Mapping[str, float] | None = None,
        *,
        half_life_days: float | None = None,
        now: float | None = None,
    ) -> NDArray[np.float64]:
        """The weight of each event, (n,): its kind's weight (0 for a kind that `events` leaves out) × decay.

        Decay is 2^(−age / half-life), age counted back from `now` (default: the latest event).
        """
        weight = np.ones(len(self))
        if events is not None:
            by_kind = np.array([float(events.get(kind, 0.0)) for kind in self.kinds])
            weight = by_kind[self.kind] if len(by_kind) else np.zeros(len(self))
        if half_life_days is not None and len(self):
            latest = self.time.max() if now is None else now
            age = np.maximum(latest - self.time, 0.0) / SECONDS_PER_DAY
            weight = weight * np.exp2(-age / half_life_days)
        return weight

    def matrix(
        self,
        weights: Mapping[str, float] | None = None,
        *,
        half_life_days: float | None = None,
        now: float | None = None,
        binary: bool = False,
    ) -> sparse.csr_matrix:
        """Visitors × items, float32: the summed weights of a visitor's events on an item (1 when `binary`).

        Events of nobody are left out, and so are cells whose sum is not positive.
        """
        weight = self.weights(weights, half_life_days=half_life_days, now=now)
        visitor, item = self.visitor, self.item
        known = (visitor >= 0) & (weight != 0)
        if not known.all():
            weight, visitor, item = weight[known], visitor[known], item[known]
        shape = (self.n_visitors, self.n_items)
        matrix = sparse.csr_matrix((weight, (visitor, item)), shape=shape)
        matrix.sum_duplicates()
        matrix = matrix.astype(np.float32)  # before the zeros go: a very old event may become one
        matrix.data[matrix.data <= 0] = 0.0
        matrix.eliminate_zeros()
        if binary:
            matrix.data[:] = 1.0
        return matrix

    def baskets(self, kinds: Iterable[str] = ("purchase",)) -> sparse.csr_matrix:
        """Baskets × items, float32 ones: what was in each order, oldest order first. Rows without an order
        are left out."""
        keep = (self.basket >= 0) & np.isin(self.kind, self.kind_codes(kinds))
        rows = by_appearance(self.basket[keep])
        n_baskets = int(rows.max()) + 1 if len(rows) else 0
        matrix = sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (rows, self.item[keep])), shape=(n_baskets, self.n_items)
        )
        matrix.sum_duplicates()
        matrix.data[:] = 1.0
        return matrix

    def actors(self) -> NDArray[np.int64]:
        """Who did each event, (n,): the visitor; for nobody the order, else the session, else the event by
        itself."""
        n_baskets = int(self.basket.max(initial=-1)) + 1
        n_sessions = int(self.session.max(initial=-1)) + 1
        actor = self.visitor.astype(np.int64)
        start = self.n_visitors
        alone = start + n_baskets + n_sessions + np.arange(len(self), dtype=np.int64)
        nobody = np.where(
            self.basket >= 0,
            start + self.basket.astype(np.int64),
            np.where(self.session >= 0, start + n_baskets + self.session.astype(np.int64), alone),
        )
        return np.where(actor >= 0, actor, nobody)

    def sequences(self, kinds: Iterable[str] | None = None) -> Sequences:
        """The items of each known visitor, oldest first; visitors without such an event have no sequence."""
        rows = np.flatnonzero((self.visitor >= 0) & self._of_kinds(kinds))
        rows = rows[np.argsort(self.visitor[rows], kind="stable")]
        return self._cut(rows, self.visitor[rows][1:] != self.visitor[rows][:-1])

    def sessions(self, kinds: Iterable[str] | None = None, gap_minutes: float = 30) -> Sequences:
        """The items of each visit, oldest first: by the recorded session, else a known visitor's events less
        than `gap_minutes` apart. Events with neither session nor visitor are left out."""
        rows = np.flatnonzero(((self.visitor >= 0) | (self.session >= 0)) & self._of_kinds(kinds))
        rows = rows[np.lexsort((self.session[rows], self.visitor[rows]))]
        visitor, session, time = self.visitor[rows], self.session[rows], self.time[rows]
        other = (visitor[1:] != visitor[:-1]) | (session[1:] != session[:-1])
        pause = (session[1:] < 0) & (time[1:] - time[:-1] > gap_minutes * 60)
        return self._cut(rows, other | pause)

    def _cut(self, rows: NDArray[np.intp], starts_anew: NDArray[np.bool_]) -> Sequences:
        starts = np.flatnonzero(np.concatenate([[True], starts_anew])) if len(rows) else np.zeros(0, np.intp)
        return Sequences(
            indptr=np.append(starts, len(rows)).astype(np.int64),
            item=self.item[rows],
            time=self.time[rows],
            owner=self.visitor[rows[starts]],
        )

    def _of_kinds(self, kinds: Iterable[str] | None) -> NDArray[np.bool_]:
        return np.ones(len(self), bool) if kinds is None else np.isin(self.kind, self.kind_codes(kinds))

    def kind_codes(self, kinds: Iterable[str] | None) -> list[int]:
        """The codes of those of the kinds that are there; of all of them for None."""
        wanted = set(self.kinds) if kinds is None else set(kinds)
        return [code for code, kind in enumerate(self.kinds) if kind in wanted]
