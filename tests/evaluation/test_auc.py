from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.metrics import roc_auc_score

from recommendations.evaluation.auc import auc

SCORES = np.array([[0.9, 0.4, 0.0, 0.4], [0.0, 0.0, 0.0, 0.0], [0.5, 0.1, 0.0, 0.0]])
RELEVANT = sparse.csr_matrix(np.array([[0, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]]))


def test_by_hand() -> None:
    # 1st: item 1 beats neither 0 nor (half) 3, item 2 loses to both: 0.5 of 4. 2nd: all tied. 3rd: on top.
    assert auc(SCORES, RELEVANT).tolist() == pytest.approx([0.125, 0.5, 1.0])


def test_what_is_excluded_takes_no_part() -> None:
    excluded = sparse.csr_matrix(np.array([[1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]]))
    found = auc(SCORES, RELEVANT, excluded)
    # 1st: item 1 against 3, a tie. 2nd: ties. 3rd: nothing relevant is left.
    assert found[:2].tolist() == [0.5, 0.5]
    assert np.isnan(found[2])


def test_items_of_the_catalogue_that_nobody_scores() -> None:
    # 1st: item 1 now beats 6 of 8; item 2, at 0, ties with those 6.
    assert auc(SCORES, RELEVANT, n_items=10)[0] == pytest.approx((6.5 + 3) / 16)


def test_users_with_nothing_to_compare() -> None:
    relevant = sparse.csr_matrix(np.array([[0, 0], [1, 1], [1, 0]]))
    assert np.isnan(auc(np.ones((3, 2)), relevant)).tolist() == [True, True, False]
    assert len(auc(np.zeros((0, 2)), sparse.csr_matrix((0, 2)))) == 0
    assert np.isnan(auc(np.zeros((2, 0)), sparse.csr_matrix((2, 0)))).all()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    scores=arrays(np.float32, (4, 9), elements=st.floats(-3, 3, width=16)),
    relevant=arrays(np.bool_, (4, 9)),
    excluded=arrays(np.bool_, (4, 9)),
)
def test_agrees_with_sklearn(scores: np.ndarray, relevant: np.ndarray, excluded: np.ndarray) -> None:
    dense = auc(scores, sparse.csr_matrix(relevant), sparse.csr_matrix(excluded))
    thin = auc(sparse.csr_matrix(scores), sparse.csr_matrix(relevant), sparse.csr_matrix(excluded))
    np.testing.assert_array_equal(dense, thin)
    for user in range(4):
        inside = ~excluded[user]
        wanted = relevant[user, inside]
        if wanted.all() or not wanted.any():
            assert np.isnan(dense[user])
        else:
            assert dense[user] == pytest.approx(roc_auc_score(wanted, scores[user, inside]))


def test_bad_input_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"scores are \(3, 4\), relevant is \(2, 4\): they need the same shape"
    ):
        auc(SCORES, RELEVANT[:2])
    for wrong in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="scores: a score is NaN or infinite."):
            auc(np.full((3, 4), wrong), RELEVANT)
