"""Taking out all that was simulated."""

from __future__ import annotations

from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Sum

from shop.models import Order, OrderLine, Product


def remove_simulated() -> int:
    """Delete simulated orders, put their goods back on the shelf, and clear the log; how many orders there were."""
    orders = Order.objects.filter(simulated=True)
    with transaction.atomic():
        n_orders = orders.count()
        lines = OrderLine.objects.filter(order__simulated=True)
        for pk, quantity in lines.values_list("product").annotate(n=Sum("quantity")).order_by("product"):
            Product.objects.filter(pk=pk).update(stock=F("stock") + quantity)
        orders.delete()
    call_command("recommendations", "remove_simulated")
    return n_orders
