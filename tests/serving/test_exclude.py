"""What a caller asks not to show."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import engines
from django.test import Client, RequestFactory

from recommendations.serving.engine import recommend
from recommendations.serving.fragments import address
from recommendations.shortcuts import recommend as shortcut
from tests.serving import twelve
from tests.serving.test_fragments import placed
from tests.serving.twelve import publish_popular, shown_on, somebody
from tests.support.queries import queries_of


@pytest.fixture
def popular(products: Any) -> Any:
    publish_popular(everybody=["b1", "b2", "f3", "f2", "t1", "t2"])
    return products


def test_it_is_not_shown_nor_are_its_variants(popular: Any) -> None:
    assert shown_on("home_popular") == ["b1", "b2", "f3", "t1", "t2"]
    assert shown_on("home_popular", exclude=["b1", "f2"]) == ["b2", "t1", "t2"]
    assert shown_on("home_popular", exclude=[popular["b1"], popular["t2"]]) == ["b2", "f3", "t1"]
    assert shown_on("home_popular", exclude=["unknown", ""]) == ["b1", "b2", "f3", "t1", "t2"]


def test_what_is_excluded_leaves_no_gap(popular: Any) -> None:
    assert shown_on("home_popular", size=2, exclude=["b1", "b2"]) == ["f3", "t1"]


def test_a_pinned_item_is_excluded_too(popular: Any, settings: Any) -> None:
    pin = {"action": "pin", "where": {"item": "d1"}}
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "PLACEMENTS": {"home_for_you": None},
        "RULES": {"campaign": pin},
    }
    assert shown_on("home_popular", size=2) == ["d1", "b1"]
    assert shown_on("home_popular", size=2, exclude=["d1"]) == ["b1", "b2"]


def test_it_holds_for_one_call_and_costs_no_query(popular: Any) -> None:
    whole = queries_of(lambda: shown_on("home_popular", somebody()))
    assert len(queries_of(lambda: shown_on("home_popular", somebody(), exclude=["b1"]))) == len(whole)
    context = somebody()
    assert shown_on("home_popular", context, exclude=["b1"])[0] == "b2"
    assert shown_on("home_popular", context)[0] == "b1"


def test_tags_and_the_shortcut_take_it(popular: Any) -> None:
    assert twelve.keys(shortcut("home_popular", exclude=["b1"]))[0] == "b2"
    source = '{% load recommendations %}{% recommendations "home_popular" exclude=shown %}'
    html = engines["django"].from_string(source).render({"shown": [popular["b1"]]}, RequestFactory().get("/"))
    assert placed(html) == ["b2", "f3", "t1", "t2"]


@pytest.mark.urls("tests.serving.urls")
def test_a_row_that_is_fetched_later_takes_it(popular: Any) -> None:
    client = Client(headers={"user-agent": "Mozilla/5.0 Firefox/130"})
    answer = client.get(address("home_popular", exclude=["t1", popular["b1"]]))
    assert placed(answer.content.decode()) == ["b2", "f3", "t2"]


def test_one_text_is_no_list(popular: Any, settings: Any) -> None:
    settings.DEBUG = True
    with pytest.raises(TypeError, match="^exclude must be a list of products or keys, not the text 'b1'.$"):
        recommend("home_popular", twelve.NOBODY, exclude="b1")
