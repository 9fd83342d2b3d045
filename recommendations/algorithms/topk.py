"""Ranked neighbours of many rows, in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

#: Lists become Python objects so many rows at a time.
_ROWS_AT_ONCE = 4096

#: Candidates: their rows, their columns and their scores.
Candidates = tuple[NDArray[Any], NDArray[Any], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class TopK:
    """Ranked neighbours: those of row `i` are `indices[indptr[i]:indptr[i + 1]]`, best first, ties by
    index."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    scores: NDArray[np.float32]
    n_columns: int

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @classmethod
    def of(cls, candidates: Iterable[Candidates], n_rows: int, n_columns: int, k: int) -> TopK:
        """The `k` best candidates of each row. Those of one row come in the order of their columns, which ties
        go by."""
        empty: Candidates = (np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
        rows, indices, scores = (np.concatenate(columns) for columns in zip(empty, *candidates, strict=True))
        # The bits of a positive float32 grow with its value: one integer orders by row, then by falling score.
        bits = np.ascontiguousarray(scores, np.float32).view(np.uint32).astype(np.int64)
        order = np.argsort((rows << 32) - bits, kind="stable")
        rows, indices, scores = rows[order], indices[order], scores[order]
        starts = np.searchsorted(rows, np.arange(n_rows + 1))
        rank = np.arange(len(rows)) - starts[rows]
        keep = rank < k
        indptr = np.concatenate([[0], np.cumsum(np.minimum(np.diff(starts), k))]).astype(np.int64)
        return cls(indptr, indices[keep].astype(np.int32), scores[keep], n_columns)

    def to_csr(self) -> sparse.csr_matrix:
        """The scores as a matrix, rows × columns, float32, with sorted indices."""
        shape = (len(self), self.n_columns)
        matrix = sparse.csr_matrix((self.scores, self.indices, self.indptr), shape=shape, copy=True)
        matrix.sort_indices()
        return matrix

    def first(self, k: int) -> TopK:
        """The first `k` of each row."""
        size = np.diff(self.indptr)
        if size.max(initial=0) <= k:
            return self
        keep = np.arange(len(self.indices)) < np.repeat(self.indptr[:-1] + k, size)
        indptr = np.concatenate([[0], np.cumsum(np.minimum(size, k))]).astype(np.int64)
        return TopK(indptr, self.indices[keep], self.scores[keep], self.n_columns)

    def scaled(self, scores: NDArray[Any]) -> TopK:
        """The same neighbours with other scores, which must not change the order within a row."""
        return TopK(self.indptr, self.indices, scores.astype(np.float32), self.n_columns)

    def lists(
        self, row_keys: tuple[str, ...], column_keys: tuple[str, ...], k: int, digits: int
    ) -> KeyedLists:
        """(row key, [(column key, score)]) of every row that has neighbours, in plain Python, scores
        rounded."""
        return KeyedLists(self, row_keys, column_keys, k, digits)


class KeyedLists(Iterator[tuple[str, list[tuple[str, float]]]]):
    """Ranked neighbours as lists with keys, made while they are asked for.

    Who can do with numbers takes `top`, of which the first `k` of each row are meant, with scores rounded to `digits`.
    """

    def __init__(
        self, top: TopK, row_keys: tuple[str, ...], column_keys: tuple[str, ...], k: int, digits: int
    ) -> None:
        self.top, self.row_keys, self.column_keys, self.k, self.digits = top, row_keys, column_keys, k, digits
        self._made = self._make()

    def __next__(self) -> tuple[str, list[tuple[str, float]]]:
        return next(self._made)

    def _make(self) -> Iterator[tuple[str, list[tuple[str, float]]]]:
        top = self.top
        names = np.array([*self.column_keys, ""], object)
        for begin in range(0, len(top), _ROWS_AT_ONCE):
            bounds = top.indptr[begin : begin + _ROWS_AT_ONCE + 1]
            part = slice(bounds[0], bounds[-1])
            targets = names[top.indices[part]].tolist()
            scores = np.round(top.scores[part].astype(np.float64), self.digits).tolist()
            starts = (bounds - bounds[0]).tolist()
            for row, key in enumerate(self.row_keys[begin : begin + _ROWS_AT_ONCE]):
                start, end = starts[row], min(starts[row + 1], starts[row] + self.k)
                if start < end:
                    yield key, list(zip(targets[start:end], scores[start:end], strict=True))
