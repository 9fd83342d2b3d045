"""A page is planned once: a fixed, small number of queries, whatever is on it and however large the shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.datatypes import Context
from recommendations.models import Item
from recommendations.serving.engine import recommend
from shop.models import Product
from tests.factories import make_category
from tests.serving import twelve
from tests.serving.twelve import happened, publish, publish_popular, shown_on, somebody
from tests.support.queries import queries_of

Use = Callable[..., None]

FIVE: dict[str, Any] = {
    "similar_row": {"page": "five", "sources": ["similar"], "filters": ["shown_item", "cart", "purchased"]},
    "together_row": {"page": "five", "sources": ["together"], "filters": ["shown_item"], "size": 4},
    "for_you_row": {
        "page": "five",
        "sources": ["for_you"],
        "filters": ["dismissed"],
        "fallback": ["popular"],
    },
    "popular_row": {"page": "five", "sources": ["popular"]},
    "category_row": {
        "page": "five",
        "sources": ["popular_in_category"],
        "fallback": ["popular"],
        "minimum": 6,
    },
}


def publish_everything(keys: list[str]) -> None:
    lists = {key: keys[n + 1 : n + 31] or keys[:30] for n, key in enumerate(keys[:60])}
    scored = {key: [(t, 1 - m / 100) for m, t in enumerate(targets)] for key, targets in lists.items()}
    for recommender in ("also_viewed", "also_bought", "bought_together", "similar_content"):
        publish(recommender, scored)
    best = [(key, 1 - m / 100) for m, key in enumerate(keys[:50])]
    publish_popular(everybody=best, Grocery_Bread=best[-8:], Grocery=best[:20])


def fill(n_products: int) -> list[str]:
    category = make_category("Grocery/Bread")
    Product.objects.bulk_create(
        Product(sku=f"k{n}", name=f"Bread {n}", slug=f"bread-{n}", category=category, price=3, stock=9)
        for n in range(n_products)
    )
    keys = [f"k{n}" for n in range(n_products)]
    Item.objects.bulk_create(
        Item(item_key=key, group_key=key, title=key, categories=["Grocery/Bread"]) for key in keys
    )
    return keys


@pytest.mark.parametrize("n_products", [10, 10_000])
@pytest.mark.parametrize("known", [True, False])
def test_five_placements_cost_at_most_five_queries(
    db: None, placements: Use, n_products: int, known: bool
) -> None:
    placements(**FIVE)
    keys = fill(n_products)
    publish_everything(keys)
    for n, key in enumerate(keys[:9]):
        happened("u:1" if known else "a:ann", "view", key, hours_ago=n)
    context = somebody("u:1" if known else "", "a:ann")
    product = Product.objects.select_related("category").get(sku="k3")

    def render(item: Any, context: Context) -> None:
        slates = [recommend(name, context, item=item) for name in FIVE]
        assert all(slates) or n_products == 10  # too few for five rows

    assert len(queries_of(lambda: render(product, context))) == 4
    fresh = somebody("u:1" if known else "", "a:ann")
    assert len(queries_of(lambda: render("k3", fresh))) == 5


def test_a_second_look_at_the_same_page_costs_nothing(products: Any) -> None:
    publish("also_viewed", {"b1": ["b2"]})
    context = somebody(anonymous_key="a:ann")
    assert shown_on("product_page", context, item="b1") == ["b2"]
    assert queries_of(lambda: shown_on("product_page", context, item="b1")) == []


def test_another_item_on_the_page_reads_only_what_is_missing(products: Any) -> None:
    publish("also_viewed", {"b1": ["b2", "t1"], "b3": ["b2", "t1"]})
    context = somebody(anonymous_key="a:ann")
    assert shown_on("product_page", context, item="b1") == ["b2", "t1"]
    again = queries_of(lambda: shown_on("product_page", context, item="b3"))
    assert sum("recommendations_event" in sql for sql in again) == 0
    assert sum("shop_product" in sql for sql in again) == 0


def test_nothing_published_costs_little_and_shows_nothing(products: Any) -> None:
    assert shown_on("home_popular") == []
    assert len(queries_of(lambda: shown_on("home_for_you", somebody(anonymous_key="a:ann")))) == 2


def test_reading_writes_nothing(products: Any) -> None:
    publish("also_viewed", {"b1": ["b2"]})
    happened("a:ann", "view", "b1")
    statements = queries_of(lambda: shown_on("product_page", somebody(anonymous_key="a:ann"), item="b1"))
    assert statements and all(sql.lstrip("( ").upper().startswith("SELECT") for sql in statements)


def test_the_fallback_fills_up_below_the_minimum(products: Any, placements: Use) -> None:
    row = {
        "sources": [{"source": "similar", "recommenders": ["also_viewed"]}],
        "fallback": ["popular_in_category", "popular"],
        "size": 4,
    }
    publish("also_viewed", {"b1": ["b2", "b3"]})
    publish_popular(everybody=["t1", "b3", "d1", "d2"], Grocery_Bread=["b2", "f1"])
    placements(row={**row, "minimum": 2})
    slate = recommend("row", twelve.NOBODY, item="b1", category="Grocery/Bread")
    assert (twelve.keys(slate), slate.fallback_used) == (["b2", "b3"], False)
    placements(row={**row, "minimum": 3})
    slate = recommend("row", twelve.NOBODY, item="b1", category="Grocery/Bread")
    assert (twelve.keys(slate), slate.fallback_used) == (["b2", "b3", "f1", "t1"], True)
    assert [item.source for item in slate] == ["similar", "similar", "popular_in_category", "popular"]
    products["b2"].delete()
    products["b3"].delete()
    placements(row={**row, "minimum": 1})
    assert shown_on("row", item="b1", category="Grocery/Bread") == ["f1", "t1", "d1", "d2"]


def test_a_newcomers_home_page_has_no_two_equal_rows(products: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "PLACEMENTS": {"home_popular": {"size": 3}, "home_for_you": {"size": 3}},
    }
    publish_popular(everybody=["b1", "b2", "b3", "t1", "t2"])
    context = somebody(anonymous_key="a:new")
    assert shown_on("home_popular", context) == ["b1", "b2", "b3"]
    assert shown_on("home_for_you", context) == ["t1", "t2"]


def test_size_and_title_can_be_asked_for(products: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"home_for_you": None}}
    publish_popular(everybody=list(twelve.KEYS))
    context = somebody(anonymous_key="a:ann")
    assert shown_on("home_popular", context, size=2) == ["b1", "b2"]
    assert len(shown_on("home_popular", context)) == 8
    assert len(shown_on("home_popular", context, size=11)) == 11
    assert len(shown_on("home_popular", context, size=999)) == 11  # f3 is a variant of f2
    assert shown_on("home_popular", context, size=0) == []
    assert recommend("home_popular", context, title="Try these").title == "Try these"
    assert recommend("home_popular", context).title == "Popular right now"


def test_every_slate_has_an_id_and_a_token_of_its_own(products: Any) -> None:
    from recommendations.serving import tokens

    snapshot = publish_popular(everybody=["b1", "b2"])
    context = somebody(anonymous_key="a:ann")
    first, second = recommend("home_popular", context), recommend("home_popular", context)
    assert first.slate_id != second.slate_id
    payload = tokens.read(first.token)
    assert payload.slate_id == first.slate_id and payload.placement == "home_popular"
    assert payload.items == (("b1", "popular", "popular"), ("b2", "popular", "popular"))
    assert payload.snapshots == {"popular": snapshot.pk}


def test_scopes_do_not_mix(products: Any) -> None:
    twelve.publish("popular", {"": ["b1"]}, "segment")
    twelve.publish("popular", {"": ["t1"]}, "segment", scope="north")
    Item.objects.create(scope="north", item_key="t1", group_key="t1", title="t1")
    assert shown_on("home_popular") == ["b1"]
    assert shown_on("home_popular", Context(scope="north")) == ["t1"]
