"""Which items a wish is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recommendations.exceptions import ConfigurationError
from recommendations.serving.conditions import Condition, Subject
from recommendations.serving.facts import NOTHING_KNOWN, Facts
from tests.serving.twelve import publish_popular, shown_on

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TEA = Facts(
    title="Green tea",
    categories=("Drinks/Tea",),
    brand="Leaf",
    supplier="North",
    price=Decimal("4.00"),
    cost=Decimal("3.00"),
    stock=5,
    created_at=NOW - timedelta(days=10),
    attributes={"tags": ["organic"], "colour": "green", "grams": 100},
)
COFFEE = Facts(categories=("Drinks/Coffee",), brand="Bean", price=Decimal("5.00"))


def holds(written: Any, facts: Facts = TEA, shown: Facts = COFFEE) -> bool:
    return Condition.parse("where", written).holds(Subject("t1", facts, shown, NOW))


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ({"item": "t1"}, {"item": ["t2", "t3"]}),
        ({"brand": ["Leaf", "Bean"]}, {"brand": "leaf"}),
        ({"supplier": "North"}, {"supplier": "South"}),
        ({"category": "Drinks"}, {"category": "Drinks/Te"}),
        ({"category": ["Bread", "Drinks/Tea"]}, {"category": "Drinks/Tea/Green"}),
        ({"tag": "organic"}, {"tag": ["new"]}),
        ({"price": 4}, {"price": {"below": 4}}),
        ({"price": {"from": 4}}, {"price": {"from": 4.01, "below": 9}}),
        ({"stock": {"from": 5, "below": 6}}, {"stock": 4}),
        ({"margin": {"from": 0.25}}, {"margin": {"from": 0.26}}),
        ({"age_days": {"below": 11}}, {"age_days": {"below": 10}}),
        ({"attributes.colour": "green"}, {"attributes.colour": ["red"]}),
        ({"attributes.grams": {"from": 100}}, {"attributes.colour": {"from": 1}}),
        ({"same": ["department"]}, {"same": ["department", "category"]}),
        ({"other": ["brand", "supplier", "category"]}, {"other": ["department"]}),
        ({"price_ratio": {"from": 0.8, "below": 1}}, {"price_ratio": {"from": 1}}),
        ({"any": [{"brand": "Bean"}, {"price": 4}]}, {"any": [{"brand": "Bean"}, {"price": 5}]}),
        ({"not": {"brand": "Bean"}}, {"not": {"brand": "Leaf", "price": 4}}),
        ({}, {"brand": "Leaf", "price": 5}),
    ],
)
def test_a_condition_holds_or_not(yes: Any, no: Any) -> None:
    assert holds(yes)
    assert not holds(no)


@pytest.mark.parametrize(
    "written",
    [
        *({name: {"below": 10**9}} for name in ("price", "stock", "margin", "age_days", "price_ratio")),
        *({name: ["x"]} for name in ("brand", "supplier", "category", "tag")),
        {"attributes.grams": {"from": -1}},
        {"same": ["brand"]},
    ],
)
def test_what_is_not_known_fulfils_nothing(written: Any) -> None:
    assert not holds(written, NOTHING_KNOWN, NOTHING_KNOWN)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("Leaf", """where is 'Leaf'. Write a condition as {"brand": "Acme"}; tests: item, """),
        ({"brnad": "Leaf"}, """where["brnad"]: there is no such test. Known: item, category, brand, """),
        ({"brand": 3}, """where["brand"] is 3. Set it to a text or a list of texts."""),
        ({"price": {"above": 3}}, """where["price"] is {'above': 3}. Set it to a number, or to a range"""),
        (
            {"price": {"below": "3"}},
            """where["price"] is {'below': '3'}. Set it to a number, or to a range""",
        ),
        ({"same": "colour"}, """where["same"] names 'colour'. Choose from: brand, supplier, """),
        ({"any": {}}, """where["any"] is {}. Set it to a list of conditions."""),
        ({"any": [{"x": 1}]}, """where["any"][0]["x"]: there is no such test."""),
        ({"not": {"x": 1}}, """where["not"]["x"]: there is no such test."""),
    ],
)
def test_what_is_no_condition_is_refused(written: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Condition.parse("where", written)
    assert str(caught.value).startswith(message)


def test_relative_conditions_are_known() -> None:
    for written in ({"same": ["brand"]}, {"any": [{"price_ratio": 1}]}, {"not": {"other": ["brand"]}}):
        assert Condition.parse("where", written).is_relative
    assert not Condition.parse("where", {"brand": "Leaf"}).is_relative


def test_filters_ask_conditions(products: Any, placements: Callable[..., None]) -> None:
    publish_popular(everybody=["b1", "b2", "t1", "t2", "f2"])

    def use(*filters: Any) -> None:
        placements(row={"sources": ["popular"], "filters": list(filters)})

    use({"filter": "only", "where": {"tag": "organic"}})
    assert shown_on("row") == ["b1", "t1"]
    use({"filter": "exclude", "where": {"age_days": {"below": 30}}})
    assert shown_on("row") == ["b1", "b2", "f2"]
    use({"filter": "only", "where": {"same": ["brand"]}}, "shown_item")
    assert shown_on("row", item=products["b1"]) == ["b2"]
    assert shown_on("row", item="b1") == ["b2"]
    use({"filter": "exclude", "where": {"same": ["brand"]}})
    assert shown_on("row", item="b1") == ["t1", "t2", "f2"]
    assert shown_on("row") == ["b1", "b2", "t1", "t2", "f2"]  # no item shown: nothing to be like


def test_a_wrong_filter_names_the_line_to_change(products: Any, placements: Callable[..., None]) -> None:
    from recommendations.serving.placements import placement_errors

    entry = {"filter": "only", "where": {"colour": "red"}}
    placements(row={"sources": ["popular"], "filters": [entry, "cart"]}, odd={"filters": [{"where": {}}]})
    errors = placement_errors()
    place = 'RECOMMENDATIONS["PLACEMENTS"]["row"]["filters"][0]'
    assert str(errors["row"]).startswith(f'{place}: "where"["colour"]: there is no such test. Known: ')
    assert "Name one, or write it as {'filter': name, …options}; known: cart, " in str(errors["odd"])
