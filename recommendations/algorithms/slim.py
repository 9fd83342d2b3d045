"""Sparse linear models: each item predicted from its nearest neighbours by ridge regression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.compiled import has_numba, share_rows
from recommendations.algorithms.generalised_knn import damped
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.personal import PersonalAlgorithm, PersonalConfig
from recommendations.algorithms.ranking import Scores, best, multiply
from recommendations.algorithms.similarity import (
    TopK,
    calibrated,
    cap_row_entries,
    top_k_similar,
)
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, kw_only=True)
class LocalSLIMConfig(PersonalConfig):
    """`neighbours`: from how many items each item is predicted. `ridge` (λ) and `relative_ridge` (e): see LocalSLIM.
    `visitor_exponent` (g): how much a visitor with many items says less. `seed_exponent`, `target_exponent`: of the
    generalised similarity that picks the neighbours. `damping`: what repeated events add (sum, log, binary).
    `history_decay`: each event further back in a history counts e^−decay of the next."""

    neighbours: int = 200
    ridge: float = 80.0
    relative_ridge: float = 1.0
    visitor_exponent: float = 0.25
    seed_exponent: float = 0.4
    target_exponent: float = 0.4
    damping: str = "binary"
    history_decay: float = 0.0
    max_items_per_visitor: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        self._positive("ridge")
        self._between(0, float("inf"), "relative_ridge", "history_decay")
        self._between(0, 2, "visitor_exponent", "seed_exponent", "target_exponent")
        self._between(1, 2000, "neighbours")
        self._between(1, 10_000_000, "max_items_per_visitor")
        self._one_of("damping", ("sum", "log", "binary"))


class LocalSLIM(PersonalAlgorithm):
    """SLIM (Ning & Karypis 2011) with the support chosen beforehand and ridge instead of elastic net.

    With G = Xᵀ D_u^−g X and N(j) the `neighbours` items nearest to j by GeneralisedKNN (as in fsSLIM, ibid. §3.2.3):

        (G_NN + λ I + e diag(G_NN)) b_j = G_Nj,   score(j) = Σ_{i in history ∩ N(j)} q_i b_ij

    One small symmetric system an item, solved by Cholesky. λ = `ridge` × the mean weight of a visitor's cell, so that
    it does not depend on g.
    """

    Config = LocalSLIMConfig
    config: LocalSLIMConfig
    produces = frozenset({("item", "item"), ("visitor", "item")})

    search_space = {
        "ridge": (50.0, 100.0, 200.0, 400.0),
        "visitor_exponent": (0.0, 0.15, 0.25, 0.4, 0.6),
        "relative_ridge": (0.3, 1.0, 2.0),
    }

    #: b_ij, items × items: row i has what a visitor of item i is led to.
    coefficients_: sparse.csr_matrix

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """`catalogue`, when given, keeps variants of one product out of each other's lists.

        Raises NotEnoughData when no event of a known visitor has one of the kinds asked for.
        """
        config = self.config
        chosen = self.selected(interactions)
        users = chosen.matrix(config.events, half_life_days=config.half_life_days)
        if not users.nnz:
            raise NotEnoughData(
                "LocalSLIM needs events of known visitors: all of them are of nobody or weigh nothing."
            )
        self._remember(chosen)
        users = cap_row_entries(damped(users, config.damping), config.max_items_per_visitor)
        share = np.maximum(np.diff(users.indptr), 1.0) ** (-config.visitor_exponent / 2)
        items = sparse.csr_matrix((sparse.diags(share) @ users).T)
        visitors_of = np.maximum(np.diff(items.indptr), 1.0)
        near = top_k_similar(
            items,
            config.neighbours,
            row_norm=visitors_of**config.target_exponent,
            column_norm=visitors_of**config.seed_exponent,
            groups=catalogue.groups(self.item_keys_) if catalogue is not None else None,
        )
        ridge = config.ridge * float(np.mean(items.data**2))
        coefficients = solve(items, near, ridge, config.relative_ridge)
        owner = np.repeat(np.arange(len(near)), np.diff(near.indptr))
        shape = (len(near), len(near))
        self.coefficients_ = sparse.csr_matrix((coefficients, (near.indices, owner)), shape=shape)
        self.coefficients_.eliminate_zeros()
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """The largest positive coefficients of each item."""
        top: TopK = best(self.coefficients_, k)
        return calibrated(top).lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def item_weights(self) -> sparse.csr_matrix:
        """w_ij, row i = the seed."""
        return self.coefficients_

    def _scores(self, histories: Histories) -> Scores:
        """Σ over the decayed history of weight × coefficient."""
        return multiply(histories.decayed(self.config.history_decay).matrix(), self.coefficients_)


def solve(items: sparse.csr_matrix, near: TopK, ridge: float, relative_ridge: float) -> NDArray[np.float32]:
    """The coefficient of each entry of `near`, aligned with `near.indices`, float32.

    `items` is (n_items, n_visitors), already weighted; `near` names the predictors of each item.
    """
    gram = sparse.csr_matrix(items @ items.T).astype(np.float32)
    gram.sort_indices()
    coefficients = np.zeros(len(near.indices), np.float32)
    columns = (gram.indptr.astype(np.int64), gram.indices, gram.data)
    if has_numba():
        from threadpoolctl import threadpool_limits

        from recommendations.algorithms.slim_kernel import solve_rows

        with threadpool_limits(1, "blas"):
            share_rows(
                lambda begin, end: solve_rows(
                    *columns,
                    near.indptr,
                    near.indices,
                    np.float32(ridge),
                    np.float32(relative_ridge),
                    coefficients,
                    begin,
                    end,
                ),
                len(near),
            )
        return coefficients
    for item in range(len(near)):
        part = slice(near.indptr[item], near.indptr[item + 1])
        coefficients[part] = _solve_one(gram, item, near.indices[part], ridge, relative_ridge)
    return coefficients


def _solve_one(
    gram: sparse.csr_matrix, item: int, near: NDArray[np.int32], ridge: float, relative_ridge: float
) -> NDArray[Any]:
    if not len(near):
        return np.zeros(0)
    among = gram[near][:, near].toarray().astype(np.float64)
    among[np.diag_indices(len(near))] = np.diag(among) * (1 + relative_ridge) + ridge
    return linalg.solve(among, gram[item, near].toarray().ravel(), assume_a="pos", overwrite_a=True)
