"""How much a feature says about a row: TF-IDF and BM25, for rows of events as for documents of words."""

from __future__ import annotations

import numpy as np
from scipy import sparse

WEIGHTINGS = ("none", "tfidf", "bm25")


class Weighting:
    """Weights learned from rows (n, n_features) that fit other rows too. x = a value, all of them ≥ 0:

    * tfidf: x · ln(1 + n / d_f), d_f = the rows that have feature f (Spärck Jones 1972);
    * bm25: x (k1 + 1) / (x + k1 (1 − b + b · length / mean length)) · ln(1 + (n − d_f + ½) / (d_f + ½)), length = the
      sum of a row (Robertson & Zaragoza 2009, with a logarithm that never falls below 0).
    """

    def __init__(self, name: str, learned: sparse.csr_matrix, *, k1: float = 1.2, b: float = 0.75) -> None:
        self._name, self._k1, self._b = name, k1, b
        if name == "none":
            return
        rows = float(np.count_nonzero(np.diff(learned.indptr)))
        degree = np.bincount(learned.indices, minlength=learned.shape[1]).astype(np.float64)
        if name == "bm25":
            self._of_feature = np.log1p((rows - degree + 0.5) / (degree + 0.5))
        else:
            self._of_feature = np.log1p(rows / np.maximum(degree, 1.0))
        self._mean_length = float(learned.sum()) / max(rows, 1.0)

    def __call__(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        """Rows (m, n_features) with weighted values, of the type that they had."""
        if self._name == "none":
            return rows
        value = rows.data.astype(np.float64)
        if self._name == "bm25":
            length = np.asarray(rows.sum(axis=1), np.float64).ravel() / self._mean_length
            damping = self._k1 * (1 - self._b + self._b * np.repeat(length, np.diff(rows.indptr)))
            value = value * (self._k1 + 1) / (value + damping)
        weighted = (value * self._of_feature[rows.indices]).astype(rows.dtype)
        return sparse.csr_matrix((weighted, rows.indices, rows.indptr), shape=rows.shape)
