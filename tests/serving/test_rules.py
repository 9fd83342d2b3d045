"""What merchandisers wish, on the shop of twelve."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from recommendations.conf import settings as own
from recommendations.datatypes import Context
from recommendations.models import Item, Override
from recommendations.overrides import changing
from recommendations.serving import engine
from recommendations.serving.rules import ACTIONS, overridden, rules_of
from tests.serving import twelve
from tests.serving.twelve import publish_popular, shown_on, somebody
from tests.support.queries import queries_of

Use = Callable[..., None]
DOCS = (Path(__file__).resolve().parents[2] / "docs/rules.md").read_text()


@pytest.fixture
def rules(settings: Any, products: Any) -> Use:
    """`rules(name={…})` sets the shop's rules; the row `row` shows what is popular: b1 b2 d1 f1 t1 t2."""
    publish_popular(everybody=["b1", "b2", "d1", "f1", "t1", "t2"])

    def use(placements: dict[str, Any] | None = None, **entries: Any) -> None:
        row = {"sources": ["popular"], "filters": ["cart"], "size": 4}
        places = {"row": row, "other": row, **(placements or {})}
        settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": places, "RULES": entries}

    use()
    return use


def test_without_rules_nothing_changes(rules: Use) -> None:
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]


def test_exclude_and_only(rules: Use) -> None:
    rules(no={"action": "exclude", "where": {"brand": "Crust"}})
    assert shown_on("row") == ["d1", "f1", "t1", "t2"]
    rules(
        no={"action": "exclude", "where": {"brand": "Crust"}},
        only={"action": "only", "where": {"tag": "organic"}},
    )
    assert shown_on("row") == ["d1", "f1", "t1"]


def test_boost_and_bury(rules: Use) -> None:
    # Scores 1, .95, .9, .85, .8, .75: tea × 1.2 = .96 and .9.
    rules(tea={"action": "boost", "where": {"brand": "Leaf"}, "factor": 1.2})
    assert shown_on("row") == ["b1", "t1", "b2", "d1"]
    rules(bread={"action": "boost", "where": {"brand": "Crust"}, "factor": 0.5})
    assert shown_on("row") == ["d1", "f1", "t1", "t2"]


def test_caps(rules: Use) -> None:
    rules(one={"action": "cap", "n": 1})
    assert shown_on("row") == ["b1", "d1", "f1", "t1"]
    rules(one={"action": "cap", "n": 1, "per": "supplier", "where": {"category": "Grocery"}})
    assert shown_on("row") == ["b1", "b2", "f1", "t1"]


def test_promote_takes_the_best_also_from_outside(rules: Use) -> None:
    rules(tea={"action": "promote", "where": {"brand": "Leaf"}, "slots": 2})
    assert shown_on("row") == ["t1", "t2", "b1", "b2"]
    rules(dear={"action": "promote", "where": {"price": 4, "brand": ["Dale", "Leaf"]}, "slots": 1})
    assert shown_on("row") == ["t3", "b1", "b2", "d1"]  # no source has it; the tea is newer than the dairy


def test_pin(rules: Use) -> None:
    rules(pin={"action": "pin", "where": {"item": "t2"}, "position": 2})
    assert shown_on("row") == ["b1", "t2", "b2", "d1"]
    rules(pin={"action": "pin", "where": {"item": "d3"}, "position": 4})
    assert shown_on("row") == ["b1", "b2", "d1", "d3"]
    rules(pin={"action": "pin", "where": {"item": "d3"}, "position": 5})
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]  # the row has four places


def test_two_pins_on_one_position(rules: Use) -> None:
    a = {"action": "pin", "where": {"item": "d3"}}
    b = {"action": "pin", "where": {"item": "t3"}}
    rules(a=a, b=b)
    assert shown_on("row") == ["d3", "t3", "b1", "b2"]
    rules(a=a, b={**b, "priority": 1})
    assert shown_on("row") == ["t3", "d3", "b1", "b2"]


def test_of_variants_only_the_one_that_was_wished_for(rules: Use) -> None:
    publish_popular(everybody=["f2", "b1"])
    rules(pin={"action": "pin", "where": {"item": "f3"}, "position": 2})
    assert shown_on("row") == ["b1", "f3"]


def test_the_documented_order(rules: Use) -> None:
    pin = {"action": "pin", "where": {"item": "b2"}}
    rules(pin=pin, no={"action": "exclude", "where": {"item": "b2"}})
    assert shown_on("row") == ["b1", "d1", "f1", "t1"]  # excluded, whatever else says so
    twelve.CART.append("b2")
    rules(pin=pin)
    assert shown_on("row") == ["b1", "d1", "f1", "t1"]  # and so do filters
    twelve.CART.clear()
    rules(pin=pin, one={"action": "cap", "n": 1}, tea={"action": "promote", "where": {"brand": "Leaf"}})
    assert shown_on("row") == ["b2", "t1", "b1", "d1"]
    assert (
        list(ACTIONS)
        == [re.sub(r"\W", "", name) for name in re.findall(r"^\| (`\w+`) \| [a-z]", DOCS, re.M)][:6]
    )


def test_what_is_not_sold_is_not_shown(rules: Use, products: Any) -> None:
    products["t3"].stock = 0
    products["t3"].save()
    rules(pin={"action": "pin", "where": {"item": "t3"}}, more={"action": "promote", "where": {"item": "t3"}})
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]


def test_an_empty_list_can_be_pinned_to(rules: Use) -> None:
    rules(
        {"empty": {"sources": [{"source": "similar"}], "size": 3}},
        pin={"action": "pin", "where": {"item": "t3"}, "position": 2},
    )
    assert shown_on("empty") == ["t3"]


def test_relative_rules(rules: Use, products: Any) -> None:
    rules(
        cheaper={"action": "exclude", "where": {"price_ratio": {"from": 1.0}}},
        same={"action": "promote", "where": {"same": ["brand"]}},
    )
    assert shown_on("row", item=products["t3"]) == ["t1", "b1", "b2", "d1"]
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]


def test_where_when_and_for_whom(rules: Use) -> None:
    pin = {"action": "pin", "where": {"item": "t3"}}
    hour = timedelta(hours=1)
    now = timezone.now()
    plain = ["b1", "b2", "d1", "f1"]
    pinned = ["t3", "b1", "b2", "d1"]
    rules(pin={**pin, "placements": ["row"]})
    assert (shown_on("row"), shown_on("other")) == (pinned, plain)
    for starts, ends, shown in (
        (now - hour, now + hour, pinned),
        ((now - hour).isoformat(), None, pinned),
        (now + hour, None, plain),
        (None, (now - hour).isoformat(), plain),
        ("2020-01-01", "2020-02-01T08:00", plain),
        ("2020-01-01", None, pinned),
    ):
        rules(pin={**pin, "starts": starts, "ends": ends})
        assert shown_on("row") == shown, (starts, ends)
    rules(pin={**pin, "on": False})
    assert shown_on("row") == plain
    for visitors, context, shown in (
        ({"known": True}, somebody("u:1"), pinned),
        ({"known": True}, somebody(anonymous_key="a:1"), plain),
        ({"known": False}, Context(), pinned),
        ({"country": ["DE", "AT"]}, Context(country="AT"), pinned),
        ({"country": "DE", "language": "de"}, Context(country="DE", language="en"), plain),
        ({"customer_group": ["trade"], "channel": ["web"]}, Context(customer_group="trade"), pinned),
    ):
        rules(pin={**pin, "visitors": visitors})
        assert shown_on("row", context) == shown, visitors


def test_who_placed_it_is_known(rules: Use) -> None:
    rules(
        pin={"action": "pin", "where": {"item": "t3"}},
        tea={"action": "boost", "where": {"brand": "Leaf"}, "factor": 1.2},
    )
    slate = engine.recommend("row", Context())
    assert [(item.item_key, item.source, item.rules) for item in slate] == [
        ("t3", "rule", ("pin",)),
        ("b1", "popular", ()),
        ("t1", "popular", ("tea",)),
        ("b2", "popular", ()),
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"action": "hide"},
            "[\"action\"] is 'hide'. Set it to one of: exclude, only, boost, cap, promote, pin.",
        ),
        ({"action": "pin"}, '["where"] is {}, which means every item. Say which: {"brand": "Acme"}.'),
        ({"action": "pin", "where": {"x": 1}}, '["where"]["x"]: there is no such test. Known: '),
        (
            {"where": {"item": "1"}, "action": "pin", "position": 0},
            '["position"] is 0. Set it to a whole number',
        ),
        (
            {"where": {"item": "1"}, "action": "boost", "factor": 0},
            '["factor"] is 0. Set it above 0, at most 100',
        ),
        ({"where": {"item": "1"}, "action": "boost", "factor": 1}, '["factor"] is 1, which changes nothing.'),
        (
            {"where": {"item": "1"}, "action": "pin", "starts": "soon"},
            "[\"starts\"] is 'soon'. Write a time as",
        ),
        ({"where": {"item": "1"}, "action": "pin", "starts": "2026-13-01"}, "[\"starts\"] is '2026-13-01'."),
        (
            {"where": {"item": "1"}, "action": "pin", "starts": "2026-02-01", "ends": "2026-01-01"},
            "[\"ends\"] is '2026-01-01', which is not after its start.",
        ),
        (
            {"where": {"item": "1"}, "action": "pin", "placements": ["x"]},
            "[\"placements\"] names 'x', which does not",
        ),
        (
            {"where": {"item": "1"}, "action": "pin", "placements": "row"},
            "[\"placements\"] is 'row'. Set it to a list",
        ),
        (
            {"where": {"item": "1"}, "action": "pin", "visitors": {"age": 3}},
            "[\"visitors\"] is {'age': 3}. Write it as",
        ),
        (
            {"where": {"item": "1"}, "action": "pin", "visitors": {"known": 1}},
            '["visitors"]["known"] is 1. Set it to',
        ),
        ({"action": "cap", "n": 0}, ': "n" is 0. Set it to a whole number from 1.'),
    ],
)
def test_a_wrong_rule_names_the_line_to_change(rules: Use, entry: Any, message: str) -> None:
    rules(wish=entry)
    found, wrong = rules_of({})
    assert found == ()
    assert str(wrong["wish"]).startswith(f'RECOMMENDATIONS["RULES"]["wish"]{message}')


def test_rules_of_the_admin(rules: Use) -> None:
    rules(no={"action": "exclude", "where": {"item": "b1"}})
    by = changing.person("anna")
    value = {"action": "pin", "where": {"item": "t3"}, "position": 1}
    override = changing.propose(Override.Kind.RULE, "campaign", value, by=by)
    assert shown_on("row") == ["b2", "d1", "f1", "t1"]
    changing.activate(override.pk, by=by, check=overridden)
    assert shown_on("row") == ["t3", "b2", "d1", "f1"]
    off = changing.propose(Override.Kind.RULE, "no", {"on": False}, by=by)
    changing.activate(off.pk, by=by, check=overridden)
    assert shown_on("row") == ["t3", "b1", "b2", "d1"]
    changing.roll_back(Override.Kind.RULE, "campaign", by=by)
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]


def test_a_rule_that_does_not_fit_any_more_is_left_out(rules: Use, caplog: Any) -> None:
    by = changing.person("anna")
    value = {"action": "exclude", "where": {"item": "b1"}, "placements": ["other"]}
    override = changing.propose(Override.Kind.RULE, "gone", value, by=by)
    changing.activate(override.pk, by=by, check=overridden)
    assert shown_on("other") == ["b2", "d1", "f1", "t1"]
    own.placements.pop("other")
    from recommendations.overrides import active
    from recommendations.serving.placements import layout

    active.forget()
    layout.__globals__["_layout"].cache_clear()
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]
    assert "The rule 'gone' is ignored" in caplog.text


def test_rules_cost_no_query_on_a_hot_page(rules: Use) -> None:
    entries = {
        "dear": {"action": "promote", "where": {"price": 4}},
        "one": {"action": "cap", "n": 1},
        "no": {"action": "exclude", "where": {"brand": "Crust"}},
    }
    shown_on("row")
    plain = queries_of(lambda: shown_on("row"))
    assert len(plain) == 3, plain  # lists, products, groups
    rules(**entries)
    shown_on("row")
    ruled = queries_of(lambda: shown_on("row"))
    assert len(ruled) == 3, ruled
    assert shown_on("row") == ["t3", "d1", "f1", "t1"]  # promoted over the cap


def test_the_example_is_sound(rules: Use, settings: Any) -> None:
    code = re.search(r"```python\n(.*?)```", DOCS, re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(code[1], names)
    settings.RECOMMENDATIONS = names["RECOMMENDATIONS"]
    found, wrong = rules_of({})
    assert (len(found), wrong) == (5, {})


def test_the_mirror_of_another_scope_is_not_promoted(rules: Use) -> None:
    Item.objects.filter(item_key="t3").update(scope="elsewhere")
    rules(dear={"action": "promote", "where": {"price": 4, "brand": "Leaf"}})
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]
