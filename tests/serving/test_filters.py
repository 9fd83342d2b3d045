"""What is never shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.serving import twelve
from tests.serving.twelve import happened, publish, publish_popular, shown_on, somebody

Use = Callable[..., None]


def use(placements: Use, *filters: str) -> None:
    placements(row={"sources": [{"source": "popular"}], "filters": list(filters)})
    publish_popular(everybody=["f1", "f2", "f3", "t1"])


def test_not_the_item_shown_nor_its_variants(products: Any, placements: Use) -> None:
    use(placements, "shown_item")
    assert shown_on("row", item=products["f2"]) == ["f1", "t1"]
    assert shown_on("row", item="f3") == ["f1", "t1"]
    assert shown_on("row", items=["f1", products["f3"]]) == ["t1"]


def test_of_several_variants_the_best_placed_is_shown(products: Any, placements: Use) -> None:
    use(placements)
    assert shown_on("row") == ["f1", "f2", "t1"]


def test_not_what_is_in_the_cart(products: Any, placements: Use) -> None:
    use(placements, "cart")
    twelve.CART.extend(["f1", "t1"])
    assert shown_on("row") == ["f2"]


def test_not_what_was_bought_lately(products: Any, placements: Use) -> None:
    use(placements, "purchased")
    happened("u:1", "purchase", "f1", hours_ago=24 * 29)
    happened("u:1", "purchase", "t1", hours_ago=24 * 31)
    happened("u:1", "view", "f2")
    assert shown_on("row", somebody("u:1")) == ["f2", "t1"]
    assert shown_on("row", somebody("u:2")) == ["f1", "f2", "t1"]


def test_many_views_do_not_hide_a_purchase(products: Any, placements: Use) -> None:
    use(placements, "purchased", "dismissed")
    happened("u:1", "purchase", "f1", hours_ago=24 * 29)
    happened("u:1", "dismiss", "t1", hours_ago=24 * 300)
    for n in range(70):
        happened("u:1", "view", "b1", hours_ago=n)
    assert shown_on("row", somebody("u:1")) == ["f2"]


def test_what_was_refunded_is_shown_again(products: Any, placements: Use) -> None:
    use(placements, "purchased")
    happened("u:1", "purchase", "f1", voided_at=timezone.now())
    assert shown_on("row", somebody("u:1")) == ["f1", "f2", "t1"]


def test_not_what_was_dismissed(products: Any, placements: Use) -> None:
    use(placements, "dismissed")
    happened("a:ann", "dismiss", "f1", hours_ago=9000)
    assert shown_on("row", somebody(anonymous_key="a:ann")) == ["f2", "t1"]


def test_what_was_dismissed_is_no_seed(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "for_you", "recommenders": ["also_viewed"]}]})
    publish("also_viewed", {"b1": ["b2"], "t1": ["t2"]})
    happened("a:ann", "view", "b1")
    happened("a:ann", "view", "t1")
    happened("a:ann", "dismiss", "b1")
    assert shown_on("row", somebody(anonymous_key="a:ann")) == ["t2"]


def test_only_what_the_shop_sells_now(products: Any, placements: Use) -> None:
    use(placements)
    products["f1"].stock = 0
    products["f1"].save()
    assert shown_on("row") == ["f2", "t1"]
    products["t1"].is_active = False
    products["t1"].save()
    assert shown_on("row") == ["f2"]
    products["f2"].available_from = timezone.now() + timedelta(days=1)
    products["f2"].save()
    assert shown_on("row") == ["f3"]
    products["f1"].stock = 1
    products["f1"].save()
    assert shown_on("row") == ["f1", "f3"]


def test_the_price_is_the_one_of_now(products: Any, placements: Use) -> None:
    from recommendations.serving.engine import recommend

    use(placements)
    products["f1"].price = "7.50"
    products["f1"].save()
    assert str(recommend("row", twelve.NOBODY).items[0].card.price) == "7.50"


def test_over_fetching_fills_the_gaps(products: Any, placements: Use) -> None:
    placements(row={"sources": [{"source": "popular"}], "size": 3})
    publish_popular(everybody=["b1", "b2", "b3", "d1", "d2", "d3"])
    for key in ("b1", "b2", "b3"):
        products[key].delete()
    assert shown_on("row") == ["d1", "d2", "d3"]
