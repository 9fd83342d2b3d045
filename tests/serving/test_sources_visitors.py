"""Sources that depend on who looks at the page, on the shop of twelve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.datatypes import ListKind
from recommendations.exceptions import ConfigurationError
from recommendations.serving.engine import recommend
from recommendations.serving.placements import get_placement
from recommendations.serving.sources import SOURCES
from recommendations.store import get_store
from tests.serving.twelve import NOBODY, SETTINGS, happened, keys, publish, shown_on, somebody

Use = Callable[..., None]

ANN = {"anonymous_key": "a:ann"}


def test_recently_viewed_has_the_newest_first(products: Any, placements: Use) -> None:
    placements(row={"sources": ["recently_viewed"]})
    for hours, key in [(5, "b1"), (4, "t1"), (3, "b1"), (2, "d1"), (90, "f1")]:
        happened("a:ann", "view", key, hours_ago=hours)
    happened("a:ann", "cart", "t3", hours_ago=1)
    happened("a:bob", "view", "t2")
    slate = recommend("row", somebody(**ANN))
    assert [(item.item_key, item.score) for item in slate] == [
        ("d1", 1.0),
        ("b1", 0.75),
        ("t1", 0.5),
        ("f1", 0.25),
    ]
    assert {(item.source, item.recommender) for item in slate} == {("recently_viewed", "")}


def test_recently_viewed_needs_somebody_who_wants_it(products: Any, placements: Use) -> None:
    placements(row={"sources": ["recently_viewed"]})
    happened("a:ann", "view", "b1")
    assert shown_on("row", NOBODY) == []
    assert shown_on("row", somebody(**ANN, personalise=False)) == []


def test_which_kinds_are_recent_is_an_option(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "recently_viewed", "kinds": ["view", "cart"]}]})
    happened("a:ann", "view", "b1", hours_ago=2)
    happened("a:ann", "cart", "t3", hours_ago=1)
    assert shown_on("row", somebody(**ANN)) == ["t3", "b1"]


def test_what_is_due_again_is_the_visitors_own_list(products: Any, placements: Use) -> None:
    placements(row={"sources": ["buy_again"]})
    publish("buy_again", {"u:1": [("b1", 0.7), ("d1", 0.2)], "a:ann": ["t1"]}, ListKind.VISITOR)
    slate = recommend("row", somebody("u:1", "a:ann"))
    assert [(item.item_key, item.score) for item in slate] == [("b1", 0.7), ("d1", 0.2)]
    assert shown_on("row", somebody(**ANN)) == ["t1"]
    assert shown_on("row", somebody("u:2", "a:ann")) == []
    assert shown_on("row", somebody("u:1", personalise=False)) == []
    assert shown_on("row", NOBODY) == []


def test_similar_visitors_is_a_recommender_that_the_shop_adds(products: Any, settings: Any) -> None:
    entry = {"algorithm": "recommendations.algorithms.user_knn.UserKNN"}
    row = {"sources": ["similar_visitors"], "filters": ["purchased"]}
    settings.RECOMMENDATIONS = {
        **SETTINGS,
        "RECOMMENDERS": {"similar_visitors": entry},
        "PLACEMENTS": {"row": row},
    }
    publish("similar_visitors", {"u:1": [("b1", 0.7), ("d1", 0.2)]}, ListKind.VISITOR)
    happened("u:1", "purchase", "b1")
    assert shown_on("row", somebody("u:1")) == ["d1"]


def test_without_that_recommender_the_settings_are_wrong(products: Any, placements: Use) -> None:
    placements(row={"sources": ["similar_visitors"]})
    with pytest.raises(ConfigurationError, match="names the recommender 'similar_visitors', which does not"):
        get_placement("row")


def test_what_the_visitors_communities_like_weighs_by_the_square_of_nearness(
    products: Any, placements: Use
) -> None:
    placements(row={"sources": ["from_community"]})
    belong("u:1", [("community:2", 1.0), ("community:1", 0.5)])
    slate = recommend("row", somebody("u:1"))
    # t1: 1 · 0.8 / 1.25; b1: (1 · 0.2 + 0.25 · 0.8) / 1.25; d1: 0.25 · 0.4 / 1.25. Nobody is near to the third.
    assert [(item.item_key, round(item.score, 6)) for item in slate] == [
        ("t1", 0.64),
        ("b1", 0.32),
        ("d1", 0.08),
    ]
    assert shown_on("row", somebody("u:2")) == []
    assert shown_on("row", NOBODY) == []


def test_a_community_beyond_the_most_is_not_read(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "from_community", "most": 1}]})
    belong("u:1", [("community:2", 1.0), ("community:1", 0.5)])
    assert shown_on("row", somebody("u:1")) == ["b1", "d1"]


def belong(visitor_key: str, near: list[tuple[str, float]]) -> None:
    """Publish three communities, and which of them a visitor is near to."""
    snapshot = publish(
        "communities",
        {
            "community:1": [("b1", 0.8), ("d1", 0.4)],
            "community:2": [("t1", 0.8), ("b1", 0.2)],
            "community:3": ["f1"],
        },
        ListKind.SEGMENT,
    )
    rows = [(ListKind.VISITOR, visitor_key, ListKind.SEGMENT, [(key, score, 0) for key, score in near])]
    get_store().write(snapshot, rows)


@pytest.mark.parametrize("context", [{"visitor_key": "u:1", "anonymous_key": "a:ann"}, ANN])
def test_for_you_blends_what_is_recent_with_what_was_published(
    products: Any, placements: Use, context: dict[str, str]
) -> None:
    row = {"source": "for_you", "recommenders": ["also_viewed"], "published": ["buy_again"]}
    placements(row={"sources": [row]}, heavy={"sources": [{**row, "published_weight": 3}]})
    publish("also_viewed", {"b1": [("b2", 0.8), ("t1", 0.4)]})
    key = context.get("visitor_key", "a:ann")
    publish("buy_again", {key: [("t1", 0.6), ("d1", 0.4)]}, ListKind.VISITOR)
    # A newcomer of whom training knows, but who did nothing lately.
    assert keys(recommend("row", somebody(**context))) == ["t1", "d1"]
    happened(key, "view", "b1")
    slate = recommend("row", somebody(**context))
    assert [(item.item_key, round(item.score, 6), item.recommender) for item in slate] == [
        ("t1", 0.5, "buy_again"),
        ("b2", 0.4, "also_viewed"),
        ("d1", 0.2, "buy_again"),
    ]
    # (0.4 + 3 · 0.6) / 4, 3 · 0.4 / 4, 0.8 / 4
    slate = recommend("heavy", somebody(**context))
    assert [(item.item_key, round(item.score, 6)) for item in slate] == [
        ("t1", 0.55),
        ("d1", 0.3),
        ("b2", 0.2),
    ]
    assert {item.source for item in slate} == {"for_you"}


def test_for_you_can_be_made_of_what_was_published_alone(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "for_you", "recommenders": [], "published": ["buy_again"]}]})
    publish("buy_again", {"u:1": ["t1"]}, ListKind.VISITOR)
    happened("u:1", "view", "b1")
    assert shown_on("row", somebody("u:1")) == ["t1"]


def test_a_list_of_the_callers_own_is_put_in_the_visitors_order(products: Any, placements: Use) -> None:
    row = {"source": "given", "recommenders": ["also_viewed"]}
    placements(
        row={"sources": [row]},
        learned={"sources": [{**row, "published": ["buy_again"], "published_weight": 2}]},
    )
    publish("also_viewed", {"b1": [("b2", 0.8), ("t1", 0.4)], "d1": [("t1", 1.0)]})
    publish("buy_again", {"a:ann": [("f1", 1.0)]}, ListKind.VISITOR)
    given = ["f1", products["d1"], "t1", "b2", "d2", "no-such-key", "t1"]
    assert shown_on("row", items=given) == ["f1", "d1", "t1", "b2", "d2"]
    happened("a:ann", "view", "b1")
    happened("a:ann", "view", "d1")
    slate = recommend("row", somebody(**ANN), items=given)
    # t1: (0.4 + 1) / 2, d1: half of what was done lately, b2: 0.8 / 2. The others keep their places behind.
    assert [(item.item_key, round(item.score, 3)) for item in slate] == [
        ("t1", 0.7),
        ("d1", 0.5),
        ("b2", 0.4),
        ("f1", 0.0),
        ("d2", 0.0),
    ]
    assert {item.source for item in slate} == {"given"}
    # f1: 2 / 3, and what is recent counts a third.
    assert shown_on("learned", somebody(**ANN), items=given) == ["f1", "d1", "t1", "b2", "d2"]
    assert shown_on("row", somebody(**ANN), item="t1") == []


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"source": "for_you", "published": "ials"},
        "\"published\" is 'ials'. Set it to a list of recommenders.",
    ),
    (
        {"source": "for_you", "published": ["ials"]},
        "\"published\" names the recommender 'ials', which does not exist. Change it to one of: also_bought, ",
    ),
    ({"source": "for_you", "published_weight": 0}, '"published_weight" is 0. Set it to a number above 0.'),
    ({"source": "from_community", "most": 0}, '"most" is 0. Set it to a whole number from 1.'),
    (
        {"source": "recently_viewed", "kinds": "view"},
        "\"kinds\" is 'view'. Set it to a list of kinds of event.",
    ),
]


@pytest.mark.parametrize(("entry", "message"), WRONG)
def test_a_wrong_option_is_told(products: Any, placements: Use, entry: Any, message: str) -> None:
    placements(row={"sources": [entry]})
    with pytest.raises(ConfigurationError) as error:
        get_placement("row")
    assert f'["sources"][0]: {message}' in str(error.value)


def test_a_published_recommender_taken_away_is_done_without(settings: Any) -> None:
    row = {"source": "for_you", "published": ["buy_again"]}
    settings.RECOMMENDATIONS = {
        **SETTINGS,
        "RECOMMENDERS": {"buy_again": None},
        "PLACEMENTS": {"row": {"sources": [row]}},
    }
    (link,) = get_placement("row").sources
    assert link.source.recommenders == ("also_viewed", "also_bought")


PERSONAL = ("for_you", "given", "recently_viewed", "buy_again", "similar_visitors", "from_community")


@pytest.mark.parametrize("name", PERSONAL)
def test_they_are_personal(name: str) -> None:
    assert SOURCES[name]().is_personal
