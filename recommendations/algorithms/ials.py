"""Implicit alternating least squares: visitors and items as vectors whose inner product says "chose it"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.least_squares import NormalEquations
from recommendations.algorithms.visitor_matrix import MatrixAlgorithm, MatrixConfig, row_sums


@dataclass(frozen=True, kw_only=True)
class IALSConfig(MatrixConfig):
    """`dimensions` (d) of the vectors. `sweeps`: how often visitors and items are solved in turn. `unobserved_weight`
    (α0), `l2` (λ), `frequency_exponent` (ν): see IALS. `seed`: of the random start."""

    dimensions: int = 192
    sweeps: int = 10
    unobserved_weight: float = 0.01
    l2: float = 0.01
    frequency_exponent: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._whole(1, "dimensions", "sweeps")
        self._whole(0, "seed")
        self._between(1e-9, 1e9, "unobserved_weight", "l2")
        self._between(0, 2, "frequency_exponent")


class IALS(MatrixAlgorithm):
    """Matrix factorisation for implicit feedback (Hu, Koren & Volinsky 2008), as Rendle et al. 2022, "Revisiting the
    performance of iALS on item recommendation benchmarks", write it. Vectors w_u and h_i minimise

        Σ_(u,i) x_ui (1 − w_u·h_i)²  +  α0 Σ_u Σ_i (w_u·h_i)²
            +  λ (Σ_u (n_u + α0 n_items)^ν ‖w_u‖²  +  Σ_i (n_i + α0 n_visitors)^ν ‖h_i‖²)

    the first sum over what was chosen, n_u and n_i the sums of the rows and columns of x. Visitors and items are solved
    in turn, each exactly; the vector of a history is solved in the same way, so anybody's can be scored.
    """

    Config = IALSConfig
    config: IALSConfig
    produces = frozenset({("visitor", "item")})

    search_space = {
        "unobserved_weight": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
        "l2": (0.001, 0.003, 0.01, 0.03, 0.1),
        "history_decay": (0.0, 0.2, 0.4, 0.7),
    }

    #: The vector of each item, (n_items, d) float32; 0 for an item without events.
    item_factors_: NDArray[np.float32]

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """Raises NotEnoughData when no event of a known visitor has one of the kinds asked for."""
        config = self.config
        matrix = self._learn_from(interactions)
        # Only visitors and items with events count as such: the key maps may hold more.
        by_visitor = matrix[np.diff(matrix.indptr) > 0]
        by_item = sparse.csr_matrix(by_visitor.T)
        self._n_items = int((np.diff(by_item.indptr) > 0).sum())
        visitor_ridge = self._ridge(by_visitor, self._n_items)
        item_ridge = self._ridge(by_item, by_visitor.shape[0])
        items = self._start(np.diff(by_item.indptr) > 0)
        for _ in range(config.sweeps):
            of_visitors = NormalEquations(items, config.unobserved_weight)
            visitors = of_visitors.solve(by_visitor, visitor_ridge)
            of_items = NormalEquations(visitors, config.unobserved_weight)
            items = of_items.solve(by_item, item_ridge)
        self._equations = NormalEquations(items, config.unobserved_weight)
        self.item_factors_ = self._equations.regressors
        return self

    def _scores(self, histories: Histories) -> NDArray[np.float32]:
        query = self._query(histories)
        vectors = self._equations.solve(query, self._ridge(query, self._n_items))
        return vectors @ self.item_factors_.T

    def _ridge(self, rows: sparse.csr_matrix, n_others: int) -> NDArray[np.float64]:
        """λ (n + α0 n_others)^ν of each row."""
        config = self.config
        frequency = row_sums(rows) + config.unobserved_weight * n_others
        return config.l2 * frequency**config.frequency_exponent

    def _start(self, there: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Random vectors of length about 0.1 for the items that are there."""
        d = self.config.dimensions
        random = np.random.default_rng(self.config.seed).standard_normal((len(there), d))
        return (random * (0.1 / np.sqrt(d)) * there[:, None]).astype(np.float32)
