"""Runs inside the empty project: sells something, learns from it, and prints a product page as JSON."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from decimal import Decimal

import django

django.setup()

from catalog.models import Order, OrderLine, Product  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

TEA = ("Green tea", "Black tea", "Tea pot", "Tea cup", "Honey")
BIKE = ("Bicycle bell", "Bicycle pump", "Bicycle lamp", "Bicycle lock", "Helmet")


def sell() -> None:
    """Forty customers: one half buys for tea, the other for the bicycle, never for both."""
    products = {name: Product.objects.create(name=name, price=Decimal("9.90")) for name in (*TEA, *BIKE)}
    now = timezone.now()
    for n in range(40):
        user = get_user_model().objects.create_user(f"customer{n}")
        names = (TEA, BIKE)[n % 2]
        for days in (30, 3):
            order = Order.objects.create(user=user, placed_at=now - timedelta(days=days + n % 7), paid=True)
            bought = [names[(n // 2 + days + step) % len(names)] for step in range(3)]
            OrderLine.objects.bulk_create(
                OrderLine(order=order, product=products[name], total=products[name].price) for name in bought
            )


def learn() -> None:
    call_command("recommendations", "sync_items", verbosity=0)
    call_command("recommendations", "backfill", verbosity=0)
    call_command("recommendations", "train", verbosity=0)


def page() -> dict[str, object]:
    product = Product.objects.get(name="Green tea")
    Product.objects.filter(name="Honey").update(is_active=False)
    response = Client().get(product.get_absolute_url())
    links = {other.get_absolute_url(): other.name for other in Product.objects.all()}
    return {"status": response.status_code, "html": response.content.decode(), "links": links}


match sys.argv[1]:
    case "learn":
        sell()
        learn()
    case "page":
        json.dump(
            page() | {"numbers": [name for name in ("numpy", "scipy") if name in sys.modules]}, sys.stdout
        )
