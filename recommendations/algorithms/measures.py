"""How alike the rows of two sparse matrices are: the similarities of the neighbourhood methods.

Rows are compared by what they have in common: a pair of rows without a common feature has no similarity. For
ItemKNN rows are items and features visitors, for UserKNN the other way round.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import xlogy

from recommendations.algorithms.similarity import normalised, square_norms

Numbers = NDArray[np.float64]


class Measure(ABC):
    """Compares any rows with the rows it was made for, `learned` (n, n_features)."""

    #: Bytes that `similarities` needs for each pair with a common feature.
    pair_bytes = 16
    #: Whether no similarity is above 1.
    at_most_one = True

    def __init__(self, learned: sparse.csr_matrix) -> None:
        self.n_learned = learned.shape[0]
        self._degree = np.bincount(learned.indices, minlength=learned.shape[1]).astype(np.float64)

    @abstractmethod
    def similarities(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        """Of `rows` (m, n_features) to the learned rows: (m, n) float64, where they have something in common."""

    def block_bytes(self, rows: sparse.csr_matrix) -> Numbers:
        """About the memory that `similarities` needs for each row, (m,)."""
        return np.minimum(self._common_entries(rows), self.n_learned) * self.pair_bytes + 64

    def _common_entries(self, rows: sparse.csr_matrix) -> Numbers:
        """How many entries of the learned rows share a feature with each row, (m,)."""
        common = sparse.csr_matrix((self._degree[rows.indices], rows.indices, rows.indptr), shape=rows.shape)
        return np.asarray(common.sum(axis=1), np.float64).ravel()


class InnerProduct(Measure):
    """Σ_f x_f y_f d_f^−w / ((‖x‖² + s)^a (‖y‖² + s)^b), d_f = the learned rows that have feature f.

    a = `left`, b = `right`, w = `feature_exponent`, s = `shrinkage` × the mean square of a cell. With `binary` every
    value is 1, and ‖x‖² the number of features. Cosine: a = b = ½, w = 0.
    """

    def __init__(
        self,
        learned: sparse.csr_matrix,
        *,
        left: float = 0.5,
        right: float = 0.5,
        feature_exponent: float = 0.0,
        shrinkage: float = 0.0,
        binary: bool = False,
    ) -> None:
        super().__init__(learned)
        self._weights = np.maximum(self._degree, 1.0) ** -feature_exponent
        self._left, self._binary = left, binary
        #: Rows that `scaled` would scale as the learned ones are.
        self._like_learned = learned if left == right and not feature_exponent else None
        self.at_most_one = left == right == 0.5 or (binary and left + right >= 1)
        learned = self._values(learned)
        norms = square_norms(learned)
        self._added = shrinkage * float(norms.sum()) / learned.nnz if learned.nnz else 0.0
        #: The learned rows, scaled.
        self.learned = normalised(learned, (norms + self._added) ** right)

    def scaled(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        """Similarities are scaled(rows) @ learned.T."""
        if rows is self._like_learned:
            return self.learned
        rows = self._values(rows)
        rows = normalised(rows, (square_norms(rows) + self._added) ** self._left)
        rows.data *= self._weights[rows.indices]
        return rows

    def similarities(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        return sparse.csr_matrix(self.scaled(rows) @ self._features)

    @cached_property
    def _features(self) -> sparse.csr_matrix:
        return sparse.csr_matrix(self.learned.T)

    def _values(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        return pattern(rows) if self._binary else rows.astype(np.float64, copy=False)


#: both = |X ∩ Y|, x = |X|, y = |Y|, n = all features that any row has → similarity.
_OfSets = Callable[[Numbers, Numbers, Numbers, float], Numbers]


def jaccard(both: Numbers, x: Numbers, y: Numbers, n: float) -> Numbers:
    """|X ∩ Y| / |X ∪ Y| (Jaccard 1901)."""
    return both / (x + y - both)


def overlap(both: Numbers, x: Numbers, y: Numbers, n: float) -> Numbers:
    """|X ∩ Y| / min(|X|, |Y|) (Szymkiewicz–Simpson)."""
    return both / np.minimum(x, y)


def half_dice(both: Numbers, x: Numbers, y: Numbers, n: float) -> Numbers:
    """|X ∩ Y| / (|X| + |Y|): half of the Sørensen–Dice coefficient (Dice 1945), so at most ½."""
    return both / (x + y)


def log_likelihood(both: Numbers, x: Numbers, y: Numbers, n: float) -> Numbers:
    """G² / (1 + G²) of the 2×2 table of having and not having (Dunning 1993, §4); 0 if not above chance."""
    neither = np.maximum(n - x - y + both, 0.0)
    total = x + y - both + neither
    numbers = np.arange(total.max(initial=0.0) + 1)
    k_ln_k = xlogy(numbers, numbers)

    def summed(*counts: Numbers) -> Numbers:
        return np.sum([k_ln_k[count.astype(np.int64)] for count in counts], axis=0)

    cells, margins = summed(both, x - both, y - both, neither), summed(x, total - x, y, total - y)
    evidence = np.maximum(2 * (cells - margins + summed(total)), 0.0)
    evidence[both * total <= x * y * (1 + 1e-9)] = 0.0
    return evidence / (1 + evidence)


OF_SETS: Mapping[str, _OfSets] = {
    "jaccard": jaccard,
    "overlap": overlap,
    "half_dice": half_dice,
    "log_likelihood": log_likelihood,
}


class OfSets(Measure):
    """One of OF_SETS, similarities of the sets of features: which, not how much of each.

    × |X ∩ Y| / (|X ∩ Y| + `shrinkage`)
    """

    pair_bytes = 96

    def __init__(self, learned: sparse.csr_matrix, name: str, *, shrinkage: float = 0.0) -> None:
        super().__init__(learned)
        self._formula, self._shrinkage = OF_SETS[name], shrinkage
        self._sizes = np.diff(learned.indptr).astype(np.float64)
        self._n = float(np.count_nonzero(self._degree))
        self._right = sparse.csr_matrix(pattern(learned).T)

    def similarities(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        both = sparse.csr_matrix(pattern(rows) @ self._right)
        sizes = np.diff(rows.indptr).astype(np.float64)
        x = np.repeat(sizes, np.diff(both.indptr))
        found = self._formula(both.data, x, self._sizes[both.indices], self._n)
        both.data = found * both.data / (both.data + self._shrinkage)
        return both


def pattern(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """1 for everything that is stored, float64."""
    return sparse.csr_matrix(
        (np.ones(len(matrix.indices)), matrix.indices, matrix.indptr), shape=matrix.shape, copy=False
    )
