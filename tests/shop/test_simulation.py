"""Simulated visitors leave marked traces through either way in, and none once they are removed."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from recommendations.models import DailyStat, Event, Impression
from shop.models import Order, Product
from tests.factories import make_order, make_product, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(transactional_db: None) -> None:
    products = [make_product(f"Bread {n}", stock=50) for n in range(12)]
    for n in range(12):
        make_order(*products[n % 5 : n % 5 + 6], user=make_user())
    for name in ("sync_items", "backfill", "train"):
        call_command("recommendations", name, verbosity=0)


@pytest.mark.parametrize("way", [[], ["--fast"]])
def test_all_is_marked_and_can_be_removed(shop: None, way: list[str], capsys: Any) -> None:
    n_real, stock = Event.objects.count(), Product.objects.aggregate(n=Sum("stock"))["n"]
    call_command("simulate_visitors", *way, "--visitors=8", "--days=3", "--seed=3", verbosity=0)
    made = Event.objects.filter(simulated=True)
    assert set(made.values_list("kind", flat=True)) >= {"view", "cart", "click", "purchase"}
    assert Impression.objects.count() == Impression.objects.filter(simulated=True).count() > 0
    orders = Order.objects.filter(simulated=True)
    assert orders.exists()
    assert Event.objects.filter(simulated=False).count() == n_real
    assert made.filter(kind="view").dates("occurred_at", "day").count() > 1
    assert DailyStat.objects.filter(simulated=True).exists()
    call_command("simulate_visitors", "--remove", verbosity=0)
    assert not orders.exists() and not made.exists() and not Impression.objects.exists()
    assert not DailyStat.objects.filter(simulated=True).exists()
    assert Product.objects.aggregate(n=Sum("stock"))["n"] == stock
    assert Event.objects.count() == n_real


def test_the_same_seed_makes_the_same_visits(shop: None, capsys: Any) -> None:
    def run() -> dict[str, int]:
        call_command("simulate_visitors", "--fast", "--visitors=4", "--seed=5", verbosity=0)
        made = Event.objects.filter(simulated=True).values_list("kind", "item_key")
        counts = {f"{kind}:{item}": 0 for kind, item in made}
        for kind, item in made:
            counts[f"{kind}:{item}"] += 1
        call_command("simulate_visitors", "--remove", verbosity=0)
        return counts

    assert run() == run()


def test_an_empty_shop_says_what_to_do(transactional_db: None) -> None:
    with pytest.raises(CommandError, match="Load some first: python manage.py load_demo"):
        call_command("simulate_visitors")
    with pytest.raises(CommandError, match="must be at least 1"):
        call_command("simulate_visitors", "--visitors=0")
