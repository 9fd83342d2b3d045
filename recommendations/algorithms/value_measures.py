"""Similarities of the values that rows have in common: correlations, and distances turned into similarities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from recommendations.algorithms.measures import Measure, Numbers, pattern

#: Below this share of what it is the difference of, a number is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Totals:
    """Sums over all features of each row, (n_rows,) each: of its values, of the squares of its values less the mean of
    their feature, and of its values × that mean."""

    total: Numbers
    square: Numbers
    with_mean: Numbers

    @classmethod
    def of(cls, rows: sparse.csr_matrix, mean: Numbers) -> Totals:
        """`rows` is (n_rows, n_features), `mean` (n_features,)."""
        total, square = (np.asarray(of_row.sum(axis=1)).ravel() for of_row in (rows, _squared(rows)))
        with_mean = rows @ mean
        centred = square - 2 * with_mean + mean @ mean
        centred[centred < _ROUNDING * square] = 0.0
        return cls(total, centred, with_mean)


class Sums:
    """Sums over features for each pair of rows (x, y) with something in common, (n_pairs,) each.

    Here over the features that both have. `rows` is (m, n_features), `features` (n_features, n).
    """

    def __init__(self, rows: sparse.csr_matrix, features: sparse.csr_matrix) -> None:
        self._rows, self._features = rows, features
        self._has, self._had = pattern(rows), pattern(features)
        #: The number of features that both have.
        self.common = sparse.csr_matrix(self._has @ self._had)

    @property
    def n(self) -> Numbers:
        """How many features are summed over."""
        return self.common.data

    @cached_property
    def x(self) -> Numbers:
        """Σ x."""
        return self._of_pairs(self._rows @ self._had)

    @cached_property
    def y(self) -> Numbers:
        """Σ y."""
        return self._of_pairs(self._has @ self._features)

    @cached_property
    def xx(self) -> Numbers:
        """Σ x²."""
        return self._of_pairs(_squared(self._rows) @ self._had)

    @cached_property
    def yy(self) -> Numbers:
        """Σ y²."""
        return self._of_pairs(self._has @ _squared(self._features))

    @cached_property
    def xy(self) -> Numbers:
        """Σ xy."""
        return self._products()

    @cached_property
    def apart(self) -> Numbers:
        """Σ |x − y|."""
        return self._differences()

    def _products(self) -> Numbers:
        return self._of_pairs(self._rows @ self._features)

    def _differences(self) -> Numbers:
        rows, features = self._rows, self._features
        count = np.diff(features.indptr)[rows.indices]
        entry = np.repeat(np.arange(rows.nnz), count)
        other = np.arange(len(entry)) + (features.indptr[rows.indices] - np.cumsum(count) + count)[entry]
        owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))[entry]
        apart = np.abs(rows.data[entry] - features.data[other])
        return self._of_pairs(sparse.csr_matrix((apart, (owner, features.indices[other])), self.common.shape))

    def _of_pairs(self, sums: sparse.csr_matrix) -> Numbers:
        """Sums in the order of `common`: a product of sparse matrices leaves out those that are 0."""
        if np.array_equal(sums.indices, self.common.indices):
            return sums.data
        cells = _cells(self.common)
        order = np.argsort(cells)
        values = np.zeros(self.common.nnz)
        values[order[np.searchsorted(cells, _cells(sums), sorter=order)]] = sums.data
        return values


class SumsOverAll(Sums):
    """Sums over all features, a missing value being 0; of `xx`, `yy`, `xy` with `mean` taken off each feature."""

    def __init__(
        self, rows: sparse.csr_matrix, features: sparse.csr_matrix, mean: Numbers, of_learned: Totals
    ) -> None:
        super().__init__(rows, features)
        self._mean, self._of_rows, self._of_learned = mean, Totals.of(rows, mean), of_learned

    @property
    def n(self) -> Numbers:
        return np.full(self.common.nnz, float(np.count_nonzero(np.diff(self._features.indptr))))

    @cached_property
    def x(self) -> Numbers:
        return self._of_x(self._of_rows.total)

    @cached_property
    def y(self) -> Numbers:
        return self._of_y(self._of_learned.total)

    @cached_property
    def xx(self) -> Numbers:
        return self._of_x(self._of_rows.square)

    @cached_property
    def yy(self) -> Numbers:
        return self._of_y(self._of_learned.square)

    @cached_property
    def xy(self) -> Numbers:
        of_x, of_y = self._of_x(self._of_rows.with_mean), self._of_y(self._of_learned.with_mean)
        return self._products() - of_x - of_y + self._mean @ self._mean

    @cached_property
    def apart(self) -> Numbers:
        # x + y − |x − y| is 0 where one of them is 0.
        of_common = self._of_pairs(self._rows @ self._had) + self._of_pairs(self._has @ self._features)
        return np.maximum(self.x + self.y - of_common + self._differences(), 0.0)

    def _of_x(self, of_row: Numbers) -> Numbers:
        return np.repeat(of_row, np.diff(self.common.indptr))

    def _of_y(self, of_learned: Numbers) -> Numbers:
        return of_learned[self.common.indices]


def pearson(sums: Sums) -> Numbers:
    """(n Σxy − Σx Σy) / √((n Σx² − (Σx)²)(n Σy² − (Σy)²)); 0 where x or y does not vary (Resnick et al. 1994)."""
    of_x, of_y = _variation(sums.n, sums.x, sums.xx), _variation(sums.n, sums.y, sums.yy)
    return _correlation(sums.n * sums.xy - sums.x * sums.y, of_x, of_y)


def cosine(sums: Sums) -> Numbers:
    """Σxy / √(Σx² Σy²): the adjusted cosine once the means are off (Sarwar et al. 2001, §3.1.3)."""
    return _correlation(sums.xy, sums.xx, sums.yy)


def euclidean(sums: Sums) -> Numbers:
    """1 / (1 + √Σ(x − y)²)."""
    square = sums.xx + sums.yy - 2 * sums.xy
    square[square < _ROUNDING * (sums.xx + sums.yy)] = 0.0
    return 1 / (1 + np.sqrt(square))


def manhattan(sums: Sums) -> Numbers:
    """1 / (1 + Σ|x − y|)."""
    return 1 / (1 + sums.apart)


OF_VALUES: Mapping[str, Callable[[Sums], Numbers]] = {
    "adjusted_cosine": cosine,
    "euclidean": euclidean,
    "manhattan": manhattan,
    "pearson": pearson,
}


class OfValues(Measure):
    """One of OF_VALUES, × n / (n + `shrinkage`) with n = the features that both rows have.

    With `ratings` a missing value is unknown, and a pair of rows is compared on the features that both have. Without,
    values are ≥ 0, a missing one is 0, something that did not happen, and all features count. The mean that the
    adjusted cosine takes off a feature is over the learned rows that have it, or over all.
    """

    pair_bytes = 200

    def __init__(
        self, learned: sparse.csr_matrix, name: str, *, ratings: bool, shrinkage: float = 0.0
    ) -> None:
        super().__init__(learned)
        self._name, self._ratings, self._shrinkage = name, ratings, shrinkage
        self._mean = np.zeros(learned.shape[1])
        if name == "adjusted_cosine":
            total = np.bincount(learned.indices, learned.data, minlength=learned.shape[1])
            n_rows = max(float(np.count_nonzero(np.diff(learned.indptr))), 1.0)
            self._mean = total / (np.maximum(self._degree, 1.0) if ratings else n_rows)
        self._largest = float(np.abs(learned.data).max(initial=0.0))
        learned = self._prepared(learned)
        self._totals = Totals.of(learned, self._mean)
        self._features = sparse.csr_matrix(learned.T)

    def similarities(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        rows = self._prepared(rows)
        sums: Sums
        if self._ratings:
            sums = Sums(rows, self._features)
        else:
            sums = SumsOverAll(rows, self._features, self._mean, self._totals)
        common = sums.common
        found = OF_VALUES[self._name](sums) * common.data / (common.data + self._shrinkage)
        return sparse.csr_matrix((found, common.indices, common.indptr), shape=common.shape)

    def block_bytes(self, rows: sparse.csr_matrix) -> Numbers:
        if self._name == "manhattan":
            return self._common_entries(rows) * 64 + 64
        return super().block_bytes(rows)

    def _prepared(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        """In float64; ratings without the mean of their feature."""
        rows = rows.astype(np.float64)
        if self._ratings:
            rows.data -= self._mean[rows.indices]
            rows.data[np.abs(rows.data) < _ROUNDING * self._largest] = 0.0
        return rows


def _variation(n: Numbers, total: Numbers, square: Numbers) -> Numbers:
    """n² times the variance."""
    variation = n * square - total**2
    variation[variation < _ROUNDING * n * square] = 0.0
    return variation


def _correlation(both: Numbers, x: Numbers, y: Numbers) -> Numbers:
    varies = (x > 0) & (y > 0)
    found = np.divide(both, np.sqrt(x) * np.sqrt(y), out=np.zeros(len(both)), where=varies)
    return np.clip(found, -1.0, 1.0)


def _squared(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    return sparse.csr_matrix((matrix.data**2, matrix.indices, matrix.indptr), shape=matrix.shape)


def _cells(matrix: sparse.csr_matrix) -> np.ndarray:
    """Where the stored values are, as one number each."""
    owner = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return owner * matrix.shape[1] + matrix.indices
