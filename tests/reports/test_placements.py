from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from recommendations.models import DailyStat
from recommendations.reports.days import bounds, today
from recommendations.reports.placements import placement_report
from recommendations.reports.rollup import roll_up
from tests.reports.factories import DAY, click, impression, purchase

pytestmark = pytest.mark.django_db


def report(simulated: str = "real", scope: str = ""):
    return placement_report(DAY - timedelta(days=2), today(), scope, simulated)


def sold_through_a_click(**fields) -> None:
    impression(**{k: v for k, v in fields.items() if k in ("simulated", "scope")})
    click(hours=-1, **fields)
    purchase(**fields)


def test_a_row_for_each_placement_and_totals_that_add_up() -> None:
    for _ in range(4):
        impression("cart")
    impression("home", n_seen=8)
    click("milk", hours=-1)
    click("bread", hours=-1, placement="home")
    purchase("milk", order_key="1", value="3.00")
    purchase("bread", order_key="1", value="4.00")
    purchase("soap", order_key="2", value="13.00")
    roll_up()
    found = report()
    home, cart = found.rows[:2]
    assert (cart.placement, cart.slates, cart.items_seen, cart.clicks, cart.ctr) == ("cart", 4, 16, 1, 0.25)
    assert (home.placement, home.orders, home.revenue) == ("home", 1, {"USD": Decimal(4)})
    # One order, though two placements led to it.
    assert (found.together.orders, found.together.revenue) == (1, {"USD": Decimal(7)})
    assert (found.everything.orders, found.everything.revenue) == (2, {"USD": Decimal(20)})
    assert found.unattributed == {"USD": Decimal(13)}
    assert found.shares == {"USD": 0.35}
    assert not found.is_empty


def test_every_placement_of_the_settings_has_a_row_even_an_unused_one() -> None:
    names = [row.placement for row in report().rows]
    assert "product_page" in names
    assert len(names) == len(set(names))
    assert report().is_empty
    assert report().rows[0].ctr is None


def test_simulated_figures_are_kept_apart() -> None:
    sold_through_a_click(simulated=True)
    sold_through_a_click()
    roll_up()
    totals = {name: report(name).everything.orders for name in ("real", "simulated", "all")}
    assert totals == {"real": 1, "simulated": 1, "all": 2}
    assert report("all").together.slates == 2


def test_scopes_are_kept_apart() -> None:
    sold_through_a_click(scope="uk")
    roll_up()
    assert report().is_empty
    assert report(scope="uk").everything.orders == 1


def test_today_is_live_and_the_rest_is_as_of_the_last_roll_up() -> None:
    before = timezone.now()
    roll_up(days=14)
    purchase(occurred_at=timezone.now(), value="5.00")
    found = report()
    assert found.everything.revenue == {"USD": Decimal(5)}
    assert found.live
    assert before <= found.as_of <= timezone.now()
    assert found.missing == []
    assert not placement_report(DAY, DAY).live


def test_live_and_stored_figures_of_today_are_the_same() -> None:
    now = bounds(today())[0]
    impression(occurred_at=now)
    click(occurred_at=now)
    purchase(occurred_at=now, value="5.00")
    roll_up()
    live = report()
    DailyStat.objects.filter(day=today()).update(revenue=99)
    assert report().together == live.together


def test_days_that_were_never_rolled_up_are_named() -> None:
    roll_up([DAY, DAY + timedelta(days=2)])
    assert placement_report(DAY - timedelta(days=5), DAY + timedelta(days=3)).missing == [
        DAY + timedelta(days=1),
        DAY + timedelta(days=3),
    ]
    assert placement_report(DAY, DAY).missing == []


def test_currencies_do_not_add_up() -> None:
    purchase(value="1", currency="GBP")
    purchase(value="2", currency="USD")
    roll_up()
    assert report().everything.revenue == {"GBP": Decimal(1), "USD": Decimal(2)}
    assert report().currencies == ["USD", "GBP"]


def test_days_the_wrong_way_round_and_unknown_filters_are_refused() -> None:
    with pytest.raises(ValueError, match="is after its last day"):
        placement_report(DAY, DAY - timedelta(days=1))
    with pytest.raises(ValueError, match="simulated must be one of real, simulated, all, not 'both'"):
        placement_report(DAY, DAY, simulated="both")


def test_the_number_of_queries_does_not_depend_on_the_days(django_assert_num_queries) -> None:
    sold_through_a_click()
    roll_up(days=60)
    for days in (5, 60):
        with django_assert_num_queries(12):
            placement_report(today() - timedelta(days=days), today())
