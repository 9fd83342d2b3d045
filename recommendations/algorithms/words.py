"""What is said about an item, as lists of words: from texts, categories, brands and attributes."""

from __future__ import annotations

import re
from collections.abc import Callable

from recommendations.algorithms.catalogue import Catalogue
from recommendations.exceptions import MissingExtra
from recommendations.text import PARTICLES, normalise, pairs, tokenise

#: Ways to cut Chinese into words.
SEGMENTERS = ("auto", "rjieba", "pairs")

#: Cuts a run of characters that are written without spaces.
Segmenter = Callable[[str], list[str]]

_KANA = re.compile("[\u3040-\u30ff]")


def segmenter(name: str) -> Segmenter:
    """`rjieba` (extra `zh`), `pairs` of characters, or `auto`: the first when it is installed.

    Raises MissingExtra when rjieba is asked for and is not installed.
    """
    if name == "pairs":
        return pairs
    try:
        from rjieba import cut_for_search
    except ImportError as error:
        if name == "rjieba":
            raise MissingExtra("segmenter='rjieba'", "zh") from error
        return pairs

    def words(run: str) -> list[str]:
        # The dictionary is Chinese: Japanese stays in pairs.
        if _KANA.search(run):
            return pairs(run)
        return [word for word in cut_for_search(run) if word not in PARTICLES]

    return words


def words_of(field: str, catalogue: Catalogue, split: Segmenter) -> list[list[str]]:
    """The words of one field of each item: `title`, `text`, `category`, `brand` or `attribute:NAME`."""
    if field == "title":
        return [tokenise(title, split) for title in catalogue.titles]
    if field == "text":
        return [tokenise(text, split) for text in catalogue.texts]
    if field == "brand":
        return [[normalise(brand)] if brand else [] for brand in catalogue.brands]
    if field == "category":
        # The path as a whole and every level of it: near relatives share more of them.
        return [[normalise(level) for level in catalogue.levels(i)] for i in range(len(catalogue))]
    name = field.removeprefix("attribute:")
    return [[normalise(value) for value in given.get(name, ())] for given in catalogue.attributes]


def with_pairs_of_words(words: list[str]) -> list[str]:
    """The words, and each two in a row."""
    return words + [f"{a} {b}" for a, b in zip(words, words[1:], strict=False)]


def character_ngrams(words: list[str], shortest: int, longest: int) -> list[str]:
    """The runs of `shortest` to `longest` characters of each word, its ends marked by a space."""
    padded = [f" {word} " for word in words]
    return [
        word[i : i + n]
        for word in padded
        for n in range(shortest, longest + 1)
        for i in range(len(word) - n + 1)
    ]
