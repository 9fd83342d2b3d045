"""From every figure to the rows that made it."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from recommendations.models import DailyBreakdown, DailyStat, Profile
from recommendations.reports.attribution import Model
from recommendations.reports.rollup import roll_up
from recommendations.reports.rows import OF_LINES, Figure, clicks_behind, lines_behind, slates_behind
from tests.reports.factories import DAY, at, click, impression, purchase
from tests.reports.test_rollup import make_up

pytestmark = pytest.mark.django_db

PARTS = ("recommender", "experiment", "variant", "device", "segment")


def figure(name: str, row: DailyStat | DailyBreakdown) -> Figure:
    """What a stored row's figure is."""
    parts = {part: getattr(row, part) for part in PARTS if hasattr(row, part)}
    money = name in ("orders", "revenue", "refunds")
    currency = row.currency if money else None
    model = Model(row.model) if row.model else Model.LAST_CLICK
    return Figure(name, row.day, row.day, row.scope, row.placement, model, currency, row.simulated, **parts)


@pytest.fixture(autouse=True)
def past() -> None:
    Profile.objects.create(visitor_key="u:1", first_seen_at=at(), last_seen_at=at(), stage="new")
    make_up(random.Random(5))
    roll_up()


@pytest.mark.parametrize("table", [DailyStat, DailyBreakdown])
@pytest.mark.parametrize("name", ["revenue", "refunds", "orders", "conversions", "carts"])
def test_lines_add_up_to_the_figure(table: type, name: str) -> None:
    rows = table.objects.filter(day=DAY).exclude(**{name: 0})
    assert rows or name == "refunds"
    for row in rows:
        found = lines_behind(figure(name, row))
        if name == "revenue":
            assert sum(share.amount for share in found) == row.revenue
        elif name == "refunds":
            assert -sum((share.amount for share in found), Decimal(0)) == row.refunds
        elif name == "orders":
            assert len({share.event.order_key for share in found}) == row.orders
        else:
            assert len({touch.card for share in found for touch in share.touches}) == getattr(row, name)


@pytest.mark.parametrize("table", [DailyStat, DailyBreakdown])
def test_slates_and_clicks_are_as_many_as_the_figure_says(table: type) -> None:
    for row in table.objects.filter(day=DAY, slates__gt=0):
        assert slates_behind(figure("slates", row)).count() == row.slates
    for row in table.objects.filter(day=DAY, clicks__gt=0):
        assert clicks_behind(figure("clicks", row)).count() == row.clicks


def test_parts_narrow_down() -> None:
    made = impression(hours=1, device="phone", experiment=3, variant="b", items=[["x", "s", "r"]], n_seen=1)
    tapped = click(
        "x", hours=1, slate_id=made.slate_id, origin={"experiment": 3, "variant": "b", "recommender": "r"}
    )
    wanted = Figure("slates", DAY, DAY, device="phone", experiment=3, variant="b", recommender="r")
    assert list(slates_behind(wanted)) == [made]
    assert list(clicks_behind(wanted)) == [tapped]
    for other in ({"device": "desktop"}, {"experiment": 0}, {"variant": "a"}, {"recommender": "popular"}):
        assert made not in slates_behind(replace(wanted, **other))
        assert tapped not in clicks_behind(replace(wanted, **other))


def test_no_more_than_asked_for_and_unknown_figures_are_refused() -> None:
    purchase()
    assert len(lines_behind(Figure("orders", DAY, DAY, placement=""), most=2)) == 2
    with pytest.raises(ValueError, match="There are no rows behind 'ctr', only behind slates, "):
        Figure("ctr", DAY, DAY)
    assert set(OF_LINES) == {"carts", "conversions", "orders", "revenue", "refunds", "ratings"}
