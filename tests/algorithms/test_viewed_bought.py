from __future__ import annotations

from typing import Any

import pytest

from recommendations.algorithms import viewed_bought
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.algorithms.viewed_bought import ViewedBought
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import DAY

PLAIN: dict[str, Any] = {"half_life_days": None, "shrinkage": 0.0, "visitor_exponent": 0.0}


def happened(*rows: tuple[str, str, str, float]) -> Interactions:
    """Events from (visitor, kind, item, day)."""
    visitor, kind, item, day = zip(*rows, strict=True)
    return Interactions.from_columns(visitor=visitor, item=item, kind=kind, time=[d * DAY for d in day])


class TestViewedBought(AlgorithmContract):
    algorithm_class = ViewedBought
    options = {"within_days": 60.0, "shrinkage": 1.0}


EVENTS = (
    ("u:1", "view", "a", 1.0),
    ("u:1", "view", "b", 1.0),
    ("u:1", "purchase", "c", 2.0),
    ("u:2", "view", "a", 1.0),
    ("u:2", "view", "a", 1.5),
    ("u:2", "purchase", "c", 3.0),
    ("u:2", "view", "a", 9.0),  # looking again takes nothing back
    ("u:3", "view", "a", 1.0),
    ("u:3", "purchase", "d", 4.5),  # too late
    ("u:4", "view", "a", 5.0),
    ("u:4", "purchase", "d", 4.5),  # before the look
    ("u:4", "purchase", "a", 5.5),
    ("", "view", "a", 1.0),
    ("", "purchase", "d", 1.0),  # nobody knows whether it was the same visitor
)


def test_similarities_by_hand() -> None:
    learned = ViewedBought(**PLAIN).fit(happened(*EVENTS))
    # Five looked at a (one of them nobody), one at b; two bought c: 2 / √(5 · 2), 1 / √(1 · 2).
    assert dict(learned.item_lists()) == {"a": [("c", 0.63246)], "b": [("c", 0.70711)]}
    shrunk = ViewedBought(**{**PLAIN, "shrinkage": 3.0}).fit(happened(*EVENTS))
    assert dict(shrunk.item_lists()) == {"a": [("c", 0.31623)], "b": [("c", 0.22361)]}


def test_who_looks_at_many_items_counts_less() -> None:
    learned = ViewedBought(**{**PLAIN, "visitor_exponent": 1.0}).fit(happened(*EVENTS))
    # u:1 looked at two items and counts half: (½ + 1) / √((½ + 4) · 1½) and ½ / √(½ · 1½).
    assert dict(learned.item_lists()) == {"a": [("c", 0.57735)], "b": [("c", 0.57735)]}


def test_older_pairs_count_less() -> None:
    rows = happened(
        ("u:1", "view", "a", 0.0),
        ("u:1", "purchase", "b", 0.0),
        ("u:2", "view", "a", 10.0),
        ("u:2", "purchase", "c", 10.0),
    )
    learned = ViewedBought(**{**PLAIN, "half_life_days": 10.0}).fit(rows)
    # ½ / √(1½ · ½) and 1 / √(1½ · 1)
    assert dict(learned.item_lists()) == {"a": [("c", 0.8165), ("b", 0.57735)]}


def test_variants_do_not_lead_to_each_other() -> None:
    family = Catalogue.from_columns(item_keys=["a", "b", "c"], group_keys=["f", "", "f"])
    rows = happened(*EVENTS[:3], ("u:5", "view", "a", 1.0), ("u:5", "purchase", "b", 1.0))
    assert dict(ViewedBought(**PLAIN).fit(rows, family).item_lists()) == {
        "a": [("b", 0.70711)],
        "b": [("c", 1.0)],
    }


def test_blocks_change_nothing(monkeypatch: Any) -> None:
    whole = dict(ViewedBought(**PLAIN).fit(happened(*EVENTS)).item_lists())
    monkeypatch.setattr(viewed_bought, "_PAIRS_AT_ONCE", 1)
    assert dict(ViewedBought(**PLAIN).fit(happened(*EVENTS)).item_lists()) == whole


def test_a_history_adds_up() -> None:
    learned = ViewedBought(**PLAIN).fit(happened(*EVENTS))
    scores = learned.score([[("a", 1.0), ("b", 2.0)], [("c", 1.0)]])
    assert scores[0, learned.item_keys_.index("c")] == pytest.approx(0.63246 + 2 * 0.70711, abs=1e-4)
    assert not scores[1].any()


def test_looks_and_purchases_of_different_things_are_needed() -> None:
    for rows in (EVENTS[7:12], EVENTS[:2], EVENTS[2:3]):
        with pytest.raises(
            NotEnoughData, match="^ViewedBought needs visitors who bought something soon after"
        ):
            ViewedBought().fit(happened(*rows))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seen": ["look"]}, r"seen must name kinds that events gives a weight, got \['look'\]"),
        ({"bought": []}, r"bought must name kinds that events gives a weight, got \[\]"),
        ({"within_days": 0}, "within_days must be above 0"),
        ({"visitor_exponent": 3}, "visitor_exponent must be within 0..2"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        ViewedBought(**options)
