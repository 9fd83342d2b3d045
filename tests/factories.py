"""Products, people and orders of the sample shop in a line each."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from shop.models import Category, Order, OrderLine, Product

_numbers = count(1)

HUMAN = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def browser_client(**headers: str) -> Client:
    """A test client that calls itself a person's browser."""
    return Client(headers={"user-agent": HUMAN, **headers})


def make_category(path: str = "Grocery/Bread") -> Category:
    parent = None
    for name in path.split("/"):
        below = Category.path_under(parent, name)
        parent = Category.objects.filter(path=below).first() or Category.objects.create(
            name=name, parent=parent
        )
    assert parent is not None
    return parent


def make_product(name: str = "", **fields: Any) -> Product:
    number = next(_numbers)
    path = fields.pop("path", "Grocery/Bread")
    defaults: dict[str, Any] = {
        "sku": f"sku-{number}",
        "name": name or f"Product {number}",
        "price": Decimal("4.00"),
        "stock": 50,
    }
    if "category" not in fields:
        defaults["category"] = make_category(path)
    return Product.objects.create(**{**defaults, **fields})


def make_user(name: str = "", **fields: Any) -> Any:
    name = name or f"person-{next(_numbers)}"
    return get_user_model().objects.create_user(name, f"{name}@example.com", "secret", **fields)


def make_order(*products: Product, user: Any = None, status: str = "paid", **fields: Any) -> Order:
    """An order of one piece of each product, its lines saved one by one."""
    total = sum((product.price for product in products), Decimal(0))
    order = Order.objects.create(user=user, status=status, subtotal=total, total=total, **fields)
    for position, product in enumerate(products):
        make_line(order, product, position=position)
    return order


def make_line(order: Order, product: Product, quantity: int = 1, **fields: Any) -> OrderLine:
    return OrderLine.objects.create(
        order=order,
        product=product,
        quantity=quantity,
        unit_price=product.price,
        line_total=product.price * quantity,
        **fields,
    )
