"""Rows that are fetched after the page."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.template import engines
from django.test import Client, RequestFactory

from recommendations.serving.fragments import address
from tests.serving import twelve
from tests.serving.twelve import happened, publish, publish_popular
from tests.support.queries import queries_of

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


def test_an_address_is_the_same_tomorrow(products: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    today = address("product_page", item="b1")
    monkeypatch.setattr("django.core.signing.time", SimpleNamespace(time=lambda: 4_000_000_000.0))
    assert address("product_page", item="b1") == today


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


ROWS = {
    name: {"page": "front", "sources": ["popular"], "size": 3, "minimum": 0, "fallback": []}
    for name in ("first", "second", "third")
}


@pytest.fixture
def front(products: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": ROWS}
    publish_popular(everybody=["b1", "b2", "b3", "d1", "d2"])


def asked(*addresses: str) -> list[str]:
    return [parse_qs(urlsplit(each).query)["of"][0] for each in addresses]


def test_the_rows_of_a_page_do_not_repeat_each_other(front: None) -> None:
    of = asked(address("second"), address("first"), address("third"))
    answer = Client().get("/recommendations/fragment/", {"of": of})
    second, first, third = answer.json()["rows"]
    assert (placed(second), placed(first), third) == (["b1", "b2", "b3"], ["d1", "d2"], "")
    assert "private" in answer.headers["Cache-Control"] and "no-store" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]


def test_rows_together_cost_no_more_queries_than_one(front: None) -> None:
    client = Client()
    one, two = asked(address("first"), address("second"))
    client.get("/recommendations/fragment/", {"of": one})
    alone = len(queries_of(lambda: client.get("/recommendations/fragment/", {"of": one})))
    assert len(queries_of(lambda: client.get("/recommendations/fragment/", {"of": [one, two]}))) == alone


def test_a_row_that_fails_fails_alone(front: None, settings: Any, caplog: Any, tmp_path: Any) -> None:
    (tmp_path / "recommendations").mkdir()
    (tmp_path / "recommendations" / "first.html").write_text("{% include 'nowhere.html' %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path), *settings.TEMPLATES[0]["DIRS"]]}]
    of = [*asked(address("first")), "forged", *asked(address("second"))]
    first, forged, second = Client().get("/recommendations/fragment/", {"of": of}).json()["rows"]
    assert (first, forged, placed(second)) == (None, None, ["d1", "d2"])
    assert "A lazy row failed; the others of its page go on without it." in caplog.text


def test_so_many_rows_at_once(front: None) -> None:
    answer = Client().get("/recommendations/fragment/", {"of": ["x"] * 21})
    assert answer.status_code == 400 and answer.json() == {"errors": ["Ask for at most 20 rows at once."]}


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
