"""Polynomial filters on the graph of items: walks of several lengths, some counting against."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ranking import Scores, best, best_codes, multiply, pick
from recommendations.algorithms.similarity import calibrated, cap_row_entries, top_k_similar
from recommendations.algorithms.visitor_matrix import (
    MatrixAlgorithm,
    MatrixConfig,
    column_sums,
    powers,
    row_sums,
    scaled,
)
from recommendations.exceptions import ConfigurationError

#: Rows of the filter are made in blocks of about so many numbers.
_BLOCK_CELLS = 8_000_000
#: Steps to the largest eigenvalue: nothing hangs on its last digits.
_POWER_STEPS = 40
#: More terms are other filters than those published, and each costs as much as the first.
_MOST_TERMS = 8

#: The filters of the paper: linear, of second order, and of third order with the paper's weight .01.
LINEAR = (1.0,)
SECOND_ORDER = (2.0, -1.0)
THIRD_ORDER = (0.71, 0.1, -0.01)


@dataclass(frozen=True, kw_only=True)
class PolynomialFilterConfig(MatrixConfig):
    """`coefficients`: a_1, a_2, …, of the polynomial. `visitor_exponent` (α), `item_exponent` (β), `power` (s): see
    PolynomialFilter. `neighbours`: entries kept an item, of P and of the filter. `max_items_per_visitor`: heavier
    visitors keep their strongest."""

    coefficients: Sequence[float] = LINEAR
    visitor_exponent: float = 0.5
    item_exponent: float = 0.5
    power: float = 1.0
    neighbours: int = 500
    max_items_per_visitor: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, 2, "visitor_exponent", "item_exponent")
        self._between(0.1, 10, "power")
        self._whole(1, "neighbours", "max_items_per_visitor")
        numbers = self.coefficients
        good = (
            isinstance(numbers, Sequence)
            and not isinstance(numbers, str)
            and 1 <= len(numbers) <= _MOST_TERMS
        )
        if not (good and all(_finite(number) for number in numbers) and any(numbers)):
            raise ConfigurationError(
                f"coefficients must be 1 to {_MOST_TERMS} finite numbers, not all 0, got {numbers!r}."
            )


def _finite(number: Any) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)


class PolynomialFilter(MatrixAlgorithm):
    """A polynomial of the normalised graph of items, applied to a history: no decomposition.

    With d_u and d_i the sums of the rows and columns of x,

        x̃_ui = x_ui d_u^−α d_i^−β,   P = (x̃ᵀ x̃)^∘s   (every entry to the power s),
        score(h) = x_h (a_1 P + a_2 P² + … + a_K P^K)

    This is Turbo-CF (Park, Shin & Shin 2024, "Turbo-CF: matrix decomposition-free graph filtering for fast
    recommendation", SIGIR), there with β = 1 − α and one of three filters: P, 2P − P², and
    P + .01 (−P³ + 10 P² − 29 P). α = β = ½ is the graph Laplacian's P = D_i^−½ xᵀ D_u^−1 x D_i^−½, whose eigenvalues
    are in 0..1; on it 1 − (1 − λ)² = 2λ − λ² lets more through of what is nearly smooth than λ does. With other
    exponents P is divided by its largest eigenvalue where the polynomial has more than one term: so this stays true.

    Of each row of P, and of every further power and their sum, the `neighbours` entries farthest from 0 are kept: with
    as many neighbours as items nothing is left out, else the catalogue may be large.
    """

    Config = PolynomialFilterConfig
    config: PolynomialFilterConfig
    produces = frozenset({("item", "item"), ("visitor", "item")})

    search_space: ClassVar[Mapping[str, Sequence[Any]]] = {
        "item_exponent": (0.2, 0.3, 0.4, 0.5, 0.6),
        "visitor_exponent": (0.0, 0.15, 0.3, 0.5, 0.7),
        "power": (0.7, 0.85, 1.0, 1.2, 1.5),
        "coefficients": (LINEAR, SECOND_ORDER, THIRD_ORDER),
        "history_decay": (0.0, 0.2, 0.4, 0.7),
    }

    #: The filter, items × items: row i says what item i speaks for, and against.
    filter_: sparse.csr_matrix

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """`catalogue`, when given, keeps variants of one product out of each other's lists; walks go through them.

        Raises NotEnoughData when no event of a known visitor has one of the kinds asked for.
        """
        config = self.config
        users = cap_row_entries(self._learn_from(interactions), config.max_items_per_visitor)
        graph = self._graph(users)
        if len(config.coefficients) > 1:
            graph.data /= np.float32(largest_eigenvalue(graph))
        rows = max(1, _BLOCK_CELLS // graph.shape[0])
        self.filter_ = sparse.csr_matrix(
            sparse.vstack(
                [
                    self._filtered(graph[begin : begin + rows], graph)
                    for begin in range(0, graph.shape[0], rows)
                ]
            )
        )
        self._groups = catalogue.groups(self.item_keys_) if catalogue is not None else None
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """What each item speaks for most."""
        pairs = self.filter_.tocoo()
        groups = np.arange(self.filter_.shape[0]) if self._groups is None else self._groups
        other = groups[pairs.row] != groups[pairs.col]
        others = (pairs.data[other], (pairs.row[other], pairs.col[other]))
        top = best(sparse.csr_matrix(others, shape=self.filter_.shape), k)
        return calibrated(top).lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def item_weights(self) -> sparse.csr_matrix:
        """The filter."""
        return self.filter_

    def _scores(self, histories: Histories) -> Scores:
        return multiply(self._query(histories), self.filter_)

    def _graph(self, users: sparse.csr_matrix) -> sparse.csr_matrix:
        """P, (n_items, n_items) float32."""
        config = self.config
        normalised = scaled(
            users,
            rows=powers(row_sums(users), -config.visitor_exponent),
            columns=powers(column_sums(users), -config.item_exponent),
        )
        items = sparse.csr_matrix(normalised.T)
        others = top_k_similar(items, config.neighbours).to_csr()
        loops = sparse.diags(np.asarray(items.power(2).sum(axis=1)).ravel().astype(np.float32))
        graph = sparse.csr_matrix(others + loops)
        graph.data **= np.float32(config.power)
        graph.eliminate_zeros()
        return graph

    def _filtered(self, paths: sparse.csr_matrix, graph: sparse.csr_matrix) -> sparse.csr_matrix:
        """Σ a_k P^k of the rows whose P is `paths`."""
        total = np.zeros(paths.shape, np.float32)
        for n, coefficient in enumerate(self.config.coefficients):
            if n:
                paths = self._cut(multiply(paths, graph))
            if coefficient:
                total += np.float32(coefficient) * paths.toarray()
        return self._cut(total)

    def _cut(self, rows: NDArray[np.float32]) -> sparse.csr_matrix:
        """The entries of each row that are farthest from 0, and the loop makes one more."""
        kept = min(self.config.neighbours + 1, rows.shape[1])
        codes, _ = best_codes(np.abs(rows), kept)
        there = codes >= 0
        indptr = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        found = sparse.csr_matrix((pick(rows, codes)[there], codes[there], indptr), shape=rows.shape)
        found.sort_indices()
        return found


def largest_eigenvalue(graph: sparse.csr_matrix) -> float:
    """Of a square matrix without entries below 0, by the power method; 1 where there is nothing."""
    vector = np.ones(graph.shape[0])
    value = 1.0
    for _ in range(_POWER_STEPS):
        image = graph @ vector
        value = float(np.linalg.norm(image) / np.linalg.norm(vector))
        if not value:
            return 1.0
        vector = image / np.linalg.norm(image)
    return value
