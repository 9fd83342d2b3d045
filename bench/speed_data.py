"""Interactions like a shop's, made up.

Visitors have log-normally many items: most a handful, a few hundreds (sigma 1.2: one in a hundred has more than 75
where the mean is 10). What they choose is drawn by popularity, which falls by a shifted Zipf law, 1 / (rank + 20): of
100,000 items, the most popular has a hundredth of the visitors, half of them fewer than 25. Codes of items say nothing
about their popularity. Weights are exponentially distributed, like decayed counts.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

SIGMA = 1.2
SHIFT = 20
MEAN_ITEMS = 10
#: Some draws meet an item that the visitor has already; so many more are made.
SURPLUS = 1.25


def shop(
    n_interactions: int,
    n_items: int,
    *,
    seed: int = 0,
    sigma: float = SIGMA,
    robots: int = 0,
    robot_items: int = 50_000,
) -> sparse.csr_matrix:
    """Visitors × items, float32, sorted indices, `n_interactions` entries for a tenth as many visitors.

    Besides, the last `robots` visitors have `robot_items` items each, as those have who read a whole catalogue.
    Raises ValueError when so many different pairs of visitor and item are not to be had.
    """
    rng = np.random.default_rng(seed)
    n_visitors = max(n_interactions // MEAN_ITEMS, 1)
    size = rng.lognormal(0.0, sigma, n_visitors)
    size = np.minimum(np.ceil(size * (SURPLUS * n_interactions / size.sum())), n_items // 4 + 1).astype(
        np.int64
    )
    popularity = np.cumsum(1.0 / (np.arange(n_items) + SHIFT))
    rank = np.searchsorted(popularity, rng.random(size.sum()) * popularity[-1])
    item = rng.permutation(n_items)[rank]
    pairs = np.unique(np.repeat(np.arange(n_visitors), size) * n_items + item)
    if len(pairs) < n_interactions:
        raise ValueError(f"only {len(pairs)} different pairs came out: ask for fewer, or for more items.")
    pairs = np.sort(rng.permutation(pairs)[:n_interactions])
    for robot in range(robots):
        chosen = np.sort(rng.permutation(n_items)[:robot_items])
        pairs = np.concatenate([pairs, (n_visitors + robot) * n_items + chosen])
    visitor, item = np.divmod(pairs, n_items)
    weight = (rng.exponential(1.0, len(pairs)) + 0.01).astype(np.float32)
    indptr = np.searchsorted(visitor, np.arange(n_visitors + robots + 1)).astype(np.int32)
    shape = (n_visitors + robots, n_items)
    return sparse.csr_matrix((weight, item.astype(np.int32), indptr), shape=shape)


def described(users: sparse.csr_matrix) -> dict[str, object]:
    """What the cost depends on."""
    size = np.diff(users.indptr)
    return {
        "interactions": int(users.nnz),
        "visitors": users.shape[0],
        "items": users.shape[1],
        "million_products": round(float((size.astype(np.float64) ** 2).sum()) / 1e6, 1),
        "largest_visitor": int(size.max()),
        "most_visitors_of_an_item": int(np.bincount(users.indices).max()),
    }
