"""What holds whatever the lists are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.algorithms.testing import sample_columns
from recommendations.evaluation import beyond, metrics
from recommendations.evaluation.evaluate import Evaluator
from recommendations.evaluation.metrics import Judged, judge
from recommendations.evaluation.splits import Split, k_fold, leave_last_out, session_split, time_split
from recommendations.evaluation.statistics import bootstrap_interval, compare

N_ITEMS = 8
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
AT_K = [
    *(metrics.precision_at_k, metrics.recall_at_k, metrics.f1_at_k, metrics.hit_rate_at_k),
    *(metrics.mrr_at_k, metrics.map_at_k, metrics.ndcg_at_k),
]


@st.composite
def judgements(draw: st.DrawFn) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Lists of 1–5 users, some with empty places at their end, and what is relevant."""
    n = draw(st.integers(1, 5))
    ranked = np.array([draw(st.permutations(range(N_ITEMS))) for _ in range(n)])[:, :5]
    for row in range(n):
        ranked[row, draw(st.integers(0, 5)) :] = -1
    cells = draw(st.lists(st.booleans(), min_size=n * N_ITEMS, max_size=n * N_ITEMS))
    return ranked, np.array(cells).reshape(n, N_ITEMS)


@patient
@given(judgements(), st.integers(1, 7))
def test_metrics_are_shares_and_follow_their_users(
    given_: tuple[NDArray[np.int64], NDArray[np.bool_]], k: int
) -> None:
    ranked, relevant = given_
    judged = judge(ranked, sparse.csr_matrix(relevant))
    order = np.random.default_rng(0).permutation(len(ranked))
    moved = judge(ranked[order], sparse.csr_matrix(relevant[order]))
    for metric in AT_K:
        values = metric(judged, k)
        assert ((values >= 0) & (values <= 1)).all(), metric.__name__
        assert metric(moved, k).tolist() == values[order].tolist()
        assert not values[judged.n_relevant == 0].any()


@patient
@given(judgements(), st.permutations(range(N_ITEMS)))
def test_names_of_items_do_not_matter(
    given_: tuple[NDArray[np.int64], NDArray[np.bool_]], names: list[int]
) -> None:
    ranked, relevant = given_
    renamed = np.append(np.array(names), -1)[ranked]
    other = np.zeros_like(relevant)
    other[:, names] = relevant
    before, after = judge(ranked, sparse.csr_matrix(relevant)), judge(renamed, sparse.csr_matrix(other))
    assert before.hits.tolist() == after.hits.tolist()
    assert beyond.gini(ranked, N_ITEMS) == pytest.approx(beyond.gini(renamed, N_ITEMS))
    np.testing.assert_allclose(beyond.personalisation(ranked), beyond.personalisation(renamed), atol=1e-12)


@patient
@given(judgements())
def test_the_best_order_has_an_ndcg_of_one(given_: tuple[NDArray[np.int64], NDArray[np.bool_]]) -> None:
    _, relevant = given_
    best = np.argsort(~relevant, axis=1, kind="stable")[:, :5]
    judged: Judged = judge(best, sparse.csr_matrix(relevant))
    assert metrics.ndcg_at_k(judged, 5).tolist() == pytest.approx(
        (judged.n_relevant > 0).astype(float).tolist()
    )


@patient
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 5))
def test_an_interval_stays_within_the_values(values: list[float], seed: int) -> None:
    found = bootstrap_interval(np.array(values), n_resamples=50, seed=seed)
    slack = 1e-9
    assert min(values) - slack <= found.low <= found.high <= max(values) + slack
    there, back = (
        compare(np.array(a), np.array(b), n_resamples=50, seed=seed)
        for a, b in ((values, values[::-1]), (values[::-1], values))
    )
    assert there.p == back.p
    assert 0 < there.p <= 1


@pytest.mark.parametrize(
    "split",
    [
        time_split,
        session_split,
        leave_last_out,
        lambda interactions: next(k_fold(interactions)),
        lambda interactions: next(k_fold(interactions, by="visitor")),
    ],
)
def test_splits_do_not_depend_on_the_order_of_reading(split: Callable[[Interactions], Split]) -> None:
    columns = sample_columns()
    order = np.random.default_rng(2).permutation(len(columns["item"])).tolist()
    shuffled = {name: [values[i] for i in order] for name, values in columns.items()}
    one, other = (split(Interactions.from_columns(**given)) for given in (columns, shuffled))
    for part, again in ((one.train, other.train), (one.test, other.test)):
        assert part.item_keys == again.item_keys == one.train.item_keys
        for name in ("visitor", "item", "time", "kind"):
            np.testing.assert_array_equal(getattr(part, name), getattr(again, name))


def test_names_of_visitors_do_not_matter() -> None:
    columns = sample_columns()
    renamed = {**columns, "visitor": [f"z-{key[::-1]}" if key else "" for key in columns["visitor"]]}
    found = []
    for given_ in (columns, renamed):
        split = time_split(Interactions.from_columns(**given_), fraction=0.3)
        found.append(Evaluator(split.train, split.test).evaluate(ItemKNN().fit(split.train)).means)
    assert found[0] == pytest.approx(found[1])
