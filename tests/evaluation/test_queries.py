"""Holding out answers: what is asked, what may be learned from, what must not be answered."""

from __future__ import annotations

import numpy as np
import pytest

from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.evaluation.queries import HoldOut, Queries
from recommendations.exceptions import NotEnoughData


def events(*rows: tuple[str, str, str, float, str]) -> Interactions:
    """(visitor, item, kind, time, basket)"""
    visitor, item, kind, time, basket = zip(*rows, strict=True)
    return Interactions.from_columns(visitor=visitor, item=item, kind=kind, time=time, basket=basket)


SHOP = events(
    ("u1", "a", "view", 1.0, ""),
    ("u1", "a", "purchase", 2.0, "o1"),
    ("u1", "b", "purchase", 2.0, "o1"),
    ("u1", "c", "view", 3.0, ""),
    ("u1", "b", "purchase", 4.0, "o2"),
    ("u1", "d", "purchase", 4.0, "o2"),
    ("u1", "e", "view", 5.0, ""),
    ("u2", "a", "view", 1.0, ""),
    ("u2", "c", "view", 6.0, ""),
    ("u3", "a", "view", 1.0, ""),
)


def asked(queries: Queries) -> list[tuple[str, str, str]]:
    """(history, answers, hidden) of each query, items as letters."""
    keys = queries.histories.item_keys

    def letters(matrix: object, row: int) -> str:
        return "" if matrix is None else "".join(sorted(keys[c] for c in matrix[[row]].indices))  # type: ignore[index]

    return [
        (
            "".join(keys[c] for c in queries.histories[np.array([row])].item),
            letters(queries.targets, row),
            letters(queries.hidden, row),
        )
        for row in range(len(queries))
    ]


def test_last() -> None:
    held = HoldOut(method="last")(SHOP)
    assert asked(held.queries) == [("aabcbd", "e", "abcd"), ("a", "c", "a")]
    assert len(held.train) == len(SHOP) - 2


def test_last_of_a_kind_leaves_out_what_came_later() -> None:
    held = HoldOut(method="last", kinds=("purchase",), hide=("purchase",))(SHOP)
    assert asked(held.queries) == [("aabcb", "d", "ab")]
    assert (held.train.time[held.train.visitor == 0] < 5.0).all()


def test_who_has_nothing_else_stays_to_learn_from() -> None:
    alone = events(
        ("u1", "a", "purchase", 1.0, "o1"),
        ("u1", "b", "purchase", 1.0, "o1"),
        *[("u2", item, "purchase", time, f"o{time}") for item, time in (("a", 1.0), ("b", 2.0))],
    )
    assert len(HoldOut(method="basket", hide=())(alone).train) == 3
    assert (
        len(
            HoldOut(method="last")(
                events(
                    ("u1", "a", "view", 1.0, ""),
                    *[("u2", item, "view", time, "") for item, time in (("a", 1.0), ("b", 2.0))],
                )
            ).train
        )
        == 2
    )


def test_basket() -> None:
    held = HoldOut(method="basket", hide=())(SHOP)
    assert asked(held.queries) == [("aabc", "bd", "")]
    new = HoldOut(method="basket", hide="all", only_new=True)(SHOP)
    assert asked(new.queries) == [("aabc", "d", "abc")]


def test_random_takes_a_share_of_each_visitor() -> None:
    rows = [(f"u{u}", f"i{i}", "view", 0.0, "") for u in range(30) for i in range(10)]
    held = HoldOut(method="random", share=0.2)(events(*rows))
    assert np.diff(held.queries.targets.indptr).tolist() == [2] * 30
    assert len(held.train) == 30 * 8
    overlap = held.queries.targets.multiply(held.queries.histories.matrix())
    assert overlap.nnz == 0
    again = HoldOut(method="random", share=0.2)(events(*rows))
    assert (again.queries.targets != held.queries.targets).nnz == 0
    other = HoldOut(method="random", share=0.2, seed=1)(events(*rows))
    assert (other.queries.targets != held.queries.targets).nnz > 0


def test_session_holds_out_the_latest_visitors_whole_and_asks_every_prefix() -> None:
    rows = [
        (f"s{n}", item, "view", float(n) + p / 10, "")
        for n, items in enumerate(["ab", "bc", "abc"])
        for p, item in enumerate(items)
    ]
    held = HoldOut(method="session", share=0.34, hide=())(events(*rows))
    assert asked(held.queries) == [("a", "b", ""), ("ab", "c", "")]
    assert set(held.train.visitor.tolist()) == {0, 1}


def test_basket_item_asks_for_one_item_of_the_rest() -> None:
    rows = [(f"b{n:02d}", item, "purchase", 0.0, f"{n}") for n in range(20) for item in "abc"]
    held = HoldOut(method="basket_item", share=0.25)(events(*rows))
    assert len(held.queries) == 5
    for history, answer, hidden in asked(held.queries):
        assert sorted(history + answer) == ["a", "b", "c"]
        assert hidden == history
    assert len(np.unique(held.train.visitor)) == 15


def test_partners_asks_for_the_others_of_an_order_with_one_of_them() -> None:
    rows = [(f"u{n % 4}", item, "purchase", float(n), f"o{n:02d}") for n in range(20) for item in "abc"]
    rows += [("u1", "d", "view", 1.0, ""), ("u2", "e", "purchase", 30.0, "alone")]
    held = HoldOut(method="partners", share=0.2)(events(*rows))
    assert len(held.train) == len(rows) - 4 * 3
    assert len(held.queries) == 4
    for history, answers, hidden in asked(held.queries):
        assert len(history) == 1
        assert sorted(history + answers) == ["a", "b", "c"]
        assert hidden == history


def test_partners_asks_with_no_item_that_only_the_order_knows() -> None:
    rows = [(f"u{n}", item, "purchase", float(n), f"o{n}") for n in range(10) for item in ("a", f"new{n}")]
    held = HoldOut(method="partners", share=0.3)(events(*rows))
    seeds = [history for history, _, _ in asked(held.queries)]
    assert seeds == ["a"] * 3


def test_answers_count_less_the_more_others_chose_them() -> None:
    queries = HoldOut(method="basket", hide=())(SHOP).queries  # b and d are the answers
    code = {key: n for n, key in enumerate(SHOP.item_keys)}
    popularity = np.zeros(len(code))
    popularity[code["b"]], popularity[code["d"]] = 390, 15
    assert queries.stratified(popularity, 0.0) is queries
    weighed = queries.stratified(popularity, 0.5)
    by_item = dict(zip(weighed.targets.indices.tolist(), weighed.targets.data.tolist(), strict=True))
    assert by_item == {code["b"]: pytest.approx(0.05), code["d"]: pytest.approx(0.2)}
    ideal = 1 + 0.25 / np.log2(3)
    first_b = np.array([[code["b"], code["a"]]])
    assert weighed.quality(first_b, 2)["ndcg"].tolist() == pytest.approx([0.25 / ideal])
    assert weighed.quality(first_b, 2)["recall"].tolist() == [0.5]


def test_sample_and_halves() -> None:
    rows = [(f"u{u:02d}", item, "view", float(p), "") for u in range(40) for p, item in enumerate("ab")]
    queries = HoldOut(method="last")(events(*rows)).queries
    assert len(queries.sample(7)) == 7
    assert len(HoldOut(method="last", max_queries=9)(events(*rows)).queries) == 9
    first, second = queries.halves(0.25)
    assert (len(first), len(second)) == (10, 30)


def test_quality() -> None:
    queries = HoldOut(method="last")(SHOP).queries
    code = {key: n for n, key in enumerate(SHOP.item_keys)}
    found = queries.quality(np.array([[code["b"], code["e"]], [code["c"], -1]]), 2)
    assert found["hit_rate"].tolist() == [1, 1]
    assert found["mrr"].tolist() == [0.5, 1]
    assert found["ndcg"].tolist() == pytest.approx([1 / np.log2(3), 1])


def test_bad_options_and_too_little_data() -> None:
    with pytest.raises(ValueError, match="method must be one of basket, .*got 'first'"):
        HoldOut(method="first")
    with pytest.raises(ValueError, match="share must be between 0 and 1, got 1"):
        HoldOut(share=1)
    with pytest.raises(NotEnoughData, match=r"Holding out \(last\) leaves"):
        HoldOut()(events(("u", "a", "view", 0.0, "")))


def test_histories_select_decay_and_recode() -> None:
    histories = Histories.of(SHOP)
    assert len(histories) == 3
    assert histories.steps_back[:7].tolist() == [6, 5, 4, 3, 2, 1, 0]
    assert histories.decayed(np.log(2)).weight[5:7].tolist() == [0.5, 1]
    assert histories[1:].matrix().toarray().tolist() == [[1, 0, 1, 0, 0], [1, 0, 0, 0, 0]]
    fewer = histories.for_items(("c", "a"))
    assert fewer.matrix().toarray().tolist() == [[1, 2], [1, 1], [0, 1]]
    assert histories.weighted_by_kind({"purchase": 5.0}).matrix().toarray()[0].tolist() == [5, 10, 0, 5, 0]
    pairs = Histories.from_pairs([[("a", 2.0), ("no such", 1.0)], []], ("a", "b"))
    assert pairs.matrix().toarray().tolist() == [[2, 0], [0, 0]]
