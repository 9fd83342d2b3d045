"""Items described alike: TF-IDF over title, text, category, brand, price and attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ranking import best
from recommendations.algorithms.similarity import normalised, square_norms
from recommendations.algorithms.terms import term_weights
from recommendations.algorithms.tfidf import count_words, kept_words, unit_tfidf
from recommendations.algorithms.vectors import VectorAlgorithm, VectorConfig
from recommendations.algorithms.words import (
    SEGMENTERS,
    character_ngrams,
    segmenter,
    with_pairs_of_words,
    words_of,
)
from recommendations.exceptions import ConfigurationError, NotEnoughData

FIELDS = ("title", "text", "category", "brand", "characters", "price")
#: Fields that hold no words that anybody searches for.
_WORDLESS = {"characters", "price"}


@dataclass(frozen=True, kw_only=True)
class ContentTfidfConfig(VectorConfig):
    """`fields`: weight of each field; `attributes`: of each attribute by name. `bigrams`: pairs of words in a row count
    as words too. `character_lengths`: the shortest and longest run of characters, for the field `characters`.
    `segmenter`: how Chinese is cut, see `words.segmenter`. `price_step`: how much dearer the next price band is.
    `min_items`: rarer words are left out (None: 2, in catalogues below 1,000 items 1). `max_share`: and so are
    words of more than this share of the items. `term_min_items`, `term_max_share`: the same for the words that get
    lists of their own."""

    fields: Mapping[str, float] = field(
        default_factory=lambda: {"title": 1.0, "characters": 0.5, "text": 0.5, "category": 0.3, "brand": 0.3}
    )
    attributes: Mapping[str, float] = field(default_factory=dict)
    bigrams: bool = True
    character_lengths: tuple[int, int] = (3, 4)
    segmenter: str = "auto"
    price_step: float = 1.3
    min_items: int | None = None
    max_share: float = 0.2
    term_min_items: int | None = 1
    term_max_share: float = 0.5
    min_similarity: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        for option, weights in (("fields", self.fields), ("attributes", self.attributes)):
            for name, weight in weights.items():
                if option == "fields" and name not in FIELDS:
                    raise ConfigurationError(f"fields may name {', '.join(FIELDS)}, got {name!r}.")
                if isinstance(weight, bool) or not (
                    isinstance(weight, int | float) and 0 <= weight < float("inf")
                ):
                    raise ConfigurationError(f"{option}[{name!r}] must be 0 or more, got {weight!r}.")
        shortest, longest = _two_whole(self.character_lengths)
        if not 1 <= shortest <= longest <= 20:
            raise ConfigurationError(
                f"character_lengths must be two whole numbers, 1 ≤ shortest ≤ longest ≤ 20, "
                f"got {self.character_lengths!r}."
            )
        self._one_of("segmenter", SEGMENTERS)
        self._between(1.01, 1000, "price_step")
        self._positive("min_items", "term_min_items")
        self._between(0, 1, "max_share", "term_max_share")


def _two_whole(value: object) -> tuple[int, int]:
    """Two whole numbers, or (0, 0) for anything else."""
    if isinstance(value, list | tuple) and len(value) == 2 and all(type(n) is int for n in value):
        return value[0], value[1]
    return 0, 0


class ContentTfidf(VectorAlgorithm):
    """Weighted TF-IDF vectors; needs no event, so it covers what nobody has touched yet.

    Each field is a unit vector of (1 + ln tf) · idf, idf = ln((1 + n) / (1 + df)) + 1 (Manning, Raghavan &
    Schütze 2008, §6.2 and §6.4), times √weight; their concatenation, normalised for the cosine, is the item. So the
    cosine of two items is the weighted mean of their similarities by field.
    """

    Config = ContentTfidfConfig
    config: ContentTfidfConfig
    produces = frozenset({("item", "item"), ("term", "item")})
    accepts = frozenset({"content"})
    needs_events = False
    search_space = {
        "bigrams": (True, False),
        "max_share": (0.05, 0.1, 0.2, 0.5),
        "min_similarity": (0.0, 0.05, 0.1, 0.2),
    }

    vectors_: sparse.csr_matrix
    #: What it learned from.
    catalogue_: Catalogue

    def _vectors(
        self, interactions: Interactions, catalogue: Catalogue | None
    ) -> tuple[tuple[str, ...], sparse.csr_matrix]:
        """Only the catalogue is looked at."""
        if catalogue is None or not len(catalogue):
            raise NotEnoughData("ContentTfidf needs a catalogue with items: there are none.")
        self.catalogue_ = catalogue
        blocks = [
            np.sqrt(weight) * self._field(name, catalogue)
            for name, weight in self._weights().items()
            if weight > 0
        ]
        vectors = sparse.csr_matrix(sparse.hstack(blocks) if blocks else (len(catalogue), 0))
        if not vectors.nnz:
            raise NotEnoughData(
                f"ContentTfidf needs items with words: none of {len(catalogue)} items has any."
            )
        return catalogue.item_keys, vectors

    def _weights(self) -> dict[str, float]:
        """The weight of each field, those of attributes as `attribute:NAME`."""
        return {**self.config.fields, **{f"attribute:{n}": w for n, w in self.config.attributes.items()}}

    def term_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """For each word of a title, text, category, brand or named attribute: the ≤ `k` items it says most about, see
        `term_weights`; ties by key. Made when asked for, of all items, also after `fit_items`."""
        config = self.config
        fields = {name: weight for name, weight in self._weights().items() if name not in _WORDLESS}
        weights, terms = term_weights(self.catalogue_, fields, config.term_min_items, config.term_max_share)
        yield from best(weights, k).lists(terms, self.item_keys_, k, SCORE_DIGITS)

    def _field(self, name: str, catalogue: Catalogue) -> sparse.csr_matrix:
        """Items × what the field says, rows of unit length (or empty)."""
        config = self.config
        if name == "price":
            return price_bands(catalogue.prices, config.price_step)
        split = segmenter(config.segmenter)
        words = words_of("title" if name == "characters" else name, catalogue, split)
        if name == "characters":
            words = [character_ngrams(each, *config.character_lengths) for each in words]
        elif name in ("title", "text") and config.bigrams:
            words = [with_pairs_of_words(each) for each in words]
        counts = count_words(words)[0]
        return unit_tfidf(counts[:, kept_words(counts, config.min_items, config.max_share)])


def price_bands(prices: NDArray[np.float64], step: float) -> sparse.csr_matrix:
    """Items × price bands, rows of unit length; empty where the price is not known or not above 0.

    Band b is around stepᵇ. An item is in the four bands nearest to its price, with 1 − |log_step price − b| / 2, so
    that the cosine of two items falls smoothly from 1 at the same price to 0 at four steps apart.
    """
    known = np.flatnonzero(prices > 0)
    place = np.log(prices[known]) / np.log(step)
    bands = np.floor(place)[:, None] + np.arange(-1, 3)
    weight = np.maximum(1 - np.abs(place[:, None] - bands) / 2, 0.0)
    lowest = int(bands.min()) if len(known) else 0
    columns = (bands - lowest).astype(np.int64)
    shape = (len(prices), int(columns.max()) + 1 if len(known) else 0)
    matrix = sparse.csr_matrix((weight.ravel(), (np.repeat(known, 4), columns.ravel())), shape=shape)
    matrix.eliminate_zeros()
    return normalised(matrix, np.sqrt(square_norms(matrix)))
