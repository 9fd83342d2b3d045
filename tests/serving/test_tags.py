"""The template tags and the packaged templates."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template, engines
from django.test import RequestFactory, override_settings

from recommendations.exceptions import ConfigurationError
from recommendations.serving import tokens
from shop.models import Discount
from tests.serving.twelve import publish, publish_popular

Use = Callable[..., None]

pytestmark = pytest.mark.urls("tests.serving.urls")


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def render(source: str, **context: Any) -> str:
    request = RequestFactory().get("/")
    return engines["django"].from_string("{% load recommendations %}" + source).render(context, request)


def test_a_row_of_cards(products: Any) -> None:
    publish("also_viewed", {"b1": ["b2", "t1"]})
    page = Elements(render('{% recommendations "product_page" item=product %}', product=products["b1"]))
    (section,), (heading,), (row,) = page.all("section"), page.all("h2"), page.all("ul")
    assert section["aria-labelledby"] == heading["id"] and row["role"] == "list"
    payload = tokens.read(section["data-slate"])
    assert [key for key, _, _ in payload.items] == ["b2", "t1"]
    assert [(li["data-item"], li["data-position"]) for li in page.all("li")] == [("b2", "0"), ("t1", "1")]
    assert [link["href"] for link in page.all("a")] == [
        products[key].get_absolute_url() for key in ("b2", "t1")
    ]
    for image in page.all("img"):
        assert (image["alt"], image["width"], image["height"], image["loading"]) == ("", "320", "320", "lazy")


def test_you_may_also_like_is_short_for_the_product_page(products: Any) -> None:
    publish("also_viewed", {"b1": ["b2", "t1"]})
    html = render("{% you_may_also_like product size=1 %}", product=products["b1"])
    assert [li["data-item"] for li in Elements(html).all("li")] == ["b2"]
    assert ">You may also like</h2>" in html


def test_a_slate_for_ones_own_html(products: Any) -> None:
    publish_popular(everybody=["b1", "b2"])
    html = render(
        '{% get_recommendations "home_popular" size=1 as slate %}{{ slate.title }}: '
        "{% for item in slate %}{{ item.card.title }} at {{ item.card.price_text }}{% endfor %}"
    )
    assert html == "Popular right now: Bread b1 at $2.00"


def test_nothing_to_show_renders_nothing(products: Any) -> None:
    assert render('{% recommendations "home_popular" %}') == ""
    assert render("{% you_may_also_like nothing_of_that_name %}") == ""


def test_items_category_and_title_are_passed_on(products: Any) -> None:
    publish("bought_together", {"b1": ["d1"], "t1": ["d1"]})
    publish_popular(Drinks_Tea=["t1", "t2", "t3", "b1"])
    cart = [products["b1"], products["t1"]]
    assert 'data-item="d1"' in render('{% recommendations "cart" items=cart %}', cart=cart)
    html = render(
        '{% recommendations "category_popular" category=path title="More tea" %}', path="Drinks/Tea"
    )
    assert ">More tea</h2>" in html and 'data-item="t2"' in html


def test_a_reduced_price_is_told_in_words_too(products: Any) -> None:
    from django.utils import timezone

    now = timezone.now()
    Discount.objects.create(
        product=products["b1"], percent=Decimal(25), starts_at=now, ends_at=now + timezone.timedelta(days=1)
    )
    publish_popular(everybody=["b1", "b2"])
    html = render('{% recommendations "home_popular" %}')
    assert (
        '<span class="rec__hidden">Price now:</span>\n    <strong class="rec__price">$1.50</strong>' in html
    )
    assert '<span class="rec__hidden">Old price:</span> $2.00</del>' in html
    assert html.count("<del") == 1 and '<strong class="rec__price">$3.00</strong>' in html


def test_names_are_escaped(products: Any) -> None:
    products["b1"].name = '<script>alert("x")</script>'
    products["b1"].save()
    publish_popular(everybody=["b1"])
    html = render('{% recommendations "home_popular" %}')
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_the_most_specific_template_wins_and_blocks_can_be_overridden(
    products: Any, settings: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "recommendations"
    folder.mkdir()
    (folder / "home_popular.html").write_text(
        '{% extends "recommendations/slate.html" %}'
        '{% block heading %}<h3 id="rec-{{ slate.slate_id }}">Hot in {{ shop_name }}</h3>{% endblock %}'
        "{% block card %}<b>{{ item.card.title }}</b>{% endblock %}"
        '{% block footer %}<a href="/all/">All</a>{% endblock %}'
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    publish_popular(everybody=["b1", "b2"], Drinks_Tea=["t1", "t2", "t3", "b1"])
    html = render('{% recommendations "home_popular" %}', shop_name="Marigold")
    assert ">Hot in Marigold</h3>" in html and "<b>Bread b2</b>" in html and ">All</a>" in html
    assert "<h2" in render('{% recommendations "category_popular" category="Drinks/Tea" %}')


def test_inside_a_page_that_has_blocks_of_the_same_name(products: Any) -> None:
    publish_popular(everybody=["b1"])
    html = render(
        '{% block heading %}Welcome{% endblock %}{% block items %}{% recommendations "home_popular" %}{% endblock %}'
    )
    assert html.startswith("Welcome") and ">Popular right now</h2>" in html and "Welcome" not in html[7:]


def test_without_the_request_the_error_names_the_context_processor(products: Any, caplog: Any) -> None:
    publish_popular(everybody=["b1"])
    template = Template('{% load recommendations %}{% recommendations "home_popular" %}')
    assert 'data-item="b1"' in template.render(Context())
    assert "django.template.context_processors.request" in caplog.text
    with override_settings(DEBUG=True), pytest.raises(ConfigurationError, match="context_processors.request"):
        template.render(Context())


def test_a_misspelt_placement_is_loud_in_debug_and_quiet_on_the_page(products: Any) -> None:
    source = '<p>Before</p>{% recommendations "produkt_page" %}'
    assert render(source) == "<p>Before</p>"
    with (
        override_settings(DEBUG=True),
        pytest.raises(ConfigurationError, match="no placement named 'produkt_page'"),
    ):
        render(source)


def test_script_and_style(products: Any) -> None:
    assert render("{% recommendations_script %}") == "".join(
        f'<script src="/static/recommendations/{name}.js" data-url="/recommendations/track/" defer></script>'
        for name in ("track", "why", "lazy")
    )
    assert (
        render("{% recommendations_style %}")
        == '<link rel="stylesheet" href="/static/recommendations/recommendations.css">'
    )


@pytest.mark.urls("tests.serving.empty_urls")
def test_a_script_without_an_address_names_the_line_to_add(products: Any, caplog: Any) -> None:
    assert render("{% recommendations_script %}") == ""
    assert 'path("recommendations/", include("recommendations.urls"))' in caplog.text
    with override_settings(DEBUG=True), pytest.raises(ConfigurationError, match="Add to your urls"):
        render("{% recommendations_script %}")


def test_the_script_stays_small() -> None:
    script = Path(__file__).parents[2] / "recommendations/static/recommendations/track.js"
    assert script.stat().st_size < 3 * 1024
