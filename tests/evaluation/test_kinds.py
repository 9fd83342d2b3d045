"""Weights of kinds as options: which are searched, and what they become."""

from __future__ import annotations

from recommendations.evaluation.kinds import LADDER, as_options, by_meaning, present_weights, weight_space

EVENTS = {"view": 0.3, "cart": 1.5, "purchase": 3.0, "dismiss": -1.0, "play": 9.0, "wish": 0.0}
THERE = {"view", "purchase", "dismiss", "play"}


def test_the_kinds_that_mean_most_come_first() -> None:
    assert by_meaning(EVENTS) == ["purchase", "cart", "view", "play"]
    assert by_meaning({"play": 1.0, "listen": 2.0, "view": 0.1}) == ["view", "listen", "play"]
    assert by_meaning({"dismiss": -1.0}) == []


def test_what_is_there_is_searched_but_for_what_means_most() -> None:
    assert weight_space(EVENTS, THERE) == {"events.view": LADDER, "events.play": LADDER}
    assert weight_space(EVENTS, {"cart", "view"}) == {"events.view": LADDER}
    assert weight_space(EVENTS, {"purchase", "dismiss"}) == {}
    assert present_weights(EVENTS, weight_space(EVENTS, THERE), THERE) == {
        "events.view": 0.1,
        "events.play": 3.0,
    }
    assert present_weights(EVENTS, {}, {"dismiss"}) == {}


def test_values_become_options() -> None:
    values = {"events.view": 0.3, "events.play": 3.0, "shrinkage": 5.0}
    assert as_options(values, EVENTS, THERE) == {"events": EVENTS | {"view": 0.9}, "shrinkage": 5.0}
    assert as_options({"shrinkage": 5.0}, EVENTS, THERE) == {"shrinkage": 5.0}


def test_what_stays_is_exactly_as_it_was() -> None:
    events = {"view": 1.0, "purchase": 7.0}  # 1/7 is no round number
    space = weight_space(events, events)
    assert as_options(present_weights(events, space, events), events, events) == {"events": events}
