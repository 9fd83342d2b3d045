from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommendations.algorithms.clustering import before_and_after, centres_of, foretold, nearest
from recommendations.algorithms.communities import VisitorCommunities
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.popular import Popular
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.evaluation.evaluate import evaluate
from recommendations.evaluation.splits import leave_last_out
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import purchases

Rows = list[tuple[str, str]]
#: Small shops have small communities.
SMALL: dict[str, Any] = {"events": {"purchase": 1.0}, "min_visitors": 5, "components": 4}


def tastes(n_tastes: int = 3, n_visitors: int = 30, n_items: int = 12, size: int = 6, seed: int = 0) -> Rows:
    """Visitors of a few tastes, numbered in turn, who choose only items of their taste; the first taste has more."""
    rng = np.random.default_rng(seed)
    rows: Rows = []
    for taste in range(n_tastes):
        for number in range(n_visitors + 5 * (n_tastes - taste)):
            for item in rng.choice(n_items, size, replace=False).tolist():
                rows.append((f"u:{number:03d}{taste}", f"{'abcdefgh'[taste]}{item:02d}"))
    return rows


def groups(fitted: VisitorCommunities) -> dict[str, str]:
    """The first community of each visitor."""
    return {key: pairs[0][0] for key, pairs in fitted.visitor_segments(fitted.visitor_keys_)}


class TestVisitorCommunities(AlgorithmContract):
    algorithm_class = VisitorCommunities
    options = {"min_visitors": 5, "components": 4}


class TestGivenNumber(AlgorithmContract):
    algorithm_class = VisitorCommunities
    options = {"min_visitors": 3, "communities": 3, "components": 6, "lift_exponent": 1.0}


@pytest.mark.parametrize("n_tastes", [2, 4])
def test_tastes_are_found_and_counted(n_tastes: int) -> None:
    fitted = VisitorCommunities(**SMALL).fit(purchases(tastes(n_tastes)))
    assert len(fitted.centres_) == n_tastes
    assert len({(key[-1], community) for key, community in groups(fitted).items()}) == n_tastes
    assert groups(fitted)["u:0000"] == "community:1"  # the largest comes first
    for community, pairs in fitted.segment_lists():
        assert len({item[0] for item, _ in pairs}) == 1, community


def test_where_tastes_do_not_differ_there_is_one_community() -> None:
    rng = np.random.default_rng(2)
    rows = [(f"u:{n}", f"i{item}") for n in range(120) for item in rng.choice(30, 8, replace=False).tolist()]
    fitted = VisitorCommunities(**SMALL).fit(purchases(rows))
    assert len(fitted.centres_) == 1
    assert dict(fitted.visitor_segments(["u:0", "u:7"])) == {
        "u:0": [("community:1", 1.0)],
        "u:7": [("community:1", 1.0)],
    }


def test_what_a_community_likes_by_hand() -> None:
    rows = [*((f"x:{n}", item) for n in range(8) for item in ("a", "b")), ("x:8", "a"), ("x:8", "c")]
    rows += [(f"y:{n}", item) for n in range(6) for item in ("c", "d")]
    fitted = VisitorCommunities(**SMALL, communities=2, lift_exponent=0.5).fit(purchases(rows))
    assert [groups(fitted)[key] for key in ("x:0", "y:0", "x:8")] == [
        "community:1",
        "community:2",
        "community:2",
    ]
    s, total = fitted.smoothing_, 16 + 14
    expected = {}
    for item, here, everywhere in (("c", 7, 7), ("d", 6, 6), ("a", 1, 9)):
        whole = everywhere / total
        share = (here + s * whole) / (14 + s)
        expected[item] = share * (share / whole) ** 0.5
    most = max(expected.values()) + 1 / (14 + s)
    (_, (_, pairs)) = fitted.segment_lists()
    assert dict(pairs) == pytest.approx({item: value / most for item, value in expected.items()}, abs=1e-5)


def test_a_stranger_borrows_from_the_community_that_is_nearest() -> None:
    fitted = VisitorCommunities(**SMALL).fit(purchases(tastes(2)))
    scores = fitted.score([[("a00", 1.0)], [("b00", 1.0)], []])
    of_a = np.array([key[0] == "a" for key in fitted.item_keys_])
    assert scores[0][of_a].min() > 0 == scores[0][~of_a].max()
    assert scores[1][~of_a].min() > 0 == scores[1][of_a].max()
    assert not scores[2].any()


def test_evaluated_by_the_lists_of_a_visitors_segments() -> None:
    rows = tastes(3, size=8)
    events = purchases(rows, time=np.random.default_rng(4).permutation(len(rows)).tolist())
    split = leave_last_out(events, n=2)
    options = {"k": 5, "exclude_seen": True}
    of_communities = evaluate(
        VisitorCommunities(**SMALL).fit(split.train), split.train, split.test, **options
    )
    of_all = evaluate(Popular(half_life_days=None).fit(split.train), split.train, split.test, **options)
    assert of_communities["recall"] > 1.5 * of_all["recall"]
    assert of_communities["served"] == 1.0


def test_visitors_without_events_have_no_community() -> None:
    events = purchases([*tastes(2), ("u:gone", "a00")])
    there = events.visitor != events.visitor_keys.index("u:gone")
    fitted = VisitorCommunities(**SMALL).fit(events.select(mask=there))
    assert list(dict(fitted.visitor_segments(["u:0000", "u:gone", "u:nobody"]))) == ["u:0000"]


def test_small_communities_are_given_up() -> None:
    points = np.array([[1, 0, 0]] * 9 + [[0, 1, 0]] * 6 + [[0.6, 0, 0.8]] * 4, np.float64)
    matrix = sparse.csr_matrix(points, dtype=np.float32)
    found = [np.round(centres_of(matrix, points, 3, size, seed=0), 9).tolist() for size in (4, 5, 9)]
    assert found == [[[1, 0, 0], [0, 1, 0], [0.6, 0, 0.8]], [[1, 0, 0], [0, 1, 0]], [[0, 0, 0]]]


def test_names_and_order_of_visitors_do_not_matter() -> None:
    rows = tastes(3)
    names = sorted({who for who, _ in rows})
    shuffled = dict(zip(names, np.random.default_rng(1).permutation(names).tolist(), strict=True))
    one = VisitorCommunities(**SMALL).fit(purchases(rows))
    other = VisitorCommunities(**SMALL).fit(purchases([(shuffled[who], item) for who, item in rows]))
    assert {shuffled[who]: community for who, community in groups(one).items()} == groups(other)
    assert dict(one.segment_lists()) == dict(other.segment_lists())


def test_names_of_items_do_not_matter() -> None:
    rows = tastes(3)
    renamed = [(who, item[::-1]) for who, item in rows]  # in another order
    one, other = (VisitorCommunities(**SMALL).fit(purchases(each)) for each in (rows, renamed))
    assert groups(one) == groups(other)


def test_threads_and_runs_give_the_same() -> None:
    made = []
    for limit in (1, 2, 2):
        with threadpool_limits(limit):
            fitted = VisitorCommunities(**SMALL).fit(purchases(tastes(3)))
        made.append((groups(fitted), dict(fitted.segment_lists())))
    assert made[0] == made[1] == made[2]


def test_a_copy_of_every_visitor_changes_no_community() -> None:
    rows = tastes(3)
    copies = rows + [(f"{who}-copy", item) for who, item in rows]
    one, twice = (VisitorCommunities(**SMALL, communities=3).fit(purchases(each)) for each in (rows, copies))
    assert groups(one).items() <= groups(twice).items()
    assert all(groups(twice)[f"{who}-copy"] == community for who, community in groups(one).items())


def test_the_latest_items_are_held_out() -> None:
    visitor = np.array([0, 0, 0, 0, 1, 2, 2, 2])
    item = np.array([3, 1, 3, 2, 0, 1, 1, 0])
    time = np.array([0.0, 1, 2, 3, 0, 5, 6, 7])
    earlier, later = before_and_after(visitor, item, time, (4, 4))
    assert earlier.toarray().tolist() == [[0, 1, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert later.toarray().tolist() == [[0, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_of_one_moment_no_item_is_always_the_latest() -> None:
    rng = np.random.default_rng(0)
    chosen = np.array([rng.choice(10, 5, replace=False) for _ in range(2000)])
    visitor = np.repeat(np.arange(2000), 5)
    _, later = before_and_after(visitor, chosen.ravel(), np.zeros(10_000), (2000, 10))
    share = np.asarray(later.sum(axis=0)).ravel() / 2000
    assert share == pytest.approx(np.full(10, 0.1), abs=0.03)


def test_the_chance_of_what_came_next_by_hand() -> None:
    earlier = sparse.csr_matrix(np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32))
    later = sparse.csr_matrix(np.array([[0, 1, 0], [0, 0, 0], [1, 0, 1]], np.float32))
    whole = np.array([2.5, 2.5, 0.5]) / 5.5
    # Visitor 0 has item 0; the others of the group have (1, 2, 0): of what is left, item 1 has (2 + 3p₁) / (2 + 3·…).
    weights = np.array([1.0, 2, 0]) + 3 * whole
    first = np.log(weights[1] / weights[1:].sum())
    weights = np.array([2.0, 1, 0]) + 3 * whole
    both = np.log(weights[[0, 2]] / weights[[0, 2]].sum()).mean()
    found = foretold(earlier, later, np.zeros(3, np.int64), 1, 3.0)
    assert found == pytest.approx([first, both])


def test_points_join_the_nearest_centre() -> None:
    points = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.0, 0.0]])
    assert nearest(points, np.array([[1.0, 0.0], [0.0, 1.0]])).tolist() == [0, 1, 1, 0]
    nothing = centres_of(sparse.csr_matrix((0, 2)), np.zeros((0, 2)), 4, 1, 0)
    assert nothing.shape == (1, 2)


@pytest.mark.parametrize("rows", [[("u:1", "a")], [("u:1", "a"), ("u:1", "b")], [("u:1", "a"), ("u:2", "a")]])
def test_tiny_shops_have_one_community(rows: Rows) -> None:
    fitted = VisitorCommunities().fit(purchases(rows))
    assert [segment for segment, _ in fitted.segment_lists()] == ["community:1"]
    assert set(dict(fitted.visitor_segments(fitted.visitor_keys_))) == {who for who, _ in rows}


def test_only_guests() -> None:
    with pytest.raises(NotEnoughData) as caught:
        VisitorCommunities().fit(purchases([("", "a"), ("", "b")]))
    assert str(caught.value).startswith("VisitorCommunities needs events of known visitors")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"communities": 0}, "communities must be a whole number from 1, got 0."),
        ({"max_communities": 1.5}, "max_communities must be a whole number from 1, got 1.5."),
        ({"min_visitors": 0}, "min_visitors must be a whole number from 1, got 0."),
        ({"lift_exponent": -1}, "lift_exponent must be within 0..5, got -1."),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        VisitorCommunities(**options)
    assert str(caught.value) == message


rows_of_events = st.lists(
    st.tuples(
        st.sampled_from(["", "u:1", "u:2", "u:3", "u:4", "a:x"]),
        st.sampled_from(["a", "b", "茶", "d'e", "0", "item/9"]),
        st.sampled_from(["view", "purchase", "dismiss"]),
        st.floats(-1e9, 4e9, allow_nan=False),
    ),
    max_size=40,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=rows_of_events, data=st.data())
def test_whatever_the_events_lists_are_well_formed(rows: list[Any], data: st.DataObject) -> None:
    def learn(given_rows: list[Any]) -> Any:
        visitor, item, kind, time = zip(*given_rows, strict=True) if given_rows else ((), (), (), ())
        events = Interactions.from_columns(visitor=visitor, item=item, kind=kind, time=time)
        try:
            return VisitorCommunities(min_visitors=1, components=3).fit(events)
        except NotEnoughData:
            return None

    fitted, again = learn(rows), learn(data.draw(st.permutations(rows)))
    if fitted is None:
        assert again is None
        return
    lists = dict(fitted.segment_lists(4))
    assert lists == dict(again.segment_lists(4))
    of_visitors = dict(fitted.visitor_segments(fitted.visitor_keys_))
    assert of_visitors == dict(again.visitor_segments(again.visitor_keys_))
    for pairs in [*lists.values(), *of_visitors.values()]:
        scores = [score for _, score in pairs]
        assert scores and scores == sorted(scores, reverse=True) and 0 < scores[-1] <= scores[0] <= 1
    assert {segment for pairs in of_visitors.values() for segment, _ in pairs} <= set(lists)
    assert np.isfinite(fitted.score(fitted.histories_)).all()
