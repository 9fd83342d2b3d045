from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.models import Discount, Product, Review
from shop.signals import searched
from tests.factories import make_category, make_product, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> dict[str, Product]:
    now = timezone.now()
    rows: list[tuple[str, dict[str, Any]]] = [
        ("Rye bread", {"price": 3, "brand": "Oven", "path": "Food/Bakery/Bread"}),
        ("Oat bread", {"price": 5, "brand": "Mill", "path": "Food/Bakery/Bread", "stock": 0}),
        ("Butter cake", {"price": 9, "brand": "Oven", "path": "Food/Bakery/Cake"}),
        ("Green tea", {"price": 7, "brand": "Leaf", "path": "Food/Tea", "description": "Goes with rye."}),
        ("Hidden bread", {"price": 1, "path": "Food/Bakery/Bread", "is_active": False}),
        ("Old bread", {"price": 1, "path": "Food/Bakery/Bread", "available_until": now - timedelta(days=1)}),
        ("Next bread", {"price": 1, "path": "Food/Bakery/Bread", "available_from": now + timedelta(days=1)}),
    ]
    products = {
        name: make_product(name, created_at=now - timedelta(days=day), **fields)
        for day, (name, fields) in enumerate(rows)
    }
    make_product(
        "Rye bread", parent=products["Rye bread"], variant_label="sliced", price=4, path="Food/Bakery/Bread"
    )
    Discount.objects.create(product=products["Butter cake"], percent=50, ends_at=now + timedelta(days=1))
    Discount.objects.create(product=products["Green tea"], percent=50, ends_at=now - timedelta(days=1))
    for name, stars in (("Green tea", 5), ("Rye bread", 3)):
        Review.objects.create(product=products[name], user=make_user(), rating=stars)
    Review.objects.create(
        product=products["Oat bread"], user=make_user(), rating=5, status=Review.Status.PENDING
    )
    return products


def names(client: Client, address: str) -> list[str]:
    return [product.name for product in client.get(address).context["page"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Rye bread", "Oat bread", "Butter cake", "Green tea"]),
        ("sort=price", ["Rye bread", "Butter cake", "Oat bread", "Green tea"]),
        ("sort=-price", ["Green tea", "Oat bread", "Butter cake", "Rye bread"]),
        ("sort=name", ["Butter cake", "Green tea", "Oat bread", "Rye bread"]),
        ("sort=rating", ["Green tea", "Rye bread", "Oat bread", "Butter cake"]),
        ("sort=discount", ["Butter cake", "Green tea", "Oat bread", "Rye bread"]),
        ("brand=Oven", ["Rye bread", "Butter cake"]),
        ("brand=Oven&brand=Leaf", ["Rye bread", "Butter cake", "Green tea"]),
        ("min=4.50&max=6", ["Oat bread", "Butter cake"]),
        ("stock=1", ["Rye bread", "Butter cake", "Green tea"]),
        ("sale=1", ["Butter cake"]),
        ("rating=4", ["Green tea"]),
        ("rating=3&brand=Oven", ["Rye bread"]),
        ("min=x&max=NaN&rating=9&sort=zz&page=zz", ["Rye bread", "Oat bread", "Butter cake", "Green tea"]),
    ],
)
def test_filters_and_sorting(client: Client, shelf: Any, query: str, expected: list[str]) -> None:
    found = names(client, f"/products/?{query}")
    if query == "sort=rating":  # products without a rating come last, in any order of theirs
        assert found[:2] == expected[:2] and set(found) == set(expected)
    else:
        assert found == expected


def test_a_category_holds_what_is_below_it(client: Client, shelf: Any) -> None:
    bakery = make_category("Food/Bakery")
    page = client.get(bakery.get_absolute_url())
    assert [product.name for product in page.context["page"]] == ["Rye bread", "Oat bread", "Butter cake"]
    assert [node.name for node in page.context["breadcrumbs"]] == ["Food"]
    assert [(node.name, depth) for node, depth, _way in page.context["tree"]] == [
        ("Food", 0), ("Bakery", 1), ("Bread", 2), ("Cake", 2), ("Tea", 1),
    ]  # fmt: skip


def test_a_category_that_begins_alike_is_another(client: Client) -> None:
    make_product("Tea", path="Food/Tea")
    make_product("Teapot", path="Food/Teapots")
    assert names(client, make_category("Food/Tea").get_absolute_url()) == ["Tea"]


def test_brands_are_counted_without_the_brand_filter(client: Client, shelf: Any) -> None:
    brands = client.get("/products/?brand=Leaf").context["brands"]
    assert brands == [("Oven", 2, False), ("Leaf", 1, True), ("Mill", 1, False)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bread", ["Oat bread", "Rye bread"]),
        ("BREAD oat", ["Oat bread"]),
        ("rye", ["Rye bread", "Green tea"]),
        ("oven cake", ["Butter cake"]),
        ("tea", ["Green tea"]),
        ("nothing of this", []),
        ("%", []),
    ],
)
def test_search_finds_every_word_anywhere(
    client: Client, shelf: Any, query: str, expected: list[str]
) -> None:
    page = client.get("/search/", {"q": query})
    assert [product.name for product in page.context["page"]] == expected


def test_a_search_is_told_once(client: Client, shelf: Any, heard: Any) -> None:
    with heard(searched) as calls:
        client.get("/search/", {"q": "  rye   bread "})
        client.get("/search/", {"q": "rye bread", "page": "2"})
        client.get("/search/", {"q": "rye bread", "brand": "Oven"})
        client.get("/search/", {"q": " "})
    assert [(call["query"], call["n_results"]) for call in calls] == [("rye bread", 1)]


def test_an_empty_search_helps(client: Client, shelf: Any) -> None:
    text = client.get("/search/", {"q": "zzz"}).content.decode()
    assert "We found nothing." in text
    assert make_category("Food").get_absolute_url() in text


def test_pages_do_not_overlap(client: Client) -> None:
    for _number in range(30):
        make_product("Same name")
    found = [
        product.pk
        for number in (1, 2)
        for product in client.get(f"/products/?sort=name&page={number}").context["page"]
    ]
    assert len(found) == len(set(found)) == 30


def test_page_links_keep_the_filters(client: Client) -> None:
    for _number in range(30):
        make_product(brand="Oven")
    assert "?brand=Oven&amp;page=2" in client.get("/products/?brand=Oven").content.decode()


@pytest.mark.parametrize(
    "address", ["/", "/products/", "/search/?q=product", "/products/?sort=price&stock=1"]
)
def test_the_number_of_queries_does_not_grow(client: Client, address: str) -> None:
    """The shop's own: what the recommendations cost is asserted in their tests."""

    def n_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return sum('FROM "shop_' in query["sql"] for query in queries)

    def stock_up(n_products: int) -> None:
        for number in range(n_products):
            product = make_product(brand=f"Brand {number}", path=f"Top {number}/Below")
            Discount.objects.create(product=product, percent=10)
            Review.objects.create(product=product, user=make_user(), rating=4)

    stock_up(2)
    few = n_queries()
    stock_up(12)
    assert n_queries() == few <= 4
