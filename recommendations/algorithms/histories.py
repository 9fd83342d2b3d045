"""Histories as a matrix: what `score` of the item-to-item algorithms has in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse


def history_matrix(
    histories: Sequence[Sequence[tuple[str, float]]], item_keys: Sequence[str]
) -> sparse.csr_matrix:
    """Histories × items, float32: the summed weights. Unknown items are left out.

    Raises ValueError for a weight that is NaN or infinite.
    """
    codes = {key: code for code, key in enumerate(item_keys)}
    rows, columns, weights = [], [], []
    for row, history in enumerate(histories):
        for key, weight in history:
            if key in codes:
                rows.append(row)
                columns.append(codes[key])
                weights.append(weight)
    values = np.array(weights, np.float32)
    if not np.isfinite(values).all():
        raise ValueError("histories: a weight is NaN or infinite.")
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(histories), len(item_keys)))
