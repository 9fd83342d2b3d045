"""A new visitor's first page, on the shop of twelve: no event is stored, nothing is known but the page and the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory

from recommendations.datatypes import Context, ListKind
from recommendations.models import Event
from recommendations.serving.engine import recommend
from recommendations.serving.sources.onboarding import landing_words
from tests.serving.twelve import happened, keys, publish, publish_popular, shown_on, somebody

Use = Callable[..., None]

ENGINE = "https://duckduckgo.com/?q=green+tea&ia=web"


@pytest.fixture
def row(products: Any, placements: Use) -> None:
    placements(row={"sources": ["onboarding"]})
    publish_lists()


def publish_lists() -> None:
    publish("similar_content", {"tea": [("t1", 0.9), ("t2", 0.6)], "rye": [("b2", 0.8)]}, ListKind.TERM)
    publish_popular(everybody=["f1"], Drinks_Tea=["t3"], Grocery=["d1", "d2", "b1", "b2"])


def came(path: str = "/", referrer: str = "", **fields: Any) -> Context:
    headers = {"HTTP_REFERER": referrer} if referrer else {}
    return Context(request=RequestFactory().get(path, **headers), **fields)


@pytest.mark.parametrize(
    ("path", "referrer"),
    [
        ("/?utm_source=mail&utm_term=tea", ""),
        ("/", ENGINE),
        ("/", "https://shop.example/search/?q=tea"),
        ("/", "https://www.baidu.com/s?wd=tea"),
    ],
)
def test_the_words_that_led_here_are_enough(row: None, path: str, referrer: str) -> None:
    assert shown_on("row", came(path, referrer)) == ["t1", "t2"]
    assert not Event.objects.exists()


def test_the_category_of_the_page_is_enough(row: None) -> None:
    assert shown_on("row", category="Grocery/Bread") == ["d1", "d2", "b1", "b2"]


def test_words_weigh_twice_what_the_category_does(row: None) -> None:
    slate = recommend("row", came("/?utm_term=rye"), category="Grocery/Dairy")
    # b2: 0.8 by its word and 0.85 in the category; d1: 1 in the category.
    assert keys(slate)[0] == "b2"
    assert slate.items[0].score == pytest.approx((0.8 + 0.5 * 0.85) / 1.5)
    assert slate.items[1].score == pytest.approx(0.5 / 1.5)
    assert {item.reason for item in slate} == {"Fits what brought you here"}


def test_the_own_search_counts_beside_the_others(row: None) -> None:
    assert set(shown_on("row", came(referrer=ENGINE), query="rye")) == {"t1", "t2", "b2"}


def test_nothing_is_known_of_who_must_not_be_personalised_for(row: None) -> None:
    assert shown_on("row", came("/?utm_term=tea", ENGINE, personalise=False)) == []
    assert shown_on("row", came("/?utm_term=tea", personalise=False), query="rye") == ["b2"]


def test_odd_addresses_lead_nowhere() -> None:
    factory = RequestFactory()
    for referrer in (
        "http://[",
        "not an address",
        "https://a.example/?" + "&".join(["q=1"] * 60),
        "https://a.example/",
    ):
        assert landing_words(factory.get("/", HTTP_REFERER=referrer)) == []
    assert landing_words(factory.get("/?" + "&".join(["q=1"] * 60))) == []


def test_the_chain_is_visible_from_the_first_page_to_the_second(products: Any) -> None:
    """for_you, then onboarding, then popular: the items say which it was."""
    publish_lists()
    publish("also_viewed", {"d1": ["d2"]})
    assert {each.source for each in recommend("home_for_you", came())} == {"popular"}
    assert [each.source for each in recommend("home_for_you", came("/?utm_term=rye"))][0] == "onboarding"
    happened("a:ann", "view", "d1")
    assert [each.source for each in recommend("home_for_you", somebody(anonymous_key="a:ann"))][
        0
    ] == "for_you"


def test_it_needs_no_lists(products: Any, placements: Use) -> None:
    placements(row={"sources": ["onboarding"]})
    assert shown_on("row", came("/?utm_term=tea"), category="Drinks/Tea") == []


def test_the_home_page_of_the_shop_takes_up_a_campaign(client: Client, products: Any) -> None:
    publish_lists()
    html = client.get("/?utm_term=rye").content.decode()
    assert "Fits what brought you here" in html
    assert "Fits what brought you here" not in client.get("/").content.decode()
