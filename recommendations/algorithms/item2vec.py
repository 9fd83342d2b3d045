"""Items as words, baskets as sentences: skip-gram with negative sampling over what goes together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.skip_gram import SkipGramConfig, skip_gram
from recommendations.algorithms.vectors import DenseAlgorithm
from recommendations.exceptions import NotEnoughData


@dataclass(frozen=True, kw_only=True)
class Item2VecConfig(SkipGramConfig):
    """`sentences`: what is one, `baskets` (their order means nothing), `sessions`, or `sequences` (all that a visitor
    did)."""

    sentences: str = "baskets"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._one_of("sentences", ("baskets", "sessions", "sequences"))


class Item2Vec(DenseAlgorithm):
    """Items that are found in the same company get near vectors (Barkan & Koenigstein 2016, eq. 3–4).

    In a basket the items are shuffled and all of the others are in the window, as in the paper; sessions and sequences
    keep their order, so that a narrow window makes sense there.
    """

    Config = Item2VecConfig
    config: Item2VecConfig
    accepts = frozenset({"implicit", "session", "basket"})

    vectors_: NDArray[np.float32]

    def _vectors(
        self, interactions: Interactions, catalogue: Catalogue | None
    ) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Items that are seldom or always alone have no vector."""
        config = self.config
        sentences = list(self._sentences(self.selected(interactions)))
        words, found = skip_gram(sentences, config, "Item2Vec")
        if not words:
            raise NotEnoughData(
                f"Item2Vec needs {config.sentences} with two items that are there {config.min_count} times: "
                f"none of {len(sentences)} has."
            )
        code = {key: n for n, key in enumerate(interactions.item_keys)}
        vectors = np.zeros((len(code), config.dimensions), np.float32)
        vectors[[code[word] for word in words]] = found
        return interactions.item_keys, vectors

    def _sentences(self, chosen: Interactions) -> Iterator[list[str]]:
        keys = chosen.item_keys
        if self.config.sentences == "baskets":
            baskets = chosen.baskets(chosen.kinds)
            baskets.sort_indices()
            contents = sorted(
                baskets.indices[baskets.indptr[n] : baskets.indptr[n + 1]].tolist()
                for n in range(baskets.shape[0])
            )
            drawn = np.random.default_rng(self.config.seed)
            for items in contents:
                yield [keys[item] for item in drawn.permutation(items).tolist()]
            return
        found = chosen.sessions() if self.config.sentences == "sessions" else chosen.sequences()
        for n in range(len(found)):
            yield [keys[item] for item in found.item[found.indptr[n] : found.indptr[n + 1]].tolist()]
