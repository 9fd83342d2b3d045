"""Lists by what they are about, several at once, in the visitor's order."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.serving import twelve
from tests.support.queries import queries_of


def get(client: Client, address: str, status: int = 200, **query: Any) -> Any:
    response = client.get(f"/api/v1/{address}", query)
    assert response.status_code == status, response.content
    return response.json()


def items(slate: dict[str, Any]) -> list[str]:
    return [item["item"] for item in slate["items"]]


@pytest.fixture
def lists(products: Any) -> None:
    twelve.publish("bought_together", {"b1": ["d3"], "t1": ["d2"]})
    twelve.publish("trending", {"": ["f1", "f2"]}, "segment")


def test_every_address_gives_the_slate_of_its_placement(client: Client, lists: None, committing: Any) -> None:
    with committing():
        client.post("/api/v1/events/", {"events": [{"kind": "view", "item": "b1"}]}, "application/json")
    twelve.CART.append("t1")
    for address, placement, shown in [
        ("items/b1/similar/", "product_page", ["b2"]),
        ("items/b1/together/", "product_together", ["d3"]),
        ("cart/", "cart", ["d2"]),
        ("for-you/", "home_for_you", ["b2"]),
        ("trending/", "trending", ["f1", "f2"]),
    ]:
        slate = get(client, address)
        assert (slate["placement"], items(slate)) == (placement, shown), address
        assert slate["token"]
    assert items(get(client, "cart/", items="b1")) == ["d3"]
    assert items(get(client, "trending/", size=1)) == ["f1"]
    assert items(get(client, "items/b1/similar/", item="t1")) == ["b2"], "the path says which item"


def test_an_address_without_a_version_is_the_newest(client: Client, products: Any) -> None:
    new, old = get(client, "items/b1/similar/"), client.get("/api/items/b1/similar/").json()
    assert items(new) == items(old) == ["b2", "t1"]


def test_keys_with_odd_letters(client: Client, products: Any) -> None:
    assert items(get(client, "items/no such: item/similar/")) == ["d1", "d2"]


def test_what_is_excluded_is_not_shown_nor_its_variants(client: Client, products: Any) -> None:
    twelve.publish("also_viewed", {"b1": ["b2", "f3", "t1"]})
    assert items(get(client, "items/b1/similar/", exclude="b2,f2")) == ["t1"]


def test_the_placements_and_what_they_take(client: Client, products: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "PLACEMENTS": {"broken": {"sources": ["no_such_source"]}},
    }
    found = {each["name"]: each for each in get(client, "placements/")["placements"]}
    assert "broken" not in found
    assert found["product_page"] == {
        "name": "product_page",
        "title": "You may also like",
        "page": "product",
        "size": 8,
        "takes": ["category", "item"],
    }
    assert found["search_no_result"]["takes"] == ["query"]
    assert found["rerank"]["takes"] == ["items"]


def test_several_placements_cost_as_many_queries_as_one(client: Client, lists: None) -> None:
    get(client, "recommendations/", placements="home_for_you")
    one = queries_of(lambda: get(client, "recommendations/", placements="product_page", item="b1"))
    names = "product_page,product_together,home_popular,trending,cart"

    def ask() -> None:
        slates = get(client, "recommendations/", placements=names, item="b1")["slates"]
        assert [slate["placement"] for slate in slates] == names.split(",")
        assert [items(slate) for slate in slates[:2]] == [["b2", "t1"], ["d3"]]

    several = queries_of(ask)
    assert len(several) == len(one) <= 5, several


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("placements/", 0),
        ("items/b1/similar/", 5),
        ("items/b1/together/", 5),
        ("cart/?items=b1,t1", 4),
        ("for-you/", 4),
        ("trending/", 4),
        ("segments/", 3),
        ("recommendations/?placements=home_for_you,home_popular,trending,account", 4),
    ],
)
def test_how_much_each_address_asks_the_database(
    client: Client, lists: None, committing: Any, address: str, most: int
) -> None:
    """The history, the lists, the products, their variants; and what is known of an item that the page is about."""
    with committing():
        client.post("/api/v1/events/", {"events": [{"kind": "view", "item": "b1"}]}, "application/json")
    get(client, address)
    asked = queries_of(lambda: get(client, address))
    assert len(asked) <= most, asked


def test_reranking_asks_no_more(client: Client, products: Any) -> None:
    rerank(client, items=["d1", "t1", "b2"])
    assert len(queries_of(lambda: rerank(client, items=["d1", "t1", "b2"]))) <= 4


def test_what_is_wrong_with_a_batch(client: Client, products: Any) -> None:
    assert get(client, "recommendations/", 404, placements="home_popular,hom")["detail"] == (
        "There is no placement named 'hom'."
    )
    assert get(client, "recommendations/", 400)["detail"].endswith("these are 0.")
    many = ",".join(map(str, range(21)))
    assert get(client, "recommendations/", 400, placements=many)["detail"].endswith("these are 21.")
    assert get(client, "recommendations/", 403, placements="cart", explain=1)


def test_a_broken_placement_takes_down_no_other_of_a_batch(
    client: Client, products: Any, settings: Any
) -> None:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"broken": {"sources": ["no_such_source"]}}}
    slates = get(client, "recommendations/", placements="broken,home_popular")["slates"]
    assert [items(slate) for slate in slates] == [[], ["d1", "d2"]]


def test_staff_see_why_in_every_list(client: Client, lists: None) -> None:
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert get(client, "items/b1/similar/", explain=1)["explained"][0]["recommender"] == "also_viewed"
    batch = get(client, "recommendations/", placements="product_page", item="b1", explain=1)
    assert batch["slates"][0]["explained"][0]["item"] == "b2"


def rerank(client: Client, status: int = 200, **body: Any) -> Any:
    response = client.post("/api/v1/rerank/", body, "application/json")
    assert response.status_code == status, response.content
    return response.json()


def test_the_callers_own_list_in_the_visitors_order(client: Client, products: Any, committing: Any) -> None:
    assert items(rerank(client, items=["d1", "t1", "b2", "f3", "f2", "zz"])) == ["d1", "t1", "b2", "f3"]
    with committing():
        client.post("/api/events/", {"events": [{"kind": "view", "item": "b1"}]}, "application/json")
    slate = rerank(client, items=["d1", "t1", "b2"])
    assert items(slate) == ["b2", "t1", "d1"]
    assert [item["reason"] for item in slate["items"]] == [
        *["Because you viewed Bread b1"] * 2,
        "",
    ]
    assert items(rerank(client, items=["d1", "t1", "b2"], size=1)) == ["b2"]


def test_what_is_wrong_with_a_list_of_the_callers(client: Client, products: Any) -> None:
    assert rerank(client, 400) == {"items": ["This field is required."]}
    assert rerank(client, 400, items=[]) == {"items": ["This list may not be empty."]}
    assert "at most 50" not in rerank(client, 400, items=["x"] * 51)["items"][0]
    assert rerank(client, 400, items=["b1"], visitor_key="u:1")["detail"].startswith(
        "The body names the visitor"
    )
    response = client.post("/api/v1/rerank/", "[1]", "application/json")
    assert response.json() == {"detail": 'Send {"items": ["42", "17", …]}.'}


def test_an_address_that_names_the_visitor_is_refused(client: Client, products: Any) -> None:
    assert get(client, "for-you/", 400, visitor_key="u:1")["detail"].startswith(
        "The address names the visitor in 'visitor_key'."
    )


def test_who_has_the_list_gets_it_no_second_time(client: Client, products: Any, committing: Any) -> None:
    first = client.get("/api/v1/for-you/")
    again = client.get("/api/v1/for-you/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert "private" in again["Cache-Control"]
    several = f'"other", {first["ETag"]}'
    assert client.get("/api/v1/for-you/", headers={"if-none-match": several}).status_code == 304
    with committing():
        client.post("/api/events/", {"events": [{"kind": "view", "item": "b1"}]}, "application/json")
    changed = client.get("/api/v1/for-you/", headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200 and items(changed.json()) == ["b2", "t1"]
