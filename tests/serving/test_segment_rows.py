"""Links to categories and brands for a visitor, on the shop of twelve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.template import engines
from django.test import Client

from recommendations.datatypes import Context
from recommendations.exceptions import ConfigurationError
from recommendations.models import Item
from recommendations.serving.segments import SegmentRow, recommend_segments
from shop.models import Product
from tests.factories import make_user
from tests.serving import twelve
from tests.serving.test_tags import Elements
from tests.serving.twelve import happened, publish_popular, somebody
from tests.support.queries import queries_of


class Unlinked(twelve.TwelveAdapter):
    """Has a page for everything but dairy, and none for brands."""

    def segment_urls(self, kind: str, keys: Sequence[str], context: Context) -> Mapping[str, str]:
        return {key: f"/{key}/" for key in keys if kind == "category" and key != "Grocery/Dairy"}


class Broken(twelve.TwelveAdapter):
    def segment_urls(self, kind: str, keys: Sequence[str], context: Context) -> Mapping[str, str]:
        raise RuntimeError("no pages today")


@pytest.fixture
def popular(products: dict[str, Product]) -> None:
    publish_popular(everybody=[("d1", 0.5), ("t1", 0.4), ("d2", 0.1)])


def names(row: SegmentRow) -> list[str]:
    return [link.name for link in row]


def row_of(kind: Any = "category", anonymous_key: str = "", **options: Any) -> SegmentRow:
    return recommend_segments(somebody(anonymous_key=anonymous_key).request, kind, **options)


def test_a_newcomer_sees_where_what_everybody_likes_is(popular: None) -> None:
    row = row_of()
    assert (row.title, row.personal, names(row)) == ("Popular categories", False, ["Dairy", "Tea"])
    row = row_of("brand")
    assert (row.title, names(row)) == ("Popular brands", ["Dale", "Leaf"])
    assert row.links[0].url == "/products/?brand=Dale"


def test_a_visitors_own_come_first_then_the_others(popular: None) -> None:
    happened("a:ann", "view", "b1")
    happened("a:ann", "cart", "t1")  # weighs three times as much as a view
    row = row_of(anonymous_key="a:ann")
    assert (row.title, row.personal) == ("Categories for you", True)
    assert names(row) == ["Tea", "Bread", "Dairy"]
    assert names(row_of(anonymous_key="a:ann", size=2)) == ["Tea", "Bread"]
    assert row_of(anonymous_key="a:ann", title="Yours").title == "Yours"


def test_rows_are_settings(popular: None, settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "SEGMENT_ROWS": {
            "category": {"size": 1},
            "makers": {"kind": "brand", "title": "Makers"},
            "brand": None,
        },
    }
    assert names(row_of()) == ["Dairy"] and names(row_of(size=2)) == ["Dairy", "Tea"]
    row = row_of("makers")
    assert (row.name, row.kind, row.title, names(row)) == ("makers", "brand", "Makers", ["Dale", "Leaf"])
    assert row_of("makers", title="Yours").title == "Yours"
    source = '{% load recommendations %}{% recommended_segments "makers" size=1 %}'
    html = engines["django"].from_string(source).render({}, somebody().request)
    assert 'id="rec-segments-makers">Makers</h2>' in html and ">Dale</a>" in html and "Leaf" not in html
    assert not row_of("brand")


def test_only_what_the_shop_has_a_page_for_is_linked_to(popular: None, settings: Any) -> None:
    settings.RECOMMENDATIONS = {"ADAPTER": f"{__name__}.Unlinked"}
    assert names(row_of()) == ["Tea"]
    assert not row_of("brand")
    happened("a:ann", "view", "d3")
    row = row_of(anonymous_key="a:ann")
    assert not row.personal and row.title == "Popular categories"


def test_a_fault_leaves_the_row_out(popular: None, settings: Any, caplog: Any) -> None:
    settings.RECOMMENDATIONS = {"ADAPTER": f"{__name__}.Broken"}
    assert not row_of() and "no pages today" in caplog.text
    settings.DEBUG = True
    with pytest.raises(ConfigurationError, match="no row of segments named 'colour'. Known: brand, category"):
        row_of("colour")


def test_it_costs_one_query_of_the_mirror_besides_the_page(popular: None, settings: Any) -> None:
    settings.RECOMMENDATIONS = {"ADAPTER": f"{__name__}.Unlinked"}
    happened("a:ann", "view", "b1")
    context = somebody(anonymous_key="a:ann")
    twelve.shown_on("home_for_you", context)
    (query,) = queries_of(lambda: recommend_segments(context.request, "category"))
    assert Item._meta.db_table in query


def test_the_tag_renders_links_with_a_name(popular: None) -> None:
    source = '{% load recommendations %}{% recommended_segments "category" size=1 %}'
    page = Elements(html := engines["django"].from_string(source).render({}, somebody().request))
    (nav,), (heading,), (link,) = page.all("nav"), page.all("h2"), page.all("a")
    assert nav["aria-labelledby"] == heading["id"]
    assert str(link["href"]).startswith("/category/") and ">Dairy</a>" in html
    source = (
        '{% load recommendations %}{% get_recommended_segments "brand" as row %}'
        "{% for each in row %}{{ each.name }} {% endfor %}"
    )
    assert engines["django"].from_string(source).render({}, somebody().request) == "Dale Leaf "


def test_nothing_is_known_nothing_is_rendered(products: Any) -> None:
    source = '{% load recommendations %}{% recommended_segments "category" %}'
    assert engines["django"].from_string(source).render({}, somebody().request) == ""


def test_the_home_page_of_the_shop_has_them(popular: None, client: Client) -> None:
    ann = make_user("ann")
    assert "Popular categories" in client.get("/").content.decode()
    happened(f"u:{ann.pk}", "view", "t2")
    client.force_login(ann)
    assert "Categories for you" in client.get("/").content.decode()
