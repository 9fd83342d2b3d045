"""Whatever the events, lists are well formed, and names, order and copies change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommendations.algorithms.association import Association
from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.algorithms.popular import Popular
from recommendations.exceptions import NotEnoughData

EVERYTHING = {"events": {"view": 1.0, "purchase": 3.0}}
ALGORITHMS: list[tuple[type[Algorithm], dict[str, Any]]] = [
    (Popular, EVERYTHING),
    (ItemKNN, EVERYTHING),
    (ItemKNN, EVERYTHING | {"damping": "sum", "shrinkage": 0.0, "half_life_days": None}),
    (Association, EVERYTHING | {"min_support": 1, "min_visitors": 1, "min_evidence": 0.0}),
    (Association, EVERYTHING | {"min_support": 1, "min_visitors": 1, "min_evidence": 0.0, "rank_by": "lift"}),
]
Rows = list[tuple[str, str, str, float, str]]

keys = st.sampled_from(["a", "b", "茶", "d'e", "f g", "é", "0", "item/9"])
rows = st.lists(
    st.tuples(
        st.sampled_from(["", "u:1", "u:2", "u:3", "a:x"]),
        keys,
        st.sampled_from(["view", "purchase", "dismiss"]),
        st.floats(-1e9, 4e9, allow_nan=False),
        st.sampled_from(["", "o1", "o2", "o3", "o4"]),
    ),
    max_size=40,
)
bounded = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
with_every_algorithm = pytest.mark.parametrize(("algorithm", "options"), ALGORITHMS)


def learn(algorithm: type[Algorithm], options: dict[str, Any], rows: Rows) -> dict[str, Any] | None:
    """The lists, or None when there is too little to learn from."""
    visitor, item, kind, time, basket = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    events = Interactions.from_columns(visitor=visitor, item=item, kind=kind, time=time, basket=basket)
    try:
        fitted = algorithm(**options).fit(events)
    except NotEnoughData:
        return None
    return dict(fitted.segment_lists(5) if algorithm is Popular else fitted.item_lists(5))


@with_every_algorithm
@bounded
@given(rows=rows)
def test_lists_are_well_formed(algorithm: type[Algorithm], options: dict[str, Any], rows: Rows) -> None:
    known = {item for _, item, *_ in rows}
    for key, pairs in (learn(algorithm, options, rows) or {}).items():
        targets = [target for target, _ in pairs]
        scores = [score for _, score in pairs]
        assert 0 < len(targets) == len(set(targets)) <= 5
        assert set(targets) <= known - ({key} if algorithm is not Popular else set())
        assert all(0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)


@with_every_algorithm
@bounded
@given(rows=rows, data=st.data())
def test_order_of_rows(
    algorithm: type[Algorithm], options: dict[str, Any], rows: Rows, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert learn(algorithm, options, shuffled) == learn(algorithm, options, rows)


@with_every_algorithm
@bounded
@given(rows=rows)
def test_relabelling_items_changes_only_the_keys(
    algorithm: type[Algorithm], options: dict[str, Any], rows: Rows
) -> None:
    relabelled = [(visitor, f"x-{item}", *rest) for visitor, item, *rest in rows]
    before, after = learn(algorithm, options, rows), learn(algorithm, options, relabelled)  # type: ignore[arg-type]
    if before is None:
        assert after is None
        return
    own = "" if algorithm is Popular else "x-"
    assert after == {
        f"{own}{key}": [(f"x-{target}", score) for target, score in pairs] for key, pairs in before.items()
    }


@bounded
@given(rows=rows)
def test_a_copy_of_every_visitor_changes_no_cosine(rows: Rows) -> None:
    options = {"events": {"view": 1.0, "purchase": 3.0}, "shrinkage": 0.0}
    copies = [(f"{visitor}-copy" if visitor else "", *rest) for visitor, *rest in rows]
    once, twice = learn(ItemKNN, options, rows), learn(ItemKNN, options, rows + copies)  # type: ignore[operator]
    if once is None:
        assert twice is None
        return
    assert twice is not None
    for key, pairs in once.items():
        assert [score for _, score in twice[key]] == pytest.approx([s for _, s in pairs], abs=2e-5)
