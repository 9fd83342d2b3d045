from __future__ import annotations

from typing import Any

import pytest

from recommendations.algorithms.association import Association
from recommendations.algorithms.base import Algorithm, load
from recommendations.algorithms.content import ContentTfidf
from recommendations.algorithms.item_knn import ItemKNN
from recommendations.algorithms.popular import Popular
from recommendations.exceptions import ConfigurationError, NotEnoughData, UnknownOption
from tests.algorithms.data import DAY, purchases


def test_unknown_options_name_the_known_ones() -> None:
    with pytest.raises(UnknownOption) as caught:
        ItemKNN(shrink=1, k=3)
    assert str(caught.value) == (
        "ItemKNN has no option 'k', 'shrink'. Known options: alpha, damping, events, feedback, "
        "half_life_days, history_decay, max_items_per_visitor, mean_centred, neighbours, shrinkage, similarity, "
        "threshold, visitor_exponent, weighting, window_days."
    )


BAD: list[tuple[type[Algorithm], dict[str, Any], str]] = [
    (ItemKNN, {"half_life_days": 0}, "half_life_days must be above 0 (or None for no limit), got 0."),
    (ItemKNN, {"window_days": -1}, "window_days must be above 0 (or None for no limit), got -1."),
    (ItemKNN, {"events": {"view": "1"}}, "events['view'] must be a finite number, got '1'."),
    (ItemKNN, {"events": {"view": float("nan")}}, "events['view'] must be a finite number, got nan."),
    (ItemKNN, {"damping": "sqrt"}, "damping must be one of binary, log, sum, got 'sqrt'."),
    (ItemKNN, {"neighbours": 0}, "neighbours must be within 1..1e+07, got 0."),
    (ItemKNN, {"shrinkage": float("nan")}, "shrinkage must be within 0..inf, got nan."),
    (Association, {"rank_by": "x"}, "rank_by must be one of evidence, information, lift, got 'x'."),
    (Popular, {"by": ("colour",)}, "by may name category, brand and price, got 'colour'."),
    (
        ContentTfidf,
        {"fields": {"colour": 1}},
        "fields may name title, text, category, brand, characters, price, got 'colour'.",
    ),
    (ContentTfidf, {"fields": {"title": -1}}, "fields['title'] must be 0 or more, got -1."),
]


@pytest.mark.parametrize(("algorithm", "options", "message"), BAD)
def test_bad_values_are_refused(algorithm: type[Algorithm], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        algorithm(**options)
    assert str(caught.value) == message


def test_load_by_dotted_path() -> None:
    algorithm = load("recommendations.algorithms.item_knn.ItemKNN", {"shrinkage": 3})
    assert isinstance(algorithm, ItemKNN)
    assert algorithm.config.shrinkage == 3
    assert "shrinkage=3" in repr(algorithm)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no.such.module.X", "Algorithm 'no.such.module.X' cannot be imported: No module named 'no'."),
        (
            "recommendations.text.tokenise",
            "'recommendations.text.tokenise' is not a class derived from "
            "recommendations.algorithms.base.Algorithm.",
        ),
        ("X", "'X' is not a class derived from recommendations.algorithms.base.Algorithm."),
    ],
)
def test_a_path_to_something_else_is_refused(path: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert str(caught.value) == message


def test_lists_that_are_not_made_say_so() -> None:
    with pytest.raises(NotImplementedError) as caught:
        Popular().item_lists()
    assert str(caught.value) == "Popular makes no item lists; it makes segment → item."


def test_only_the_kinds_and_the_window_asked_for_are_used() -> None:
    events = purchases([("u:1", "a"), ("u:2", "b")], time=[0.0, 10 * DAY])
    assert len(Popular(window_days=5).selected(events)) == 1
    with pytest.raises(NotEnoughData) as caught:
        ItemKNN(events={"view": 1, "click": 1, "cart": 0}).fit(events)
    assert str(caught.value) == "ItemKNN needs events of the kinds click, view: 0 of 2 events are."
