"""Rows that are fetched after the page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.template import engines
from django.test import Client, RequestFactory

from recommendations.serving.fragments import address
from tests.serving import twelve
from tests.serving.twelve import happened, publish

pytestmark = pytest.mark.urls("tests.serving.urls")


def placed(html: str) -> list[str]:
    return re.findall(r'data-item="(\w+)"', html)


def test_the_place_is_the_same_for_everybody(products: Any, django_assert_num_queries: Any) -> None:
    source = '{% load recommendations %}{% recommendations "product_page" item=product size=2 lazy=True %}'
    with django_assert_num_queries(0):
        html = (
            engines["django"]
            .from_string(source)
            .render({"product": products["b1"]}, RequestFactory().get("/"))
        )
    assert 'aria-busy="true"' in html and "data-item" not in html
    assert address("product_page", item="b1", size=2) in html.replace("&amp;", "&")


def test_a_row_for_this_visitor(products: Any, settings: Any) -> None:
    row = {"sources": [{"source": "for_you", "recommenders": ["also_bought"]}], "filters": ["shown_item"]}
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"mine": row}}
    publish("also_bought", {"b1": ["b2", "t1"]})
    client = Client(headers={"user-agent": "Mozilla/5.0 Firefox/130"})
    url = address("mine", item="t1", title="Yours")
    empty = client.get(url)
    assert (empty.status_code, empty.content) == (204, b"")
    assert "private" in empty.headers["Cache-Control"] and "no-store" in empty.headers["Cache-Control"]
    happened(empty.wsgi_request.recommendations.anonymous_key, "view", "b1")  # type: ignore[attr-defined]
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    html = answer.content.decode()
    assert placed(html) == ["b2"] and ">Yours</h2>" in html and "Cookie" in answer.headers["Vary"]


@pytest.mark.parametrize("of", ["", "x", "WyJjYXJ0Iix7fV0:1abc:xyz"])
def test_nobody_else_words_an_address(products: Any, of: str) -> None:
    answer = Client().get("/recommendations/fragment/", {"of": of})
    assert answer.status_code == 400
    assert answer.json() == {"errors": ["This address was not made here, or was damaged on its way."]}


def test_what_is_wrong_never_breaks_the_page(products: Any, settings: Any, caplog: Any) -> None:
    source = '{% load recommendations %}<p>Before</p>{% recommendations "mine" category=3 lazy=True %}'
    template, request = engines["django"].from_string(source), RequestFactory().get("/")
    assert template.render({}, request) == "<p>Before</p>"
    assert "category must be a path" in caplog.text
    settings.DEBUG = True
    with pytest.raises(TypeError, match="category must be a path"):
        template.render({}, request)
