"""What a shopper does in several pages, through the test client."""

from __future__ import annotations

from django.test import Client

from shop.models import Order, Product

ADDRESS = {
    "email": "guest@example.com",
    "full_name": "Ada Guest",
    "street": "1 Main Street",
    "postcode": "12345",
    "city": "Springfield",
}


def check_out(client: Client, product: Product, payment: str = "now") -> Order:
    """Buy one piece of a product; `payment` is "now" or "later"."""
    client.post("/cart/add/", {"product": product.pk, "quantity": 1})
    response = client.post("/checkout/", {**ADDRESS, "payment": payment})
    assert response.status_code == 302, response.content.decode()
    return Order.objects.order_by("-pk")[0]
