"""Small made events for every shipped algorithm, what it learns from them, and comparing its lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.exceptions import NotEnoughData
from tests.algorithms.shipped import CASES, Case

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
        prices=[8.0 + n for n in range(len(items))],
        previous_prices=[10.0 + 2 * n for n in range(len(items))],
        price_changed=[90 * DAY] * len(items),
        attributes=[{"regular_price": 10.0 + 2 * n} for n in range(len(items))],
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
