"""Items described alike: TF-IDF over title, text, categories and brand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.similarity import TopK, normalised, square_norms, top_k_similar
from recommendations.exceptions import ConfigurationError, NotEnoughData
from recommendations.text import normalise, tokenise

_FIELDS = ("title", "text", "category", "brand")
#: Below so many items even a word that is there once is kept.
_SMALL = 1000


@dataclass(frozen=True, kw_only=True)
class ContentTfidfConfig(AlgorithmConfig):
    """`fields`: weight of each field. `bigrams`: pairs of words in a row count as words too. `min_items`:
    rarer words are left out (None: 2, in catalogues below 1,000 items 1). `max_share`: and so are words of
    more than this share of the items. `min_similarity`: less alike is not listed. `neighbours`: how many are
    kept an item."""

    fields: Mapping[str, float] = field(
        default_factory=lambda: {"title": 1.0, "text": 0.5, "category": 0.7, "brand": 0.2}
    )
    bigrams: bool = True
    min_items: int | None = None
    max_share: float = 0.2
    min_similarity: float = 0.05
    neighbours: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, weight in self.fields.items():
            if name not in _FIELDS:
                raise ConfigurationError(f"fields may name {', '.join(_FIELDS)}, got {name!r}.")
            if not (isinstance(weight, int | float) and 0 <= weight < float("inf")):
                raise ConfigurationError(f"fields[{name!r}] must be 0 or more, got {weight!r}.")
        self._positive("min_items")
        self._between(0, 1, "max_share", "min_similarity")
        self._between(1, 10_000_000, "neighbours")


class ContentTfidf(Algorithm):
    """Cosine of weighted TF-IDF vectors; needs no event, so it covers what nobody has touched yet.

    Each field is a unit vector of (1 + ln tf) · idf, idf = ln((1 + n) / (1 + df)) + 1 (Manning, Raghavan &
    Schütze 2008, §6.2 and §6.4), times √weight; their concatenation is normalised. So the similarity of two
    items is the weighted mean of their similarities by field.
    """

    Config = ContentTfidfConfig
    config: ContentTfidfConfig
    produces = frozenset({("item", "item")})
    accepts = frozenset({"content"})
    needs_events = False

    #: The neighbours of each item.
    neighbours_: TopK

    def fit(self, interactions: Interactions | None = None, catalogue: Catalogue | None = None) -> Self:
        """Only the catalogue is looked at. Raises NotEnoughData without one, or when none of its items has
        words."""
        if catalogue is None or not len(catalogue):
            raise NotEnoughData("ContentTfidf needs a catalogue with items: there are none.")
        self.item_keys_ = catalogue.item_keys
        blocks = [
            np.sqrt(weight) * self._field(self._words(name, catalogue))
            for name, weight in self.config.fields.items()
            if weight > 0
        ]
        vectors = (
            sparse.csr_matrix(sparse.hstack(blocks)) if blocks else sparse.csr_matrix((len(catalogue), 0))
        )
        if not vectors.nnz:
            raise NotEnoughData(
                f"ContentTfidf needs items with words: none of {len(catalogue)} items has any."
            )
        vectors = normalised(vectors, np.sqrt(square_norms(vectors)))
        self.neighbours_ = top_k_similar(
            vectors,
            self.config.neighbours,
            groups=catalogue.groups(self.item_keys_),
            threshold=self.config.min_similarity,
        )
        self._similarity: sparse.csr_matrix | None = None
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list, the most alike first."""
        yield from self.neighbours_.lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def _scores(self, histories: Histories) -> sparse.csr_matrix:
        """Σ over the history of weight × similarity to the item."""
        if self._similarity is None:
            self._similarity = self.neighbours_.to_csr()
        return sparse.csr_matrix(histories.matrix() @ self._similarity)

    def _words(self, name: str, catalogue: Catalogue) -> list[list[str]]:
        if name == "brand":
            return [[normalise(brand)] if brand else [] for brand in catalogue.brands]
        if name == "category":
            # The path as a whole and every level of it: near relatives share more of them.
            return [[normalise(level) for level in catalogue.levels(i)] for i in range(len(catalogue))]
        texts = catalogue.titles if name == "title" else catalogue.texts
        return [self._with_bigrams(tokenise(text)) for text in texts]

    def _with_bigrams(self, words: list[str]) -> list[str]:
        return (
            words + [f"{a} {b}" for a, b in zip(words, words[1:], strict=False)]
            if self.config.bigrams
            else words
        )

    def _field(self, documents: list[list[str]]) -> sparse.csr_matrix:
        """Items × words, rows of unit length (or empty)."""
        counts = count_words(documents)
        n = counts.shape[0]
        frequency = np.bincount(counts.indices, minlength=counts.shape[1])
        least = self.config.min_items or (2 if n >= _SMALL else 1)
        most = n * self.config.max_share if n >= _SMALL else n
        kept = np.flatnonzero((frequency >= least) & (frequency <= most))
        counts = counts[:, kept]
        idf = np.log((1 + n) / (1 + frequency[kept])) + 1
        counts.data = 1 + np.log(counts.data)
        weighted = sparse.csr_matrix(counts @ sparse.diags(idf))
        return normalised(weighted, np.sqrt(square_norms(weighted)))


def count_words(documents: list[list[str]]) -> sparse.csr_matrix:
    """Documents × distinct words (sorted), float64 counts."""
    vocabulary = {word: i for i, word in enumerate(sorted({word for words in documents for word in words}))}
    columns = np.array([vocabulary[word] for words in documents for word in words], np.int32)
    indptr = np.concatenate([[0], np.cumsum([len(words) for words in documents])]).astype(np.int64)
    counts = sparse.csr_matrix(
        (np.ones(len(columns)), columns, indptr), shape=(len(documents), len(vocabulary))
    )
    counts.sum_duplicates()
    return counts
