"""Vectors of words from the company they keep: skip-gram with negative sampling, by gensim (extra `text`)."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.vectors import DenseConfig
from recommendations.exceptions import MissingExtra

#: gensim cuts longer sentences; so do we, to know where.
LONGEST_SENTENCE = 10_000

#: "Anywhere in the sentence" reaches so far: all of a basket, not all of a wholesaler's year.
WIDEST_WINDOW = 100

#: Without a number of epochs, so many pairs of words are looked at, in 5 to 100 epochs: a minute or two.
PAIRS = 100_000_000


@dataclass(frozen=True, kw_only=True)
class SkipGramConfig(DenseConfig):
    """`dimensions` of the vectors. `window`: how far apart two words may be, None = anywhere in the sentence, up to
    100 apart. `epochs`: passes over the sentences, None = as many as 100 million pairs need, 5 to 100. `learning_rate`
    of the first, falling to almost nothing in the last. `negative`: words drawn against each true one, with a chance
    ∝ count^`ns_exponent`. `subsampling`: words more frequent than this share are partly skipped, 0 = none are.
    `min_count`: rarer words have no vector. `seed`: of everything drawn."""

    dimensions: int = 100
    window: int | None = None
    epochs: int | None = None
    learning_rate: float = 0.05
    negative: int = 5
    ns_exponent: float = 0.75
    subsampling: float = 1e-3
    min_count: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(1, 2000, "dimensions")
        self._between(1, 1000, "negative")
        for name in ("window", "epochs"):
            if getattr(self, name) is not None:
                self._between(1, 10_000, name)
        self._between(-2, 2, "ns_exponent")
        self._between(0, 1, "subsampling")
        self._between(1e-6, 10, "learning_rate")
        self._between(1, 10_000_000, "min_count")
        self._between(0, 2**32 - 1, "seed")


def skip_gram(
    sentences: Sequence[Sequence[str]], config: SkipGramConfig, what: str
) -> tuple[list[str], NDArray[np.float32]]:
    """The words with a vector, and the vectors (n_words, dimensions), float32; none when no two words meet.

    Mikolov et al. 2013, eq. 4: maximises Σ over pairs (w, c) within the window of log σ(v_w · v_c') +
    Σ over `negative` drawn words n of log σ(−v_w · v_n'). One thread and sentences in the order of their words: the
    same sentences give the same vectors, in whatever order they come and however the process hashes.

    Raises MissingExtra, naming `what`, when gensim is missing.
    """
    try:
        from gensim.models import Word2Vec
    except ImportError as error:
        raise MissingExtra(what, "text") from error
    ordered = sorted([list(sentence[:LONGEST_SENTENCE]) for sentence in sentences if len(sentence) > 1])
    counts: dict[str, int] = {}
    for sentence in ordered:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    kept = {word for word, count in counts.items() if count >= config.min_count}
    ordered = [words for sentence in ordered if len(words := [w for w in sentence if w in kept]) > 1]
    if not ordered:
        return [], np.zeros((0, config.dimensions), np.float32)
    window = config.window or WIDEST_WINDOW
    model = Word2Vec(
        ordered,
        vector_size=config.dimensions,
        window=window,
        shrink_windows=config.window is not None,
        epochs=config.epochs or enough_epochs([len(sentence) for sentence in ordered], config.window),
        sg=1,
        negative=config.negative,
        ns_exponent=config.ns_exponent,
        sample=config.subsampling,
        min_count=1,
        alpha=config.learning_rate,
        seed=config.seed + 1,  # gensim takes 0 for "whatever"
        workers=1,
        hashfxn=stable_hash,
    )
    return list(model.wv.index_to_key), np.asarray(model.wv.vectors, np.float32)


def enough_epochs(lengths: Sequence[int], window: int | None) -> int:
    """Epochs in which PAIRS pairs are seen, 5 to 100. A given window is a random 1 to `window` for each word."""
    reach = WIDEST_WINDOW if window is None else (window + 1) // 2
    n_pairs = sum(length * min(length - 1, 2 * reach) for length in lengths)
    return max(5, min(PAIRS // n_pairs, 100))


def stable_hash(word: str) -> int:
    """The same in every process, unlike Python's own."""
    return zlib.crc32(word.encode())
