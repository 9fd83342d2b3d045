from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from recommendations.algorithms.buy_again import BuyAgain
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import DAY

Rows = list[tuple[str, str, float]]


def bought(rows: Rows, **columns: Any) -> Interactions:
    """Purchases from (visitor, item, day)."""
    visitor, item, day = zip(*rows, strict=True) if rows else ((), (), ())
    given = {"kind": "purchase", **columns}
    return Interactions.from_columns(visitor=visitor, item=item, time=[d * DAY for d in day], **given)


def regular(visitor: str, item: str, every: float, until: float, n: int) -> Rows:
    """`n` purchases `every` so many days, the last on day `until`."""
    return [(visitor, item, until - every * times) for times in range(n)]


def shop(n_visitors: int = 30, seed: int = 0) -> Rows:
    """A year of visitors who buy coffee about every 14 days and soap about every 60, each at a pace of their own."""
    rng = np.random.default_rng(seed)
    rows: Rows = []
    for number in range(n_visitors):
        for item, every in (("coffee", 14.0), ("soap", 60.0)):
            day = float(rng.uniform(0, every))
            pace = every * float(np.exp(rng.normal(0, 0.3)))
            while day < 360:
                rows.append((f"u:{number:02d}", item, day))
                day += pace * float(np.exp(rng.normal(0, 0.15)))
    return rows


class TestBuyAgain(AlgorithmContract):
    algorithm_class = BuyAgain
    options = {"horizon_days": 14}


def test_one_visitor_by_hand() -> None:
    fitted = BuyAgain().fit(bought([*regular("u:1", "a", 10.0, 20.0, 3), ("", "z", 30.0)]))
    # n = 2 in T = 30 days; nothing to compare with, so λ = 2/30. All intervals are 10 days: the deviation is the least
    # allowed, 0.1. e = 10, h = 7: F(17) ≈ 1, F(10) = ½.
    now = 0.99 * (stats.norm.cdf(math.log(1.7) / 0.1) - 0.5) / (1 - 0.99 * 0.5)
    usual = 1 - math.exp(-7 / (10 * math.exp(0.1**2 / 2)))
    expected = 1 - math.exp(-2 / 30 * 7 * now / usual)
    assert dict(fitted.visitor_lists(["u:1"])) == {"u:1": [("a", round(expected, 5))]}
    assert fitted.score([[("a", 1.0)]])[0][0] > 0


def test_the_rates_by_hand() -> None:
    rows = [
        *regular("u:1", "a", 10, 100, 6),
        *regular("u:2", "a", 50, 100, 2),
        ("u:3", "a", 0.0),
        ("u:4", "b", 60.0),
    ]
    fitted = BuyAgain().fit(bought(rows))
    repeats = fitted._repeats(fitted.histories_)
    assert repeats.n_repeats.tolist() == [5, 1, 0, 0]
    assert repeats.watched.tolist() == [50, 50, 100, 40]
    # Pairs: m = 6/240; v = (50·.1² ... )/240 − m/60 by the moments of `gamma_prior`; items: a 6/200, b 0/40.
    mean = 6 / 240
    between = (50 * (0.1 - mean) ** 2 + 50 * (0.02 - mean) ** 2 + 140 * mean**2) / 240 - mean / 60
    weight = mean / between
    assert fitted.rate_weight_ == pytest.approx(weight)
    assert fitted.rate_.tolist() == [mean, mean]  # two items differ no more than by chance
    assert fitted._rate(repeats) == pytest.approx(
        [(n + mean * weight) / (days + weight) for n, days in ((5, 50), (1, 50), (0, 100), (0, 40))]
    )


@pytest.mark.parametrize(("item", "every"), [("coffee", 14.0), ("soap", 60.0)])
def test_the_score_peaks_when_it_is_due(item: str, every: float) -> None:
    fitted = BuyAgain(horizon_days=2).fit(bought([*shop(), ("u:0", "view only", 1.0)]))
    days = np.arange(0.5, 6 * every, every / 28)
    codes = {key: code for code, key in enumerate(fitted.item_keys_)}
    column = []
    for day in days.tolist():
        rows = regular("u:x", item, every, 720.0, 5)
        history = bought([*rows, ("u:x", "view only", 720.0 + day)], kind=["purchase"] * 5 + ["view"])
        column.append(fitted.score(Histories.of(history))[0][codes[item]])
    peak = float(days[int(np.argmax(column))])
    assert every * 0.8 < peak < every * 1.6
    assert column[0] < 0.1 * max(column)
    assert column[-1] < 0.5 * max(column)


def test_each_visitor_has_an_interval_of_its_own() -> None:
    rows = shop()
    fast, slow = regular("u:f", "coffee", 7.0, 350.0, 20), regular("u:s", "coffee", 28.0, 350.0, 8)
    fitted = BuyAgain(horizon_days=3).fit(bought([*rows, *fast, *slow, ("u:0", "soap", 357.0)]))
    chance = {key: pairs[0][1] for key, pairs in fitted.visitor_lists(["u:f", "u:s"])}
    assert chance["u:f"] > 5 * chance["u:s"]  # a week has passed
    later = BuyAgain(horizon_days=3).fit(bought([*rows, *fast, *slow, ("u:0", "soap", 378.0)]))
    again = {key: pairs[0][1] for key, pairs in later.visitor_lists(["u:f", "u:s"])}
    assert again["u:s"] > 5 * chance["u:s"]  # four weeks
    assert again["u:f"] < chance["u:f"]


def test_who_bought_once_is_judged_by_the_item_and_its_category() -> None:
    known = Catalogue.from_columns(
        item_keys=["coffee", "new coffee", "new soap", "soap"],
        categories=[["Drinks"], ["Drinks"], ["Bath"], ["Bath"]],
    )
    rows = [*shop(), ("u:x", "new coffee", 350.0), ("u:x", "new soap", 350.0), ("u:y", "coffee", 350.0)]
    rows += [("u:y", "soap", 350.0), ("u:z", "x", 364.0)]
    lists = dict(BuyAgain().fit(bought(rows), known).visitor_lists(["u:x", "u:y"]))
    assert [item for item, _ in lists["u:x"]] == ["new coffee", "new soap"]
    assert [item for item, _ in lists["u:y"]] == ["coffee", "soap"]
    without = dict(dict(BuyAgain().fit(bought(rows)).visitor_lists(["u:x"]))["u:x"])
    assert without["new coffee"] == without["new soap"]


def test_only_purchases_that_are_apart_count() -> None:
    rows = [("u:1", "a", 0.0), ("u:1", "a", 0.2), ("u:1", "a", 5.0), ("u:1", "b", 5.0), ("u:1", "b", 5.1)]
    kinds = ["purchase", "purchase", "purchase", "purchase", "view"]
    fitted = BuyAgain().fit(bought([*rows, ("u:1", "b", 5.2)], kind=[*kinds, "purchase"]))
    repeats = fitted._repeats(fitted.histories_)
    assert (repeats.n_repeats.tolist(), repeats.gap.tolist()) == ([1.0, 0.0], [pytest.approx(4.8)])
    assert repeats.elapsed.tolist() == pytest.approx([0.2, 0.0])


def test_now_is_the_end_of_the_history_where_that_is_later() -> None:
    fitted = BuyAgain().fit(bought(shop()))
    early = Histories.of(bought([("u:x", "coffee", 10.0)]))
    late = Histories.of(bought([("u:x", "coffee", 400.0), ("u:x", "soap", 405.0)]))
    assert fitted._repeats(early).elapsed[0] == pytest.approx(fitted.now_ / DAY - 10)
    assert fitted._repeats(late).elapsed.tolist() == pytest.approx([5.0, 0.0])


def test_plain_pairs_are_due_as_usual() -> None:
    fitted = BuyAgain().fit(bought(shop()))
    repeats = fitted._repeats(Histories.from_pairs([[("soap", 3.0)]], fitted.item_keys_))
    assert len(repeats.item) == 1
    scores = fitted.score([[("soap", 3.0)], [("coffee", 1.0), ("tea", 1.0)], []])
    assert (scores > 0).tolist() == [[False, True], [True, False], [False, False]]


def test_lists_leave_out_what_is_excluded_and_strangers() -> None:
    fitted = BuyAgain().fit(bought([*shop(), ("u:x", "coffee", 350.0), ("u:x", "soap", 350.0)]))
    lists = dict(fitted.visitor_lists(["u:x", "u:nobody"], k=5, exclude={"u:x": ["coffee"]}))
    assert {key: [item for item, _ in pairs] for key, pairs in lists.items()} == {"u:x": ["soap"]}
    assert dict(fitted.visitor_lists(["u:x"], k=1)).keys() == {"u:x"}


def test_a_list_does_not_depend_on_who_else_has_one() -> None:
    fitted = BuyAgain().fit(bought(shop()))
    together = dict(fitted.visitor_lists(fitted.visitor_keys_))
    assert all(dict(fitted.visitor_lists([key])) == {key: pairs} for key, pairs in together.items())


@pytest.mark.parametrize(
    "rows",
    [
        [("u:1", "a", 0.0)],
        [("u:1", "a", 0.0), ("u:1", "a", 0.1), ("u:2", "b", 0.0)],
        [("", "a", 0.0), ("", "a", 9.0)],
    ],
)
def test_nobody_bought_anything_again(rows: Rows) -> None:
    with pytest.raises(NotEnoughData) as caught:
        BuyAgain().fit(bought(rows))
    n_pairs = len({(visitor, item) for visitor, item, _ in rows if visitor})
    assert str(caught.value) == (
        f"BuyAgain needs visitors who bought something again: of {n_pairs} pairs of a known visitor and an item, "
        "none did."
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon_days": 0}, "horizon_days must be within 0.001..36500, got 0."),
        ({"exclude_seen": True}, "exclude_seen must be False: BuyAgain lists only what was bought before."),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        BuyAgain(**options)
    assert str(caught.value) == message


rows_of_purchases = st.lists(
    st.tuples(
        st.sampled_from(["", "u:1", "u:2", "a:x"]),
        st.sampled_from(["a", "b", "茶", "d'e", "0", "item/9"]),
        st.floats(-1e4, 4e4, allow_nan=False),
    ),
    max_size=30,
)
bounded = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def learn(rows: Rows) -> dict[str, list[tuple[str, float]]] | None:
    try:
        fitted = BuyAgain().fit(bought(rows))
    except NotEnoughData:
        return None
    assert np.isfinite(fitted.score(fitted.histories_)).all()
    return dict(fitted.visitor_lists(fitted.visitor_keys_, 5))


@bounded
@given(rows=rows_of_purchases, data=st.data())
def test_lists_are_well_formed_whatever_the_order(rows: Rows, data: st.DataObject) -> None:
    lists = learn(rows)
    assert learn(data.draw(st.permutations(rows))) == lists
    for visitor, pairs in (lists or {}).items():
        own = {item for who, item, _ in rows if who == visitor}
        assert {item for item, _ in pairs} <= own
        assert all(0 <= score <= 1 for _, score in pairs)
        assert pairs == sorted(pairs, key=lambda pair: -pair[1])


@bounded
@given(rows=rows_of_purchases)
def test_relabelling_changes_only_the_keys(rows: Rows) -> None:
    before = learn(rows)
    after = learn([(who and f"z{who}", f"x-{item}", day) for who, item, day in rows])
    assert after == (
        None
        if before is None
        else {f"z{who}": [(f"x-{item}", score) for item, score in pairs] for who, pairs in before.items()}
    )


BASKETS = Path(__file__).resolve().parents[3] / "shared/data/tafeng_next_basket/tafeng_history.json.gz"


@pytest.mark.shared_data
@pytest.mark.skipif(not BASKETS.exists(), reason=f"{BASKETS} is not there")
def test_it_beats_what_the_visitor_bought_most_often() -> None:
    with gzip.open(BASKETS) as file:
        orders = {who: [set(b) for b in baskets if b != [-1]] for who, baskets in json.load(file).items()}
    visitors = sorted(orders)
    rows = [
        (w, str(i), float(n - len(orders[w])))
        for w in visitors
        for n, b in enumerate(orders[w][:-1])
        for i in b
    ]
    fitted = BuyAgain().fit(bought(rows))

    def recall(lists: dict[str, list[str]]) -> float:
        found = [
            len(orders[w][-1] & {int(item) for item in lists.get(w, [])[:20]}) / len(orders[w][-1])
            for w in visitors
        ]
        return float(np.mean(found))

    own = {who: [item for item, _ in pairs] for who, pairs in fitted.visitor_lists(visitors, 20)}
    most: dict[str, list[str]] = {}
    for who in visitors:
        counts: dict[int, float] = {}
        for age, basket in enumerate(reversed(orders[who][:-1])):
            for item in sorted(basket):
                counts[item] = counts.get(item, 0.0) + 1 - age / 1e6  # of two as often bought, the later one
        most[who] = [str(item) for item in sorted(counts, key=lambda item: -counts[item])]
    assert recall(own) > 1.03 * recall(most)
