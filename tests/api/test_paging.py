"""A list read page by page: no item twice, none passed over, whatever happens in between."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from django.test import Client

from recommendations.serving import cursors, tokens
from recommendations.serving.engine import recommend
from recommendations.serving.page import Shown
from shop.models import Product
from tests.serving import twelve
from tests.support.queries import queries_of

ORDER = ["t3", "t2", "t1", "f2", "f1", "d3", "d2", "d1", "b3", "b2", "b1"]


def publish(keys: list[str]) -> None:
    twelve.publish("trending", {"": keys}, "segment")


@pytest.fixture
def trending(products: Any) -> None:
    publish(ORDER)


def page(client: Client, status: int = 200, **query: Any) -> Any:
    response = client.get("/api/v1/trending/", query)
    assert response.status_code == status, response.content
    return response.json()


def items(slate: dict[str, Any]) -> list[str]:
    return [item["item"] for item in slate["items"]]


def after(client: Client, slate: dict[str, Any]) -> Any:
    return page(client, cursor=slate["next"])


def test_all_pages_are_the_list(client: Client, trending: None) -> None:
    slate = page(client, paging=1, size=4)
    pages = [items(slate)]
    while slate["next"]:
        slate = after(client, slate)
        pages.append(items(slate))
        assert [key for key, *_ in tokens.read(slate["token"]).items] == pages[-1]
        assert slate["items"][0]["source"] == "trending" and slate["items"][0]["position"] == 0
    assert pages == [ORDER[:4], ORDER[4:8], ORDER[8:]]
    assert page(client, size=4)["next"] == ""


def test_what_sells_out_or_is_published_in_between_moves_nothing(client: Client, trending: None) -> None:
    first = page(client, paging=1, size=4)
    Product.objects.filter(sku__in=["f1", "d2"]).update(stock=0)
    publish(["d1", *ORDER[:4], "b1"])
    second = after(client, first)
    assert items(second) == ["d3", "d1", "b3", "b2"]
    Product.objects.filter(sku="f1").update(stock=9)
    assert items(after(client, second)) == ["b1"]


@pytest.mark.parametrize("seed", range(8))
def test_no_item_comes_twice_and_none_that_was_there_all_the_time_is_missed(
    client: Client, products: Any, seed: int
) -> None:
    chance = random.Random(seed)
    order = chance.sample(ORDER, len(ORDER))
    publish(order)
    slate = page(client, paging=1, size=chance.randint(1, 4))
    seen, sold_out = items(slate), set()
    while slate["next"]:
        publish(chance.sample(ORDER, len(ORDER)))
        gone = chance.sample(ORDER, 2)
        sold_out |= set(gone)
        Product.objects.update(stock=9)
        Product.objects.filter(sku__in=gone).update(stock=0)
        slate = after(client, slate)
        seen += items(slate)
    assert len(seen) == len(set(seen))
    assert seen == [key for key in order if key in seen], "in the order of the first page"
    assert set(order) - sold_out <= set(seen)


def test_what_is_dismissed_or_bought_in_between_does_not_come(client: Client, trending: None) -> None:
    twelve.publish_popular(everybody=ORDER)

    def of_account(**query: Any) -> Any:
        return client.get("/api/v1/recommendations/account/", query).json()

    first = of_account(paging=1, size=4)
    visitor = f"a:{client.cookies['visitor'].value.split('.')[0]}"
    twelve.happened(visitor, "dismiss", "f1")
    assert items(of_account(cursor=first["next"])) == ["d3", "d2", "d1", "b3"]
    assert first["fallback_used"] and of_account(cursor=first["next"])["fallback_used"]


def test_variants_come_once(client: Client, products: Any) -> None:
    publish(["f3", "b1", "f2", "b2"])
    first = page(client, paging=1, size=2)
    assert (items(first), items(after(client, first))) == (["f3", "b1"], ["b2"])


def test_a_page_asks_the_database_little(client: Client, trending: None) -> None:
    first = page(client, paging=1, size=4)
    assert len(queries_of(lambda: after(client, first))) <= 3


def cursor(client: Client) -> str:
    return str(page(client, paging=1, size=4)["next"])


def test_a_wrong_cursor_is_told(client: Client, trending: None) -> None:
    good = cursor(client)
    assert page(client, 400, cursor=good[:-1] + ("a" if good[-1] != "a" else "b")) == {
        "detail": "The cursor was not made here, or was damaged on its way."
    }
    response = client.get("/api/v1/for-you/", {"cursor": good})
    assert (response.status_code, response.json()) == (
        400,
        {"detail": "The cursor is one of the placement 'trending', not of 'home_for_you' here."},
    )
    assert page(client, 400, cursor=good, size=3) == {
        "detail": "A cursor holds all that its list was asked for with; send it alone."
    }


def test_an_old_cursor_is_gone(client: Client, trending: None) -> None:
    kept = cursors.Rest("trending", "", Shown(), 4, ())
    old = cursors.make(kept, issued_at=int(time.time()) - 3700)
    assert page(client, 410, cursor=old)["detail"].startswith("The cursor expired: it is 37")


def test_a_cursor_says_what_was_put_in(client: Client, trending: None) -> None:
    rest = cursors.read(cursor(client))
    assert [candidate.item_key for candidate in rest.candidates] == ORDER[4:]
    assert cursors.read(cursors.make(rest)) == rest


def test_a_cursor_tells_no_names_of_rules(client: Client, trending: None, settings: Any) -> None:
    rules = {"old stock": {"action": "boost", "where": {"brand": "Crust"}, "factor": 0.9}}
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "RULES": rules}
    ruled = {item.item_key: item.rules for item in recommend("trending", twelve.NOBODY, size=11)}
    assert ruled["b1"] == ruled["b2"] == ("old stock",)
    rest = cursors.read(cursor(client))
    assert {candidate.item_key for candidate in rest.candidates} >= {"b1", "b2"}
    assert all(candidate.rules == () for candidate in rest.candidates)
