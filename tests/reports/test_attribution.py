from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from recommendations.models import Event, VisitorLink
from recommendations.reports.attribution import Attributed, Model, split
from recommendations.reports.touches import lines_between
from tests.reports.factories import at, click, event, impression, purchase, refund


def placement(found: Attributed, model: Model = Model.LAST_CLICK) -> str:
    """The placement of a line that belongs to one touch, "" for one that belongs to none."""
    return "".join(touch.placement for touch in found.path.touches(model))


def placements(model: Model = Model.LAST_CLICK) -> list[tuple[str, str, Decimal]]:
    """(item, placement, amount) of every line, in the order they come."""
    found = lines_between(at(-1000), at(1000))
    return [(line.line.item_key, placement(line, model), line.line.amount) for line in found]


pytestmark = pytest.mark.django_db


def test_a_purchase_belongs_to_the_last_click_on_its_item_by_its_visitor() -> None:
    click(placement="home", hours=-3)
    last = click(placement="cart", hours=-1)
    click(placement="account", hours=1)
    click(item="bread", placement="product_page", hours=-0.5)
    click(visitor="u:2", placement="product_page", hours=-0.5)
    purchase()
    (found,) = lines_between(at(-1), at(1))
    assert (placement(found), found.path.clicks[-1].pk) == ("cart", last.pk)


@pytest.mark.parametrize(
    ("hours", "placement"), [(0, "cart"), (-0.001, "cart"), (-24, "cart"), (-24.001, ""), (0.001, "")]
)
def test_the_window_ends_exactly_when_it_says(hours: float, placement: str) -> None:
    click(hours=hours)
    purchase()
    assert placements() == [("milk", placement, Decimal(10))]


def test_the_window_is_a_setting(settings) -> None:
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CLICK_WINDOW_HOURS": 2}
    click(hours=-3)
    purchase()
    assert placements() == [("milk", "", Decimal(10))]


def test_one_order_can_have_lines_with_and_without_a_click() -> None:
    click(item="milk", hours=-1, placement="home")
    click(item="eggs", hours=-2, placement="cart")
    purchase("milk", order_key="1", value="1.10")
    purchase("bread", order_key="1", value="2.20")
    purchase("eggs", order_key="1", value="3.30")
    assert sorted(placements()) == [
        ("bread", "", Decimal("2.20")),
        ("eggs", "cart", Decimal("3.30")),
        ("milk", "home", Decimal("1.10")),
    ]


@pytest.mark.parametrize(
    ("clicked_as", "bought_as"),
    [("a:x", "u:1"), ("u:1", "a:x"), ("a:x", "a:y"), ("a:x", "a:x"), ("u:1", "u:1")],
)
def test_a_cookie_that_turned_out_to_be_a_user_is_that_user(clicked_as: str, bought_as: str) -> None:
    for anonymous in ("a:x", "a:y"):
        VisitorLink.objects.create(anonymous_key=anonymous, visitor_key="u:1", bucket=1)
    click(visitor=clicked_as, hours=-1)
    purchase(visitor=bought_as)
    assert placements() == [("milk", "cart", Decimal(10))]


def test_a_link_in_another_scope_links_nobody() -> None:
    VisitorLink.objects.create(scope="uk", anonymous_key="a:x", visitor_key="u:1", bucket=1)
    click(visitor="a:x", hours=-1)
    purchase(visitor="u:1")
    assert placements() == [("milk", "", Decimal(10))]


def test_nobody_is_not_one_visitor() -> None:
    click(visitor="", hours=-1)
    purchase(visitor="")
    assert placements() == [("milk", "", Decimal(10))]


@pytest.mark.parametrize("fields", [{"scope": "uk"}, {"simulated": True}])
def test_scopes_and_simulation_do_not_mix(fields: dict) -> None:
    click(hours=-1, **fields)
    purchase()
    assert placements() == [("milk", "", Decimal(10))]


def test_voided_events_do_not_count() -> None:
    click(hours=-1, voided_at=at())
    purchase()
    purchase("bread", voided_at=at())
    assert placements() == [("milk", "", Decimal(10))]


def test_a_click_without_a_placement_is_no_recommendation() -> None:
    click(hours=-2, placement="home")
    click(hours=-1, placement="")
    purchase()
    assert placements() == [("milk", "home", Decimal(10))]


def test_a_refund_is_taken_off_where_its_purchase_was_counted() -> None:
    click(hours=-1)
    purchase(order_key="1")
    purchase("bread", order_key="1", value="5")
    refund(order_key="1", hours=200, value="4.00")
    refund("bread", order_key="1", hours=200, value="-5.00")
    refund("milk", order_key="2", hours=201, value="7.00")
    refund("milk", order_key="", hours=202, value="1.00")
    assert placements() == [
        ("milk", "cart", Decimal(10)),
        ("bread", "", Decimal(5)),
        ("milk", "cart", Decimal(-4)),
        ("bread", "", Decimal(-5)),
        ("milk", "", Decimal(-7)),
        ("milk", "", Decimal(-1)),
    ]


def test_a_line_without_a_value_adds_nothing() -> None:
    purchase(value=None)
    assert placements() == [("milk", "", Decimal(0))]


def test_the_number_of_queries_does_not_grow(django_assert_num_queries) -> None:
    for n in range(30):
        click(item=f"i{n}", visitor=f"a:{n}", hours=-1)
        purchase(item=f"i{n}", visitor=f"a:{n}", order_key=str(n))
        refund(item=f"i{n}", visitor=f"a:{n}", order_key=str(n), hours=1)
    with django_assert_num_queries(9):
        assert len(placements()) == 60


moments = st.integers(min_value=-60, max_value=60)
visitors = st.sampled_from(["u:1", "u:2", "a:x", ""])
items = st.sampled_from(["milk", "bread"])


class AgainstEveryPair(TestCase):
    """The one pass finds what comparing every purchase with every click finds."""

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(st.tuples(items, visitors, moments), max_size=8),
        st.lists(st.tuples(items, visitors, moments), max_size=8),
    )
    def test_same_answer(self, clicks: list, purchases: list) -> None:
        VisitorLink.objects.create(anonymous_key="a:x", visitor_key="u:1", bucket=1)
        for item, visitor, hours in clicks:
            click(item, visitor, hours)
        for item, visitor, hours in purchases:
            purchase(item, visitor, hours)
        known = {"a:x": "u:1"}
        stored = list(Event.objects.filter(kind="click"))
        for line, path in lines_between(at(-30), at(30)):
            candidates = [
                (c.occurred_at, c.pk)
                for c in stored
                if line.visitor
                and known.get(c.visitor_key, c.visitor_key) == line.visitor
                and c.item_key == line.item_key
                and timedelta(0) <= line.occurred_at - c.occurred_at <= timedelta(hours=24)
            ]
            assert [touch.pk for touch in path.clicks] == [pk for _moment, pk in sorted(candidates)]


# --- models -------------------------------------------------------------------------------------------------------


def credits(model: Model) -> list[tuple[str, Decimal]]:
    """(placement, share) of all lines."""
    found = lines_between(at(-1000), at(1000))
    return [(touch.placement, share) for line in found for touch, share in line.credits(model)]


def test_the_models_differ_in_which_clicks_have_the_credit() -> None:
    click(placement="home", hours=-3)
    click(placement="account", hours=-2)
    click(placement="cart", hours=-1)
    purchase(value="10.00", order_key="1")
    refund(value="1.00", order_key="1", hours=100)
    refund(value="10.00", order_key="1", hours=101)
    last, first = (
        Decimal("10.00"),
        [("home", Decimal("10.00")), ("home", Decimal(-1)), ("home", Decimal(-10))],
    )
    assert credits(Model.LAST_CLICK) == [("cart", last), ("cart", Decimal(-1)), ("cart", Decimal(-10))]
    assert credits(Model.FIRST_CLICK) == first
    assert credits(Model.VIEW_THROUGH) == credits(Model.LAST_CLICK)
    assert credits(Model.LINEAR) == [
        ("home", Decimal("3.34")),
        ("account", Decimal("3.33")),
        ("cart", Decimal("3.33")),
        ("home", Decimal("-0.34")),
        ("account", Decimal("-0.33")),
        ("cart", Decimal("-0.33")),
        ("home", Decimal("-3.34")),
        ("account", Decimal("-3.33")),
        ("cart", Decimal("-3.33")),
    ]


@given(st.integers(-(10**9), 10**9), st.integers(1, 40))
def test_shares_add_up_and_differ_by_a_cent_at_most(cents: int, n: int) -> None:
    amount = Decimal(cents) / 100
    shares = split(amount, n)
    assert sum(shares) == amount
    assert max(shares) - min(shares) <= Decimal("0.01")
    assert [-share for share in shares] == split(-amount, n)


def test_two_clicks_on_one_card_are_one_touch() -> None:
    click(slate_id="s", placement="home", hours=-3)
    click(slate_id="s", placement="home", hours=-2)
    click(slate_id="t", placement="cart", hours=-1)
    purchase()
    assert credits(Model.LINEAR) == [("home", Decimal(5)), ("cart", Decimal(5))]


@pytest.mark.parametrize(("hours", "found"), [(-1, "home"), (-1.001, ""), (0.001, "")])
def test_what_was_in_view_within_its_window(hours: float, found: str) -> None:
    seen = [["milk", "popular", "popular"], ["bread", "popular", "popular"]]
    impression("home", hours, items=seen, n_seen=1, visitor_key="a:x")
    VisitorLink.objects.create(anonymous_key="a:x", visitor_key="u:1", bucket=1)
    purchase("milk")
    purchase("bread")
    assert placements(Model.VIEW_THROUGH) == [("milk", found, Decimal(10)), ("bread", "", Decimal(10))]
    assert placements(Model.LINEAR) == [("milk", "", Decimal(10)), ("bread", "", Decimal(10))]


def test_a_click_counts_more_than_a_later_view() -> None:
    click(placement="cart", hours=-20)
    impression("home", -0.5, items=[["milk", "popular", "popular"]], n_seen=1, visitor_key="u:1")
    purchase()
    assert placements(Model.VIEW_THROUGH) == [("milk", "cart", Decimal(10))]


def test_carts_and_ratings_follow_what_led_to_them() -> None:
    click(hours=-1)
    event("cart", hours=0)
    event("rating", hours=50, rating=5)
    event("rating", hours=51, rating=2, visitor="u:2")
    purchase(hours=1)
    event("rating", hours=52, rating=4)
    found = [(a.line.kind, placement(a), a.line.amount) for a in lines_between(at(-100), at(100))]
    assert found == [
        ("cart", "cart", Decimal(0)),
        ("purchase", "cart", Decimal(10)),
        ("rating", "cart", Decimal(0)),
        ("rating", "cart", Decimal(0)),
    ]
