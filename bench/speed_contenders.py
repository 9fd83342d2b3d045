"""Ours and others' top-k similarity of items, all from the same matrix of visitors × items.

Forms: `cosine` of binary columns, `weighted` cosine, `shrunk` (weighted, with a shrinkage that only ours has; compare
with weighted), `generalised` (exponents of visitors, seeds and targets; sparse_dot_topn takes two scaled matrices, the
others only one with the exponents shared between both sides, which costs them the same).

What others need done before (columns of unit length) is done for them in the quickest way there is, in the precision
that they ask for. They count an item among its own neighbours, so theirs are k − 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

#: Of the generalised form.
VISITOR, SEED, TARGET = 0.3, 0.4, 0.3
SHRINKAGE = 10.0
FORMS = ("cosine", "weighted", "shrunk", "generalised")


def ours(users: sparse.csr_matrix, k: int, form: str, n_threads: int) -> sparse.csr_matrix:
    from recommendations.algorithms.similarity import top_k_similar

    options: dict[str, Any] = {"n_threads": n_threads}
    if form == "generalised":
        n_visitors = np.bincount(users.indices, minlength=users.shape[1])
        options |= {"row_norm": n_visitors**SEED, "column_norm": n_visitors**TARGET}
        users = _with_visitors_weighed(users, np.float32)
    else:
        norms = np.sqrt(_square_norms(users))
        options |= {"row_norm": norms, "column_norm": norms}
        options |= {"shrinkage": SHRINKAGE} if form == "shrunk" else {}
    top = top_k_similar(users.T, k, **options)
    return sparse.csr_matrix((top.scores, top.indices, top.indptr), shape=(len(top), top.n_columns))


def implicit(users: sparse.csr_matrix, k: int, form: str, n_threads: int) -> sparse.csr_matrix:
    from implicit._nearest_neighbours import all_pairs_knn

    columns = _unit_columns(users, form, np.float64)
    return all_pairs_knn(columns, k, num_threads=n_threads, show_progress=False).tocsr()


def sparse_dot_topn(users: sparse.csr_matrix, k: int, form: str, n_threads: int) -> sparse.csr_matrix:
    from sparse_dot_topn import sp_matmul_topn

    if form == "generalised":
        n_visitors = np.maximum(np.bincount(users.indices, minlength=users.shape[1]), 1)
        right = _with_visitors_weighed(users, np.float32)
        left = right.copy()
        left.data *= (n_visitors**-SEED).astype(np.float32)[left.indices]
        right.data *= (n_visitors**-TARGET).astype(np.float32)[right.indices]
    else:
        left = right = _unit_columns(users, form, np.float32)
    return sp_matmul_topn(sparse.csr_matrix(left.T), right, k, n_threads=n_threads)


def rusket(users: sparse.csr_matrix, k: int, form: str, n_threads: int) -> sparse.csr_matrix:
    from rusket import ItemKNN

    # It has no number of threads: RAYON_NUM_THREADS is set. Products of unit columns are its "count" of cosine.
    found = ItemKNN(method="count", k=k).fit(_unit_columns(users, form, np.float32))
    n_items = users.shape[1]
    return sparse.csr_matrix((found.w_data, found.w_indices, found.w_indptr), shape=(n_items, n_items))


CONTENDERS: dict[str, Callable[[sparse.csr_matrix, int, str, int], sparse.csr_matrix]] = {
    "ours": ours,
    "implicit": implicit,
    "sparse_dot_topn": sparse_dot_topn,
    "rusket": rusket,
}


def equivalent(contender: str, form: str) -> str | None:
    """The form of ours that gives the same scores, if any does."""
    return None if form == "generalised" and contender in ("implicit", "rusket") else form


def _square_norms(users: sparse.csr_matrix) -> NDArray[np.float64]:
    return np.bincount(users.indices, weights=users.data.astype(np.float64) ** 2, minlength=users.shape[1])


def _with_visitors_weighed(users: sparse.csr_matrix, data_type: type) -> sparse.csr_matrix:
    size = np.diff(users.indptr)
    data = np.repeat((np.maximum(size, 1.0) ** (-VISITOR / 2)).astype(data_type), size)
    data *= users.data
    return sparse.csr_matrix((data, users.indices, users.indptr), shape=users.shape)


def _unit_columns(users: sparse.csr_matrix, form: str, data_type: type) -> sparse.csr_matrix:
    if form == "generalised":
        users = _with_visitors_weighed(users, data_type)
    norms = np.sqrt(_square_norms(users))
    factor = np.divide(1.0, norms, out=np.zeros(len(norms)), where=norms > 0).astype(data_type)
    data = users.data.astype(data_type) * factor[users.indices]
    return sparse.csr_matrix((data, users.indices, users.indptr), shape=users.shape)
