from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import QuerySet, Sum
from django.utils import timezone

from recommendations.models import DailyBreakdown, DailyStat, Event, Impression, VisitorLink
from recommendations.reports.attribution import Model
from recommendations.reports.changes import changed_days
from recommendations.reports.days import bounds, day_of, today
from recommendations.reports.figures import figures_of
from recommendations.reports.rollup import RollUpReport, roll_up
from tests.reports.factories import DAY, at, click, event, impression, purchase, refund

pytestmark = pytest.mark.django_db


def stored(day: date = DAY) -> list[tuple]:
    fields = ("placement", "currency", "slates", "items_seen", "clicks", "orders", "revenue")
    return list(shown().filter(day=day).order_by(*fields).values_list(*fields))


def shown() -> QuerySet[DailyStat]:
    """By the last click, without what no recommendation led to, and without what only funnels count."""
    rows = DailyStat.objects.filter(model__in=["", "last_click"]).exclude(placement="-")
    return rows.exclude(model="last_click", currency="")


def test_a_day() -> None:
    impression("cart", n_seen=4)
    impression("cart", n_seen=2)
    impression("home", n_seen=8)
    impression("home", n_seen=0)
    click("milk", hours=-1, slate_id="s1")
    click("milk", hours=-0.5, slate_id="s1")
    click("eggs", hours=-1, slate_id="s1")
    click("bread", hours=-1, placement="home")
    purchase("milk", order_key="1", value="1.00")
    purchase("bread", order_key="1", value="2.00")
    purchase("soap", order_key="1", value="4.00")
    purchase("milk", visitor="", order_key="2", value="8.00")
    refund("bread", order_key="1", value="0.50", hours=1)
    assert roll_up([DAY]).days == 1
    assert stored() == [
        ("", "", 0, 0, 0, 0, Decimal(0)),
        ("", "USD", 0, 0, 0, 2, Decimal("14.50")),
        ("*", "", 3, 14, 3, 0, Decimal(0)),
        ("*", "USD", 0, 0, 0, 1, Decimal("2.50")),
        ("cart", "", 2, 6, 2, 0, Decimal(0)),
        ("cart", "USD", 0, 0, 0, 1, Decimal("1.00")),
        ("home", "", 1, 8, 1, 0, Decimal(0)),
        ("home", "USD", 0, 0, 0, 1, Decimal("1.50")),
    ]


def test_currencies_scopes_and_simulation_have_rows_of_their_own() -> None:
    purchase(value="1", currency="USD")
    purchase(value="2", currency="GBP")
    purchase(value="4", currency="USD", scope="uk")
    purchase(value="8", currency="USD", simulated=True)
    roll_up([DAY])
    rows = (
        DailyStat.objects.filter(placement="")
        .exclude(revenue=0)
        .values_list("scope", "currency", "simulated", "revenue", "orders")
    )
    assert sorted(rows) == [
        ("", "GBP", False, Decimal(2), 1),
        ("", "USD", False, Decimal(1), 1),
        ("", "USD", True, Decimal(8), 1),
        ("uk", "USD", False, Decimal(4), 1),
    ]


def test_a_day_redone_gives_the_same_rows_and_drops_those_that_are_no_longer_true() -> None:
    event = purchase(currency="GBP")
    click(hours=-1)
    roll_up([DAY])
    before = stored()
    roll_up([DAY])
    assert stored() == before
    Event.objects.filter(pk=event.pk).update(voided_at=at())
    roll_up([DAY])
    assert ("", "GBP", 0, 0, 0, 1, Decimal(10)) in before
    assert [row for row in stored() if row[1] == "GBP"] == []


def test_days_are_those_of_the_shop(settings) -> None:
    settings.TIME_ZONE = "America/New_York"
    for moment in ("2026-03-08T04:59Z", "2026-03-08T05:00Z", "2026-03-09T03:59Z", "2026-03-09T04:00Z"):
        purchase(occurred_at=datetime.fromisoformat(moment))
    roll_up([date(2026, 3, 8)])
    assert bounds(date(2026, 3, 8)) == (
        datetime(2026, 3, 8, 5, tzinfo=UTC),
        datetime(2026, 3, 9, 4, tzinfo=UTC),
    )
    assert stored(date(2026, 3, 8)) == [
        ("", "", 0, 0, 0, 0, Decimal(0)),
        ("", "USD", 0, 0, 0, 2, Decimal(20)),
    ]


def test_stored_figures_are_the_live_ones() -> None:
    make_up(random.Random(1))
    roll_up([DAY])
    fields = (
        "slates",
        "items_seen",
        "clicks",
        "carts",
        "conversions",
        "orders",
        "revenue",
        "refunds",
        "ratings",
    )
    live = {(key, *(getattr(f, name) for name in fields)) for key, f in figures_of(DAY).items()}
    kept = {
        ((r.scope, r.placement, r.currency, r.simulated, r.model), *(getattr(r, f) for f in fields))
        for r in DailyStat.objects.filter(day=DAY)
    }
    assert kept - live <= {(("", "", "", False, ""), 0, 0, 0, 0, 0, 0, Decimal(0), Decimal(0), 0)}
    assert live <= kept


@pytest.mark.parametrize("model", Model)
def test_attributed_and_unattributed_less_refunds_are_all_that_was_sold(model: Model) -> None:
    make_up(random.Random(2))
    roll_up()
    sold: Counter[tuple[date, str]] = Counter()
    for each in Event.objects.valid().filter(kind__in=["purchase", "refund"]):
        amount = each.value if each.kind == "purchase" else -each.value
        sold[day_of(each.occurred_at), each.currency] += amount
    by_placement: Counter[tuple[date, str]] = Counter()
    together: Counter[tuple[date, str]] = Counter()
    attributed = Decimal(0)
    for row in DailyStat.objects.filter(model=model).exclude(currency=""):
        gross = row.revenue + row.refunds
        if row.placement == "*":
            attributed += gross
        (together if row.placement in "*-" else by_placement)[row.day, row.currency] += gross - row.refunds
        if row.placement == "-":
            by_placement[row.day, row.currency] += gross - row.refunds
    assert attributed > 0
    assert dict(by_placement) == dict(together) == dict(sold)
    whole = DailyStat.objects.filter(placement="").exclude(currency="")
    assert {(row.day, row.currency): row.revenue for row in whole} == dict(sold)


@pytest.mark.parametrize("model", Model)
def test_the_breakdown_adds_up_to_the_totals(model: Model) -> None:
    make_up(random.Random(3))
    roll_up()
    for name in ("items_offered", "items_seen", "clicks", "carts", "conversions", "revenue", "refunds"):
        of = {"": "", "carts": model, "conversions": model, "revenue": model, "refunds": model}.get(name, "")
        keys = ("day", "placement", "currency")
        totals = DailyStat.objects.filter(model=of).exclude(placement__in=["", "*", "-"])
        parts = DailyBreakdown.objects.filter(model=of)
        expected = {tuple(k): v for *k, v in totals.values_list(*keys).annotate(Sum(name)) if v}
        assert {tuple(k): v for *k, v in parts.values_list(*keys).annotate(Sum(name)) if v} == expected
        assert expected


def make_up(random: random.Random) -> None:
    for _n in range(160):
        visitor = random.choice(["u:1", "u:2", "a:3", ""])
        item = random.choice(["milk", "bread", "eggs"])
        hours = random.uniform(-70, 70)
        value = f"{random.uniform(0, 20):.2f}"
        order, currency = str(random.randrange(40)), random.choice(["USD", "GBP"])
        placement = random.choice(["cart", "home"])
        match random.randrange(5):
            case 0:
                click(item, visitor, hours, placement=placement, origin={"recommender": "popular"})
            case 1:
                items = [["milk", "popular", "popular"], ["bread", "similar", "also_bought"]]
                impression(placement, hours, random.randrange(3), items=items, visitor_key=visitor)
            case 2:
                purchase(item, visitor, hours, value, order_key=order, currency=currency)
            case 3:
                refund(item, visitor, hours, value, order_key=order, currency=currency)
            case 4:
                event("cart", item, visitor, hours)


class TestWhatIsDue:
    def test_the_first_time_everything_since_the_log_began(self) -> None:
        purchase()
        assert changed_days() == {DAY + timedelta(days=n) for n in range((today() - DAY).days + 1)}

    def test_later_only_what_changed(self) -> None:
        purchase(changed_at=at(), recorded_at=at())
        roll_up()
        assert changed_days() == {today(), today() - timedelta(days=1)}
        purchase(hours=-24 * 3)
        assert changed_days() == {today(), today() - timedelta(days=1), DAY - timedelta(days=3)}

    def test_a_late_click_changes_the_days_of_its_window(self) -> None:
        purchase(changed_at=at())
        roll_up()
        click(hours=-20)
        assert changed_days() == {today(), today() - timedelta(days=1), DAY, DAY - timedelta(days=1)}

    def test_a_voided_event_changes_its_day(self) -> None:
        event = purchase(changed_at=at())
        roll_up()
        Event.objects.filter(pk=event.pk).update(voided_at=timezone.now(), changed_at=timezone.now())
        roll_up()
        assert stored() == [("", "", 0, 0, 0, 0, Decimal(0))]

    def test_a_login_joins_clicks_and_purchases_of_the_past(self) -> None:
        click(visitor="a:x", hours=-1, changed_at=at())
        purchase(visitor="u:1", changed_at=at())
        roll_up()
        assert "cart" not in [row[0] for row in stored() if row[6]]
        VisitorLink.objects.create(anonymous_key="a:x", visitor_key="u:1", bucket=1)
        roll_up()
        assert ("cart", "USD", 0, 0, 0, 1, Decimal(10)) in stored()

    def test_so_many_last_days(self) -> None:
        roll_up(4)
        assert DailyStat.objects.filter(placement="").count() == 4
        assert DailyStat.objects.order_by("day").first().day == today() - timedelta(days=3)


class TestAfterRetention:
    def test_slates_of_deleted_impressions_stay(self, settings) -> None:
        settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "IMPRESSION_DAYS": 5}
        impression()
        click(hours=-1)
        roll_up([DAY])
        Impression.objects.all().delete()
        purchase()
        roll_up([DAY])
        assert ("cart", "", 1, 4, 1, 0, Decimal(0)) in stored()
        assert ("cart", "USD", 0, 0, 0, 1, Decimal(10)) in stored()

    def test_a_day_whose_events_are_gone_stays_as_it_was(self, settings) -> None:
        settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "EVENT_DAYS": 5}
        purchase()
        roll_up([DAY])
        before = stored()
        Event.objects.all().delete()
        assert roll_up([DAY]) == RollUpReport(days=0, rows=0, kept=1)
        assert stored() == before


def test_progress_is_told() -> None:
    told: list = []

    class Told:
        def start(self, stage: str, total: int | None = None) -> None:
            told.append((stage, total))

        def advance(self, n: int = 1) -> None:
            told.append(n)

        def finish(self) -> None:
            told.append("finish")

    roll_up([DAY, DAY], progress=Told())
    assert told == [("Rolling up days", 1), 1, "finish"]


def test_queries_of_a_day_do_not_grow_with_its_events(django_assert_num_queries) -> None:
    for n in range(40):
        click(item=f"i{n}", visitor=f"a:{n}", hours=-1)
        purchase(item=f"i{n}", visitor=f"a:{n}", order_key=str(n))
        impression()
    with django_assert_num_queries(56):  # three of them ask once which placements explore
        roll_up([DAY])
