from __future__ import annotations

import math

import numpy as np
import pytest

from recommendations.algorithms.association import Association
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.pairs import basket_actors, count_pairs, count_visitors, log_likelihood_ratio
from recommendations.exceptions import NotEnoughData
from tests.algorithms.data import baskets, purchases

PLAIN = {"min_support": 1, "min_visitors": 1, "min_evidence": 0.0, "basket_exponent": 0.0}
FOUR_PAIRS = baskets(*["ab"] * 4, *["cd"] * 4, "ac", "bd")


def pair_table(interactions, exponent=0.0):  # type: ignore[no-untyped-def]
    keys = interactions.item_keys
    pairs = count_pairs(interactions.baskets(), 1, exponent)
    values = zip(pairs.first, pairs.second, pairs.both, pairs.weight, pairs.of_first, strict=True)
    return {(keys[i], keys[j]): (both, weight, own) for i, j, both, weight, own in values}, pairs


def test_g2_of_a_table_by_hand() -> None:
    table, pairs = pair_table(FOUR_PAIRS)
    assert table["a", "b"] == (4, 4, 5)
    assert pairs.total == 20
    # k = (4 1 1 9), since a partner of a or b is one of the other 15:
    # 2 (4 ln 4 + 9 ln 9 − 2·5 ln 5 − 2·10 ln 10 + 15 ln 15)
    by_hand = 2 * (
        4 * math.log(4) + 9 * math.log(9) - 10 * math.log(5) - 20 * math.log(10) + 15 * math.log(15)
    )
    g2 = log_likelihood_ratio(pairs)
    at = int(np.flatnonzero((pairs.first == 0) & (pairs.second == 1))[0])
    assert g2[at] == pytest.approx(by_hand) == pytest.approx(7.5897, abs=1e-4)
    # a and c share 1 basket, chance expects 5·5/15: below, so nothing
    assert g2[int(np.flatnonzero((pairs.first == 0) & (pairs.second == 2))[0])] == 0


def test_lists_hold_what_is_above_chance() -> None:
    lists = dict(Association(**PLAIN).fit(FOUR_PAIRS).item_lists())
    # every best pair has the same strength, the median: ½
    assert lists == {"a": [("b", 0.5)], "b": [("a", 0.5)], "c": [("d", 0.5)], "d": [("c", 0.5)]}


def test_pairs_across_departments_alone() -> None:
    shop = Catalogue.from_columns(
        item_keys=["a", "b", "c", "d"], categories=[["Food/Bread"], ["Food/Dairy"], ["Tools"], ["Tools"]]
    )
    sold = baskets(*["ab"] * 8, *["cd"] * 8, *["ac"] * 4, *["bd"] * 4)
    near = {key: pairs[0][0] for key, pairs in Association(**PLAIN).fit(sold, shop).item_lists()}
    assert near == {"a": "b", "b": "a", "c": "d", "d": "c"}
    across = Association(**PLAIN, across="departments").fit(sold, shop)
    assert {key: [item for item, _ in pairs] for key, pairs in across.item_lists()} == {
        "a": ["c"],
        "b": ["d"],
        "c": ["a"],
        "d": ["b"],
    }
    assert dict(Association(**PLAIN, across="departments").fit(sold).item_lists())["a"][0][0] == "b"


def test_chance_across_departments_by_hand() -> None:
    # Items a b | c d. Across, a and c are together in 4 of 4 pairs of each; of 16 pairs 8 are of a's department.
    sold = baskets(*["ab"] * 8, *["cd"] * 8, *["ac"] * 4, *["bd"] * 4)
    pairs = count_pairs(sold.baskets(), groups=np.array([0, 0, 1, 1], np.int32), apart=True)
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([0, 1], [2, 3])
    assert pairs.weight.tolist() == pairs.of_first.tolist() == pairs.of_second.tolist() == [4, 4]
    assert pairs.beside_first.tolist() == pairs.beside_second.tolist() == [8, 8] and pairs.total == 16
    # k = (4 0 0 4): 2 (2 · 4 ln 4 + 8 ln 8 − 4 · 4 ln 4)
    by_hand = 2 * (2 * 4 * math.log(4) + 8 * math.log(8) - 4 * 4 * math.log(4))
    assert log_likelihood_ratio(pairs) == pytest.approx([by_hand, by_hand])


def test_large_baskets_say_less_about_each_pair() -> None:
    table, pairs = pair_table(baskets("ab", "abc"), exponent=1.0)
    # weights 1 and ½, scaled by 8 ordered pairs / (2·1 + 6·½) = 1.6
    assert table["a", "b"] == pytest.approx((2, 2.4, 3.2))
    assert table["a", "c"] == pytest.approx((1, 0.8, 3.2))
    assert pairs.total == pytest.approx(8)


def test_pairs_are_counted_in_blocks_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    events = baskets(*("".join(rng.choice(list("abcdefgh"), 3, replace=False)) for _ in range(60)))
    whole = dict(Association(**PLAIN).fit(events).item_lists())
    monkeypatch.setattr("recommendations.algorithms.pairs.BLOCK_BYTES", 500)
    assert dict(Association(**PLAIN).fit(events).item_lists()) == whole


def test_visitors_of_pairs_are_counted_once() -> None:
    events = purchases(
        [("u:1", "a"), ("u:1", "b"), ("u:1", "a"), ("u:1", "b"), ("u:2", "a"), ("u:2", "b"), ("u:2", "c")],
        basket=[1, 1, 2, 2, 3, 3, 3],
    )
    pairs = count_pairs(events.baskets())
    found = count_visitors(pairs, events.baskets(), basket_actors(events))
    by_pair = dict(zip(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True), found, strict=True))
    assert by_pair[0, 1] == 2
    assert (1, 0) not in by_pair
    assert by_pair[0, 2] == 1


def test_a_households_habit_is_no_pattern() -> None:
    rest = ["pq"] * 5 + ["rs"] * 5
    habit = purchases(
        [("u:x", item) for _ in range(20) for item in "yz"]
        + [(f"u:{n}", item) for n, items in enumerate(rest) for item in items],
        basket=[f"h{n // 2}" for n in range(40)] + [f"b{n // 2}" for n in range(20)],
    )
    assert set(dict(Association().fit(habit).item_lists())) == {"p", "q", "r", "s"}
    assert set(dict(Association(min_visitors=1).fit(habit).item_lists())) == {"p", "q", "r", "s", "y", "z"}


def test_bananas_are_not_everyones_neighbour() -> None:
    rng = np.random.default_rng(3)
    contents = []
    for _ in range(1500):
        size = 1 + int(rng.geometric(0.25))
        basket = set(rng.choice(list("abcdefghijklmnop"), min(size, 12), replace=False).tolist())
        if rng.random() < 0.05:
            basket |= {"P", "S"}  # pasta and sauce
        if rng.random() < min(0.15 * len(basket), 0.9):
            basket.add("B")  # bananas: in most large baskets
        contents.append("".join(sorted(basket)))
    events = baskets(*contents)
    lists = dict(Association(min_evidence=6.63).fit(events).item_lists())
    assert lists["P"][0][0] == "S"
    assert lists["S"][0][0] == "P"
    assert sum("B" in dict(pairs) for pairs in lists.values()) <= 3
    # while by plain counts everybody's first neighbour is the banana
    counts = (events.baskets().T @ events.baskets()).toarray()
    np.fill_diagonal(counts, 0)
    by_count = [events.item_keys[j] for j in counts.argmax(axis=1)]
    assert by_count.count("B") >= 15


@pytest.mark.parametrize("rank_by", ["evidence", "information", "lift"])
def test_every_ranking_finds_the_pairs(rank_by: str) -> None:
    lists = dict(Association(**PLAIN, rank_by=rank_by).fit(FOUR_PAIRS).item_lists())
    assert {key: pairs[0][0] for key, pairs in lists.items()} == {"a": "b", "b": "a", "c": "d", "d": "c"}


def test_support_evidence_and_variants() -> None:
    assert list(Association(**(PLAIN | {"min_support": 5})).fit(FOUR_PAIRS).item_lists()) == []
    assert list(Association(**(PLAIN | {"min_evidence": 8.0})).fit(FOUR_PAIRS).item_lists()) == []
    catalogue = Catalogue.from_columns(item_keys=list("abcd"), group_keys=["g", "g", "", ""])
    assert set(dict(Association(**PLAIN).fit(FOUR_PAIRS, catalogue).item_lists())) == {"c", "d"}


def test_an_order_listing_an_item_twice_holds_it_once() -> None:
    assert dict(Association(**PLAIN).fit(baskets("aab", "ab", "cd")).item_lists()) == dict(
        Association(**PLAIN).fit(baskets("ab", "ab", "cd")).item_lists()
    )


def test_score_of_a_cart() -> None:
    association = Association(**PLAIN).fit(FOUR_PAIRS)
    assert association.score([[("a", 1.0), ("c", 2.0)]]).tolist() == [[0, 0.5, 0, 1]]


@pytest.mark.parametrize("contents", [["a"], ["a", "b", "a"]])
def test_single_items_are_not_enough(contents: list[str]) -> None:
    with pytest.raises(NotEnoughData) as caught:
        Association().fit(baskets(*contents))
    assert str(caught.value) == (
        f"Association needs baskets of two items or more: 0 of {len(contents)} baskets are."
    )


def test_all_alike_is_no_more_than_chance() -> None:
    assert list(Association(**PLAIN).fit(baskets(*["abc"] * 5)).item_lists()) == []
