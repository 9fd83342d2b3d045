"""Visitors as points of taste, and the groups that they form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.spectral import right_singular_vectors
from recommendations.algorithms.visitor_matrix import column_sums, powers, row_sums, scaled

#: Centres are found among so many visitors at most; the others join the nearest.
_MOST_POINTS = 20_000
#: Starts of k-means, of which the best is kept.
_STARTS = 3
#: Of a visitor's items, the latest of this share are held out, one at least.
_HELD_OUT = 0.2
#: How many events of the whole shop, times the number of items, may be added to a group's own.
_SMOOTHING = (0.1, 0.3, 1.0, 3.0, 10.0)

Matrix: TypeAlias = "sparse.csr_matrix"
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TasteSpace:
    """Where a row of items lies: its normalised row, turned by singular vectors, at unit length."""

    normaliser: Floats
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, matrix: Matrix, components: int, seed: int) -> TasteSpace:
        """The space of x̃ = D_u^−½ x D_i^−½, without its first singular vector, D_i^½ 1, which only tells how popular
        items are (Dhillon 2001, §4). It is taken out by its formula: where tastes have nothing in common, others are
        as large, and a decomposition gives any mixture of them."""
        degree = column_sums(matrix)
        normaliser = powers(degree, -0.5)
        normalised = scaled(matrix, rows=powers(row_sums(matrix), -0.5), columns=normaliser)
        vectors = right_singular_vectors(normalised, components + 1, seed=seed).astype(np.float64)
        first = np.sqrt(degree / max(float(degree.sum()), 1e-300))[:, None]
        left, size, _ = np.linalg.svd(vectors - first @ (first.T @ vectors), full_matrices=False)
        return cls(normaliser, left[:, size > 0.5][:, :components].astype(np.float32))

    def points(self, matrix: Matrix) -> Floats:
        """(n_rows, ≤ components), rows of unit length (Ng, Jordan & Weiss 2002) or 0 where a row says nothing."""
        placed = np.asarray(scaled(matrix, columns=self.normaliser) @ self.vectors, np.float64)
        length = np.linalg.norm(placed, axis=1, keepdims=True)
        return np.divide(placed, length, out=np.zeros_like(placed), where=length > 1e-9)


def centres_of(matrix: Matrix, points: Floats, n_groups: int, min_size: int, seed: int) -> Floats:
    """The centres of ≤ `n_groups` groups by k-means, (n, components) at unit length, the largest group first.

    Groups of fewer than `min_size` are given up. `matrix` has the rows of `points`: only their contents decide the
    order in which k-means sees them, so that neither names nor order of visitors matter.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    if n_groups < 2 or points.shape[1] == 0:
        return np.zeros((1, points.shape[1]))
    order = _by_content(matrix)
    order = order[:: max(1, -(-len(order) // _MOST_POINTS))]
    n_groups = min(n_groups, len(np.unique(np.round(points[order], 5), axis=0)))
    if n_groups < 2:
        return np.zeros((1, points.shape[1]))
    with threadpool_limits(limits=1):  # sums in another order would differ in their last digits
        found = KMeans(n_groups, n_init=_STARTS, random_state=seed).fit(points[order])
    centres = np.asarray(found.cluster_centers_, np.float64)
    length = np.linalg.norm(centres, axis=1, keepdims=True)
    centres = np.divide(centres, length, out=np.zeros_like(centres), where=length > 1e-9)
    size = np.bincount(nearest(points, centres), minlength=len(centres))
    kept = np.flatnonzero(size >= min_size)
    if len(kept) < 2:
        return np.zeros((1, points.shape[1]))
    size = np.bincount(nearest(points, centres[kept]), minlength=len(kept))
    return centres[kept][np.lexsort((*np.round(centres[kept], 6).T, -size))]


def nearest(points: Floats, centres: Floats) -> NDArray[np.int64]:
    """The group of each point, (n_points,): the centre with the largest cosine, ties by index."""
    return np.asarray(np.argmax(points @ centres.T, axis=1), np.int64)


def counts_of(matrix: Matrix, group: NDArray[np.int64], n_groups: int) -> Floats:
    """What the rows of each group add up to, (n_groups, n_items)."""
    rows = np.arange(len(group))
    members = sparse.csr_matrix((np.ones(len(group)), (group, rows)), shape=(n_groups, len(group)))
    return np.asarray((members @ matrix).toarray(), np.float64)


@dataclass(frozen=True)
class Choice:
    """How many groups, and how many events of the whole shop to add to each group's own."""

    n_groups: int
    smoothing: float


def choose(
    matrix: Matrix, sizes: Iterable[int], components: int, min_size: int, seed: int, held_out: Matrix
) -> Choice:
    """The smallest number of groups that foretells what visitors do next about as well as any.

    `matrix` is what they did before, `held_out` what they did next, both visitors × items, binary and disjoint.
    Judged by `foretold`; "about as well" is within one standard error of the difference to the best (Breiman,
    Friedman, Olshen & Stone 1984, §3.4.3). The smoothing is the one that suits the number best.
    """
    points = TasteSpace.of(matrix, components, seed).points(matrix)
    best: dict[int, tuple[Floats, float]] = {}
    for size in sizes:
        centres = centres_of(matrix, points, size, min_size, seed)
        if size > 1 and len(centres) in best:
            continue
        group = nearest(points, centres)
        weights = [factor * matrix.shape[1] for factor in _SMOOTHING]
        tried = [(foretold(matrix, held_out, group, len(centres), weight), weight) for weight in weights]
        best[len(centres)] = max(tried, key=lambda pair: float(pair[0].mean()) if len(pair[0]) else 0.0)
    top = max(best.values(), key=lambda pair: float(pair[0].mean()) if len(pair[0]) else 0.0)[0]
    for n_groups, (gain, weight) in sorted(best.items()):
        short = top - gain
        if not len(short) or short.mean() <= short.std() / np.sqrt(len(short)):
            return Choice(n_groups, weight)
    raise AssertionError("the best is as good as itself")


def foretold(
    matrix: Matrix, held_out: Matrix, group: NDArray[np.int64], n_groups: int, smoothing: float
) -> Floats:
    """The mean log chance of each visitor's held-out items, for the visitors that have any.

    A visitor takes one of the items not had yet, by the shares that they have among the others of the group:
    (n_ci − x_ui + s·p_i) / (N_c − N_u + s), p_i an item's share in the whole shop.
    """
    whole = column_sums(matrix) + 0.5
    whole /= whole.sum()
    counts = counts_of(matrix, group, n_groups)
    others = counts.sum(axis=1)[group] - np.diff(matrix.indptr) + smoothing
    owner = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    own = counts[group[owner], matrix.indices] - 1 + smoothing * whole[matrix.indices]
    had = np.bincount(owner, own / others[owner], matrix.shape[0])
    later = np.repeat(np.arange(held_out.shape[0]), np.diff(held_out.indptr))
    share = (counts[group[later], held_out.indices] + smoothing * whole[held_out.indices]) / others[later]
    logarithm = np.log(share / np.maximum(1 - had[later], 1e-12))
    n_later = np.diff(held_out.indptr)
    means = np.bincount(later, logarithm, held_out.shape[0]) / np.maximum(n_later, 1)
    return np.asarray(means[n_later > 0], np.float64)


def before_and_after(
    visitor: NDArray[np.int64], item: NDArray[np.int64], time: Floats, shape: tuple[int, int]
) -> tuple[Matrix, Matrix]:
    """Each visitor's items, without the latest of them, and these: binary, disjoint.

    Columns are (n_events,). Items chosen at one moment are taken in an order that means nothing, but is the same
    whatever visitors are called.
    """
    order = np.lexsort((time, item, visitor))
    visitor, item, time = visitor[order], item[order], time[order]
    first = np.flatnonzero((np.diff(visitor, prepend=-1) != 0) | (np.diff(item, prepend=-1) != 0))
    visitor, item, time = visitor[first], item[first], time[first]
    code = _mixed(item.astype(np.uint64))
    all_of_visitor = np.zeros(shape[0], np.uint64)
    np.add.at(all_of_visitor, visitor, code)
    order = np.lexsort((_mixed(code ^ all_of_visitor[visitor]), time, visitor))
    visitor, item = visitor[order], item[order]
    n = np.bincount(visitor, minlength=shape[0])
    rank = np.arange(len(visitor)) - (np.cumsum(n) - n)[visitor]
    n_later = np.where(n > 1, np.maximum(1, np.floor(n * _HELD_OUT)), 0)
    is_later = rank >= (n - n_later)[visitor]
    parts = []
    for chosen in (~is_later, is_later):
        ones = np.ones(int(chosen.sum()), np.float32)
        parts.append(sparse.csr_matrix((ones, (visitor[chosen], item[chosen])), shape=shape))
    return parts[0], parts[1]


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Other numbers in their place, as if at random (the finaliser of SplitMix64, Steele, Lea & Flood 2014)."""
    z = numbers + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _by_content(matrix: Matrix) -> NDArray[np.intp]:
    """The rows that are not empty, ordered by what is in them."""
    sorted_matrix = matrix.sorted_indices()
    starts, indices, data = sorted_matrix.indptr.tolist(), sorted_matrix.indices, sorted_matrix.data
    there = [row for row in range(len(starts) - 1) if starts[row] < starts[row + 1]]

    def content(row: int) -> tuple[bytes, bytes]:
        cut = slice(starts[row], starts[row + 1])
        return indices[cut].astype(">i4").tobytes(), data[cut].tobytes()

    return np.array(sorted(there, key=content), np.intp)
