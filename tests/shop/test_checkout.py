from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from shop import orders
from shop.cart import CartLine
from shop.models import Coupon, CouponRedemption, Discount, Order, Product
from shop.orders import Buyer, OrderRefused, place_order
from shop.signals import order_placed
from tests.factories import make_product, make_user


def add(client: Client, product: Product, quantity: int = 1) -> None:
    client.post("/cart/add/", {"product": product.pk, "quantity": quantity})


@pytest.mark.django_db
def test_the_lines_sum_to_the_order(client: Client, checkout: Any, heard: Any) -> None:
    bread, tea = make_product(price=Decimal("3.33"), stock=9), make_product(price=Decimal("7.77"))
    Discount.objects.create(product=bread, percent=Decimal("12.5"))
    Coupon.objects.create(code="TEN", percent=10)
    add(client, bread, 3)
    add(client, tea)
    client.post("/cart/coupon/", {"code": "TEN"})
    with heard(order_placed) as calls:
        response = checkout()
    order = Order.objects.get()
    assert response["Location"] == f"/checkout/complete/{order.number}/"
    lines = list(order.lines.all())
    assert sum(line.line_total for line in lines) + order.shipping == order.total
    assert sum(line.discount for line in lines) == order.discount
    assert order.subtotal - order.discount + order.shipping == order.total
    assert all(line.unit_price * line.quantity - line.discount == line.line_total for line in lines)
    assert [(line.product, line.quantity, line.position) for line in lines] == [(bread, 3, 0), (tea, 1, 1)]
    assert (order.status, order.user, order.currency) == ("paid", None, "USD")
    assert order.paid_at is not None
    assert order.ship_to == "Ann Lee\nElm Road 3\n12345 York"
    assert [(call["order"], call["order"].lines.count()) for call in calls] == [(order, 2)]
    bread.refresh_from_db()
    assert bread.stock == 6
    assert CouponRedemption.objects.get().order == order
    assert not client.get("/cart/").context["cart"].lines


@pytest.mark.django_db
def test_more_than_there_is_is_refused_and_nothing_changes(client: Client, checkout: Any) -> None:
    tea, jam = make_product("Green tea", stock=5), make_product("Fig jam", stock=5)
    add(client, tea, 2)
    add(client, jam, 4)
    Product.objects.filter(pk=jam.pk).update(stock=1)
    response = client.get(checkout()["Location"])
    last = list(response.context["messages"])[-1]
    assert str(last) == "Only 1 of “Fig jam” is left; your cart has 4."
    assert not Order.objects.exists()
    tea.refresh_from_db()
    assert tea.stock == 5
    assert len(response.context["cart"].lines) == 2


@pytest.mark.django_db(transaction=True)
def test_two_buyers_of_the_last_one_cannot_both_get_it() -> None:
    product = make_product(stock=1)
    line = CartLine(product, 1, product.price, product.price)
    start, outcomes = threading.Barrier(2), []

    def buy() -> None:
        start.wait()
        try:
            place_order([line], Buyer(email="x@example.com"), currency="USD")
            outcomes.append("bought")
        except OrderRefused as refusal:
            outcomes.append(str(refusal))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=buy) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [
        "bought",
        f"“{product.name}” has just sold out. Please remove it from your cart.",
    ]
    assert Product.objects.get().stock == 0


@pytest.mark.django_db
def test_paying_later_leaves_the_order_pending(client: Client, anna: Any, checkout: Any) -> None:
    product = make_product(stock=3)
    add(client, product, 2)
    page = client.get(checkout(payment="later")["Location"])
    order = Order.objects.get()
    assert (order.status, order.paid_at, order.user) == ("pending", None, anna)
    assert "Please pay by the invoice" in page.content.decode()
    client.post(f"/account/orders/{order.number}/cancel/")
    order.refresh_from_db()
    product.refresh_from_db()
    assert (order.status, product.stock) == ("cancelled", 3)


@pytest.mark.django_db
def test_a_paid_order_can_be_refunded_but_not_cancelled(client: Client, anna: Any, checkout: Any) -> None:
    product = make_product(stock=3)
    add(client, product)
    checkout()
    order = Order.objects.get()
    response = client.post(f"/account/orders/{order.number}/cancel/", follow=True)
    assert f"Order {order.number} can no longer be cancelled." in response.content.decode()
    assert not orders.mark_paid(order)
    assert orders.refund(order) and not orders.refund(order)
    product.refresh_from_db()
    assert (Order.objects.get().status, product.stock) == ("refunded", 3)


@pytest.mark.django_db
def test_a_coupon_works_once_a_person(client: Client, anna: Any, checkout: Any) -> None:
    Coupon.objects.create(code="TEN", percent=10)
    product = make_product()
    for expected in (Decimal("0.40"), Decimal(0)):
        add(client, product)
        client.post("/cart/coupon/", {"code": "TEN"})
        checkout()
        assert Order.objects.latest("pk").discount == expected


@pytest.mark.django_db
def test_a_form_with_gaps_orders_nothing(client: Client, checkout: Any) -> None:
    add(client, make_product())
    response = checkout(email="nobody", city="")
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"email", "city"}
    assert not Order.objects.exists()
    assert client.get("/checkout/").status_code == 200


@pytest.mark.django_db
def test_an_empty_cart_has_no_checkout(client: Client) -> None:
    assert client.get("/checkout/")["Location"] == "/cart/"


@pytest.mark.django_db
def test_an_order_is_seen_by_its_buyer_only(client: Client, checkout: Any) -> None:
    add(client, make_product())
    place = checkout()["Location"]
    assert client.get(place).status_code == 200
    assert Client().get(place).status_code == 404
    stranger = Client()
    stranger.force_login(make_user("stranger"))
    assert stranger.get(place).status_code == 404
    assert stranger.get(f"/account/orders/{Order.objects.get().number}/").status_code == 404


@pytest.mark.django_db
def test_the_next_checkout_knows_the_address(client: Client, anna: Any, checkout: Any) -> None:
    product = make_product()
    add(client, product)
    checkout(city="New York")
    add(client, product)
    form = client.get("/checkout/").context["form"]
    assert form["city"].value() == "New York"
    assert form["postcode"].value() == "12345"
    assert form["email"].value() == "anna@example.com"
