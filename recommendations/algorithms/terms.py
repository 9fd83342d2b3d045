"""Which items a word says most about: so that a search, or an item that no list knows, needs no vectoriser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.tfidf import (
    count_words,
    document_frequency,
    inverse_frequency,
    kept_words,
    unit_tfidf,
)
from recommendations.text import tokenise

#: What is longer is no word that anybody types; stored lists have keys of at most 190 characters.
LONGEST_TERM = 64


def term_weights(
    catalogue: Catalogue, fields: Mapping[str, float], min_items: int | None, max_share: float
) -> tuple[sparse.csr_matrix, tuple[str, ...]]:
    """Terms × items, float32 in 0..1, and the terms, sorted.

    Each of the `fields` (name → weight, see `terms_of`) is a unit vector u of TF-IDF, see `unit_tfidf`; the weight of
    item i for term t is

        w_ti = idf_t / idf(1) · Σ_f weight_f u_f,it / Σ_f weight_f

    over the fields that say anything, with idf_t of all fields together and idf(1) that of a term of one item. So
    Σ_t∈q w_ti ranks items by the cosine with the query's own TF-IDF vector (Manning, Raghavan & Schütze 2008, §6.3.2
    and figure 6.15, ltc.ltc; the mean of its cosines by field), and Σ_t∈q w_ti / √|q| is within 0..1.
    """
    documents = {name: terms_of(name, catalogue) for name, weight in fields.items() if weight > 0}
    documents = {name: words for name, words in documents.items() if any(words)}
    terms = sorted({term for words in documents.values() for each in words for term in each})
    shape = (len(catalogue), len(terms))
    counts = {name: count_words(words, terms)[0] for name, words in documents.items()}
    everywhere = sum(counts.values(), sparse.csr_matrix(shape))
    kept = kept_words(everywhere, min_items, max_share)
    total = sum(fields[name] for name in counts)
    mean = sum(
        (fields[name] / total * unit_tfidf(each[:, kept]) for name, each in counts.items()),
        sparse.csr_matrix((shape[0], len(kept))),
    )
    idf = inverse_frequency(shape[0], document_frequency(everywhere)[kept])
    rarest = inverse_frequency(shape[0], np.ones(1, np.int64))[0]
    weights = sparse.csr_matrix((mean @ sparse.diags(idf / rarest)).T, dtype=np.float32)
    weights.sort_indices()
    return weights, tuple(terms[code] for code in kept)


def terms_of(field: str, catalogue: Catalogue) -> list[list[str]]:
    """The terms of one field of each item, as `tokenise` gives them to a search: of `title`, `text`, `category` (the
    name of every level), `brand` or `attribute:NAME`."""
    if field == "title":
        return [_terms([title]) for title in catalogue.titles]
    if field == "text":
        return [_terms([text]) for text in catalogue.texts]
    if field == "brand":
        return [_terms([brand]) for brand in catalogue.brands]
    if field == "category":
        return [
            _terms(level.rpartition("/")[2] for level in catalogue.levels(i)) for i in range(len(catalogue))
        ]
    name = field.removeprefix("attribute:")
    return [_terms(given.get(name, ())) for given in catalogue.attributes]


def _terms(texts: Iterable[str]) -> list[str]:
    return [term for text in texts for term in tokenise(text) if len(term) <= LONGEST_TERM]
