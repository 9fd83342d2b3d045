"""The docs say what the code does: names, tables and examples are compared or run."""

from __future__ import annotations

import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone

from recommendations.conf import DEFAULTS, PLACEMENT_DEFAULTS
from recommendations.datatypes import Context, ListKind
from recommendations.models import Impression, Item
from recommendations.serving.filters import FILTERS
from recommendations.serving.placements import get_placement
from recommendations.serving.reranking.known import RERANKERS
from recommendations.serving.sources import SOURCES
from recommendations.templatetags.recommendations import register
from recommendations.training.recommenders import recommender
from tests.serving import twelve
from tests.serving.twelve import publish, shown_on, somebody

ROOT = Path(__file__).resolve().parents[2]
PLACEMENTS = (ROOT / "docs/placements.md").read_text()
TEMPLATES = (ROOT / "docs/templates.md").read_text()
CSS = (ROOT / "recommendations/static/recommendations/recommendations.css").read_text()


def examples(text: str, language: str) -> list[str]:
    return re.findall(rf"```{re.escape(language)}\n(.*?)```", text, re.DOTALL)


def test_every_placement_source_and_filter_is_explained() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", PLACEMENTS, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {*DEFAULTS["PLACEMENTS"], *SOURCES, *FILTERS, *RERANKERS}


def test_the_example_of_an_entry_is_whole_and_sound(settings: Any) -> None:
    names: dict[str, Any] = {}
    exec(examples(PLACEMENTS, "python")[0], names)
    settings.RECOMMENDATIONS = names["RECOMMENDATIONS"]
    assert set(names["RECOMMENDATIONS"]["PLACEMENTS"]["product_page"]) == set(PLACEMENT_DEFAULTS)
    assert get_placement("product_page").size == 8


#: Recipe → what is shown on a page about b2 (3.00, brand Crust), whose list is b1 b3 t1 t2 d1, on the morning of
#: December 1. Everybody likes b1 most, and nobody d1.
RECIPES = {
    "similar, but cheaper": ["b1", "t1", "d1"],
    "similar, within 20 % of the price": ["t2"],
    "another brand than the one shown": ["t1", "t2", "d1"],
    "never two of a brand": ["b1", "t1", "d1"],
    "not all of one brand or category": ["b1", "t1", "d1", "b3", "t2"],
    "less of what everybody buys anyway": ["b3", "t1", "t2", "d1", "b1"],
    "at about the same price first": ["t2", "b1", "b3", "t1", "d1"],
    "three places for small suppliers": ["b1", "b3", "t1", "d1"],
    "a quarter for the long tail": ["b1", "b3", "t1", "d1"],
    "gifts first before Christmas": ["t1", "t2", "b1", "b3", "d1"],
    "milk first in the morning": ["d1", "b1", "b3", "t1", "t2"],
    "not the same three times in vain": ["b1", "b3", "t1", "d1"],
    "what earns more first": ["b3", "b1", "t2", "t1", "d1"],
    "nothing that is nearly sold out": ["b3", "t1", "t2", "d1"],
    "no gift cards": ["b1", "b3", "d1"],
}


def test_every_recipe_does_what_it_says(products: Any, settings: Any) -> None:
    rows = re.findall(r"^\| ([^|`]+) \| `(\"(?:filters|rerank)\".+)` \|$", PLACEMENTS, re.MULTILINE)
    publish("also_viewed", {"b2": ["b1", "b3", "t1", "t2", "d1"]})  # 1.0, 0.95, 0.9, 0.85, 0.8
    twelve.publish_popular(everybody=[("b1", 1.0), ("b3", 0.1), ("t1", 0.1), ("t2", 0.1)])
    Item.objects.filter(item_key__startswith="t").update(categories=["Gift cards/Any"], brand="Leaf")
    nine = timezone.make_aware(datetime(2026, 12, 1, 9))
    morning = Context(anonymous_key="a:ann", moment=nine)
    for n in range(3):  # this visitor had t2 in view three times
        saw = {
            "items": [["t2", "similar", "also_viewed"]],
            "seen": [0],
            "occurred_at": nine - timedelta(days=n),
        }
        Impression.objects.create(slate_id=f"slate-{n}", visitor_key="a:ann", placement="row", **saw)
    for wish, entry in rows:
        similar = {"source": "similar", "recommenders": ["also_viewed"]}
        row = {"sources": [similar], **eval(f"{{{entry}}}")}
        settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": row}}
        Item.objects.filter(item_key="b1").update(stock=2)
        assert shown_on("row", morning, item=products["b2"]) == RECIPES[wish], wish
    assert {wish for wish, _ in rows} == set(RECIPES)


def test_the_example_of_a_source_a_filter_and_a_reranker_runs(
    products: Any, settings: Any, monkeypatch: Any
) -> None:
    code, entry = examples(PLACEMENTS, "python")[-2:]
    module = ModuleType("shop.picks")
    exec(code, module.__dict__)
    monkeypatch.setitem(sys.modules, "shop.picks", module)
    placements = eval(f"{{{entry}}}")
    placements["staff"]["sources"][0]["picks"] = ["sample-1", "d1", "t1", "b1"]
    Item.objects.filter(item_key="t1").update(brand=placements["staff"]["rerank"][0]["brand"])
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": placements}
    twelve.CART.append("b1")
    assert shown_on("staff") == ["t1", "d1"]


def test_the_example_of_lists_for_each_visitor_runs(products: Any, settings: Any) -> None:
    names: dict[str, Any] = {}
    exec(examples(PLACEMENTS, "python")[1], names)
    settings.RECOMMENDATIONS = {**names["RECOMMENDATIONS"], **twelve.SETTINGS}
    publish("similar_visitors", {"u:1": ["b1", "t1"]}, ListKind.VISITOR)
    assert shown_on("account", somebody("u:1")) == shown_on("neighbours", somebody("u:1")) == ["b1", "t1"]


def test_the_example_of_the_learned_ranker_is_sound(products: Any, settings: Any) -> None:
    (code,) = (each for each in examples(PLACEMENTS, "python") if '"learned"' in each)
    names: dict[str, Any] = {}
    exec(code, names)
    settings.RECOMMENDATIONS = {**names["RECOMMENDATIONS"], **twelve.SETTINGS}
    publish("also_viewed", {"b1": ["t1", "d1"]})
    twelve.happened("u:1", "view", "b1")
    assert shown_on("home_for_you", somebody("u:1")) == ["t1", "d1"]
    assert [base["name"] for base in recommender("ranker").options["bases"]] == ["also_viewed", "also_bought"]


def test_every_tag_and_every_property_is_explained() -> None:
    assert set(re.findall(r"\{% (\w+)", TEMPLATES)) >= set(register.tags)
    assert set(re.findall(r"--rec-[a-z-]+\b", TEMPLATES)) == set(re.findall(r"--rec-[a-z-]+\b", CSS))


@pytest.mark.urls("tests.serving.urls")
def test_the_examples_of_templates_render(products: Any) -> None:
    publish("also_viewed", {"b1": ["b2", "t1"]})
    first, override, own = examples(TEMPLATES, "html+django")
    context = {"product": products["b1"]}
    request = RequestFactory().get("/")
    html = engines["django"].from_string(first).render(context, request)
    assert 'data-item="b2"' in html and "track.js" in html
    html = engines["django"].from_string("{% load recommendations %}" + own).render(context, request)
    assert html.count("<article") == 2 and "data-slate=" in html
    assert "recommendations/slate.html" in override
