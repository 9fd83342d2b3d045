"""Many small ridge regressions that share almost everything: the half-sweep of alternating least squares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.compiled import n_cpus

#: Rows are solved in batches of about so many gathered numbers.
_BATCH_CELLS = 4_000_000


class NormalEquations:
    """For rows x and regressors V (n, d) it finds the y that minimises

        Σ_j x_j (1 − y·v_j)² + α0 Σ_j (y·v_j)² + λ ‖y‖²,   so   (α0 VᵀV + λ I + Σ_j x_j v_j v_jᵀ) y = Σ_j x_j v_j

    where λ is each row's own and the sums with x_j are over the few j that the row has. In the eigenbasis of VᵀV, which
    all rows share, everything but the last sum is a diagonal matrix D. With B the row's √x_j v_j as a matrix of k rows,

        y = D⁻¹ Bᵀ (I + B D⁻¹ Bᵀ)⁻¹ √x

    (Woodbury's identity) needs a k × k system instead of a d × d one, and rows of similar k are solved together. Rows
    with k ≥ d are solved as they stand.
    """

    def __init__(self, regressors: NDArray[np.float32], unobserved_weight: float) -> None:
        """`regressors` is V; α0 is `unobserved_weight`."""
        exact = regressors.astype(np.float64)
        values, basis = np.linalg.eigh(exact.T @ exact)
        #: V in the eigenbasis, in which the solutions are too: inner products stay what they are.
        self.regressors = (exact @ basis).astype(np.float32)
        self._shared = unobserved_weight * np.maximum(values, 0.0)

    def solve(
        self, rows: sparse.csr_matrix, ridge: NDArray[np.floating], *, n_threads: int | None = None
    ) -> NDArray[np.float32]:
        """The y of each row, (n_rows, d) float32; 0 for a row without entries.

        `rows` is (n_rows, n) with values x > 0, `ridge` the λ > 0 of each row. The result does not depend on
        `n_threads` (default: as many as there are processors).
        """
        solutions = np.zeros((rows.shape[0], self.regressors.shape[1]), np.float32)
        jobs = list(self._jobs(rows, ridge, solutions))
        # Threads of ours share out the batches; more of BLAS's own would only get in their way.
        with _blas().limit(limits=1, user_api="blas"):
            if len(jobs) < 2:
                for job in jobs:
                    job()
            else:
                with ThreadPoolExecutor(n_threads or n_cpus()) as pool:
                    for done in [pool.submit(job) for job in jobs]:
                        done.result()
        return solutions

    def _jobs(
        self, rows: sparse.csr_matrix, ridge: NDArray[np.floating], solutions: NDArray[np.float32]
    ) -> Iterator[Callable[[], None]]:
        d = self.regressors.shape[1]
        size = np.diff(rows.indptr)
        order = np.argsort(size, kind="stable")
        order = order[np.searchsorted(size[order], 1) :]
        heavy = int(np.searchsorted(size[order], d))
        # Heavy rows first: the longest jobs must not be left for the end.
        for row in order[heavy:][::-1].tolist():
            yield partial(self._heavy, rows, row, float(ridge[row]), solutions)
        end = heavy
        while end:
            begin = max(0, end - max(1, _BATCH_CELLS // (int(size[order[end - 1]]) * d)))
            batch = order[begin:end]
            yield partial(self._light, rows, batch, ridge[batch], solutions)
            end = begin

    def _light(
        self,
        rows: sparse.csr_matrix,
        batch: NDArray[np.intp],
        ridge: NDArray[np.floating],
        solutions: NDArray[np.float32],
    ) -> None:
        start, size = rows.indptr[batch], rows.indptr[batch + 1] - rows.indptr[batch]
        width = int(size.max())
        there = np.arange(width) < size[:, None]
        entry = np.where(there, start[:, None] + np.arange(width), 0)
        root = np.where(there, np.sqrt(rows.data[entry]), 0).astype(np.float32)
        scale = (1 / np.sqrt(self._shared + ridge[:, None])).astype(np.float32)
        scaled = self.regressors[rows.indices[entry]]  # B D^−½, (rows, width, d); padding gets 0
        scaled *= root[:, :, None]
        scaled *= scale[:, None, :]
        system = scaled @ scaled.transpose(0, 2, 1)
        system[:, np.arange(width), np.arange(width)] += 1
        weight = np.linalg.solve(system, root[:, :, None])
        solutions[batch] = (weight.transpose(0, 2, 1) @ scaled)[:, 0] * scale

    def _heavy(self, rows: sparse.csr_matrix, row: int, ridge: float, solutions: NDArray[np.float32]) -> None:
        begin, end = rows.indptr[row], rows.indptr[row + 1]
        system = np.diag(self._shared + ridge).astype(np.float32)
        right = np.zeros(len(system), np.float32)
        step = max(1, _BATCH_CELLS // len(system))
        for at in range(begin, end, step):
            part = slice(at, min(at + step, end))
            root = np.sqrt(rows.data[part]).astype(np.float32)
            scaled = self.regressors[rows.indices[part]] * root[:, None]
            system += scaled.T @ scaled
            right += root @ scaled
        solutions[row] = np.linalg.solve(system, right)


@cache
def _blas() -> Any:
    """The libraries for linear algebra that numpy has loaded; finding them takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
