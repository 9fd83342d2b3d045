"""Every recipe of docs/placements.md that chooses sources, or is a rule, on the shop of twelve."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from recommendations.datatypes import Context, ListKind
from recommendations.models import Event, Item
from tests.serving import twelve
from tests.serving.twelve import publish, publish_popular, shown_on

pytestmark = pytest.mark.django_db

RECIPES = (Path(__file__).resolve().parents[2] / "docs/placements.md").read_text().split("\n## Recipes")[1]
NINE = timezone.make_aware(datetime(2026, 12, 1, 9))

#: Recipe → what is shown about b2, whose list is b1 b3 t1 t2 d1, or on the cart's page, with f1 in the cart. Everybody
#: likes b1 b3 t1 t2; t3 and d3 are new.
SOURCES = {
    "new things among what is popular": ["b1", "t3", "b3", "d3", "t1", "t2"],
    "from another department": ["t3", "f2"],
    "what goes with the whole cart": ["d1", "t2"],  # bought with f1
    # 4 are missing: b3 costs 4, t2 costs 3, d1 and b1 cost 2; d1 goes with the cart, and b1 is liked by everybody
    "what lifts the cart to free shipping": ["b3", "t2", "d1", "b1", "t1"],
    "not what was bought within a month": ["b3", "t1", "t2"],  # b1 ten days ago, t1 forty
    "rather an empty row than anything": ["b1", "b3", "t1", "t2", "d1"],
}

#: Rule → the list of b2 with it. Bread and dairy came a year ago, tea yesterday; b1, d1 and t1 are organic.
RULES = {
    "the campaign in the first place until Sunday": ["d1", "b1", "b3", "t1", "t2"],
    "clear the old stock": ["b1", "b3", "d1", "t1", "t2"],
    "organic things only, for one customer group": ["b1", "t1", "d1"],
}


def recipes(of: str) -> dict[str, dict[str, Any]]:
    rows = re.findall(rf'^\| ([^|`]+) \| `("{of}".+)` \|$', RECIPES, re.MULTILINE)
    return {wish: eval(f"{{{entry}}}") for wish, entry in rows}


@pytest.fixture(autouse=True)
def shop(products: Any) -> None:
    publish("also_viewed", {"b2": ["b1", "b3", "t1", "t2", "d1"]})
    publish("bought_together", {"f1": ["d1", "t2"]})
    publish("complements", {"b2": ["t3", "f2"]})
    publish("new_arrivals", {"": ["t3", "d3"]}, ListKind.SEGMENT)
    publish_popular(everybody=["b1", "b3", "t1", "t2"])
    Item.objects.update(created_at=NINE - timedelta(days=365))
    Item.objects.filter(item_key__startswith="t").update(created_at=NINE - timedelta(days=1))
    for key, days in (("b1", 10), ("t1", 40)):
        at = NINE - timedelta(days=days)
        Event.objects.create(visitor_key="a:ann", kind="purchase", item_key=key, occurred_at=at)
    twelve.CART.append("f1")
    twelve.MISSING.append(Decimal(4))


def shown(products: Any, context: Context) -> list[str]:
    return shown_on("row", context, item=products["b2"])


def test_recipes_of_sources_do_what_they_say(products: Any, settings: Any) -> None:
    ann = Context(visitor_key="a:ann", anonymous_key="a:ann", moment=NINE)
    found = {}
    for wish, entry in recipes("sources").items():
        settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": entry}}
        item = None if "cart" in entry.get("filters", ()) else products["b2"]
        found[wish] = shown_on("row", ann, item=item)
    assert found == SOURCES
    assert shown_on("row", ann, item=products["d2"]) == []  # rather an empty row


def test_recipes_of_rules_do_what_they_say(products: Any, settings: Any) -> None:
    row = {"sources": [{"source": "similar", "recommenders": ["also_viewed"]}]}
    member = Context(anonymous_key="a:bob", customer_group="practice", moment=NINE)
    other = Context(anonymous_key="a:bob", moment=NINE)
    found = {}
    for wish, rule in recipes("action").items():
        settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": row}, "RULES": {"wish": rule}}
        found[wish] = shown(products, member)
    assert found == RULES
    assert shown(products, other) == ["b1", "b3", "t1", "t2", "d1"]  # nor is the last rule for others


@pytest.mark.parametrize(("second", "first"), [(-1, "d1"), (0, "b1")])
def test_the_campaign_ends_when_sunday_does(products: Any, settings: Any, second: int, first: str) -> None:
    row = {"sources": [{"source": "similar", "recommenders": ["also_viewed"]}]}
    rule = recipes("action")["the campaign in the first place until Sunday"]
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": row}, "RULES": {"wish": rule}}
    monday = timezone.make_aware(datetime(2026, 12, 7)) + timedelta(seconds=second)
    assert shown(products, Context(anonymous_key="a:bob", moment=monday))[0] == first
