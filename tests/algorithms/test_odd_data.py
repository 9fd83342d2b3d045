"""What every shipped algorithm does with data that is odd, large, or learned from by other numbers of threads."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.columns import COLUMNS
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import sample_catalogue, sample_columns
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.shipped import CASES, Case
from tests.algorithms.small_world import (
    DAY,
    FULL,
    HOUR,
    ITEMS,
    Lists,
    Row,
    assert_alike,
    bounded,
    interactions,
    learn,
    lists,
    of_case,
    with_every_algorithm,
)


@with_every_algorithm
def test_keys_in_any_script(case: Case) -> None:
    @bounded(max_examples=3)
    @given(
        st.lists(st.text(min_size=1), min_size=len(ITEMS), max_size=len(ITEMS), unique=True),
        st.lists(st.text(min_size=1), min_size=5, max_size=5, unique=True),
    )
    def check(items: list[str], names: list[str]) -> None:
        visitors = ["", *names]
        made = lists(learn(case, FULL, visitors, items), visitors)
        assert made or case.needs_sessions or case.algorithm.__name__ == "Trending"
        for (key_kind, key, target_kind), pairs in made.items():
            assert key_kind not in ("item", "visitor") or key in items + visitors
            assert target_kind != "item" or {target for target, _ in pairs} <= set(items)

    check()


@with_every_algorithm
def test_one_visitor_and_one_item(case: Case) -> None:
    """Nobody is like the only one, and nothing like the only thing: no list but of what stands by itself."""
    alone = [Row(1, 2, kind, day * DAY, 1 + day, 3.0) for kind in ("view", "purchase") for day in (0, 40)]
    algorithm = case.make()
    try:
        algorithm.fit(interactions(alone))
    except NotEnoughData as error:
        assert case.algorithm.__name__ in str(error) or str(error).startswith("Holding out")
        return
    made = lists(algorithm)
    assert not {key_kind for key_kind, _, target_kind in made if key_kind == target_kind}
    for pairs in made.values():
        assert [target for target, _ in pairs] in (["d'e"], ["community:1"])
    assert np.isfinite(algorithm.score([[("d'e", 1.0)], []])).all()


@with_every_algorithm
def test_ratings_that_are_all_the_same(case: Case) -> None:
    same = [replace(row, rating=3.0) for row in FULL]
    algorithm = learn(case, same)
    if algorithm is None:
        assert case.needs_sessions
        return
    assert all(0 <= score <= 1 for pairs in lists(algorithm).values() for _, score in pairs)
    if case.options.get("feedback") == "explicit":
        assert set(algorithm.predict([[("茶", 3.0)]]).ravel().tolist()) == {3.0}  # type: ignore[attr-defined]
    else:
        unrated = [replace(row, rating=None) for row in FULL]
        assert lists(algorithm) == lists(learn(case, unrated))


@with_every_algorithm
def test_weights_that_are_no_numbers(case: Case) -> None:
    for weight in (float("nan"), float("inf"), -float("inf")):
        with pytest.raises(ConfigurationError, match=r"events\['view'\] must be a finite number"):
            case.make(events={"purchase": 1.0, "view": weight})
    algorithm = learn(case, FULL)
    if algorithm is None:
        assert case.needs_sessions
        return
    for weight in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="a weight is NaN or infinite"):
            algorithm.score([[("茶", weight)]])


@with_every_algorithm
def test_guests_alone(case: Case) -> None:
    """Where nobody is known there are no lists of visitors, and no error but NotEnoughData."""
    guests = [replace(row, visitor=0) for row in FULL]
    made = lists(learn(case, guests))
    assert not {key_kind for key_kind, *_ in made} & {"visitor"}


@pytest.fixture(scope="module")
def busy() -> tuple[Interactions, Catalogue]:
    """Sixty visitors of two tastes, who look at everything an hour before; every other item is new."""
    columns = sample_columns(n_visitors=60)
    looks = columns | {
        "kind": ["view"] * len(columns["item"]),
        "time": [time - HOUR for time in columns["time"]],
        "basket": [""] * len(columns["item"]),
    }
    n = 2 * len(columns["item"])
    events = Interactions.from_columns(
        **{name: [*values, *looks[name]] for name, values in columns.items()},
        rating=[float(row % 5 + 1) for row in range(n)],
    )
    items = sample_catalogue()
    created = [80 * DAY if code % 2 else 0.0 for code in range(len(items))]
    return events, replace(items, created=np.array(created))


@with_every_algorithm
def test_the_number_of_threads_changes_nothing(
    case: Case, busy: tuple[Interactions, Catalogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Lists] = []
    for threads in (1, 2, 3):
        monkeypatch.setenv("OMP_NUM_THREADS", str(threads))
        with threadpool_limits(threads):
            made.append(lists(case.make().fit(*busy), busy[0].visitor_keys, 10))
    assert made[0] or not case.algorithm.steady
    if case.rounds:
        assert_alike(made[0], made[1])
        assert_alike(made[0], made[2])
    else:
        assert made[0] == made[1] == made[2]


@pytest.mark.parametrize("case", [of_case(case) for case in CASES if "seed" in case.algorithm.option_names()])
def test_a_seed_decides(case: Case, busy: tuple[Interactions, Catalogue]) -> None:
    for seed in (0, 1):
        one, other = (lists(case.make(seed=seed).fit(*busy), busy[0].visitor_keys, 10) for _ in range(2))
        assert one == other


@pytest.fixture(scope="module")
def endless() -> Interactions:
    """A robot with 10⁶ events on 1,000 items, in small orders, one huge one and none, and 40 people."""
    people = sample_columns()
    rng = np.random.default_rng(0)
    n, size, items = 1_000_000, len(people["item"]), [f"item-{code:03d}" for code in range(1000)]
    visitors = sorted({*people["visitor"]} - {""})
    who = {key: code for code, key in enumerate(visitors)} | {"": -1}
    number = np.arange(n)
    orders = np.select([number < 20_000, number < 50_000], [number // 20, 1000], -1)
    return Interactions.from_codes(
        visitor=np.concatenate([[who[key] for key in people["visitor"]], np.full(n, len(visitors))]),
        item=np.concatenate([[items.index(key) for key in people["item"]], rng.integers(0, len(items), n)]),
        kind=np.concatenate([[kind == "view" for kind in people["kind"]], number >= 200_000]).astype(int),
        time=np.concatenate([people["time"], np.sort(rng.random(n)) * 90 * DAY]),
        rating=np.concatenate([np.full(size, 4.0), rng.integers(1, 6, n)]),
        basket=np.concatenate([2000 + np.array(people["time"]) // HOUR, orders]).astype(int),
        visitor_keys=[*visitors, "robot"],
        item_keys=items,
        kinds=["purchase", "view"],
    )


@pytest.mark.parametrize(
    "case", [of_case(case) for case in {case.algorithm: case for case in CASES}.values()]
)
def test_a_history_of_a_million_events(case: Case, endless: Interactions) -> None:
    tracemalloc.start()
    algorithm = case.make().fit(endless, sample_catalogue())
    for key_kind, target_kind in algorithm.produces:
        for _, pairs in algorithm.lists(key_kind, target_kind, 5, ["robot", "u:001"]):
            assert 0 < len(pairs) <= 5
    if not case.needs_sessions:
        assert np.isfinite(algorithm.score(Histories.of(endless)[-1:])).all()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * events_bytes(endless)


def events_bytes(events: Interactions) -> int:
    return sum(getattr(events, name).nbytes for name in COLUMNS)
