"""Items as vectors: which are alike, and which are like what somebody chose."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.base import SCORE_DIGITS, Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.ranking import Scores, best, multiply
from recommendations.algorithms.similarity import (
    BLOCK_BYTES,
    TopK,
    normalised,
    square_norms,
    top_k_similar,
)

#: Items × features: dense float32, or sparse and non-negative.
Vectors: TypeAlias = "NDArray[np.float32] | sparse.csr_matrix"

METRICS = ("cosine", "euclidean")

#: Dense similarities are rounded, so that the last bits, which depend on how a product was cut into blocks, decide
#: no tie.
_DIGITS = 6
#: Of fewer items, what they have in common may be what they are.
ITEMS_A_COMPONENT = 100
#: Squared distances below this are none.
_NO_DISTANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class VectorConfig(AlgorithmConfig):
    """`metric`: cosine, or euclidean distance d as the similarity 1 / (1 + d). `min_similarity`: less alike is not
    listed. `neighbours`: how many are kept an item."""

    metric: str = "cosine"
    min_similarity: float = 0.0
    neighbours: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        self._one_of("metric", METRICS)
        self._between(0, 1, "min_similarity")
        self._between(1, 10_000_000, "neighbours")


@dataclass(frozen=True, kw_only=True)
class DenseConfig(VectorConfig):
    """`common_components`: so many of the directions that all items share are taken out, at most one for each 100
    items."""

    common_components: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._between(0, 1000, "common_components")


class VectorAlgorithm(Algorithm):
    """Each item is a vector, its neighbours are the items whose vectors are most alike.

    Somebody is the weighted mean of the vectors of what they chose, u = Σ w_i v_i / Σ |w_i|, and `score` compares it
    with every item by the same metric. Subclasses say what the vectors are.
    """

    Config = VectorConfig
    config: VectorConfig
    produces = frozenset({("item", "item")})

    #: (n_items, n_features): unit rows (or empty ones) for the cosine, as they are for the Euclidean distance.
    vectors_: Vectors
    #: The neighbours of each item.
    neighbours_: TopK

    @abstractmethod
    def _vectors(
        self, interactions: Interactions, catalogue: Catalogue | None
    ) -> tuple[tuple[str, ...], Vectors]:
        """The keys of the items and their vectors. Raises NotEnoughData when there are none."""

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        """`catalogue` keeps variants of one product out of each other's lists. Raises NotEnoughData when there is
        nothing to make vectors of, MissingExtra when a library is missing."""
        return self._fit(interactions, catalogue, None)

    def fit_items(self, keys: Iterable[str], interactions: Interactions, catalogue: Catalogue) -> Self:
        """The same, but only these items get lists: what `fit` would give them, in a fraction of the time."""
        return self._fit(interactions, catalogue, frozenset(keys))

    def _fit(
        self, interactions: Interactions, catalogue: Catalogue | None, only: frozenset[str] | None
    ) -> Self:
        config = self.config
        self.item_keys_, vectors = self._vectors(interactions, catalogue)
        self.vectors_ = self._prepared(vectors)
        rows = None
        if only is not None:
            rows = np.array([i for i, key in enumerate(self.item_keys_) if key in only], np.int64)
        self.neighbours_ = most_alike(
            self.vectors_,
            config.neighbours,
            metric=config.metric,
            groups=catalogue.groups(self.item_keys_) if catalogue is not None else None,
            threshold=config.min_similarity,
            rows=rows,
        )
        return self

    def _prepared(self, vectors: Vectors) -> Vectors:
        return unit_rows(vectors) if self.config.metric == "cosine" else vectors

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        """At most `neighbours` items a list, the most alike first."""
        return self.neighbours_.lists(self.item_keys_, self.item_keys_, k, SCORE_DIGITS)

    def _scores(self, histories: Histories) -> NDArray[np.float32]:
        """The similarity of u to every item; nothing for a history without a known item."""
        return likeness(histories.matrix(), self.vectors_, self.config.metric)


class DenseAlgorithm(VectorAlgorithm):
    """A VectorAlgorithm of dense vectors, whose common directions are taken out of the unit vectors first.

    Arora, Liang & Ma 2017, algorithm 1, lines 4 to 7: the first principal directions say "this is a product of this
    shop". They make everything alike, and most so the mean of a long history.
    """

    Config = DenseConfig
    config: DenseConfig

    def _prepared(self, vectors: Vectors) -> Vectors:
        assert isinstance(vectors, np.ndarray)
        described = np.flatnonzero(_square_norms(vectors) > 0)
        prepared = np.zeros_like(vectors)
        components = min(self.config.common_components, len(described) // ITEMS_A_COMPONENT)
        prepared[described] = without_common(unit_rows(vectors[described]), components)
        return super()._prepared(prepared)


def without_common(vectors: NDArray[np.float32], components: int) -> NDArray[np.float32]:
    """The vectors without their projection on the first principal directions of all of them (not centred)."""
    if not components:
        return vectors
    exact = vectors.astype(np.float64)
    _, directions = np.linalg.eigh(exact.T @ exact)
    common = directions[:, -components:]
    return (exact - (exact @ common) @ common.T).astype(np.float32)


def unit_rows(vectors: Vectors) -> Vectors:
    """Rows of length 1; what is empty stays so."""
    if isinstance(vectors, np.ndarray):
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return normalised(vectors, np.sqrt(square_norms(vectors)))


def most_alike(
    vectors: Vectors,
    k: int,
    *,
    metric: str = "cosine",
    groups: NDArray[np.int32] | None = None,
    threshold: float = 0.0,
    rows: NDArray[np.int64] | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> TopK:
    """For each item the `k` most alike other items above `threshold`, ties by index.

    `vectors` has unit rows for the cosine. An item without a vector has no neighbours and is none's; of sparse
    vectors, items are compared that share a feature. With `rows` only these items get neighbours. Working memory stays
    near `block_bytes`.

    Cost: dense n² × dimensions; sparse the sum over features of (items that have it)².
    """
    if rows is None and metric == "cosine" and not isinstance(vectors, np.ndarray):
        return top_k_similar(vectors, k, groups=groups, threshold=threshold, block_bytes=block_bytes)
    n = vectors.shape[0]
    wanted = np.arange(n) if rows is None else rows
    group_of = np.arange(n, dtype=np.int32) if groups is None else groups
    members = sparse.csr_matrix((np.ones(n, np.float32), (group_of, np.arange(n))), shape=(n, n))
    size = max(1, block_bytes // (12 * max(n, 1)))
    parts = []
    for begin in range(0, len(wanted), size):
        block = wanted[begin : begin + size]
        scores = _compared(vectors[block], vectors, metric)
        values = scores if isinstance(scores, np.ndarray) else scores.data
        values[values <= threshold] = 0
        parts.append(best(scores, k, members[group_of[block]]))
    return _joined(parts, wanted, n)


def _compared(left: Vectors, right: Vectors, metric: str) -> Scores:
    """Similarities, float32; of sparse vectors, of what has a feature in common."""
    if isinstance(right, np.ndarray):
        return _similarities(left, right, metric)
    if metric == "euclidean":
        return _similarities(left, right, metric) * (multiply(left, sparse.csr_matrix(right.T)) > 0)
    # In float64 like the kernel for all items at once, so that both say the same.
    return sparse.csr_matrix(left @ right.T).astype(np.float32)


def likeness(weights: sparse.csr_matrix, vectors: Vectors, metric: str = "cosine") -> NDArray[np.float32]:
    """How like each row's weighted mean of vectors is to each vector: (n, n_items), float32.

    `weights` is (n, n_items). Rows without weights are all 0, and so are the columns of items without a vector.
    """
    total = np.asarray(abs(weights).sum(axis=1)).ravel()
    mean = normalised(weights, total) @ vectors
    if isinstance(vectors, np.ndarray):
        mean = mean.astype(np.float32)
    return _similarities(unit_rows(mean) if metric == "cosine" else mean, vectors, metric)


def _similarities(left: Vectors, right: Vectors, metric: str) -> NDArray[np.float32]:
    """(n_left, n_right), float32; 0 where either has no vector."""
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        product = np.asarray(left, np.float32) @ np.asarray(right, np.float32).T
    else:
        # Most items share some word with a history: an array is smaller here than a sparse matrix.
        product = multiply(sparse.csr_matrix(left), sparse.csr_matrix(right.T))
    if metric == "euclidean":
        squares, others = _square_norms(left)[:, None], _square_norms(right)
        distance = squares + others - 2.0 * product
        # Below this a difference of float32 products says nothing, and its root would say much.
        distance[distance < _NO_DISTANCE] = 0
        product = (1 / (1 + np.sqrt(distance))).astype(np.float32) * (squares > 0) * (others > 0)
    return np.round(product, _DIGITS).astype(np.float32)


def _square_norms(vectors: Vectors) -> NDArray[np.float64]:
    """The squared Euclidean norm of each row, (n_rows,)."""
    if isinstance(vectors, np.ndarray):
        return np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    return square_norms(vectors)


def _joined(parts: list[TopK], rows: NDArray[np.int64], n: int) -> TopK:
    """The neighbours of some rows, as those of all `n`."""
    count = np.zeros(n, np.int64)
    count[rows] = np.concatenate([np.diff(part.indptr) for part in parts]) if parts else 0
    return TopK(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        np.concatenate([np.zeros(0, np.int32), *(part.indices for part in parts)]).astype(np.int32),
        np.concatenate([np.zeros(0, np.float32), *(part.scores for part in parts)]).astype(np.float32),
        n,
    )
