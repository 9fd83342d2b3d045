"""What visitors would see of a recommender: its lists, served as the shop serves them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import Algorithm, RankedPairs
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ranking import best
from recommendations.algorithms.topk import KeyedLists
from recommendations.datatypes import EVERYBODY, INTEREST_WEIGHTS

#: Ranked lists by key: {key: [(target, score), …]}, best first.
Lists: TypeAlias = Mapping[str, Sequence[tuple[str, float]]]


@dataclass(frozen=True, kw_only=True)
class Serving:
    """How lists become a page: what a visitor's history is made of, and how deep the lists are."""

    history_events: int = 60
    history_half_life_hours: float = 72.0
    history_weights: Mapping[str, float] = field(default_factory=lambda: dict(INTEREST_WEIGHTS))
    seeds: int = 20
    list_length: int = 50


@dataclass(frozen=True, eq=False)
class Audience:
    """The visitors to serve: their codes, what their history weighs (n_users, n_items), and what must not be
    shown to them."""

    users: NDArray[np.intp]
    history: sparse.csr_matrix
    forbidden: sparse.csr_matrix

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, which: slice) -> Audience:
        return Audience(self.users[which], self.history[which], self.forbidden[which])


class Published(ABC):
    """The lists of a recommender. Codes follow `codes`: the items with events, then those that only the lists
    know."""

    n_lists = 0

    def __init__(self, codes: dict[str, int]) -> None:
        self.codes = codes

    @abstractmethod
    def scores(self, audience: Audience) -> sparse.csr_matrix:
        """What each visitor may see, (n_users, n_codes), the best highest; what has no score above 0 is not
        offered."""

    def item_keys(self) -> list[str]:
        """The key of each code."""
        return sorted(self.codes, key=self.codes.__getitem__)

    def _without(self, scores: sparse.csr_matrix, forbidden: sparse.csr_matrix) -> sparse.csr_matrix:
        hidden = sparse.csr_matrix(forbidden.astype(bool), dtype=np.float64)
        hidden.resize(scores.shape)
        return sparse.csr_matrix(scores - scores.multiply(hidden))


class ItemLists(Published):
    """Item → items: a visitor sees the decayed sum of the lists of recent items, without these."""

    def __init__(
        self, lists: Iterable[RankedPairs], codes: dict[str, int], length: int, seeds: Iterable[int]
    ) -> None:
        n_items = len(codes)
        keys = list(codes)
        wanted = {keys[code]: code for code in seeds}
        rows, columns, scores, self.n_lists = _coded(lists, codes, wanted, length)
        super().__init__(codes)
        shape = (n_items, len(codes))
        self.similarity = sparse.csr_matrix((scores, (rows, columns)), shape=shape)

    def scores(self, audience: Audience) -> sparse.csr_matrix:
        summed = sparse.csr_matrix(audience.history.astype(np.float64) @ self.similarity)
        return self._without(summed, audience.history + audience.forbidden)


class VisitorLists(Published):
    """Visitor → items: each visitor's own list."""

    def __init__(
        self, algorithm: Algorithm, visitor_keys: Sequence[str], codes: dict[str, int], k: int
    ) -> None:
        super().__init__(codes)
        self.algorithm, self.visitor_keys, self.k = algorithm, visitor_keys, k

    def scores(self, audience: Audience) -> sparse.csr_matrix:
        row_of = {self.visitor_keys[user]: row for row, user in enumerate(audience.users)}
        lists = self.algorithm.visitor_lists(list(row_of), self.k)
        rows, columns, scores, _ = _coded(lists, self.codes, row_of, self.k, by_rank=True)
        shape = (len(audience), len(self.codes))
        return self._without(sparse.csr_matrix((scores, (rows, columns)), shape=shape), audience.forbidden)


class ListsOfSegments(Published):
    """Visitor → segments → items: the lists of a visitor's segments, weighted by how much the visitor is of each."""

    def __init__(
        self, algorithm: Algorithm, visitor_keys: Sequence[str], codes: dict[str, int], length: int
    ) -> None:
        lists = dict(algorithm.segment_lists(length))
        self.algorithm, self.visitor_keys = algorithm, visitor_keys
        self.segments = {segment: number for number, segment in enumerate(lists)}
        rows, columns, scores, _ = _coded(lists.items(), codes, self.segments, length)
        super().__init__(codes)
        shape = (len(lists), len(codes))
        self.lists = sparse.csr_matrix((scores, (rows, columns)), shape=shape)

    def scores(self, audience: Audience) -> sparse.csr_matrix:
        row_of = {self.visitor_keys[user]: row for row, user in enumerate(audience.users)}
        belongs = self.algorithm.visitor_segments(list(row_of), len(self.segments))
        entries = [
            (row_of[visitor], self.segments[segment], share)
            for visitor, pairs in belongs
            for segment, share in pairs
            if segment in self.segments
        ]
        rows, columns, shares = zip(*entries, strict=True) if entries else ((), (), ())
        shape = (len(audience), len(self.segments))
        summed = sparse.csr_matrix((shares, (rows, columns)), shape=shape, dtype=np.float64) @ self.lists
        return self._without(sparse.csr_matrix(summed), audience.forbidden)


class EverybodysList(Published):
    """Segment → items: the list of everybody."""

    def __init__(self, lists: Iterable[RankedPairs], codes: dict[str, int], length: int) -> None:
        of_all = [pairs for pairs in lists if pairs[0] == EVERYBODY]
        _, columns, scores, _ = _coded(of_all, codes, {EVERYBODY: 0}, length, by_rank=True)
        super().__init__(codes)
        self.list = sparse.csr_matrix((scores, columns, [0, len(columns)]), shape=(1, len(codes)))

    def scores(self, audience: Audience) -> sparse.csr_matrix:
        n, size = len(audience), self.list.nnz
        tiled = (np.tile(self.list.data, n), np.tile(self.list.indices, n), np.arange(n + 1) * size)
        shape = (n, len(self.codes))
        return self._without(sparse.csr_matrix(tiled, shape=shape), audience.forbidden)


def published(
    recommender: Algorithm | Lists, train: Interactions, audience: Audience, length: int
) -> Published:
    """What is published: the lists of items if there are any, else those of visitors, else those of their segments,
    else the list of everybody. Of a ranker: what pages show to visitors by it."""
    codes = {key: code for code, key in enumerate(train.item_keys)}
    produces = recommender.produces if isinstance(recommender, Algorithm) else frozenset()
    ranks = ("ranker", "trees") in produces
    if ranks or (("visitor", "item") in produces and ("item", "item") not in produces):
        assert isinstance(recommender, Algorithm)
        return VisitorLists(recommender, train.visitor_keys, codes, length)
    if isinstance(recommender, Algorithm) and produces == {("visitor", "segment"), ("segment", "item")}:
        return ListsOfSegments(recommender, train.visitor_keys, codes, length)
    if isinstance(recommender, Algorithm):
        by_item = ("item", "item") in produces
        lists = recommender.item_lists(length) if by_item else recommender.segment_lists(length)
    else:
        by_item = EVERYBODY not in recommender
        lists = ((key, list(items)) for key, items in recommender.items())
    if by_item:
        return ItemLists(lists, codes, length, np.unique(audience.history.indices).tolist())
    return EverybodysList(lists, codes, length)


def lists_of(algorithm: Algorithm, k: int = 50) -> dict[str, list[tuple[str, float]]]:
    """The lists that a fitted algorithm would publish for items, or else for segments."""
    if ("item", "item") in algorithm.produces:
        return dict(algorithm.item_lists(k))
    return dict(algorithm.segment_lists(k))


def histories(train: Interactions, serving: Serving, users: NDArray[np.intp]) -> sparse.csr_matrix:
    """(n_users, n_items): the decayed weights of each of these visitors' heaviest recent items, age counted from the
    visitor's last event (as ranking does not depend on how long ago that was)."""
    rows = np.flatnonzero((train.visitor >= 0) & (train.weights(serving.history_weights) > 0))
    rows = rows[np.argsort(train.visitor[rows], kind="stable")]
    visitor = train.visitor[rows]
    ends = np.cumsum(np.bincount(visitor, minlength=train.n_visitors))
    from_end = ends[visitor] - np.arange(len(rows))
    recent = from_end <= serving.history_events
    rows, visitor = rows[recent], visitor[recent]
    last = np.zeros(train.n_visitors)
    last[visitor] = train.time[rows]  # rows are in order of time, so the last one stays
    age_hours = (last[visitor] - train.time[rows]) / 3600
    weight = train.weights(serving.history_weights)[rows] * np.exp2(
        -age_hours / serving.history_half_life_hours
    )
    shape = (train.n_visitors, train.n_items)
    history = sparse.csr_matrix((np.maximum(weight, 1e-30), (visitor, train.item[rows])), shape=shape)
    return best(history[users], serving.seeds).to_csr()


class _Codes(dict[str, int]):
    """Gives every new key the next code."""

    def __missing__(self, key: str) -> int:
        self[key] = code = len(self)
        return code


def _coded(
    lists: Iterable[RankedPairs],
    codes: dict[str, int],
    row_of: Mapping[str, int],
    length: int,
    *,
    by_rank: bool = False,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], int]:
    """Row, code and score of every entry of the lists whose key has a row, and how many of all are not empty.

    Items that only the lists know get the next codes, in the order of their keys. `by_rank`: scores that only
    keep the order, for lists that are shown as they are, ties and zeros included.
    """
    if isinstance(lists, KeyedLists) and not by_rank:
        return _coded_at_once(lists, codes, row_of, length)
    known = len(codes)
    grown = _Codes(codes)
    rows, size, columns, scores, n_lists = array("q"), array("q"), array("q"), array("d"), 0
    for key, items in lists:
        n_lists += bool(items)
        if key in row_of and items:
            targets, values = zip(*items[:length], strict=True)
            rows.append(row_of[key])
            size.append(len(targets))
            columns.extend(map(grown.__getitem__, targets))
            scores.extend(range(length, length - len(targets), -1) if by_rank else values)
    codes.update(grown)
    place = np.arange(len(codes))
    new = sorted(list(codes)[known:])
    place[[codes[key] for key in new]] = np.arange(known, len(codes))
    for code, key in enumerate(new, start=known):
        codes[key] = code
    row = np.repeat(np.array(rows, np.int64), np.array(size, np.int64))
    return row, place[np.array(columns, np.int64)], np.array(scores, np.float64), n_lists


def _coded_at_once(
    lists: KeyedLists, codes: dict[str, int], row_of: Mapping[str, int], length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], int]:
    """The same as `_coded`, without a Python object an entry."""
    top = lists.top.first(min(lists.k, length))
    size = np.diff(top.indptr)
    row = np.array([row_of.get(key, -1) for key in lists.row_keys], np.int64)
    wanted = np.flatnonzero(np.repeat(row, size) >= 0)
    column = top.indices[wanted]
    is_there = np.zeros(len(lists.column_keys), bool)
    is_there[column] = True
    places = np.flatnonzero(is_there).tolist()
    new = sorted(key for place in places if (key := lists.column_keys[place]) not in codes)
    codes.update(zip(new, range(len(codes), len(codes) + len(new)), strict=True))
    code = np.zeros(len(lists.column_keys) + 1, np.int64)
    code[places] = [codes[lists.column_keys[place]] for place in places]
    scores = np.asarray(np.round(top.scores[wanted].astype(np.float64), lists.digits), np.float64)
    return np.repeat(row, size)[wanted], code[column], scores, int((size > 0).sum())
