from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from recommendations.algorithms.catalogue import Catalogue
from recommendations.evaluation import beyond
from recommendations.evaluation.metrics import judge, precision_at_k

RANKED = np.array([[3, 1, 2], [0, 4, -1], [-1, -1, -1]])


def test_coverage_novelty_and_gini_by_hand() -> None:
    assert beyond.catalogue_coverage(RANKED, 10) == 0.5
    assert beyond.catalogue_coverage(np.full((2, 2), -1), 10) == 0.0
    bits = beyond.novelty(RANKED, np.array([1.0, 0.5, 0.25, 0.125, 1.0]))
    assert bits[:2].tolist() == [2.0, 0.0]
    assert np.isnan(bits[2])
    assert beyond.gini(np.array([[0, 1], [2, 3]]), 4) == pytest.approx(0)
    assert beyond.gini(np.array([[0], [0]]), 4) == pytest.approx(0.75)
    assert beyond.gini(np.array([[-1]]), 4) == 0.0
    with pytest.raises(ValueError, match="popularity: shares must be above 0 and at most 1."):
        beyond.novelty(RANKED, np.array([1.0, 0.0, 0.25, 0.125, 1.0]))


def test_average_popularity_by_hand() -> None:
    found = beyond.average_popularity(RANKED, np.array([10, 3, 2, 1, 0]))
    assert found[:2].tolist() == [2.0, 5.0]
    assert np.isnan(found[2])


def test_the_long_tail_begins_after_the_items_that_hold_most() -> None:
    assert beyond.long_tail(np.array([50, 1, 30, 15, 4])).tolist() == [False, True, False, True, True]
    assert beyond.long_tail(np.array([50, 1, 30, 15, 4]), 0.5).tolist() == [False, True, True, True, True]
    # equals stay together, on the side of the head where the line runs through them
    assert beyond.long_tail(np.array([60, 15, 15, 10, 0])).tolist() == [False, False, False, True, True]
    assert not beyond.long_tail(np.ones(4)).any()
    found = beyond.long_tail_share(RANKED, np.array([False, True, False, True, True]))
    assert found[:2].tolist() == pytest.approx([2 / 3, 1 / 2])
    assert np.isnan(found[2])


def test_diversity_is_the_mean_distance_of_all_pairs() -> None:
    rng = np.random.default_rng(3)
    features = rng.random((30, 6)) * (rng.random((30, 6)) < 0.4)
    features[7] = 0
    ranked = np.array([rng.permutation(30)[:8] for _ in range(40)])
    ranked[0, 1:], ranked[1, 2:], ranked[2] = -1, -1, [7, 31, 40, -1, -1, -1, -1, -1]
    found = beyond.intra_list_diversity(ranked, sparse.csr_matrix(features))
    for row, value in zip(ranked, found, strict=True):
        known = [features[i] for i in row if 0 <= i < 30 and features[i].any()]
        distances = [1 - a @ b / np.sqrt((a @ a) * (b @ b)) for a, b in combinations(known, 2)]
        assert value == pytest.approx(np.mean(distances)) if distances else np.isnan(value)


def test_diversity_in_small_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    features = sparse.csr_matrix(np.eye(5)[:, :3])
    whole = beyond.intra_list_diversity(RANKED, features)
    monkeypatch.setattr(beyond, "_BLOCK_CELLS", 1)
    np.testing.assert_array_equal(whole, beyond.intra_list_diversity(RANKED, features))
    assert whole[0] == 1.0


def test_categories_as_features() -> None:
    catalogue = Catalogue.from_columns(
        item_keys=["rye", "wine", "jam"], categories=[["Food/Bread"], ["Drinks"], ["Food", "Gifts"]]
    )
    features = beyond.category_features(catalogue, ["jam", "rye", "unknown", "wine"])
    assert (features @ features.T).toarray().tolist() == [
        [2, 1, 0, 0],  # jam: Food, Gifts
        [1, 2, 0, 0],  # rye: Food, Food/Bread
        [0, 0, 0, 0],
        [0, 0, 0, 1],
    ]


def test_serendipity_counts_hits_that_popularity_would_not_have_made() -> None:
    relevant = sparse.csr_matrix(np.array([[0, 1, 1, 1, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 1]]))
    judged = judge(RANKED, relevant)
    for_all = beyond.serendipity(RANKED, judged, np.array([0, 1]))
    assert for_all.tolist() == pytest.approx([2 / 3, 0, 0])
    for_each = beyond.serendipity(RANKED, judged, np.array([[3, 2], [4, -1], [0, 1]]))
    assert for_each.tolist() == pytest.approx([1 / 3, 1 / 3, 0])
    nothing = beyond.serendipity(RANKED, judged, np.zeros(0, np.int64))
    assert nothing.tolist() == precision_at_k(judged, 3).tolist()


def by_pairs(ranked: NDArray[np.int64]) -> float:
    lists = [set(row[row >= 0].tolist()) for row in ranked if (row >= 0).any()]
    overlap = [len(a & b) / np.sqrt(len(a) * len(b)) for a, b in combinations(lists, 2)]
    return 1 - float(np.mean(overlap))


def test_personalisation_is_one_less_the_mean_overlap_of_all_pairs() -> None:
    rng = np.random.default_rng(5)
    ranked = np.array([rng.permutation(20)[:6] for _ in range(50)])
    assert beyond.personalisation(ranked) == pytest.approx(by_pairs(ranked))
    ranked[::3, 2:] = -1
    ranked[::7] = -1
    assert beyond.personalisation(ranked) == pytest.approx(by_pairs(ranked))
    assert beyond.personalisation(np.array([[1, 2], [2, 1]])) == pytest.approx(0, abs=1e-12)
    assert beyond.personalisation(np.array([[1, 2], [3, 4], [-1, -1]])) == 1
    assert np.isnan(beyond.personalisation(np.array([[1, 2], [-1, -1]])))
