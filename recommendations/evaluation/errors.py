"""How far predicted ratings are from given ones. NaN in `actual` = not rated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mse(predicted: NDArray[np.floating], actual: NDArray[np.floating]) -> float:
    """Mean squared error, Σ (p − r)² / n over what is rated."""
    return float(np.mean(_errors(predicted, actual) ** 2))


def rmse(predicted: NDArray[np.floating], actual: NDArray[np.floating]) -> float:
    """Root mean squared error, √MSE: in units of the rating, large errors weighing more (Herlocker et al.
    2004)."""
    return float(np.sqrt(mse(predicted, actual)))


def mae(predicted: NDArray[np.floating], actual: NDArray[np.floating]) -> float:
    """Mean absolute error, Σ |p − r| / n (Shardanand & Maes 1995)."""
    return float(np.mean(np.abs(_errors(predicted, actual))))


def accuracy(predicted: NDArray[np.floating], actual: NDArray[np.floating], *, threshold: float) -> float:
    """The share of the ratings whose prediction is on the right side of `threshold` (≥ = liked):
    (TP + TN) / n (Herlocker et al. 2004)."""
    guessed, given = _rated(predicted, actual)
    return float(np.mean((guessed >= threshold) == (given >= threshold)))


def by_user(
    errors: NDArray[np.floating], users: NDArray[np.integer], n_users: int | None = None
) -> NDArray[np.float64]:
    """The mean of each user's values, (n_users,), NaN for a user without any: squared or absolute errors
    become one value a user, for intervals and paired tests. `users` (n,) are codes from 0."""
    users = np.asarray(users)
    size = n_users or int(users.max(initial=-1)) + 1
    count = np.bincount(users, minlength=size)
    total = np.bincount(users, errors, minlength=size)
    return np.divide(total, count, out=np.full(size, np.nan), where=count > 0)


def _errors(predicted: NDArray[np.floating], actual: NDArray[np.floating]) -> NDArray[np.float64]:
    guessed, given = _rated(predicted, actual)
    return guessed - given


def _rated(
    predicted: NDArray[np.floating], actual: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What was predicted for the rated values, and these."""
    predicted, actual = np.asarray(predicted, np.float64), np.asarray(actual, np.float64)
    if predicted.shape != actual.shape:
        raise ValueError(
            f"predicted is {predicted.shape}, actual {actual.shape}: they need one value a rating."
        )
    rated = ~np.isnan(actual)
    if not rated.any():
        raise ValueError("actual: nothing is rated.")
    if not (np.isfinite(predicted[rated]) & np.isfinite(actual[rated])).all():
        raise ValueError("predicted and actual: every rated value must be finite.")
    return predicted[rated], actual[rated]
