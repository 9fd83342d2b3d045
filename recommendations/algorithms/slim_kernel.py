"""The compiled part of LocalSLIM. Importing it needs numba."""

from __future__ import annotations

from typing import Any

import numpy as np

from recommendations.algorithms.compiled import jit


@jit
def solve_rows(
    indptr: Any,
    indices: Any,
    data: Any,
    near_indptr: Any,
    near: Any,
    ridge: Any,
    relative_ridge: Any,
    out: Any,
    begin: int,
    end: int,
) -> None:
    """For items `begin` to `end`: out[…] = (G_NN + λI + e·diag G_NN)⁻¹ G_Nj, G symmetric in CSR. All float32."""
    position = np.full(len(indptr) - 1, -1, np.int32)
    for item in range(begin, end):
        start = near_indptr[item]
        m = near_indptr[item + 1] - start
        if m == 0:
            continue
        for a in range(m):
            position[near[start + a]] = a
        system = np.zeros((m, m), np.float32)
        solved = np.zeros(m, np.float32)
        for entry in range(indptr[item], indptr[item + 1]):
            b = position[indices[entry]]
            if b >= 0:
                solved[b] = data[entry]
        for a in range(m):
            row = near[start + a]
            for entry in range(indptr[row], indptr[row + 1]):
                b = position[indices[entry]]
                if b >= 0:
                    system[a, b] = data[entry]
            system[a, a] = system[a, a] * (1 + relative_ridge) + ridge
        lower = np.linalg.cholesky(system)
        for a in range(m):
            solved[a] = (solved[a] - np.dot(lower[a, :a], solved[:a])) / lower[a, a]
        for a in range(m - 1, -1, -1):
            solved[a] /= lower[a, a]
            solved[:a] -= solved[a] * lower[a, :a]
        for a in range(m):
            out[start + a] = solved[a]
            position[near[start + a]] = -1
