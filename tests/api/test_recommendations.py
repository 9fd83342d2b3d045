"""GET /api/recommendations/<placement>/"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import timezone

from recommendations.api.throttles import RecommendationsThrottle
from recommendations.models import Event
from recommendations.serving import tokens
from shop.models import Discount
from tests.serving import twelve


def get(client: Client, placement: str, status: int = 200, **query: Any) -> Any:
    response = client.get(f"/api/recommendations/{placement}/", query)
    assert response.status_code == status, response.content
    return response.json()


def items(slate: dict[str, Any]) -> list[str]:
    return [item["item"] for item in slate["items"]]


def test_a_slate_with_token_and_cards(client: Client, products: Any) -> None:
    now = timezone.now()
    Discount.objects.create(
        product=products["b2"], percent=Decimal(25), starts_at=now, ends_at=now + timezone.timedelta(days=1)
    )
    slate = get(client, "product_page", item="b1")
    token = slate.pop("token")
    assert [key for key, _, _ in tokens.read(token).items] == ["b2", "t1"]
    first, second = slate.pop("items")
    assert slate == {
        "placement": "product_page",
        "title": "You may also like",
        "tested": False,
        "fallback_used": False,
        "next": "",
    }
    card = first.pop("card")
    assert first == {
        "position": 0,
        "item": "b2",
        "source": "similar",
        "seed": "b1",
        "reason": "Often viewed with this",
    }
    assert card.pop("image").startswith(f"/tiles/{products['b2'].pk}.svg")
    assert card == {
        "title": "Bread b2",
        "url": products["b2"].get_absolute_url(),
        "price": "2.25",
        "old_price": "3.00",
        "currency": "USD",
        "badge": "−25 %",
        "price_text": "$2.25",
        "old_price_text": "$3.00",
    }
    assert (second["position"], second["card"]["old_price"]) == (1, None)


def test_staff_may_ask_why(client: Client, products: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS,
        "RULES": {
            "no": {"action": "exclude", "where": {"item": "b2"}},
            "dear": {"action": "pin", "where": {"item": "t3"}, "placements": ["product_page"]},
        },
    }
    refused = get(client, "product_page", status=403, item="b1", explain=1)
    assert refused == {"detail": "Only staff may ask for explanations: log in as staff."}
    client.force_login(User.objects.create_user("staff", is_staff=True))
    slate = get(client, "product_page", item="b1", explain=1)
    assert slate["left_out"] == [{"item": "b2", "rule": "no", "filter": ""}]
    first, second = slate["explained"]
    said = {"item": "t3", "score": 0.0, "source": "rule", "recommender": "", "rules": ["dear"]}
    assert first == {**said, "propensity": None, "contributions": {}}
    assert (second["item"], second["source"], second["recommender"], second["rules"]) == (
        "t1",
        "similar",
        "also_viewed",
        [],
    )
    assert "explained" not in get(client, "product_page", item="b1")


def test_staff_see_which_filter_left_out_what(client: Client, products: Any, settings: Any) -> None:
    filters = ["shown_item", "dismissed", {"filter": "exclude", "where": {"brand": "Leaf"}}]
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS,
        "PLACEMENTS": {"row": {"sources": ["popular"], "filters": filters, "size": 2, "minimum": 0}},
    }
    leaf = [product.sku for product in products.values() if product.brand == "Leaf"]
    twelve.publish_popular(everybody=["b1", "b3", "d1", *leaf, "d2", "f1", "f2"])
    staff = User.objects.create_user("staff", is_staff=True)
    client.force_login(staff)
    twelve.happened(f"u:{staff.pk}", "dismiss", "f1")
    products["b3"].stock = 0
    products["b3"].save()
    slate = get(client, "row", item="b1", exclude="d2", size=12, explain=1)
    assert items(slate) == ["d1", "f2"]
    assert {each["item"]: each["filter"] for each in slate["left_out"]} == {
        "b1": "shown_item",
        "b3": "not_sold",
        "d2": "excluded",
        "f1": "dismissed",
        **dict.fromkeys(leaf, "exclude"),
    }


def test_items_category_and_size(client: Client, products: Any) -> None:
    twelve.publish("bought_together", {"b1": [("d1", 0.9), ("d2", 0.1)], "t1": [("d2", 1.0)]})
    assert items(get(client, "cart", items="b1")) == ["d1", "d2"]
    assert items(get(client, "cart", items="b1, t1,")) == ["d2", "d1"]
    assert items(get(client, "cart", items=["b1", "t1"])) == ["d2", "d1"]
    assert items(get(client, "category_popular", category="Drinks/Tea")) == ["t1", "t2", "t3", "b1"]
    assert items(get(client, "category_popular", category="Drinks/Tea", size=2)) == ["t1", "t2"]


def test_nothing_to_show_is_an_empty_slate(client: Client, products: Any) -> None:
    slate = get(client, "product_together", item="b1")
    assert (slate["items"], slate["token"]) == ([], "")


def test_an_unknown_placement_lists_those_there_are(client: Client, products: Any) -> None:
    answer = get(client, "produkt_page", status=404)
    assert answer["detail"] == "There is no placement named 'produkt_page'."
    assert "product_page" in answer["placements"] and answer["placements"] == sorted(answer["placements"])


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ({"size": "many"}, {"size": ["A valid integer is required."]}),
        ({"size": 0}, {"size": ["Ensure this value is greater than or equal to 1."]}),
        ({"size": 51}, {"size": ["Ensure this value is less than or equal to 50."]}),
        ({"item": "x" * 200}, {"item": ["Ensure this field has no more than 190 characters."]}),
        (
            {"items": ",".join(map(str, range(51)))},
            {"items": ["Ensure this field has no more than 50 elements."]},
        ),
    ],
)
def test_what_is_wrong_is_told_by_parameter(
    client: Client, products: Any, query: dict[str, Any], errors: Any
) -> None:
    assert get(client, "product_page", status=400, **query) == errors


def test_it_is_for_the_visitor_of_the_cookie(client: Client, products: Any, committing: Any) -> None:
    assert items(get(client, "account")) == ["d1", "d2"]
    with committing():
        client.post("/api/events/", {"events": [{"kind": "view", "item": "b1"}]}, "application/json")
    assert items(get(client, "account")) == ["b2", "t1"]
    assert items(get(Client(headers=client.headers), "account")) == ["d1", "d2"]


def test_it_is_for_the_user_of_the_session(client: Client, products: Any, django_user_model: Any) -> None:
    ann = django_user_model.objects.create_user("ann")
    twelve.happened(f"u:{ann.pk}", "view", "b1")
    client.force_login(ann)
    assert items(get(client, "home_for_you")) == ["b2", "t1"]


def test_nobody_keeps_a_copy_and_reading_writes_nothing(client: Client, products: Any) -> None:
    response = client.get("/api/recommendations/home_for_you/")
    assert "no-store" in response["Cache-Control"] and "private" in response["Cache-Control"]
    assert "Cookie" in response["Vary"] and "X-Visitor" in response["Vary"]
    assert Event.objects.count() == 0


@override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"recommendations": None}})
def test_a_rate_of_none_lets_all_through() -> None:
    assert RecommendationsThrottle().rate is None


@override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"recommendations": "2/min"}})
def test_who_asks_too_often_has_to_wait(client: Client, products: Any) -> None:
    get(client, "home_popular")
    get(client, "home_popular")
    client.cookies.clear()
    response = client.get("/api/recommendations/home_popular/")
    assert response.status_code == 429 and int(response["Retry-After"]) > 0


@override_settings(REST_FRAMEWORK={"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"]})
def test_the_shops_own_api_defaults_do_not_lock_visitors_out(client: Client, products: Any) -> None:
    get(client, "home_popular")
