"""Items described in words of like meaning: vectors of words learned from the shop's own texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.skip_gram import SkipGramConfig, skip_gram
from recommendations.algorithms.tfidf import count_words
from recommendations.algorithms.vectors import DenseAlgorithm
from recommendations.algorithms.words import SEGMENTERS, Segmenter, segmenter, words_of
from recommendations.exceptions import ConfigurationError, NotEnoughData
from recommendations.text import tokenise

FIELDS = ("title", "text", "category", "brand")


@dataclass(frozen=True, kw_only=True)
class Word2VecConfig(SkipGramConfig):
    """`fields` that are read. `segmenter`: how Chinese is cut, see `words.segmenter`."""

    fields: tuple[str, ...] = FIELDS
    segmenter: str = "auto"
    min_similarity: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.fields if name not in FIELDS]
        if unknown or not self.fields or isinstance(self.fields, str):
            raise ConfigurationError(f"fields may name some of {', '.join(FIELDS)}, got {self.fields!r}.")
        self._one_of("segmenter", SEGMENTERS)


class Word2Vec(DenseAlgorithm):
    """The IDF-weighted mean of the vectors of an item's words, without what all items have in common.

    The words' vectors are learned by skip-gram (Mikolov et al. 2013) from the catalogue, one sentence an item. With v_w
    the vectors and idf_w = ln((1 + n) / (1 + df)) + 1,

        v_i = Σ_w idf_w v_w / Σ_w idf_w
    """

    Config = Word2VecConfig
    config: Word2VecConfig
    accepts = frozenset({"content"})
    needs_events = False

    vectors_: NDArray[np.float32]

    def _vectors(
        self, interactions: Interactions, catalogue: Catalogue | None
    ) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Only the catalogue is looked at."""
        if catalogue is None or not len(catalogue):
            raise NotEnoughData("Word2Vec needs a catalogue with items: there are none.")
        documents = self._documents(catalogue)
        known, vectors = skip_gram(documents, self.config, "Word2Vec")
        if not known:
            raise NotEnoughData(
                f"Word2Vec needs items with two words that are there {self.config.min_count} times: "
                f"none of {len(catalogue)} items has."
            )
        return catalogue.item_keys, mean_of_words(documents, known, vectors)

    def _documents(self, catalogue: Catalogue) -> list[list[str]]:
        """One sentence an item: the words of its title, brand, categories and text."""
        split = segmenter(self.config.segmenter)
        fields = [_words(name, catalogue, split) for name in FIELDS if name in self.config.fields]
        return [[word for words in item for word in words] for item in zip(*fields, strict=True)]


def _words(name: str, catalogue: Catalogue, split: Segmenter) -> list[list[str]]:
    if name == "brand":
        return [tokenise(brand, split) for brand in catalogue.brands]
    if name == "category":
        # The innermost level: the others are said of so many items that they say little.
        return [
            [word for path in paths for word in tokenise(path.rpartition("/")[2], split)]
            for paths in catalogue.categories
        ]
    return words_of(name, catalogue, split)


def mean_of_words(
    documents: list[list[str]], known: list[str], vectors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The IDF-weighted mean of the vectors of each document's distinct words, (n_documents, dimensions)."""
    counts, words = count_words(documents)
    frequency = np.bincount(counts.indices, minlength=len(words))
    row = {word: n for n, word in enumerate(known)}
    has_vector = np.array([word in row for word in words])
    idf = np.where(has_vector, np.log((1 + len(documents)) / (1 + frequency)) + 1, 0.0)
    of_words = np.zeros((len(words), vectors.shape[1]))
    of_words[has_vector] = vectors[[row[word] for word in words if word in row]]
    counts.data = idf[counts.indices]
    total = np.asarray(counts.sum(axis=1)).ravel()
    factor = np.divide(1.0, total, out=np.zeros(len(total)), where=total > 0)
    means: NDArray[np.float32] = (sparse.diags(factor) @ counts @ of_words).astype(np.float32)
    return means
