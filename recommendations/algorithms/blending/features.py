"""What a ranker is told of each candidate: never which item it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.blending.candidates import Candidates
from recommendations.algorithms.blending.item_facts import ItemFacts
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.ranking import pick

#: How many of the latest items of a history are compared with the candidate one by one.
LATEST = 2


@dataclass(frozen=True, eq=False)
class Pairwise:
    """Item → item strengths of an algorithm, for features about the latest items."""

    name: str
    weights: sparse.csr_matrix


def pairwise(
    names: Sequence[str], algorithms: Sequence[Algorithm], item_keys: tuple[str, ...]
) -> list[Pairwise]:
    """Those of the algorithms that know pairs of the same items."""
    found = []
    for name, algorithm in zip(names, algorithms, strict=True):
        weights = algorithm.item_weights()
        if weights is not None and algorithm.item_keys_ == item_keys:
            found.append(Pairwise(name, weights))
    return found


@dataclass(frozen=True, eq=False)
class FeatureMaker:
    """Features of candidates, all numbers that mean the same for every item and in every shop's catalogue.

    Of each algorithm the score, the score relative to the best of the history, and the rank; of the blend score and
    rank; of the item popularity (all, recent, as the last of a history), age and price; of the visitor the length of
    the history and the popularity of what is in it; of both together: how often, how long ago and by what kind of event
    the item is in the history, how strongly it goes with the latest items, category, brand and price against
    the history.
    """

    names: Sequence[str]
    facts: ItemFacts
    pairs: Sequence[Pairwise]
    kinds: tuple[str, ...]

    @property
    def feature_names(self) -> list[str]:
        """In the order of the columns."""
        of_algorithms = [
            f"{what} of {name}" for what in ("score", "relative score", "rank") for name in self.names
        ]
        of_pairs = [f"{pair.name} with {_ORDINALS[n]}" for pair in self.pairs for n in range(LATEST)]
        of_kinds = [f"{kind} events on it" for kind in self.kinds] if len(self.kinds) > 1 else []
        return [
            *of_algorithms,
            "blend",
            "rank in the blend",
            *self.facts.item_names,
            *_HISTORY,
            *_REPEATS,
            *of_kinds,
            *of_pairs,
            *self.facts.match_names,
        ]

    def __call__(self, candidates: Candidates, histories: Histories) -> NDArray[np.float32]:
        """(n, c, n_features), float32; 0 where the candidate is -1."""
        n, c, m = candidates.raw.shape
        out = np.zeros((n, c, len(self.feature_names)), np.float32)
        absent = candidates.codes < 0
        codes = np.maximum(candidates.codes, 0)
        out[:, :, :m] = candidates.raw
        out[:, :, m : 2 * m] = candidates.relative
        for number in range(m):
            out[:, :, 2 * m + number] = _ranks(np.where(absent, -np.inf, candidates.raw[:, :, number]))
        at = 3 * m
        out[:, :, at] = candidates.blend
        out[:, :, at + 1] = np.arange(c)
        at += 2
        for column in self.facts.of_items(codes):
            out[:, :, at] = column
            at += 1
        length, distinct, popularity = self._of_histories(histories)
        out[:, :, at] = length[:, None]
        out[:, :, at + 1] = distinct[:, None]
        out[:, :, at + 2] = popularity[:, None]
        out[:, :, at + 3] = self.facts.log_popularity[codes] - popularity[:, None]
        at += len(_HISTORY)
        for column in self._repeats(candidates.codes, histories):
            out[:, :, at] = column
            at += 1
        for pair in self.pairs:
            for number in range(LATEST):
                out[:, :, at] = pick(pair.weights[_latest(histories, number)], candidates.codes)
                out[np.diff(histories.indptr) <= number, :, at] = 0.0
                at += 1
        for column in self.facts.matches(codes, histories):
            out[:, :, at] = column
            at += 1
        out[absent] = 0.0
        return out

    def _of_histories(self, histories: Histories) -> tuple[NDArray[np.float32], ...]:
        count = np.diff(histories.indptr)
        total = np.bincount(
            histories.owner, self.facts.log_popularity[histories.item], minlength=len(histories)
        )
        distinct = np.diff(histories.matrix().indptr)
        return (
            count.astype(np.float32),
            distinct.astype(np.float32),
            (total / np.maximum(count, 1)).astype(np.float32),
        )

    def _repeats(self, codes: NDArray[np.int32], histories: Histories) -> list[NDArray[np.float32]]:
        shape = (len(histories), histories.n_items)
        # A copy: to sum duplicates sorts the items in place.
        ones = (np.ones(len(histories.item)), histories.item, histories.indptr)
        count = sparse.csr_matrix(ones, shape=shape, copy=True)
        count.sum_duplicates()
        columns = [pick(count, codes)]
        cell = histories.owner * histories.n_items + histories.item
        order = np.argsort(cell, kind="stable")
        final = np.zeros(len(cell), bool)
        final[order] = np.append(cell[order][1:] != cell[order][:-1], True) if len(cell) else False
        steps = histories.steps_back + 1
        ended = np.zeros(len(histories))
        filled = np.diff(histories.indptr) > 0
        ended[filled] = histories.time[histories.indptr[1:][filled] - 1]
        age = (ended[histories.owner] - histories.time) / 86_400.0
        for value in (1.0 / steps, 1.0 / (1.0 + age)):
            columns.append(pick(histories.weighted(value).where(final).matrix(), codes))
        columns += self._baskets(codes, histories)
        if len(self.kinds) > 1:
            for kind in self.kinds:
                here = histories.kind == (histories.kinds.index(kind) if kind in histories.kinds else -1)
                columns.append(pick(histories.where(here).weighted(np.ones(int(here.sum()))).matrix(), codes))
        return columns

    @staticmethod
    def _baskets(codes: NDArray[np.int32], histories: Histories) -> list[NDArray[np.float32]]:
        """In how many of the history's baskets the candidate is, in what share, and whether in the last one."""
        owner, basket = histories.owner, histories.basket.astype(np.int64)
        rows = np.flatnonzero(basket >= 0)
        width = int(basket.max(initial=0)) + 1
        cells = np.unique(((owner * width + basket) * histories.n_items + histories.item)[rows])
        of_basket = cells // histories.n_items
        shape = (len(histories), histories.n_items)
        where = (of_basket // width, cells % histories.n_items)
        count = pick(sparse.csr_matrix((np.ones(len(cells)), where), shape=shape), codes)
        n_baskets = np.bincount(np.unique(of_basket) // width, minlength=len(histories))
        last = np.full(len(histories), -1, np.int64)
        last[owner[rows]] = basket[rows]  # oldest first: the last one stays
        in_last = of_basket % width == last[of_basket // width]
        where = (of_basket[in_last] // width, (cells % histories.n_items)[in_last])
        latest = pick(sparse.csr_matrix((np.ones(int(in_last.sum())), where), shape=shape), codes)
        return [count, (count / np.maximum(n_baskets, 1)[:, None]).astype(np.float32), latest]


_HISTORY = (
    "events of the history",
    "items of the history",
    "popularity of the history",
    "popularity against it",
)
_REPEATS = (
    "times in the history",
    "nearness of the last time in steps",
    "nearness of the last time in days",
    "baskets with it",
    "share of the baskets with it",
    "in the last basket",
)
_ORDINALS = ("the latest item", "the latest item but one")


def _latest(histories: Histories, number: int) -> NDArray[np.int64]:
    """The item `number` before the last of each history; 0 where there is none."""
    at = histories.indptr[1:] - 1 - number
    inside = at >= histories.indptr[:-1]
    padded = np.append(histories.item, 0)
    return np.where(inside, padded[np.where(inside, at, -1)], 0)


def _ranks(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """The rank of each column within its row, 0 = highest, ties in the order of columns."""
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty(scores.shape, np.float32)
    np.put_along_axis(ranks, order, np.arange(scores.shape[1], dtype=np.float32)[None, :], axis=1)
    return ranks
