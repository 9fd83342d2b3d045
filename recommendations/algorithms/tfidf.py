"""Lists of words as a matrix: counted, the rare and the common left out, and weighted by TF-IDF."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.similarity import normalised, square_norms

#: Below so many items even a word that is there once is kept, and no word is too common.
SMALL = 1000


def count_words(
    documents: Sequence[Sequence[str]], words: Sequence[str] | None = None
) -> tuple[sparse.csr_matrix, list[str]]:
    """Documents × distinct words, float64 counts, and the words, sorted. `words` names the columns instead, all words
    that occur among them."""
    known = sorted({word for document in documents for word in document}) if words is None else list(words)
    code = {word: i for i, word in enumerate(known)}
    columns = np.array([code[word] for document in documents for word in document], np.int32)
    indptr = np.concatenate([[0], np.cumsum([len(document) for document in documents])]).astype(np.int64)
    counts = sparse.csr_matrix((np.ones(len(columns)), columns, indptr), shape=(len(documents), len(known)))
    counts.sum_duplicates()
    return counts, known


def kept_words(counts: sparse.csr_matrix, min_items: int | None, max_share: float) -> NDArray[np.intp]:
    """The columns of words that are neither too rare nor, from 1,000 items on, too common.

    `min_items` None: 2 from 1,000 items on, else 1.
    """
    n = counts.shape[0]
    frequency = document_frequency(counts)
    least = min_items or (2 if n >= SMALL else 1)
    most = n * max_share if n >= SMALL else n
    return np.flatnonzero((frequency >= least) & (frequency <= most))


def document_frequency(counts: sparse.csr_matrix) -> NDArray[np.int64]:
    """In how many documents each word occurs, (n_words,)."""
    return np.bincount(counts.indices, minlength=counts.shape[1])


def inverse_frequency(n_documents: int, frequency: NDArray[np.int64]) -> NDArray[np.float64]:
    """idf = ln((1 + n) / (1 + df)) + 1, (n_words,)."""
    idf: NDArray[np.float64] = np.log((1 + n_documents) / (1 + frequency)) + 1
    return idf


def unit_tfidf(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """(1 + ln tf) · idf, rows of unit length (or empty)."""
    weighted = sparse.csr_matrix(counts, copy=True)
    idf = inverse_frequency(weighted.shape[0], document_frequency(weighted))
    weighted.data = (1 + np.log(weighted.data)) * idf[weighted.indices]
    return normalised(weighted, np.sqrt(square_norms(weighted)))
