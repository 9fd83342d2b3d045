from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from shop.models import Coupon, CouponRedemption, Discount, Product
from shop.signals import cart_added, cart_removed
from tests.factories import make_product

pytestmark = pytest.mark.django_db


def add(client: Client, product: Product, quantity: int = 1) -> Any:
    return client.post("/cart/add/", {"product": product.pk, "quantity": quantity}, follow=True)


def cart_of(client: Client) -> Any:
    return client.get("/cart/").context["cart"]


def texts(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def discount(product: Product, percent: str) -> None:
    now = timezone.now()
    Discount.objects.create(
        product=product,
        percent=Decimal(percent),
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )


def test_sums_discounts_and_shipping(client: Client) -> None:
    bread, jam = make_product(price=Decimal("3.33")), make_product(price=Decimal("4.00"))
    discount(bread, "10")
    add(client, bread, 3)
    add(client, jam, 2)
    totals = cart_of(client).totals
    assert totals.subtotal == Decimal("17.99")
    assert totals.product_discount == Decimal("0.99")  # 3 × (3.33 − 3.00)
    assert totals.shipping == Decimal("4.90")
    assert totals.total == Decimal("21.90")
    assert totals.missing_for_free_shipping == Decimal("18.00")


def test_shipping_is_free_from_the_threshold_on(client: Client) -> None:
    add(client, make_product(price=Decimal("35.00")))
    assert cart_of(client).totals.total == Decimal("35.00")


def test_a_coupon_is_shared_out_over_the_lines_to_the_cent(client: Client) -> None:
    Coupon.objects.create(code="TEN", percent=10)
    for _number in range(3):
        add(client, make_product(price=Decimal("3.35")))
    client.post("/cart/coupon/", {"code": " ten "})
    cart = cart_of(client)
    assert [line.coupon_discount for line in cart.lines] == [
        Decimal("0.34"),
        Decimal("0.33"),
        Decimal("0.34"),
    ]
    assert cart.totals.coupon_discount == Decimal("1.01")
    assert sum(line.total for line in cart.lines) + cart.totals.shipping == cart.totals.total


def test_a_coupon_counts_on_top_of_a_discount_and_only_for_its_products(client: Client) -> None:
    tea, cup = make_product(price=Decimal("10.00")), make_product(price=Decimal("5.00"))
    small_tea = make_product(parent=tea, price=Decimal("2.00"))
    discount(tea, "20")
    Coupon.objects.create(code="TEA", percent=50).products.add(tea)
    for product in (tea, cup, small_tea):
        add(client, product)
    client.post("/cart/coupon/", {"code": "TEA"})
    assert [line.total for line in cart_of(client).lines] == [Decimal(4), Decimal(5), Decimal(1)]


def test_what_is_wrong_with_a_coupon_is_said(client: Client, anna: Any) -> None:
    now = timezone.now()
    Coupon.objects.create(code="OLD", percent=10, ends_at=now - timedelta(days=1))
    Coupon.objects.create(code="SOON", percent=10, starts_at=now + timedelta(days=2))
    Coupon.objects.create(code="MUCH", percent=10, min_total=20)
    Coupon.objects.create(code="OTHER", percent=10).products.add(make_product())
    used = Coupon.objects.create(code="USED", percent=10)
    CouponRedemption.objects.create(coupon=used, user=anna)
    add(client, make_product(price=Decimal("5.00")))
    expected = {
        "": "Please enter a coupon code.",
        "NONE": "There is no coupon “NONE”.",
        "MUCH": "Coupon MUCH needs an order of at least $20.00; yours is $5.00.",
        "OTHER": "Coupon OTHER is for other products than those in your cart.",
        "USED": "You have used coupon USED already.",
    }
    for code, message in expected.items():
        response = client.post("/cart/coupon/", {"code": code}, follow=True)
        assert texts(response) == [message]
    for code, beginning in {"OLD": "Coupon OLD ended on ", "SOON": "Coupon SOON starts on "}.items():
        response = client.post("/cart/coupon/", {"code": code}, follow=True)
        assert texts(response)[0].startswith(beginning)
    assert cart_of(client).coupon is None


def test_a_coupon_that_no_longer_counts_is_explained_in_the_cart(client: Client) -> None:
    Coupon.objects.create(code="MUCH", percent=10, min_total=20)
    dear = make_product(price=Decimal("25.00"))
    add(client, dear)
    add(client, make_product(price=Decimal("5.00")))
    client.post("/cart/coupon/", {"code": "MUCH"})
    client.post(f"/cart/{dear.pk}/remove/")
    page = client.get("/cart/")
    assert page.context["cart"].totals.coupon_discount == 0
    assert "needs an order of at least $20.00" in page.content.decode()


def test_a_coupon_can_be_given_up(client: Client) -> None:
    Coupon.objects.create(code="TEN", percent=10)
    add(client, make_product())
    client.post("/cart/coupon/", {"code": "TEN"})
    assert cart_of(client).coupon is not None
    client.post("/cart/coupon/", {"remove": "1"})
    assert cart_of(client).coupon is None


def test_no_more_than_the_stock_goes_into_the_cart(client: Client) -> None:
    scarce, gone = make_product("Fig jam", stock=2), make_product("Plum jam", stock=0)
    assert texts(add(client, scarce, 3)) == ["Only 2 of “Fig jam” are in stock."]
    assert texts(add(client, gone)) == ["“Plum jam” is sold out."]
    assert len(cart_of(client)) == 0
    add(client, scarce, 2)
    assert texts(add(client, scarce)) == ["Only 2 of “Fig jam” are in stock."]
    assert len(cart_of(client)) == 2


def test_quantities_change_and_the_shop_tells(client: Client, heard: Any) -> None:
    product = make_product()
    with heard(cart_added) as added, heard(cart_removed) as removed:
        add(client, product, 2)
        client.post(f"/cart/{product.pk}/update/", {"quantity": 5})
        client.post(f"/cart/{product.pk}/update/", {"quantity": 4})
        client.post(f"/cart/{product.pk}/update/", {"quantity": 0})
    assert [(call["product"], call["quantity"]) for call in added] == [(product, 2), (product, 3)]
    assert [call["quantity"] for call in removed] == [1, 4]
    assert all(call["request"].path.startswith("/cart/") for call in added + removed)
    assert not cart_of(client).lines


@pytest.mark.parametrize("quantity", ["", "x", "-1", "1000"])
def test_nonsense_for_a_quantity_changes_nothing(client: Client, quantity: str) -> None:
    product = make_product()
    add(client, product)
    response = client.post(f"/cart/{product.pk}/update/", {"quantity": quantity}, follow=True)
    assert texts(response) == ["Please enter a quantity between 0 and 999."]
    assert len(cart_of(client)) == 1


@pytest.mark.parametrize("key", ["", "abc", "999999999999999999999999"])
def test_an_unknown_product_is_refused(client: Client, key: str) -> None:
    response = client.post("/cart/add/", {"product": key}, follow=True)
    assert texts(response) == ["This product is no longer sold. Please choose another."]


def test_several_products_go_in_at_once(client: Client) -> None:
    one, two = make_product(), make_product()
    client.post("/cart/add/", {"product": [one.pk, two.pk]})
    assert {line.product for line in cart_of(client).lines} == {one, two}


def test_what_is_no_longer_sold_leaves_the_cart(client: Client) -> None:
    product = make_product()
    add(client, product)
    Product.objects.filter(pk=product.pk).update(is_active=False)
    assert cart_of(client).lines == []


def test_the_way_back_stays_on_the_site(client: Client) -> None:
    product = make_product()
    response = client.post("/cart/add/", {"product": product.pk, "next": "https://evil.example/"})
    assert response["Location"] == "/cart/"
    response = client.post("/cart/add/", {"product": product.pk, "next": "/products/?page=2"})
    assert response["Location"] == "/products/?page=2"
