"""Forgetting: old rows, and all that was simulated."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from recommendations.models import Event, Impression, ItemStat, OrderVisitor, Profile, VisitorDay
from recommendations.reports.rollup import roll_up
from recommendations.tracking.retention import prune, remove_simulated
from recommendations.tracking.visitors import SIMULATED_HEADER, simulated_headers
from tests.factories import browser_client, make_product
from tests.flows import check_out
from tests.tracking.conftest import Committing

pytestmark = pytest.mark.django_db


def test_what_is_older_than_its_days_is_pruned() -> None:
    now = timezone.now()
    for days in (1, 89, 91, 729, 731):
        Event.objects.create(kind="view", item_key="7", occurred_at=now - timedelta(days=days))
        Impression.objects.create(slate_id=f"s{days}", items=[], occurred_at=now - timedelta(days=days))
        day = (now - timedelta(days=days)).date()
        ItemStat.objects.create(placement="row", item_key="7", day=day)
        VisitorDay.objects.create(visitor_key="u:1", day=day)
    assert prune() == {"events": 1, "impressions": 3, "item figures": 1, "visitors' days": 1, "exposures": 0}
    assert Event.objects.count() == 4 and Impression.objects.count() == 2 and ItemStat.objects.count() == 4
    assert VisitorDay.objects.count() == 4


@override_settings(RECOMMENDATIONS={"ADAPTER": "shop.adapter.ShopAdapter", "EVENT_DAYS": None})
def test_none_keeps_for_ever() -> None:
    Event.objects.create(kind="view", item_key="7", occurred_at=timezone.now() - timedelta(days=9999))
    assert "events" not in prune()


def test_all_that_was_simulated_is_removed_and_nothing_else(committing: Committing) -> None:
    product = make_product()
    with committing():
        real = browser_client()
        check_out(real, product)
        simulated = browser_client(**simulated_headers())
        simulated.get(product.get_absolute_url())
        check_out(simulated, product)
    keys = Event.objects.filter(simulated=True).values_list("visitor_key", flat=True)
    assert set(Event.objects.filter(simulated=True).values_list("kind", flat=True)) == {
        "view",
        "cart",
        "purchase",
    }
    now = timezone.now()
    for key in {*keys, "u:1"}:
        Profile.objects.create(visitor_key=key, first_seen_at=now, last_seen_at=now)
    n_real = Event.objects.filter(simulated=False).count()
    roll_up()
    assert {row.simulated for row in VisitorDay.objects.all()} == {True, False}
    deleted = remove_simulated()
    assert not VisitorDay.objects.filter(simulated=True) and VisitorDay.objects.exists()
    assert deleted["events"] == 3 and deleted["order visitors"] == 1 and deleted["profiles"] == 1
    assert Event.objects.count() == n_real
    assert OrderVisitor.objects.count() == 1
    assert [profile.visitor_key for profile in Profile.objects.all()] == ["u:1"]


def test_nobody_hides_behind_the_simulation(committing: Committing) -> None:
    with committing():
        browser_client(**{SIMULATED_HEADER: "simulated:forged:x"}).get(make_product().get_absolute_url())
    assert not Event.objects.get().simulated
