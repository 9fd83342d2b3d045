"""A linear model of every item by all the others, in closed form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ranking import best
from recommendations.algorithms.similarity import calibrated
from recommendations.algorithms.topk import TopK
from recommendations.algorithms.visitor_matrix import (
    MatrixAlgorithm,
    MatrixConfig,
    column_sums,
    powers,
    row_sums,
    scaled,
)
from recommendations.exceptions import ConfigurationError

#: Large matrices are filled, mirrored and ranked in blocks of about so many cells.
_BLOCK_CELLS = 8_000_000


@dataclass(frozen=True, kw_only=True)
class EASEConfig(MatrixConfig):
    """`l2` (λ), `frequency_exponent` (ν), `visitor_exponent` (g): see EASE. `max_items`: with more items that have
    events `fit` refuses, because memory grows with their square."""

    l2: float = 200.0
    frequency_exponent: float = 0.0
    visitor_exponent: float = 0.0
    max_items: int = 20_000

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(1e-6, 1e12, "l2")
        self._between(0, 2, "frequency_exponent", "visitor_exponent")
        self._whole(1, "max_items")


class EASE(MatrixAlgorithm):
    """Steck 2019, "Embarrassingly shallow autoencoders for sparse data": the item weights B with a diagonal of 0 that
    best give x back as x B,

        B = argmin ‖√D (x − x B)‖² + Σ_i λ_i ‖B_i‖²,   P = (xᵀ D x + Λ)⁻¹,   B_ij = −P_ij / P_jj (i ≠ j)

    the paper's equation 8, with λ_i = λ (n_i / mean n)^ν and D_uu = d_u^−g, ν = g = 0 in the paper; n_i and d_u are the
    sums of the columns and rows of x. ν > 0 holds popular items back; to scale the columns of x by n_i^(−ν/2) and the
    weights back would be the same. score(h) = x_h B.
    """

    Config = EASEConfig
    config: EASEConfig
    produces = frozenset({("item", "item"), ("visitor", "item")})

    search_space = {
        "l2": (20.0, 50.0, 100.0, 200.0, 400.0, 800.0),
        "frequency_exponent": (0.0, 0.3, 0.6, 1.0),
        "visitor_exponent": (0.0, 0.15, 0.3, 0.5),
        "history_decay": (0.0, 0.2, 0.4, 0.7),
    }

    #: B, float32, of the items with events only: row i says what item i speaks for.
    weights_: NDArray[np.float32]
    #: The codes of these items in `item_keys_`.
    items_: NDArray[np.int64]

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """`catalogue`, when given, keeps variants of one product out of each other's lists.

        Raises NotEnoughData when no event of a known visitor has one of the kinds asked for, ConfigurationError when
        more than `max_items` items have events, before any memory is taken.
        """
        config = self.config
        matrix = self._learn_from(interactions)
        frequency = column_sums(matrix)
        self.items_ = np.flatnonzero(frequency)
        _check_size(len(self.items_), config.max_items)
        matrix = matrix[:, self.items_]
        frequency = frequency[self.items_]
        halfway = powers(row_sums(matrix), -config.visitor_exponent / 2)
        ridge = config.l2 * (frequency / frequency.mean()) ** config.frequency_exponent
        self.weights_ = _closed_form(scaled(matrix, rows=halfway), ridge)
        groups = catalogue.groups(self.item_keys_) if catalogue is not None else None
        self._groups = None if groups is None else groups[self.items_]
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """The items that each speaks for most, with weights above 0 only."""
        n = len(self.items_)
        keys = tuple(self.item_keys_[code] for code in self.items_.tolist())
        return calibrated(_joined([self._best(rows, k) for rows in _blocks(n, n)], n)).lists(
            keys, keys, k, SCORE_DIGITS
        )

    def _best(self, rows: slice, k: int) -> TopK:
        variants = None
        if self._groups is not None:
            variants = sparse.csr_matrix(self._groups[rows, None] == self._groups)
        return best(self.weights_[rows], k, variants)

    def _scores(self, histories: Histories) -> NDArray[np.float32]:
        query = self._query(histories)
        if len(self.items_) == query.shape[1]:
            return query @ self.weights_
        scores = np.zeros(query.shape, np.float32)
        scores[:, self.items_] = query[:, self.items_] @ self.weights_
        return scores


def _check_size(n_items: int, max_items: int) -> None:
    if n_items > max_items:
        raise ConfigurationError(
            f"EASE needs a dense matrix of {n_items:,} × {n_items:,} items, {4 * n_items**2 / 1e9:.1f} GB of memory; "
            f"max_items is {max_items:,}. Set max_items={n_items} if there is so much, or use SLIM or RP3beta, "
            "which are sparse."
        )


def _closed_form(matrix: sparse.csr_matrix, ridge: NDArray[np.float64]) -> NDArray[np.float32]:
    """B of visitors × items and each item's λ, in the memory of one matrix of items × items."""
    from scipy.linalg import lapack

    n = matrix.shape[1]
    transposed = sparse.csr_matrix(matrix.T)
    # C order: its transpose is what LAPACK takes as it stands, and overwrites.
    gram = np.empty((n, n), np.float32)
    for rows in _blocks(n, n):
        gram[rows] = (transposed[rows] @ matrix).toarray()
    gram.flat[:: n + 1] += ridge.astype(np.float32)
    _, failed = lapack.spotrf(gram.T, lower=1, clean=0, overwrite_a=1)
    if not failed:
        _, failed = lapack.spotri(gram.T, lower=1, overwrite_c=1)
    if failed:
        raise ConfigurationError(
            "EASE: l2 is too small for these data, the equations are singular; raise l2."
        )
    _mirror(gram)
    gram /= -gram.diagonal()
    np.fill_diagonal(gram, 0.0)
    return gram


def _mirror(matrix: NDArray[np.float32]) -> None:
    """Copies what is above the diagonal below it, in place."""
    for rows in _blocks(len(matrix), len(matrix)):
        corner = np.triu(matrix[rows, rows])
        matrix[rows, rows] = corner + np.triu(corner, 1).T
        matrix[rows.stop :, rows] = matrix[rows, rows.stop :].T


def _blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    size = max(1, _BLOCK_CELLS // n_columns)
    for begin in range(0, n_rows, size):
        yield slice(begin, min(begin + size, n_rows))


def _joined(parts: list[TopK], n_columns: int) -> TopK:
    counts = np.concatenate([np.diff(part.indptr) for part in parts])
    return TopK(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate([part.indices for part in parts]),
        np.concatenate([part.scores for part in parts]),
        n_columns,
    )
