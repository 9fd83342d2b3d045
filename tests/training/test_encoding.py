"""Lists in columns become the same text as lists of entries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.algorithms.base import SCORE_DIGITS
from recommendations.algorithms.topk import TopK
from recommendations.models import Snapshot
from recommendations.store.encoding import Encoded, Encoder
from recommendations.training.encoding import can_be_encoded, encoded, published, targets_of

SCORES = st.floats(0, 1, width=32)


@given(
    rows=st.lists(st.lists(st.tuples(st.integers(0, 4), SCORES), max_size=60), max_size=5),
    keys=st.lists(st.text(), min_size=5, max_size=5, unique=True),
    k=st.integers(1, 60),
)
def test_the_text_is_what_the_encoder_writes(
    rows: list[list[tuple[int, float]]], keys: list[str], k: int
) -> None:
    entries = [entry for row in rows for entry in row]
    top = TopK(
        np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        np.array([place for place, _ in entries], np.int32),
        np.array([score for _, score in entries], np.float32),
        len(keys),
    )
    names = tuple(f"row {number}" for number in range(len(rows)))
    lists = [top.lists(names, tuple(keys), k, SCORE_DIGITS) for _ in range(2)]
    encode = Encoder(Snapshot(recommender="similar", sources=["similar"])).encode
    expected = [
        (key, encode(("item", key, "item", [(target, score, 0) for target, score in pairs])))
        for key, pairs in lists[0]
    ]
    cut = published(lists[1])
    assert list(encoded(cut)) == expected
    assert targets_of(cut) == {entry[0] for _, text in expected for entry in Encoded(text)}


@pytest.mark.parametrize("score", [np.nan, np.inf, -0.1, 1.1])
def test_wrong_scores_go_the_slow_way(score: float) -> None:
    top = TopK(np.array([0, 1]), np.array([0], np.int32), np.array([score], np.float32), 1)
    assert not can_be_encoded(top.lists(("a",), ("b",), 5, SCORE_DIGITS))


def test_encoded_lists_are_lists_of_entries_too() -> None:
    row = Encoded('[["ä",0.5,0],["b",0.25,0]]')
    assert len(row) == 2
    assert list(row) == row[:] == [("ä", 0.5, 0), ("b", 0.25, 0)]
    assert row[-1] == ("b", 0.25, 0)
    snapshot = Snapshot(recommender="similar", sources=["similar"])
    assert Encoder(snapshot).encode(("item", "a", "item", row)) == row.text
