"""New items get a share of the places, drawn with known probabilities."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import Any

import pytest
from django.test import Client

from recommendations.datatypes import EXPLORATION, Candidate, Context, ListKind, placement_segment
from recommendations.exceptions import ConfigurationError, UnknownOption
from recommendations.models import Event, Impression, Item
from recommendations.serving import scopes, tokens
from recommendations.serving.engine import recommend
from recommendations.serving.exploring import Explore, drawn, inclusion, mixed_in
from tests.serving import twelve
from tests.serving.twelve import happened, keys, publish, publish_popular, shown_on, somebody
from tests.support.queries import queries_of

Use = Callable[..., None]

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ROW: dict[str, Any] = {"sources": ["popular"], "size": 4, "explore": {"share": 0.25}}

#: Item → probability of being the best of the new ones.
ARMS = {"t1": 0.6, "t2": 0.3, "t3": 0.1}


def publish_arms(placement: str = "row", **arms: float) -> None:
    best_first = sorted((arms or ARMS).items(), key=lambda pair: -pair[1])
    publish(EXPLORATION, {placement_segment(placement): best_first}, ListKind.SEGMENT)


@pytest.fixture
def row(products: Any, placements: Use) -> Any:
    placements(row=ROW)
    publish_popular(everybody=["b1", "b2", "b3", "d1", "d2", "d3"])
    publish_arms()
    return products


def explored(slate: Any) -> list[str]:
    return [item.item_key for item in slate if item.source == "explore"]


def visitors(n: int) -> list[Any]:
    """The slates of so many visitors."""
    return [recommend("row", Context(anonymous_key=f"a:{number}", moment=NOON)) for number in range(n)]


# --- drawing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "n", "expected"),
    [
        ([0.6, 0.3, 0.1], 1, [0.6, 0.3, 0.1]),
        ([6, 3, 1], 0.5, [0.3, 0.15, 0.05]),
        ([0.6, 0.3, 0.1], 2, [1, 0.75, 0.25]),  # the first is certain; of the other place 3 : 1
        ([0.6, 0.3, 0.1, 0], 3, [1, 1, 1, 0]),
        ([0.6, 0.3], 5, [1, 1]),
        ([0.5, 0.5], 0, [0, 0]),
        ([], 1, []),
        ([0, 0], 1, [0, 0]),
    ],
)
def test_probabilities_of_being_drawn(weights: list[float], n: float, expected: list[float]) -> None:
    assert inclusion(weights, n) == pytest.approx(expected)


@pytest.mark.parametrize("n", [0.4, 1, 1.7, 2.5])
def test_draws_follow_the_probabilities_and_propensities_add_up(n: float) -> None:
    weights = {"a": 0.5, "b": 0.25, "c": 0.15, "d": 0.07, "e": 0.03}
    candidates = [Candidate(key, weight, "explore") for key, weight in weights.items()]
    expected = dict(zip(weights, inclusion(list(weights.values()), n), strict=True))
    assert sum(expected.values()) == pytest.approx(n)
    n_pages, times = 20_000, Counter[str]()
    for seed in range(n_pages):
        found = drawn(candidates, n, random.Random(seed))
        assert int(n) <= len(found) <= int(n) + 1
        for each in found:
            assert each.propensity == pytest.approx(expected[each.item_key], abs=1e-6)
            times[each.item_key] += 1
    for key, probability in expected.items():
        deviation = sqrt(probability * (1 - probability) / n_pages)
        assert times[key] / n_pages == pytest.approx(probability, abs=4 * deviation + 1e-9), key


def test_weighted_by_the_inverse_of_the_propensity_every_item_counts_as_one() -> None:
    candidates = [Candidate(key, weight, "explore") for key, weight in ARMS.items()]
    weighted = Counter[str]()
    for seed in range(20_000):
        for each in drawn(candidates, 1, random.Random(seed)):
            weighted[each.item_key] += 1 / (each.propensity or 0) / 20_000  # type: ignore[assignment]
    assert weighted == pytest.approx(dict.fromkeys(ARMS, 1.0), abs=0.1)


def test_chance_decides_where_a_new_item_stands() -> None:
    chosen = [Candidate(key, 1.0, "popular") for key in "abc"]
    new = [Candidate(key, 1.0, "explore") for key in "xy"]
    places = Counter[int]()
    for seed in range(5_000):
        mixed = [each.item_key for each in mixed_in(chosen, new, random.Random(seed))]
        assert [key for key in mixed if key in "abc"] == list("abc")
        places[mixed.index("x")] += 1
    assert [places[place] / 5_000 for place in range(5)] == pytest.approx([0.2] * 5, abs=0.03)


# --- on a page ----------------------------------------------------------------------------------------------------


def test_a_share_of_the_places_is_for_new_items(row: Any) -> None:
    slates = visitors(400)
    assert all(len(slate) == 4 and len(explored(slate)) == 1 for slate in slates)
    for slate in slates:
        assert [key for key in keys(slate) if key[0] != "t"] == ["b1", "b2", "b3"]
    times = Counter(explored(slate)[0] for slate in slates)
    assert {key: times[key] / 400 for key in ARMS} == pytest.approx(ARMS, abs=0.08)


def test_half_a_place_is_a_place_for_every_second_visitor(row: Any, placements: Use) -> None:
    placements(row={**ROW, "explore": {"share": 0.125}})
    counts = Counter(len(explored(slate)) for slate in visitors(400))
    assert set(counts) == {0, 1} and counts[1] / 400 == pytest.approx(0.5, abs=0.1)


def test_a_visitor_sees_the_same_all_day_on_web_and_app(row: Any) -> None:
    web = recommend("row", somebody("u:1", "a:web", moment=NOON))
    app = recommend("row", somebody("u:1", "a:app", moment=NOON + timedelta(hours=5), channel="api"))
    assert keys(web) == keys(app)
    days = [
        keys(recommend("row", Context(visitor_key="u:1", moment=NOON + timedelta(days=n)))) for n in range(30)
    ]
    assert len(set(map(tuple, days))) > 1


def test_nobody_in_particular_sees_the_same_for_an_hour(row: Any) -> None:
    def shown(minutes: int) -> tuple[str, ...]:
        return tuple(shown_on("row", Context(moment=NOON + timedelta(minutes=minutes))))

    assert shown(0) == shown(59)
    assert len({shown(60 * n) for n in range(24)}) > 1
    unwilling = Context(anonymous_key="a:ann", personalise=False, moment=NOON)
    assert tuple(shown_on("row", unwilling)) == shown(0)


def test_every_placement_has_its_own(row: Any, placements: Use) -> None:
    placements(row=ROW, other=ROW)
    assert explored(recommend("other", Context(moment=NOON))) == []
    publish_arms("other", d3=1.0)  # goes live as a whole, without arms of the row
    assert explored(recommend("other", Context(moment=NOON))) == ["d3"]
    assert explored(recommend("row", Context(moment=NOON))) == []


def test_new_items_obey_the_shop_the_filters_and_the_rules(row: Any, settings: Any) -> None:
    def found() -> set[str]:
        return {key for slate in visitors(60) for key in explored(slate)}

    assert found() == {"t1", "t2", "t3"}
    row["t1"].delete()
    assert found() == {"t2", "t3"}
    filters = [{"filter": "exclude", "where": {"item": "t2"}}]
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": {**ROW, "filters": filters}}}
    assert found() == {"t3"}
    rule = {"action": "exclude", "where": {"item": "t3"}}
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": ROW}, "RULES": {"no": rule}}
    assert found() == {"t2"}
    cap = {"action": "cap", "n": 1, "per": "brand", "where": {"brand": "Leaf"}}
    publish_popular(everybody=["b1", "b2", "t1", "d1"])
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": ROW}, "RULES": {"cap": cap}}
    Item.objects.filter(item_key="b2").update(brand="Leaf")
    assert found() == set(), "b2 is of the brand already"
    Item.objects.filter(item_key__startswith="t").update(customer_groups=["trade"], is_limited=True)
    scopes.forget()
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": ROW}}
    assert found() == set()


CAPPED: dict[str, Any] = {**ROW, "explore": {"share": 0.5}}


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        (ARMS, {"b1", "d1", "f1", "t1"}),  # of the brand of t1 is no second one
        ({"b3": 0.5, "d2": 0.5}, {"b1", "d1", "f1"}),  # of their brands are some already that stay
        ({"t1": 0.6, "f2": 0.4}, {"b1", "d1", "f2", "t1"}),  # f1 makes room for one of its brand
    ],
)
@pytest.mark.parametrize("by_a_rule", [False, True])
def test_new_items_break_no_cap(
    row: Any, settings: Any, arms: dict[str, float], expected: set[str], by_a_rule: bool
) -> None:
    cap = {"rerank": "at_most", "n": 1, "per": "brand"}
    rule = {"action": "cap", "n": 1, "per": "brand", "where": {"price": {"from": 0}}}
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "PLACEMENTS": {"row": CAPPED if by_a_rule else {**CAPPED, "rerank": [cap]}},
        "RULES": {"cap": rule} if by_a_rule else {},
    }
    publish_popular(everybody=["b1", "b2", "d1", "f1", "d3"])
    publish_arms(**arms)
    slates = visitors(40)
    assert {frozenset(keys(slate)) for slate in slates} == {frozenset(expected)}
    assert all(len(keys(slate)) == len(expected) for slate in slates)


def test_of_a_capped_kind_the_first_of_the_list_stays(row: Any, settings: Any) -> None:
    """Half a place explores: who draws nothing sees the list as it is."""
    place = {**ROW, "explore": {"share": 0.125}, "rerank": [{"rerank": "at_most", "n": 1, "per": "brand"}]}
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": place}}
    publish_popular(everybody=["b1", "d1", "f1", "t3"])
    publish_arms(t1=1.0)
    found = {frozenset(keys(slate)) for slate in visitors(60)}
    assert found == {frozenset({"b1", "d1", "f1", last}) for last in ("t1", "t3")}


def test_new_variants_of_one_product_are_one(row: Any, placements: Use) -> None:
    placements(row={**ROW, "explore": {"share": 0.5}})
    publish_arms(f2=0.5, f3=0.5)
    assert {tuple(explored(slate)) for slate in visitors(30)} == {("f2",)}


def test_what_is_shown_anyway_is_not_drawn(row: Any) -> None:
    publish_popular(everybody=["t1", "b2", "b3", "d1", "d2"])
    slates = visitors(60)
    assert all(keys(slate).count("t1") == 1 for slate in slates)
    assert {key for slate in slates for key in explored(slate)} == {"t2", "t3"}
    propensities = {item.item_key: item.propensity for slate in slates for item in slate if item.propensity}
    assert propensities == pytest.approx({"t2": 0.75, "t3": 0.25})


def test_nothing_is_twice_on_the_page(row: Any, placements: Use) -> None:
    placements(first={**ROW, "page": "two"}, second={**ROW, "page": "two"})
    lists = {placement_segment(name): list(ARMS.items()) for name in ("first", "second")}
    publish(EXPLORATION, lists, ListKind.SEGMENT)
    for number in range(30):
        context = somebody(anonymous_key=f"a:{number}")
        second, first = (recommend(name, context) for name in ("second", "first"))
        assert len(explored(first)) == len(explored(second)) == 1
        assert len({*keys(first), *keys(second)}) == len(first) + len(second)


def test_other_sizes_stay_in_their_share(row: Any) -> None:
    context = Context(anonymous_key="a:ann", moment=NOON)
    assert len(explored(recommend("row", context, size=50))) == 1
    assert shown_on("row", context, size=50)[:4] == shown_on("row", context)
    assert shown_on("row", context, size=0) == []


def test_a_pin_keeps_its_place(row: Any, settings: Any) -> None:
    pin = {"action": "pin", "where": {"item": "f1"}}
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": ROW}, "RULES": {"campaign": pin}}
    assert all(keys(slate)[0] == "f1" for slate in visitors(30))


def test_it_costs_no_query(row: Any, placements: Use) -> None:
    def count() -> int:
        return len(queries_of(lambda: shown_on("row", somebody(anonymous_key="a:ann"))))

    exploring = count()
    placements(row={**ROW, "explore": None})
    assert count() == exploring


def test_the_reason_is_that_it_is_new(row: Any) -> None:
    reasons = {item.source: item.reason for item in recommend("row", Context(moment=NOON))}
    assert reasons == {"popular": "Popular right now", "explore": "New"}


def test_without_arms_it_is_as_before(products: Any, placements: Use) -> None:
    placements(row=ROW)
    publish_popular(everybody=["b1", "b2", "b3", "d1", "d2"])
    assert shown_on("row") == ["b1", "b2", "b3", "d1"]


# --- what is noted ------------------------------------------------------------------------------------------------


def test_the_propensity_comes_back_with_what_is_seen_and_clicked(
    row: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = Client(headers={"user-agent": "Mozilla/5.0 Firefox/130"})
    answer = client.get("/api/recommendations/row/").json()
    items = [item["item"] for item in answer["items"]]
    place = next(n for n, key in enumerate(items) if key in ARMS)
    payload = tokens.read(answer["token"])
    assert payload.items[place] == (items[place], "explore", EXPLORATION)
    assert payload.propensities == {place: ARMS[items[place]]}
    news = {"slates": [{"token": answer["token"], "seen": [0, 1, 2, 3], "clicked": items[place]}]}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/recommendations/track/", news, "application/json").status_code == 204
    impression = Impression.objects.get()
    assert impression.items[place] == [items[place], "explore", EXPLORATION, ARMS[items[place]]]
    assert all(len(item) == 3 for n, item in enumerate(impression.items) if n != place)
    click = Event.objects.get(kind="click")
    assert click.origin["propensity"] == ARMS[items[place]]
    assert (click.origin["source"], click.position) == ("explore", place)


def test_a_token_without_chance_is_as_short_as_before() -> None:
    plain = tokens.make("slate", "row", "", [Candidate("b1", 1.0, "popular", "popular")])
    assert tokens.read(plain).propensities == {}


def test_the_visit_is_what_counts_not_the_order_of_the_list(row: Any) -> None:
    happened("a:ann", "view", "b1")
    slate = recommend("row", Context(anonymous_key="a:ann", moment=NOON))
    positions = [item.position for item in slate]
    assert all(after == before + 1 for before, after in pairwise(positions))


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (0.1, r'explore is 0.1. Write it as {"share": 0.1}, or None.'),
        ({"share": 2}, 'explore["share"] is 2. Set it to a number from 0 to 1.'),
        ({"share": True}, 'explore["share"] is True. Set it to a number from 0 to 1.'),
        ({"days": -1}, 'explore["days"] is -1. Set it to a number from 0 to 3650.'),
        ({"seen_below": "x"}, "explore[\"seen_below\"] is 'x'. Set it to a number from 0 to 1000000."),
    ],
)
def test_a_wrong_wish_is_named(entry: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Explore.parse("explore", entry)
    assert str(caught.value) == message


def test_an_unknown_wish_is_named() -> None:
    with pytest.raises(UnknownOption, match="part"):
        Explore.parse("explore", {"part": 0.1})
