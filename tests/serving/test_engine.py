"""What goes wrong while recommending is loud for developers and quiet on the page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils.translation import gettext_lazy, override

from recommendations.exceptions import UnknownName
from recommendations.serving.engine import recommend, recommend_for
from recommendations.serving.page import Page
from recommendations.serving.sources import Lists, Popular
from tests.serving import twelve
from tests.serving.twelve import NOBODY, publish_popular, shown_on, somebody

Use = Callable[..., None]


class Broken(Popular):
    name = "broken"

    def candidates(self, page: Page, lists: Lists) -> list[Any]:
        raise RuntimeError("the oven is cold")


class BrokenQuery(Popular):
    name = "broken_query"

    def candidates(self, page: Page, lists: Lists) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT oven FROM nowhere")
        return []


def test_an_unknown_placement_is_logged_and_empty(db: None, caplog: Any) -> None:
    with caplog.at_level(logging.ERROR, "recommendations"):
        slate = recommend("produkt_page", NOBODY)
    assert not slate and len(slate) == 0 and slate.token == ""
    (record,) = caplog.records
    assert (
        record.getMessage()
        == "Recommending for the placement 'produkt_page' failed; the page goes on without it."
    )
    assert "There is no placement named 'produkt_page'. Known: account, cart," in str(record.exc_info[1])


def test_with_debug_it_raises(db: None, settings: Any) -> None:
    settings.DEBUG = True
    with pytest.raises(UnknownName, match="There is no placement named 'produkt_page'"):
        recommend("produkt_page", NOBODY)


def test_a_broken_source_takes_down_its_own_row_only(products: Any, placements: Use, caplog: Any) -> None:
    placements(
        broken={"page": "home", "sources": [f"{__name__}.Broken"]},
        sound={"page": "home", "sources": ["popular"]},
    )
    publish_popular(everybody=["b1"])
    context = somebody(anonymous_key="a:ann")
    assert shown_on("broken", context) == []
    assert "the oven is cold" in caplog.text
    assert shown_on("sound", context) == ["b1"]


def test_a_failed_query_leaves_the_pages_transaction_usable(products: Any, placements: Use) -> None:
    placements(broken={"sources": [f"{__name__}.BrokenQuery"]}, sound={"sources": ["popular"]})
    publish_popular(everybody=["b1"])
    with transaction.atomic():
        assert shown_on("broken") == []
        assert shown_on("sound") == ["b1"]


def test_no_adapter_breaks_no_page(db: None, settings: Any, caplog: Any) -> None:
    settings.RECOMMENDATIONS = {}
    assert not recommend_for(None, "home_popular")
    assert "No adapter. Add to your settings" in caplog.text


def test_a_category_must_be_a_path(db: None, products: Any, caplog: Any) -> None:
    assert shown_on("category_popular", category=products["b1"].category) == []
    assert "category must be a path such as 'Grocery/Bread', not <Category:" in caplog.text


def test_titles_of_the_shop_may_be_lazy(products: Any, placements: Use) -> None:
    placements(row={"sources": ["popular"], "title": gettext_lazy("Yes")})
    publish_popular(everybody=["b1"])
    with override("de"):
        assert recommend("row", NOBODY).title == "Ja"
    placements(row={"sources": ["popular"]})
    assert recommend("row", NOBODY).title == ""


def test_without_a_request_the_list_is_nobodys(products: Any) -> None:
    publish_popular(everybody=["b1"])
    twelve.happened("", "purchase", "b1")
    assert twelve.keys(recommend_for(None, "home_popular")) == ["b1"]


def test_the_card_comes_from_the_adapter(products: Any) -> None:
    publish_popular(everybody=["b1"])
    (item,) = recommend("home_popular", NOBODY)
    assert (item.card.title, item.card.price_text, item.position) == ("Bread b1", "$2.00", 0)
    assert item.product == products["b1"]
