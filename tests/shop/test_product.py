from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from shop.models import Discount, Product, Review, Wish
from shop.signals import product_viewed
from tests.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def coffee() -> dict[str, Product]:
    small = make_product("Coffee", variant_label="250 g", price=Decimal("6.00"), stock=0)
    return {
        "250 g": small,
        "500 g": make_product("Coffee", parent=small, variant_label="500 g", price=Decimal("11.00"), stock=4),
        "1 kg": make_product("Coffee", parent=small, variant_label="1 kg", price=Decimal("20.00"), stock=9),
    }


def test_a_variant_shows_its_own_price_and_stock(client: Client, coffee: Any) -> None:
    Discount.objects.create(product=coffee["1 kg"], percent=25)
    page = client.get(coffee["1 kg"].get_absolute_url())
    text = page.content.decode()
    assert page.context["chosen"] == coffee["1 kg"]
    assert "$15.00" in text and "$20.00" in text and "−25 %" in text
    assert [choice.choice_label for choice in page.context["choices"]] == ["250 g", "500 g", "1 kg"]
    assert f'name="product" value="{coffee["1 kg"].pk}"' in text


def test_the_first_variant_in_stock_is_chosen(client: Client, coffee: Any) -> None:
    page = client.get(coffee["250 g"].get_absolute_url())
    assert page.context["chosen"] == coffee["500 g"]
    assert "Only 4 left in stock" in page.content.decode()
    page = client.get(coffee["250 g"].get_absolute_url(), {"variant": coffee["250 g"].pk})
    assert "Sold out at the moment" in page.content.decode()


def test_a_parent_sells_while_a_variant_does(coffee: Any) -> None:
    assert coffee["250 g"] in Product.objects.main().sellable()
    Product.objects.exclude(pk=coffee["250 g"].pk).update(stock=0)
    assert not Product.objects.main().sellable().exists()


def test_addresses_lead_to_the_one_page(client: Client, coffee: Any) -> None:
    small, large = coffee["250 g"], coffee["1 kg"]
    assert client.get(f"/product/{small.pk}/wrong/")["Location"] == f"/product/{small.pk}/coffee/"
    there = f"/product/{small.pk}/coffee/?variant={large.pk}"
    assert client.get(f"/product/{large.pk}/coffee/")["Location"] == there
    assert client.get("/product/999999/coffee/").status_code == 404


def test_a_product_out_of_its_window_has_no_page(client: Client) -> None:
    product = make_product(available_until=timezone.now() - timedelta(seconds=1))
    assert client.get(product.get_absolute_url()).status_code == 404


def test_of_several_discounts_the_largest_in_force_counts() -> None:
    product, now = make_product(price=Decimal("10.00")), timezone.now()
    Discount.objects.create(product=product, percent=10)
    Discount.objects.create(product=product, percent=20, ends_at=now + timedelta(hours=1))
    Discount.objects.create(product=product, percent=30, ends_at=now - timedelta(hours=1))
    Discount.objects.create(product=product, percent=40, starts_at=now + timedelta(hours=1))
    plain, annotated = Product.objects.get(), Product.objects.with_prices().get()
    for found in (plain, annotated):
        assert (found.price_now, found.old_price) == (Decimal("8.00"), Decimal("10.00"))


def test_a_view_is_told_for_a_page_that_was_got(client: Client, coffee: Any, heard: Any) -> None:
    address = coffee["250 g"].get_absolute_url()
    with heard(product_viewed) as calls:
        client.get(address)
        client.head(address)
        client.get("/product/999999/x/")
    assert [call["product"] for call in calls] == [coffee["500 g"]]
    assert calls[0]["request"].path == address


def test_a_review_is_written_once_and_can_be_changed(client: Client, anna: Any) -> None:
    product = make_product()
    address = f"/product/{product.pk}/review"
    response = client.post(address, {"rating": "4", "title": "Good", "text": "We liked it."}, follow=True)
    assert "Thank you for your review." in response.content.decode()
    assert "We liked it." in response.content.decode()
    client.post(address, {"rating": "2", "title": "Hm", "text": ""})
    review = Review.objects.get()
    assert (review.user, review.rating, review.title, review.status) == (anna, 2, "Hm", "published")
    page = client.get(product.get_absolute_url())
    assert page.context["product"].rating == 2
    assert page.context["histogram"] == [(5, 0), (4, 0), (3, 0), (2, 1), (1, 0)]


@pytest.mark.parametrize("rating", ["", "0", "6", "x"])
def test_a_review_without_stars_is_asked_again(client: Client, anna: Any, rating: str) -> None:
    product = make_product()
    response = client.post(f"/product/{product.pk}/review", {"rating": rating, "text": "Kept text"})
    assert response.status_code == 200
    assert response.context["review_form"].errors
    assert "Kept text" in response.content.decode()
    assert not Review.objects.exists()


def test_reviews_not_published_are_not_shown(client: Client, anna: Any) -> None:
    product = make_product()
    Review.objects.create(product=product, user=anna, rating=1, text="Spam!", status=Review.Status.PENDING)
    page = client.get(product.get_absolute_url())
    assert "Spam!" not in page.content.decode()
    assert page.context["product"].n_reviews == 0


def test_guests_are_asked_to_log_in(client: Client) -> None:
    product = make_product()
    for what in ("review", "wish"):
        response = client.post(f"/product/{product.pk}/{what}")
        assert response["Location"].startswith("/account/login/?next=")
    assert not Wish.objects.exists()


def test_the_wishlist_takes_and_gives_back(client: Client, anna: Any) -> None:
    product = make_product("Blue bowl")
    for _again in range(2):
        client.post(f"/product/{product.pk}/wish")
    assert Wish.objects.get().user == anna
    assert "Blue bowl" in client.get("/account/wishlist/").content.decode()
    assert client.get(product.get_absolute_url()).context["is_wished"]
    client.post(f"/product/{product.pk}/wish", {"remove": "1"})
    assert not Wish.objects.exists()
