"""What each group adds to a value, shrunk by how much groups differ at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class GroupEffects:
    """How far the values of each group lie from 0, (n_groups,), shrunk. `within` is the variance of the values inside
    a group, `between` that of the groups."""

    offset: NDArray[np.float64]
    within: float
    between: float


def group_effects(values: NDArray[np.float64], group: NDArray[np.int64], n_groups: int) -> GroupEffects:
    """offset_g = Σ_g y / (n_g + within / between): the best linear prediction of a one-way random-effects model, its
    variances by the analysis of variance of unequal groups (Searle, Casella & McCulloch 1992, §3.6).

    `values` (n,) are differences from what is expected otherwise, `group` their groups. No group differs where all
    values are of one, or each is of its own.
    """
    n = np.bincount(group, minlength=n_groups).astype(np.float64)
    total = np.bincount(group, values, n_groups)
    there, n_values = n > 0, len(values)
    means = np.divide(total, n, out=np.zeros(n_groups), where=there)
    n_there = int(there.sum())
    squares = float(((values - means[group]) ** 2).sum())
    within = squares / (n_values - n_there) if n_values > n_there else squares
    if n_there < 2 or n_values <= n_there:
        return GroupEffects(np.zeros(n_groups), float(np.mean(values**2)) if n_values else 0.0, 0.0)
    mean_square = float((n * (means - values.mean()) ** 2)[there].sum()) / (n_there - 1)
    usual_size = (n_values - float((n**2).sum()) / n_values) / (n_there - 1)
    between = max(0.0, (mean_square - within) / usual_size)
    offset, _ = shrunk(values, group, n_groups, within, between)
    return GroupEffects(offset, within, between)


def shrunk(
    values: NDArray[np.float64], group: NDArray[np.int64], n_groups: int, within: float, between: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each group adds by the model of `group_effects`, and the variance that is left open about it, (n_groups,)
    both, when the variances are known."""
    n = np.bincount(group, minlength=n_groups).astype(np.float64)
    if not between:
        return np.zeros(n_groups), np.zeros(n_groups)
    known = n / np.maximum(n + within / between, 1e-12)  # the share that the group's own values decide
    mean = np.bincount(group, values, n_groups) / np.maximum(n, 1.0)
    return known * mean, between * (1 - known)
