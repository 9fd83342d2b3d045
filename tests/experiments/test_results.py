"""From impressions and orders to what is proven."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone

from recommendations.experiments import statistics
from recommendations.experiments.changing import Arm, Draft, pause, start, write
from recommendations.experiments.results import evaluate
from recommendations.models import (
    Event,
    Experiment,
    ExperimentResult,
    Exposure,
    Impression,
    OverrideChange,
    VisitorLink,
)
from recommendations.overrides.changing import person

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ANN = person("ann")
TWO = (Arm("A", 0.5, is_control=True), Arm("B", 0.5))


def begun(arms: Any = TWO, **fields: Any) -> Experiment:
    made = write(Draft("test", "product_page", arms, **fields), by=ANN)
    return start(made.pk, by=ANN)


def sight(experiment: Experiment, visitor: str, variant: str, days: float = 1.0) -> Impression:
    return Impression(
        slate_id=f"{visitor}-{variant}-{days}",
        placement="product_page",
        visitor_key=visitor,
        items=[],
        experiment=experiment.pk,
        variant=variant,
        occurred_at=NOW - timedelta(days=days),
    )


def order(visitor: str, value: str, days: float = 0.5, kind: str = "purchase") -> Event:
    return Event(
        kind=kind,
        visitor_key=visitor,
        item_key="b1",
        order_key=f"{visitor}-{days}",
        value=Decimal(value),
        currency="EUR",
        occurred_at=NOW - timedelta(days=days),
    )


def test_exposures_hold_what_was_done_before_and_since() -> None:
    experiment = begun()
    Impression.objects.bulk_create(
        [sight(experiment, "a:1", "A"), sight(experiment, "a:2", "B"), sight(experiment, "a:3", "A", 3),
         sight(experiment, "u:3", "B"), sight(experiment, "a:4", "B", 40)]
    )  # fmt: skip
    VisitorLink.objects.create(anonymous_key="a:3", visitor_key="u:3", bucket=1)
    Event.objects.bulk_create(
        [
            order("a:1", "30"), order("a:1", "5", 20), order("a:1", "12", 0.4), order("a:1", "10", 0.3, "refund"),
            order("a:2", "7", 50), order("a:4", "1", 10),
            Event(kind="click", visitor_key="a:2", item_key="b1", placement="product_page",
                  origin={"experiment": experiment.pk, "variant": "B"}, occurred_at=NOW - timedelta(days=0.9)),
        ]
    )  # fmt: skip
    evaluate()
    rows = {row.visitor_key: row for row in Exposure.objects.select_related("variant")}
    first = rows["a:1"]
    assert (first.variant.name, first.orders, first.revenue, first.before) == ("A", 2, Decimal(32), 5.0)
    assert (rows["a:2"].clicks, rows["a:2"].slates, rows["a:2"].before) == (1, 1, 0.0)
    assert rows["u:3"].is_excluded and "a:3" not in rows
    assert (first.came_back, rows["a:4"].came_back) == (None, True) or rows["a:4"].came_back is False
    evaluate()
    assert Exposure.objects.count() == 4
    data = ExperimentResult.objects.get().data
    assert [(arm["name"], arm["visitors"], arm["excluded"]) for arm in data["arms"]] == [
        ("A", 1, 1),
        ("B", 2, 0),
    ]


def seeded(experiment: Experiment, n: int, buys: dict[str, float]) -> None:
    """`n` visitors an arm, a share of whom buys for 30."""
    for variant, share in buys.items():
        keys = [f"a:{variant}{number}" for number in range(n)]
        Impression.objects.bulk_create([sight(experiment, key, variant) for key in keys])
        Event.objects.bulk_create([order(key, "30") for key in keys[: int(n * share)]])


def test_a_large_difference_is_found_and_told() -> None:
    experiment = begun(metric="conversion")
    seeded(experiment, 600, {"A": 0.2, "B": 0.4})
    evaluate()
    data = ExperimentResult.objects.get().data
    assert data["winner"] == "B" and data["ratio"]["alarm"] is False
    interval = data["arms"][1]["metrics"]["conversion"]["raw"]
    assert interval["low"] < 0.2 < interval["high"] and interval["low"] > 0
    assert data["arms"][0]["metrics"]["revenue"]["mean"] == pytest.approx(6.0)


def test_harm_stops_the_experiment_and_says_why(caplog: Any) -> None:
    experiment = begun(guardrails={"revenue": 0.05})
    seeded(experiment, 600, {"A": 0.4, "B": 0.1})
    evaluate()
    experiment.refresh_from_db()
    assert experiment.status == "stopped" and experiment.stopped_at is not None
    assert "was stopped: harm: B revenue" in caplog.text
    change = OverrideChange.objects.order_by("-pk").first()
    assert change is not None and change.experiment_id == experiment.pk and change.note.startswith("harm: B")


def test_one_whose_end_is_over_is_stopped() -> None:
    experiment = begun(ends_at=timezone.now() + timedelta(seconds=1))
    Experiment.objects.filter(pk=experiment.pk).update(ends_at=NOW - timedelta(days=1))
    call_command("recommendations", "experiments", "--no-progress")
    experiment.refresh_from_db()
    assert experiment.status == "stopped"


def test_the_holdout_gives_what_recommendations_bring_in() -> None:
    experiment = begun((Arm("none", 0.5, is_control=True, holdout=True), Arm("all", 0.5)))
    seeded(experiment, 1000, {"none": 0.2, "all": 0.3})
    evaluate()
    increment = ExperimentResult.objects.get().data["increment"]
    assert increment["total"]["estimate"] == pytest.approx(3.0 * 1000)
    assert increment["total"]["low"] < 3000 < increment["total"]["high"]


def test_a_wrong_ratio_alarms_and_nothing_wins() -> None:
    experiment = begun(metric="conversion")
    seeded(experiment, 700, {"A": 0.1})
    seeded(experiment, 500, {"B": 0.5})
    evaluate()
    data = ExperimentResult.objects.get().data
    assert data["ratio"]["alarm"] is True and data["winner"] == ""


def test_moves_are_kept_and_refused() -> None:
    experiment = begun()
    with pytest.raises(Exception, match="runs on product_page already"):
        other = write(Draft("other", "product_page", TWO), by=ANN)
        start(other.pk, by=ANN)
    pause(experiment.pk, by=ANN, note="sale")
    moves = list(OverrideChange.objects.order_by("pk").values_list("from_state", "to_state", "by", "note"))
    assert moves == [("draft", "running", "ann", ""), ("running", "paused", "ann", "sale")]
    with pytest.raises(Exception, match="what once ran is not edited"):
        write(Draft("test", "product_page", TWO), by=ANN, pk=experiment.pk)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arms": TWO[:1]}, "An experiment has 2 to 5 variants, not 1."),
        ({"arms": (TWO[0], TWO[0])}, "Two variants have the same name."),
        (
            {"arms": (Arm("A", 0.5), Arm("B", 0.5))},
            "One variant is the control that the others are compared with.",
        ),
        (
            {"arms": (Arm("A", 0.5, is_control=True), Arm("B", 0.6))},
            "The shares are above 0 and add up to 1.",
        ),
        ({"traffic": 0}, "The share of the visitors is above 0, at most 1."),
        ({"guardrails": {"luck": 0.1}}, r'Write guardrails as \{"revenue": 0.05\}'),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=message):
        write(Draft(**{"name": "x", "placement": "product_page", "arms": TWO, **change}), by=ANN)


def test_intervals_are_those_of_the_paper() -> None:
    # Waudby-Smith et al. (2024), theorem 2.2, by hand for N = 1000, V = 0.01, ρ² = 0.001, alpha = 0.05.
    rho2 = 0.001
    tuned = (-2 * np.log(0.05) + np.log(-2 * np.log(0.05)) + 1) / rho2
    expected = np.sqrt(0.01 * 2 * 2 / 1 * np.log(np.sqrt(2) / 0.05))
    assert statistics.half_width(0.01, 1000, 0.05, tuned) == pytest.approx(expected)
    few = statistics.Moments(99, 1.0, 1.0)
    assert statistics.difference(few, few).low == -np.inf


def test_relative_intervals_say_the_same_as_differences() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        share, n = rng.uniform(0.05, 0.6, 2), rng.integers(100, 3000, 2)
        variant, control = (
            statistics.Moments(int(size), each, each * (1 - each))
            for size, each in zip(n, share, strict=True)
        )
        of_difference, of_ratio = (
            statistics.difference(variant, control),
            statistics.relative(variant, control),
        )
        if np.isfinite(of_ratio.low):
            assert (of_difference.low > 0, of_difference.high < 0) == (of_ratio.low > 0, of_ratio.high < 0)
            assert of_ratio.low < share[0] / share[1] - 1 < of_ratio.high


def test_cuped_takes_off_what_was_so_before() -> None:
    rng = np.random.default_rng(1)
    before = [rng.normal(10, 3, 500), rng.normal(10, 3, 500)]
    values = [before[0] + rng.normal(0, 1, 500), before[1] + 0.5 + rng.normal(0, 1, 500)]
    after = statistics.adjusted(values, before)
    assert after[1].mean() - after[0].mean() == pytest.approx(0.5, abs=0.2)
    assert after[0].var() < values[0].var() / 5


def test_the_detectable_effect_shrinks_with_visitors() -> None:
    few, many = (statistics.detectable(0.05, 0.0475, n) for n in (2_000, 40_000))
    assert many < 0.2 < few
