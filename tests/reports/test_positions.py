"""Clicks set right for where the items stood."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from recommendations.datatypes import EXPLORATION
from recommendations.models import Impression, PositionCurve
from recommendations.reports.days import today
from recommendations.reports.positions import corrected_ctr, learned, randomised, refresh_curves
from recommendations.reports.rollup import roll_up
from tests.reports.factories import click

pytestmark = pytest.mark.django_db

THETA = [1.0, 0.7, 0.5, 0.35]


def test_items_that_chance_placed_tell_how_much_positions_are_looked_at() -> None:
    at = {0: (1000, 100), 1: (1000, 70), 2: (1000, 50), 3: (1000, 19)}
    assert randomised(at) == pytest.approx([1.0, 0.7, 0.5])
    assert randomised({0: (1000, 3), 1: (1000, 70)}) == []


def test_the_learned_curve_is_right_although_good_items_stand_first() -> None:
    """The better an item, the further in front it stands: the plain CTR falls far more steeply than the curve."""
    quality = {"a": 0.4, "b": 0.2, "c": 0.1, "d": 0.05}
    seen = {
        ("a", 0): 60_000, ("a", 1): 20_000, ("b", 0): 20_000, ("b", 1): 60_000, ("b", 2): 20_000,
        ("c", 1): 20_000, ("c", 2): 60_000, ("c", 3): 20_000, ("d", 2): 20_000, ("d", 3): 60_000,
    }  # fmt: skip
    counts = {(i, p): (n, round(n * quality[i] * THETA[p])) for (i, p), n in seen.items()}
    assert learned(counts) == pytest.approx(THETA, abs=0.01)
    assert learned({("a", 0): (100, 5)}) == []


def made_up(n: int, recommender: str) -> None:
    dice = random.Random(0)
    now = timezone.now()
    for number in range(n):
        keys = dice.sample("abcd", 4)
        made = Impression.objects.create(
            slate_id=f"p{number}", placement="row", seen=[0, 1, 2, 3], n_seen=4, occurred_at=now,
            items=[[key, "popular", recommender] for key in keys],
        )  # fmt: skip
        for position, key in enumerate(keys):
            if dice.random() < 0.5 * THETA[position]:
                click(
                    key, f"u:{number}", placement="row", position=position, slate_id=made.slate_id,
                    origin={"recommender": recommender}, occurred_at=now,
                )  # fmt: skip


@pytest.mark.parametrize(("recommender", "method"), [(EXPLORATION, "randomised"), ("popular", "learned")])
def test_the_report_says_where_the_curve_comes_from(recommender: str, method: str) -> None:
    made_up(400, recommender)
    roll_up()
    curve = PositionCurve.objects.get()
    assert refresh_curves() == 0  # once a day
    assert PositionCurve.objects.get() == curve
    assert curve.method == method
    assert curve.examination == pytest.approx(THETA, abs=0.12)
    (found,) = corrected_ctr(today() - timedelta(days=1), today())
    assert (found.placement, found.recommender, found.seen, found.method) == (
        "row",
        recommender,
        1600,
        method,
    )
    assert found.ctr == pytest.approx(0.5 * sum(THETA) / 4, abs=0.03)
    assert found.corrected == pytest.approx(0.5, abs=0.05)


def test_too_few_clicks_give_no_curve() -> None:
    made_up(5, "popular")
    roll_up()
    assert refresh_curves(force=True) == 0
    (found,) = corrected_ctr(today(), today())
    assert (found.corrected, found.method) == (None, None)
