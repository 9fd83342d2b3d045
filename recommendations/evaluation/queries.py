"""Queries with known answers: what visitors did so far, and what they did next."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.evaluation import metrics
from recommendations.exceptions import NotEnoughData

#: Items that fewer chose count about the same.
RARE = 10.0


@dataclass(frozen=True, eq=False)
class Queries:
    """`n` questions "what next?": `targets` (n, n_items) stores the right answers and how much each counts, `hidden`
    (n, n_items) what must not be answered, None = anything may be."""

    histories: Histories
    targets: sparse.csr_matrix
    hidden: sparse.csr_matrix | None = None

    def __len__(self) -> int:
        return len(self.histories)

    def __getitem__(self, which: slice | NDArray[np.integer]) -> Queries:
        """Some of the queries: a slice, or their positions."""
        hidden = None if self.hidden is None else self.hidden[which]
        return Queries(self.histories[which], self.targets[which], hidden)

    def sample(self, n: int, seed: int = 0) -> Queries:
        """At most `n` of them, drawn without replacement, in their order."""
        if len(self) <= n:
            return self
        return self[np.sort(np.random.default_rng(seed).permutation(len(self))[:n])]

    def halves(self, share: float, seed: int = 0) -> tuple[Queries, Queries]:
        """A random `share` of the queries, and the others."""
        order = np.random.default_rng(seed).permutation(len(self))
        cut = round(len(self) * share)
        return self[np.sort(order[:cut])], self[np.sort(order[cut:])]

    def shortened(self, share: float, seed: int = 0) -> Queries:
        """The same, a random `share` of them with the last event of the history only. What is hidden stays."""
        short = np.random.default_rng(seed).random(len(self)) < share
        return replace(self, histories=self.histories.latest(1, short))

    def stratified(self, popularity: NDArray[np.integer], exponent: float) -> Queries:
        """The same, an answer on an item that `popularity` (n_items,) others chose counts (popularity + 10)^−exponent
        (cf. Steck 2011, "Item popularity and recommendation accuracy", RecSys, §3.2; the 10 keeps what hardly anybody
        chose from counting more than all else): 0 = all count the same."""
        if not exponent:
            return self
        targets = self.targets.astype(np.float64)
        targets.data *= (popularity + RARE)[targets.indices] ** -exponent
        return replace(self, targets=targets)

    def quality(self, codes: NDArray[np.integer], k: int) -> dict[str, NDArray[np.float64]]:
        """How well ranked item codes (n, ≥ k; -1 = none) answer: one value a query of each metric @k. NDCG alone
        heeds how much an answer counts."""
        judged = metrics.judge(codes[:, :k], self.targets)
        return {
            "ndcg": metrics.graded_ndcg_at_k(codes[:, :k], self.targets, k, gain="linear"),
            "recall": metrics.recall_at_k(judged, k),
            "hit_rate": metrics.hit_rate_at_k(judged, k),
            "mrr": metrics.mrr_at_k(judged, k),
        }


@dataclass(frozen=True, eq=False)
class Held:
    """`train` is what may be learned from, `queries` ask for what was held out. Same key maps."""

    train: Interactions
    queries: Queries


@dataclass(frozen=True, kw_only=True)
class HoldOut:
    """How answers are held out of interactions; calling it does so.

    `method`: "last" the last item of each visitor; "random" a random `share` of each visitor's items, for data without
    order; "basket" all of each visitor's last basket; "session" the items after each prefix of the latest `share` of
    all visitors, which are held out whole; "basket_item" one random item of each of a random `share` of the visitors,
    which are held out whole; "partners" all other items of an order, asked for with one random item of it, of a random
    `share` of the orders, which are held out whole. `kinds`: of which kinds the answers are (None = any). `hide`: the
    kinds whose items in the history must not be answered ("all" or names; () = anything may be). `only_new`: what is in
    the history in any way is no answer. `max_queries`: a random sample of at most so many.
    """

    method: str = "last"
    share: float = 0.2
    kinds: tuple[str, ...] | None = None
    hide: Collection[str] | str = "all"
    only_new: bool = False
    max_queries: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise ValueError(f"method must be one of {', '.join(sorted(_METHODS))}, got {self.method!r}.")
        if not 0 < self.share < 1:
            raise ValueError(f"share must be between 0 and 1, got {self.share!r}.")

    def __call__(self, interactions: Interactions) -> Held:
        """Raises NotEnoughData when nothing can be held out."""
        held = _METHODS[self.method](self, interactions)
        if self.max_queries is not None:
            held = replace(held, queries=held.queries.sample(self.max_queries, self.seed))
        if not len(held.queries) or not len(held.train):
            raise NotEnoughData(
                f"Holding out ({self.method}) leaves {len(held.train)} of {len(interactions)} events to learn from "
                f"and {len(held.queries)} queries."
            )
        return held

    def again(self, fold: int, held: Held, interactions: Interactions) -> Held:
        """The next fold: of what the one before left, or, where chance decides, another draw from everything."""
        if self.method in _DRAWN:
            return replace(self, seed=self.seed + fold)(interactions)
        return self(held.train)

    def queries(self, histories: Histories, targets: sparse.csr_matrix) -> Queries:
        """Queries with what is hidden, without those that have no answer or no history left."""
        hidden = hidden_items(histories, self.hide)
        if self.only_new:
            seen = histories.matrix(binary=True)
            targets = sparse.csr_matrix(targets - targets.multiply(seen))
            targets.eliminate_zeros()
        good = np.flatnonzero((np.diff(targets.indptr) > 0) & (np.diff(histories.indptr) > 0))
        return Queries(histories, targets, hidden)[good]


def hidden_items(histories: Histories, hide: Collection[str] | str) -> sparse.csr_matrix | None:
    """The items of each history that came with one of the kinds ("all" = any); None when no kind is named."""
    if hide == "all":
        return histories.matrix(binary=True)
    codes = [code for code, kind in enumerate(histories.kinds) if kind in hide]
    return histories.where(np.isin(histories.kind, codes)).matrix(binary=True) if codes else None


def _answers(interactions: Interactions, rows: NDArray[np.bool_]) -> sparse.csr_matrix:
    return interactions.select(mask=rows).matrix(binary=True)


def _candidates(hold_out: HoldOut, interactions: Interactions) -> NDArray[np.intp]:
    """Rows that may be held out, grouped by visitor, oldest first."""
    wanted = np.isin(interactions.kind, interactions.kind_codes(hold_out.kinds)) & (interactions.visitor >= 0)
    rows = np.flatnonzero(wanted)
    return rows[np.argsort(interactions.visitor[rows], kind="stable")]


def _split(
    hold_out: HoldOut, interactions: Interactions, held: NDArray[np.bool_], gone: NDArray[np.bool_]
) -> Held:
    train = interactions.select(mask=~held & ~gone)
    return Held(train, hold_out.queries(Histories.of(train), _answers(interactions, held)))


def _first_rows(interactions: Interactions) -> NDArray[np.int64]:
    """The first row of each visitor and, at the end, of nobody: (n_visitors + 1,); len(interactions) = none."""
    first = np.full(interactions.n_visitors + 1, len(interactions))
    np.minimum.at(first, interactions.visitor, np.arange(len(interactions)))
    first[-1] = len(interactions)
    return first


def _last(hold_out: HoldOut, interactions: Interactions) -> Held:
    rows = _candidates(hold_out, interactions)
    visitor = interactions.visitor[rows]
    last = rows[np.append(visitor[1:] != visitor[:-1], True)] if len(rows) else rows
    last = last[
        _first_rows(interactions)[interactions.visitor[last]] < last
    ]  # something must be left to ask with
    held = np.zeros(len(interactions), bool)
    held[last] = True
    first_held = np.full(interactions.n_visitors + 1, len(interactions))
    first_held[interactions.visitor[last]] = last
    gone = np.arange(len(interactions)) > first_held[interactions.visitor]
    return _split(hold_out, interactions, held, gone)


def _random(hold_out: HoldOut, interactions: Interactions) -> Held:
    rows = _candidates(hold_out, interactions)
    visitor = interactions.visitor[rows]
    draw = np.random.default_rng(hold_out.seed).random(len(rows))
    order = np.lexsort((draw, visitor))
    starts = np.searchsorted(visitor, np.arange(interactions.n_visitors + 1))
    rank = np.empty(len(rows), np.int64)
    rank[order] = np.arange(len(rows)) - starts[visitor]
    count = np.diff(starts)
    held = np.zeros(len(interactions), bool)
    held[rows[rank < np.minimum(np.floor(count * hold_out.share + 0.5), count - 1)[visitor]]] = True
    return _split(hold_out, interactions, held, np.zeros(len(interactions), bool))


def _basket(hold_out: HoldOut, interactions: Interactions) -> Held:
    rows = _candidates(hold_out, interactions)
    rows = rows[interactions.basket[rows] >= 0]
    last = np.full(interactions.n_visitors + 1, -1)
    last[interactions.visitor[rows]] = interactions.basket[rows]  # rows are oldest first: the last one stays
    begun = np.full(interactions.n_visitors + 1, np.inf)
    of_last = rows[interactions.basket[rows] == last[interactions.visitor[rows]]]
    np.minimum.at(begun, interactions.visitor[of_last], interactions.time[of_last])
    earlier = _first_rows(interactions)
    began = np.append(interactions.time, np.inf)[earlier]
    of_last = of_last[(began < begun)[interactions.visitor[of_last]]]
    begun[began >= begun] = np.inf
    held = np.zeros(len(interactions), bool)
    held[of_last] = True
    gone = ~held & (interactions.time >= begun[interactions.visitor])
    return _split(hold_out, interactions, held, gone)


def _whole_visitors(
    interactions: Interactions, chosen: NDArray[np.integer]
) -> tuple[Interactions, Histories]:
    """Everything of the other visitors, and the histories of the chosen ones."""
    out = np.zeros(interactions.n_visitors + 1, bool)
    out[chosen] = True
    return interactions.select(mask=~out[interactions.visitor]), Histories.of(interactions, chosen)


def _session(hold_out: HoldOut, interactions: Interactions) -> Held:
    begun = np.full(interactions.n_visitors, np.inf)
    known = interactions.visitor >= 0
    np.minimum.at(begun, interactions.visitor[known], interactions.time[known])
    order = np.argsort(begun, kind="stable")[: int(np.isfinite(begun).sum())]
    n_held = max(1, round(len(order) * hold_out.share))
    train, whole = _whole_visitors(interactions, np.sort(order[len(order) - n_held :]))
    prefixes, targets = prefixes_of(whole)
    return Held(train, hold_out.queries(prefixes, targets))


def prefixes_of(whole: Histories) -> tuple[Histories, sparse.csr_matrix]:
    """Every prefix of every history, and the one item that follows it, (n_prefixes, n_items)."""
    count = np.maximum(np.diff(whole.indptr) - 1, 0)
    of = np.repeat(np.arange(len(whole)), count)
    length = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + 1
    indptr = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    rows = np.repeat(whole.indptr[of] - indptr[:-1], length) + np.arange(indptr[-1])
    prefixes = whole.rows(rows, indptr)
    nexts = whole.item[whole.indptr[of] + length]
    shape = (len(of), whole.n_items)
    return prefixes, sparse.csr_matrix(
        (np.ones(len(of), np.float32), nexts, np.arange(len(of) + 1)), shape=shape
    )


def _basket_item(hold_out: HoldOut, interactions: Interactions) -> Held:
    rng = np.random.default_rng(hold_out.seed)
    known = np.unique(interactions.visitor[interactions.visitor >= 0])
    chosen = np.sort(rng.permutation(known)[: max(1, round(len(known) * hold_out.share))])
    train, whole = _whole_visitors(interactions, chosen)
    rest, targets = without_one(whole, rng)
    return Held(train, hold_out.queries(rest, targets))


def without_one(whole: Histories, rng: np.random.Generator) -> tuple[Histories, sparse.csr_matrix]:
    """Each history without one item drawn at random, and that item, (n, n_items)."""
    count = np.diff(whole.indptr)
    drawn = whole.indptr[:-1] + np.floor(rng.random(len(whole)) * np.maximum(count, 1)).astype(np.int64)
    item = np.where(count > 0, whole.item[np.minimum(drawn, max(len(whole.item) - 1, 0))], -1)
    targets = sparse.csr_matrix(
        (np.ones(int((item >= 0).sum()), np.float32), (np.flatnonzero(item >= 0), item[item >= 0])),
        shape=(len(whole), whole.n_items),
    )
    return whole.where(whole.item != item[whole.owner]), targets


def _partners(hold_out: HoldOut, interactions: Interactions) -> Held:
    rng = np.random.default_rng(hold_out.seed)
    wanted = np.isin(interactions.kind, interactions.kind_codes(hold_out.kinds)) & (interactions.basket >= 0)
    baskets = np.unique(interactions.basket[wanted])
    chosen = rng.permutation(baskets)[: max(1, round(len(baskets) * hold_out.share))]
    held = wanted & np.isin(interactions.basket, chosen)
    train = interactions.select(mask=~held)
    known = Histories.of(train)
    orders, where = np.unique(interactions.basket[held], return_inverse=True)
    shape = (len(orders), interactions.n_items)
    items = sparse.csr_matrix(
        (np.ones(len(where), np.float32), (where, interactions.item[held])), shape=shape
    )
    seeds = items.multiply(np.bincount(known.item, minlength=interactions.n_items) > 0).tocsr()
    size = np.diff(seeds.indptr)
    asked = np.flatnonzero(size)
    seed = seeds.indices[
        seeds.indptr[asked] + np.floor(rng.random(len(asked)) * size[asked]).astype(np.int64)
    ]
    targets = items[asked]
    targets.data = np.where(targets.indices == np.repeat(seed, np.diff(targets.indptr)), 0.0, 1.0)
    targets.eliminate_zeros()
    return Held(train, hold_out.queries(Histories.of_items(seed, known), targets))


#: Methods by which chance decides what is held out.
_DRAWN = frozenset({"random", "basket_item", "partners"})
_METHODS: dict[str, Callable[[HoldOut, Interactions], Held]] = {
    "last": _last,
    "random": _random,
    "basket": _basket,
    "session": _session,
    "basket_item": _basket_item,
    "partners": _partners,
}
