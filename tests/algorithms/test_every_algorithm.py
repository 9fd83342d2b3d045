"""What must hold for every shipped algorithm, whatever the events: on small random data, and on data that is odd."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.columns import COLUMNS
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import sample_catalogue, sample_columns
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.shipped import CASES, Case, shipped

HOUR = 3600.0
DAY = 24 * HOUR
ITEMS = ["0", "a", "d'e", "f g", "item/9", "é", "שָׁלוֹם", "茶"]
VISITORS = ["", "a:x", "u:1", "u:2", "ключ", "客"]
TITLES = ["oak chair", "pine chair", "oak lamp", "elm lamp", "oak table", "pine table", "elm chair", "tea"]
#: A list that leaves nothing out.
ALL = 100

Lists = dict[tuple[str, str, str], list[tuple[str, float]]]


@dataclass(frozen=True)
class Row:
    """An event, by the numbers of its visitor (0 = nobody) and item."""

    visitor: int
    item: int
    kind: str
    time: float
    order: int
    rating: float | None


def row_of(number: int) -> Row:
    """The events, numbered. Few values, so that visitors share items, repeat themselves, and events are there twice."""
    number, visitor = divmod(number, len(VISITORS))
    number, item = divmod(number, len(ITEMS))
    number, kind = divmod(number, 3)
    number, order = divmod(number, 3)
    number, rating = divmod(number, 5)
    time, step = divmod(number, 4)
    return Row(
        visitor=visitor,
        item=item,
        kind=("purchase", "view", "dismiss")[kind],
        time=time * (DAY, HOUR, 60.0, 0.0)[step],
        order=order,
        rating=(None, 1.0, 2.5, 4.0, 5.0)[rating],
    )


N_ROWS = len(VISITORS) * len(ITEMS) * 3 * 3 * 5 * 4 * 90
#: One draw an event is several times faster than one a column.
ROWS = st.lists(st.integers(0, N_ROWS - 1).map(row_of), max_size=40)
SEEDS = st.integers(0, 2**32 - 1)
bounded = partial(
    settings,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


def of_case(case: Case) -> Any:
    return pytest.param(case, id=str(case))


with_every_algorithm = pytest.mark.parametrize("case", [of_case(case) for case in CASES])


def tried(test: Callable[..., None]) -> Callable[..., None]:
    """A property, tried for every algorithm as often as its case says."""

    def run(case: Case) -> None:
        tries = bounded(max_examples=case.examples)
        tries(
            given(rows=ROWS, seed=SEEDS)(lambda rows, seed: test(case, rows, np.random.default_rng(seed)))
        )()

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return with_every_algorithm(run)


def shuffled(values: Sequence[Any], rng: np.random.Generator) -> list[Any]:
    return [values[n] for n in rng.permutation(len(values)).tolist()]


def interactions(
    rows: Sequence[Row], visitors: Sequence[str] = VISITORS, items: Sequence[str] = ITEMS
) -> Interactions:
    return Interactions.from_columns(
        visitor=[visitors[row.visitor] for row in rows],
        item=[items[row.item] for row in rows],
        kind=[row.kind for row in rows],
        time=[row.time for row in rows],
        rating=[row.rating for row in rows],
        basket=[
            f"{visitors[row.visitor]}/{row.order}" if row.kind == "purchase" and row.order else ""
            for row in rows
        ],
    )


def catalogue(items: Sequence[str] = ITEMS) -> Catalogue:
    """The same things under these keys; the first two are variants of one product, the last has no brand."""
    return Catalogue.from_columns(
        item_keys=items,
        titles=TITLES[: len(items)],
        texts=[f"{title} for the hall" for title in TITLES[: len(items)]],
        categories=[[("Seats/Chairs", "Lights")[n % 2]] for n in range(len(items))],
        group_keys=["pair" if n < 2 else "" for n in range(len(items))],
        created=[n * 10 * DAY for n in range(len(items))],
    )


def learn(
    case: Case,
    rows: Sequence[Row],
    visitors: Sequence[str] = VISITORS,
    items: Sequence[str] = ITEMS,
    **options: Any,
) -> Algorithm | None:
    """Fitted to the rows; None when there is too little to learn from."""
    try:
        return case.make(**options).fit(interactions(rows, visitors, items), catalogue(items))
    except NotEnoughData as error:
        assert case.algorithm.__name__ in str(error) or str(error).startswith("Holding out")
        return None


def lists(algorithm: Algorithm | None, visitors: Sequence[str] = VISITORS, k: int = ALL) -> Lists:
    """Every list that the algorithm makes, of (key kind, key, target kind); {} of none."""
    if algorithm is None:
        return {}
    return {
        (key_kind, key, target_kind): pairs
        for key_kind, target_kind in sorted(algorithm.produces)
        for key, pairs in algorithm.lists(key_kind, target_kind, k, [key for key in visitors if key])
    }


def renamed(made: Lists, new: dict[str, dict[str, str]]) -> Lists:
    """The lists under new names of items and visitors."""
    return {
        (key_kind, new.get(key_kind, {}).get(key, key), target_kind): [
            (new.get(target_kind, {}).get(target, target), score) for target, score in pairs
        ]
        for (key_kind, key, target_kind), pairs in made.items()
    }


def assert_alike(one: Lists, other: Lists, tolerance: float = 5e-5) -> None:
    """The same scores, but for rounding; what ties may stand in any order, what rounds to nothing may be missing."""
    for key in one.keys() | other.keys():
        first, second = dict(one.get(key, [])), dict(other.get(key, []))
        for target in first.keys() | second.keys():
            assert first.get(target, 0.0) == pytest.approx(second.get(target, 0.0), abs=tolerance), (
                key,
                target,
            )


def test_every_shipped_algorithm_is_tried() -> None:
    assert {case.algorithm for case in CASES} == shipped()


@tried
def test_lists_are_well_formed(case: Case, rows: list[Row], rng: np.random.Generator) -> None:
    algorithm = learn(case, rows)
    made = lists(algorithm, k=3)
    for (key_kind, key, target_kind), pairs in made.items():
        targets, scores = [target for target, _ in pairs], [score for _, score in pairs]
        assert 0 < len(targets) == len(set(targets)) <= 3
        assert all(math.isfinite(score) and 0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)
        if target_kind == "item":
            assert set(targets) <= set(ITEMS)
        if key_kind == target_kind:
            assert key not in targets
        if key_kind == target_kind == "item" and key in ITEMS[:2]:
            assert not set(ITEMS[:2]) & set(targets)
    if algorithm is not None and ("visitor", "item") in algorithm.produces:
        assert_nothing_is_shown_that_must_not_be(algorithm, rows)


def assert_nothing_is_shown_that_must_not_be(algorithm: Algorithm, rows: list[Row]) -> None:
    excluded = {key: ITEMS[3:5] for key in VISITORS}
    for key, pairs in algorithm.visitor_lists([*VISITORS, "never seen"], ALL, excluded):
        hidden = set(excluded[key])
        if algorithm.config.exclude_seen:  # type: ignore[attr-defined]
            hidden |= {
                ITEMS[row.item]
                for row in rows
                if VISITORS[row.visitor] == key and algorithm.config.events.get(row.kind)
            }
        assert not hidden & {target for target, _ in pairs}


@tried
def test_the_order_of_rows_changes_nothing(case: Case, rows: list[Row], rng: np.random.Generator) -> None:
    assert lists(learn(case, shuffled(rows, rng))) == lists(learn(case, rows))


@tried
def test_new_names_in_the_same_order_change_only_the_keys(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    visitors, items = [f"v-{key}" if key else "" for key in VISITORS], [f"x-{key}" for key in ITEMS]
    new = {
        "visitor": dict(zip(VISITORS, visitors, strict=True)),
        "item": dict(zip(ITEMS, items, strict=True)),
    }
    assert lists(learn(case, rows, visitors, items), visitors) == renamed(lists(learn(case, rows)), new)


@tried
def test_new_names_in_another_order_change_only_ties(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    if case.by_name:
        return
    visitors = ["", *shuffled(VISITORS[1:], rng)]
    items = shuffled(ITEMS, rng)
    # What happens at one moment is in the order of the keys; so nothing does.
    rows = [replace(row, time=row.time + n * 1e-3) for n, row in enumerate(rows)]
    new = {
        "visitor": dict(zip(VISITORS, visitors, strict=True)),
        "item": dict(zip(ITEMS, items, strict=True)),
    }
    assert_alike(lists(learn(case, rows, visitors, items)), renamed(lists(learn(case, rows)), new))


def with_copies(rows: list[Row]) -> list[Row]:
    """The rows, and all that visitor 1, 2, … did once more by another visitor; guests' too."""
    n = len(VISITORS)
    return rows + [replace(row, visitor=row.visitor + n) for row in rows]


EVERYBODY_TWICE = [*VISITORS, *(f"{key}-copy" if key else "" for key in VISITORS)]


@tried
def test_a_copy_of_every_visitor_changes_no_list(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    if isinstance(case.copied, str):
        return
    known = [row for row in rows if row.visitor]
    once = learn(case, known)
    twice = learn(case, with_copies(known), EVERYBODY_TWICE, **case.copied)
    assert (once is None) == (twice is None)
    first, second = lists(once), lists(twice)
    assert_alike(*({key: made[key] for key in made if key[2] != "visitor"} for made in (first, second)))


@tried
def test_a_visitor_and_a_copy_get_the_same_list(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    algorithm = learn(case, with_copies(rows), EVERYBODY_TWICE)
    made = lists(algorithm, EVERYBODY_TWICE)
    for key in VISITORS[1:]:
        for target_kind in ("item", "segment"):
            one, other = (made.get(("visitor", who, target_kind), []) for who in (key, f"{key}-copy"))
            assert_alike({("visitor", key, target_kind): one}, {("visitor", key, target_kind): other})


@tried
def test_dislikes_old_events_and_negative_amounts(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    """A weight below 0, a half-life, a window, and quantities that were taken back give no list that is wrong."""
    options = {
        "events": {"dismiss": -2.0, **case.make().config.events},
        "half_life_days": (None, 1e-3, 10.0)[rng.integers(3)],
        "window_days": (None, 1.0, 30.0)[rng.integers(3)],
    }
    events = interactions(rows)
    events.quantity[:] = -1.0
    events.value[:] = -9.5
    try:
        algorithm = case.make(**options).fit(events, catalogue())
    except NotEnoughData:
        return
    for pairs in lists(algorithm).values():
        scores = [score for _, score in pairs]
        assert scores
        assert all(math.isfinite(score) and 0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)


@tried
def test_scores_are_finite_and_strangers_get_what_nobody_gets(
    case: Case, rows: list[Row], rng: np.random.Generator
) -> None:
    algorithm = learn(case, rows)
    if algorithm is None:
        return
    known = [[(key, 1.0), ("茶", 0.5)] for key in ITEMS]
    scores = algorithm.score([*known, [("no such item", 1.0)], []])
    assert scores.shape == (len(ITEMS) + 2, len(algorithm.item_keys_))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert scores[-2].tolist() == scores[-1].tolist()
    assert algorithm.score([]).shape == (0, len(algorithm.item_keys_))


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
        assert made or case.algorithm.__name__ == "Trending"
        for (key_kind, key, target_kind), pairs in made.items():
            assert key_kind not in ("item", "visitor") or key in items + visitors
            assert target_kind != "item" or {target for target, _ in pairs} <= set(items)

    check()


#: Everybody looks at some things every ten days or so, and buys the first two or three again and again.
FULL = [
    Row(visitor, (visitor + step) % len(ITEMS), kind, day * DAY + step * 300.0, 1 + month, 1.0 + step)
    for visitor in range(1, 6)
    for month in range(3)
    for day in (10 * month + visitor % 3,)
    for step in range(4)
    for kind in ("view", "purchase")
    if kind == "view" or step < 2 + visitor % 2
]


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
    assert algorithm is not None
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
    assert algorithm is not None
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
    assert np.isfinite(algorithm.score(Histories.of(endless)[-1:])).all()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * events_bytes(endless)


def events_bytes(events: Interactions) -> int:
    return sum(getattr(events, name).nbytes for name in COLUMNS)
