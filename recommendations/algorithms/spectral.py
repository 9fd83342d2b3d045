"""Low-pass filters on the graph of visitors and items: what is smooth over it is taste, the rest is noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ranking import multiply
from recommendations.algorithms.visitor_matrix import (
    MatrixAlgorithm,
    MatrixConfig,
    column_sums,
    powers,
    row_sums,
    scaled,
)

#: More random vectors than components are iterated, so that the last components are good too.
_OVERSAMPLES = 10
#: With so few visitors or items the decomposition is not approximated.
_EXACT_BELOW = 1000
#: A score below this share of the row's largest is what rounding left of 0.
_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class LowPassConfig(MatrixConfig):
    """`components`: singular vectors kept. `visitor_exponent` (α), `item_exponent` (β), `popularity_exponent` (γ): see
    LowPass. `power_iterations`: passes over the matrix that sharpen the singular vectors. `seed`: of the random start
    of the decomposition."""

    components: int = 256
    visitor_exponent: float = 0.5
    item_exponent: float = 0.5
    popularity_exponent: float = 0.3
    power_iterations: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._whole(1, "components")
        self._whole(0, "power_iterations", "seed")
        self._between(0, 1, "visitor_exponent", "item_exponent", "popularity_exponent")


class LowPass(MatrixAlgorithm):
    """The truncated singular value decomposition of the normalised matrix, as an ideal low-pass filter.

    With d_u and d_i the sums of the rows and columns of x, and V the first right singular vectors of

        x̃_ui = x_ui d_u^−α d_i^−β,      score(h) = x̃_h V Vᵀ D_i^γ

    This is PureSVD (Cremonesi, Koren & Turrin 2010, "Performance of recommender algorithms on top-N recommendation
    tasks") of the normalised matrix, and with γ = β the ideal low-pass filter of Shen et al. 2021, "How powerful is
    graph convolution for recommendation?". A history is normalised like a row of x, so anybody's can be scored.
    """

    Config = LowPassConfig
    config: LowPassConfig
    produces = frozenset({("visitor", "item")})

    search_space: ClassVar[Mapping[str, Sequence[Any]]] = {
        "popularity_exponent": (0.0, 0.15, 0.3, 0.5),
        "item_exponent": (0.3, 0.4, 0.5, 0.6),
        "history_decay": (0.0, 0.2, 0.4, 0.7),
    }

    #: Right singular vectors, (n_items, ≤ components), float32.
    vectors_: NDArray[np.float32]

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no event of a known visitor has one of the kinds asked for."""
        self._fit(self._learn_from(interactions))
        return self

    def _fit(self, matrix: sparse.csr_matrix) -> sparse.csr_matrix:
        """Learns from x and returns x̃, visitors × items."""
        config = self.config
        degree = column_sums(matrix)
        self._normaliser = powers(degree, -config.item_exponent)
        self._popularity = powers(degree, config.popularity_exponent).astype(np.float32)
        normalised = scaled(self._by_length(matrix), columns=self._normaliser)
        self.vectors_ = right_singular_vectors(
            normalised, config.components, power_iterations=config.power_iterations, seed=config.seed
        )
        return normalised

    def _scores(self, histories: Histories) -> NDArray[np.float32]:
        return self._low_pass(self._by_length(self._query(histories)))

    def _by_length(self, matrix: sparse.csr_matrix) -> sparse.csr_matrix:
        """Rows × d_u^−α."""
        return scaled(matrix, rows=powers(row_sums(matrix), -self.config.visitor_exponent))

    def _low_pass(self, query: sparse.csr_matrix) -> NDArray[np.float32]:
        projected = scaled(query, columns=self._normaliser) @ self.vectors_
        scores: NDArray[np.float32] = projected @ self.vectors_.T
        _without_dust(scores)
        scores *= self._popularity
        return scores


@dataclass(frozen=True, kw_only=True)
class GFCFConfig(LowPassConfig):
    """`alpha`: the weight of the ideal low-pass filter beside the linear one."""

    popularity_exponent: float = 0.5
    alpha: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, float("inf"), "alpha")


class GFCF(LowPass):
    """Graph-filter collaborative filtering: a linear filter and an ideal low-pass filter together.

        score(h) = x_h (X̃ᵀ X̃ + a · D_i^−β V Vᵀ D_i^γ) · d_h^−α

    GF-CF of Shen et al. 2021, "How powerful is graph convolution for recommendation?", where α = β = γ = ½; the factor
    of the history's length changes no order. The linear part walks from the history's items to the visitors who have
    them and on to what those chose.
    """

    Config = GFCFConfig
    config: GFCFConfig

    search_space = {
        "alpha": (0.0, 0.1, 0.3, 0.6, 1.0),
        "item_exponent": (0.3, 0.4, 0.5, 0.6),
        "visitor_exponent": (0.1, 0.2, 0.3, 0.4, 0.5),
        "history_decay": (0.0, 0.2, 0.4, 0.7),
    }

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no event of a known visitor has one of the kinds asked for."""
        self._normalised = self._fit(self._learn_from(interactions))
        self._transposed = sparse.csr_matrix(self._normalised.T)
        return self

    def _scores(self, histories: Histories) -> NDArray[np.float32]:
        query = self._by_length(self._query(histories))
        scores = self._low_pass(query)
        scores *= np.float32(self.config.alpha)
        scores += multiply(sparse.csr_matrix(query @ self._transposed), self._normalised)
        return scores


def _without_dust(scores: NDArray[np.float32]) -> None:
    """Sets to 0 what rounding left of it: an item without any path to the history is not to be listed."""
    if scores.size:
        limit = np.maximum(scores.max(axis=1), -scores.min(axis=1))[:, None] * np.float32(_ROUNDING)
        dust = scores < limit
        dust &= scores > -limit
        scores[dust] = 0.0


def right_singular_vectors(
    matrix: sparse.csr_matrix, components: int, *, power_iterations: int = 4, seed: int = 0
) -> NDArray[np.float32]:
    """The right singular vectors of the largest singular values, (n_columns, ≤ components), float32, best first.

    Not those of a singular value of 0, which are arbitrary. Exact where the matrix has few rows or columns, else by
    subspace iteration from a random start (Halko, Martinsson & Tropp 2011, algorithm 4.4), whose bases are made
    orthonormal by their Gram matrices: several times faster than QR and SVD of tall matrices. Working memory:
    (n_rows + 2 n_columns) × (components + 10) float32.
    """
    n_rows, n_columns = matrix.shape
    if min(n_rows, n_columns) <= max(_EXACT_BELOW, components + _OVERSAMPLES):
        return _exact_right_vectors(matrix)[:, :components]
    transposed = sparse.csr_matrix(matrix.T)
    random = np.random.default_rng(seed)
    basis = random.standard_normal((n_columns, components + _OVERSAMPLES), dtype=np.float32)
    for _ in range(power_iterations + 1):
        basis = _orthonormal(transposed @ _orthonormal(matrix @ basis))
    image = matrix @ basis
    _, rotation = np.linalg.eigh((image.T @ image).astype(np.float64))
    return np.ascontiguousarray(basis @ rotation[:, ::-1][:, :components].astype(np.float32))


def _exact_right_vectors(matrix: sparse.csr_matrix) -> NDArray[np.float32]:
    matrix = matrix.astype(np.float64)
    if matrix.shape[1] <= matrix.shape[0]:
        values, vectors = np.linalg.eigh((matrix.T @ matrix).toarray())
    else:
        values, vectors = np.linalg.eigh((matrix @ matrix.T).toarray())
        vectors = (matrix.T @ vectors) / np.sqrt(np.maximum(values, np.finfo(np.float64).tiny))
    positive = values > values[-1] * len(values) * np.finfo(np.float64).eps
    return np.ascontiguousarray(vectors[:, positive][:, ::-1], np.float32)


def _orthonormal(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """An orthonormal basis of what the columns span, without directions that float32 cannot tell from nothing."""
    values, rotation = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    kept = values > values[-1] * 1e-6
    basis: NDArray[np.float32] = vectors @ (rotation[:, kept] / np.sqrt(values[kept])).astype(np.float32)
    return basis
