from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from recommendations.profiles.session import Touch, decayed_weights

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
WEIGHTS = {"view": 1.0, "cart": 3.0}


def touch(item: str, kind: str = "view", hours_ago: float = 0) -> Touch:
    return Touch(item, kind, NOON - timedelta(hours=hours_ago))


def test_a_weight_halves_every_half_life() -> None:
    touches = [touch("a"), touch("b", hours_ago=72), touch("c", hours_ago=144)]
    assert decayed_weights(touches, WEIGHTS, 72) == {"a": 1.0, "b": 0.5, "c": 0.25}


def test_touches_of_an_item_add_up_by_kind() -> None:
    touches = [touch("a"), touch("b"), touch("b", "cart"), touch("b", hours_ago=72)]
    assert decayed_weights(touches, WEIGHTS, 72) == {"b": 4.5, "a": 1.0}
    assert list(decayed_weights(touches, WEIGHTS, 72)) == ["b", "a"]


def test_kinds_without_weight_say_nothing() -> None:
    assert decayed_weights([touch("a", "dismiss"), touch("b", "uncart")], WEIGHTS, 72) == {}


def test_who_was_away_for_years_is_still_known() -> None:
    touches = [touch("a", hours_ago=24 * 3650), touch("b", hours_ago=24 * 3650 + 72)]
    assert decayed_weights(touches, WEIGHTS, 72) == {"a": 1.0, "b": 0.5}


def test_a_half_life_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^half_life_hours must be positive, not 0\.$"):
        decayed_weights([touch("a")], WEIGHTS, 0)
