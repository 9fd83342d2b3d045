from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, root_mean_squared_error

from recommendations.evaluation import errors

PREDICTED = np.array([[4.0, 2.5, 9.0], [1.0, 3.0, 5.0]])
ACTUAL = np.array([[5.0, 3.0, np.nan], [2.0, 3.0, 1.0]])


def test_by_hand() -> None:
    assert errors.mse(PREDICTED, ACTUAL) == pytest.approx((1 + 0.25 + 1 + 0 + 16) / 5)
    assert errors.rmse(PREDICTED, ACTUAL) == pytest.approx(np.sqrt(18.25 / 5))
    assert errors.mae(PREDICTED, ACTUAL) == pytest.approx((1 + 0.5 + 1 + 0 + 4) / 5)
    # liked is 3 or more: the 2.5 for a 3 and the 5 for a 1 are on the wrong side
    assert errors.accuracy(PREDICTED, ACTUAL, threshold=3) == pytest.approx(3 / 5)


def test_agrees_with_sklearn_on_random_data() -> None:
    rng = np.random.default_rng(0)
    predicted, actual = rng.normal(3, 1, 200), rng.integers(1, 6, 200)
    assert errors.mse(predicted, actual) == pytest.approx(mean_squared_error(actual, predicted))
    assert errors.rmse(predicted, actual) == pytest.approx(root_mean_squared_error(actual, predicted))
    assert errors.mae(predicted, actual) == pytest.approx(mean_absolute_error(actual, predicted))


def test_by_user() -> None:
    found = errors.by_user(np.array([1.0, 3.0, 5.0]), np.array([2, 0, 2]), 4)
    assert found[[0, 2]].tolist() == [3.0, 3.0]
    assert np.isnan(found[[1, 3]]).all()


@pytest.mark.parametrize(
    ("predicted", "actual", "message"),
    [
        ([1.0], [1.0, 2.0], r"predicted is \(1,\), actual \(2,\): they need one value a rating\."),
        ([1.0], [np.nan], r"actual: nothing is rated\."),
        ([], [], r"actual: nothing is rated\."),
        ([np.nan], [1.0], r"predicted and actual: every rated value must be finite\."),
        ([1.0], [np.inf], r"predicted and actual: every rated value must be finite\."),
    ],
)
def test_bad_input_is_refused(predicted: list[float], actual: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        errors.mae(np.array(predicted), np.array(actual))
