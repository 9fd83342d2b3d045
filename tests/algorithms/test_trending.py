from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import AlgorithmContract, sample_columns
from recommendations.algorithms.trending import Trending
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import DAY

VIEWS: dict[str, Any] = {"events": {"view": 1.0}, "recent_days": 7, "baseline_days": 14}


def visits(counts: dict[str, tuple[int, ...]], days: float = 7.0, kind: str = "view") -> Interactions:
    """So many visitors of each item in each period of `days`, oldest first, an event at the end of each period."""
    n_periods = max(map(len, counts.values()))
    rows = [
        (f"u:{number}", item, (period + 1) * days * DAY - 1 - number)
        for item, numbers in counts.items()
        for period, n in enumerate(numbers)
        for number in range(n)
    ]
    rows.append(("u:0", next(iter(counts)), n_periods * days * DAY - 1))
    visitor, item, time = zip(*rows, strict=True)
    return Interactions.from_columns(visitor=visitor, item=item, kind=kind, time=time)


class TestTrending(AlgorithmContract):
    algorithm_class = Trending
    options = {"min_visitors": 2, "confidence": 0.8, "by": ("category", "brand")}

    def columns(self) -> dict[str, list[Any]]:
        """The sample, with two items that many more look at in the last days."""
        columns = sample_columns()
        for number in range(30):
            for item in ("item-003", "item-020"):
                row = (f"u:{number:03d}", item, "view", 90 * DAY - number * 3600, "")
                for name, value in zip(("visitor", "item", "kind", "time", "basket"), row, strict=True):
                    columns[name].append(value)
        return columns


def test_a_rise_by_hand() -> None:
    old = Catalogue.from_columns(item_keys=["x", "y"], created=[0.0, 0.0])
    trending = Trending(**VIEWS).fit(visits({"x": (5, 5, 20), "y": (45, 45, 30)}), old)
    assert (trending.recent_.tolist(), trending.baseline_.tolist()) == ([20, 30], [10, 90])
    assert trending.concentration_ > 1e5  # the baseline does not stray at all
    # m = 50/150 for both; x: 20 of 30, chance 0.00019, of two compared: limit 0.1/2.
    assert stats.binom.sf(19, 30, 1 / 3) < 0.05 < stats.binom.sf(29, 120, 1 / 3)
    least = stats.binomtest(20, 30).proportion_ci(0.9, method="exact").low
    rise = least / (1 - least) / (50 / 100)
    assert trending.rise_[0] == pytest.approx(rise, rel=1e-3)
    assert trending.rise_[1] < 1
    ((segment, pairs),) = trending.segment_lists()
    assert (segment, [item for item, _ in pairs]) == ("", ["x"])
    assert pairs[0][1] == pytest.approx(1 - 1 / rise, abs=1e-3)
    assert trending.score([[], [("y", 1.0)]]).tolist() == [[pytest.approx(pairs[0][1], abs=1e-5), 0.0]] * 2


def test_a_rise_of_the_whole_shop_is_none() -> None:
    counts = {item: (10 + n, 10 + n, 3 * (10 + n)) for n, item in enumerate("abcdefgh")}
    assert list(Trending(**VIEWS).fit(visits(counts)).segment_lists()) == []


def test_what_usually_strays_so_far_does_not_trend() -> None:
    steady = {f"s{n}": (20, 20, 20, 20, 20) for n in range(30)}
    jumpy = {f"j{n}": (40, 5, 5, 40, 10) if n % 2 else (5, 40, 40, 5, 30) for n in range(30)}
    options = VIEWS | {"baseline_days": 28}
    assert Trending(**options).fit(visits(steady | {"up": (20, 20, 20, 20, 60)})).score_.nonzero()[
        0
    ].tolist() == [30]
    assert not Trending(**options).fit(visits(jumpy | {"up": (20, 20, 20, 20, 60)})).score_.any()


def test_false_trends_are_few() -> None:
    rng = np.random.default_rng(5)
    rates = rng.gamma(0.7, 6.0, 1000)
    rates[:20] = np.maximum(rates[:20], 5.0)
    item, time = [], []
    for week in range(9):
        now = rates.copy()
        if week == 8:
            now[:20] *= 5
        codes = np.repeat(np.arange(1000), rng.poisson(now))
        item += codes.tolist()
        time += (week * 7 * DAY + rng.random(len(codes)) * 7 * DAY).tolist()
    events = Interactions.from_columns(
        visitor=[f"u:{n}" for n in range(len(item))], item=[f"{n:04d}" for n in item], kind="view", time=time
    )
    listed = set(Trending(events={"view": 1.0}).fit(events).score_.nonzero()[0].tolist())
    assert len(listed & set(range(20))) >= 18
    assert len(listed - set(range(20))) <= 2


def test_a_visitor_counts_once_a_period_and_light_kinds_less() -> None:
    events = Interactions.from_columns(
        visitor=["u:1"] * 5,
        item=["a"] * 5,
        kind=["view", "view", "cart", "view", "cart"],
        time=[1 * DAY, 2 * DAY, 12 * DAY, 20 * DAY, 20.5 * DAY],
    )
    trending = Trending(events={"view": 1.0, "cart": 4.0}, recent_days=7, baseline_days=14).fit(events)
    # Periods end at day 20.5: the views of days 1 and 2 are together, then one cart, then a cart beside a view.
    # Weights 1, 4 and 4 count times Σw / Σw² = 9/33.
    assert (trending.recent_[0], trending.baseline_[0]) == pytest.approx((12 / 11, 15 / 11))


def test_the_new_are_not_compared_and_the_young_by_their_time() -> None:
    counts = {"old": (40, 40, 40), "young": (0, 0, 40), "new": (0, 0, 40)}
    known = Catalogue.from_columns(
        item_keys=["new", "old", "young"], created=[17 * DAY, None, 10.5 * DAY], categories=[["A"]] * 3
    )
    trending = Trending(**VIEWS).fit(visits(counts), known)
    by_item = dict(zip(trending.item_keys_, trending.rise_.tolist(), strict=True))
    assert by_item["new"] == 0  # came this week
    assert by_item["young"] > 2  # half a week without visitors, then 40
    assert dict(trending.segment_lists())["category:A"] == dict(trending.segment_lists())[""]
    without = Trending(**VIEWS).fit(visits(counts))
    assert dict(zip(without.item_keys_, without.rise_.tolist(), strict=True))["young"] == 0


def test_items_with_few_visitors_are_not_compared() -> None:
    counts = {"x": (0, 0, 4), "y": (45, 45, 30), "z": (45, 45, 30)}
    old = Catalogue.from_columns(item_keys=["x"], created=[0.0])
    assert dict(Trending(**VIEWS, min_visitors=4).fit(visits(counts), old).segment_lists())
    assert not dict(Trending(**VIEWS, min_visitors=5).fit(visits(counts), old).segment_lists())


@pytest.mark.parametrize("counts", [{"a": (3,)}, {"a": (3, 3, 3)}, {"a": (3, 0, 0), "b": (0, 0, 3)}])
def test_too_little_to_compare(counts: dict[str, tuple[int, ...]]) -> None:
    assert list(Trending(**VIEWS).fit(visits(counts)).segment_lists()) == []


def test_nothing_happened_lately() -> None:
    both = visits({"a": (9, 9, 0)}), visits({"a": (0, 0, 0, 0, 1)}, kind="dismiss")
    columns = {name: np.concatenate([getattr(e, name) for e in both]) for name in ("time", "visitor", "item")}
    events = Interactions.from_codes(
        **columns,
        kind=[0] * len(both[0]) + [1] * len(both[1]),
        visitor_keys=both[0].visitor_keys,
        item_keys=["a"],
        kinds=["view", "dismiss"],
    )
    assert not Trending(**VIEWS).fit(events).score_.any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recent_days": 0}, "recent_days must be within 0.001..36500, got 0."),
        ({"baseline_days": 10}, "baseline_days must be at least twice recent_days (7), got 10."),
        ({"confidence": 1}, "confidence must be within 0.5..0.999999, got 1."),
        ({"min_visitors": -1}, "min_visitors must be within 0..inf, got -1."),
        ({"by": ["colour"]}, "by may name category, brand and price, got 'colour'."),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Trending(**options)
    assert str(caught.value) == message


def test_no_event_of_the_kinds() -> None:
    with pytest.raises(NotEnoughData) as caught:
        Trending(events={"cart": 1.0}).fit(visits({"a": (1,)}))
    assert str(caught.value) == "Trending needs events of the kinds cart: 0 of 2 events are."
