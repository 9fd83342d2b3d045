from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommendations.algorithms.item_knn import ItemKNN
from recommendations.exceptions import NotEnoughData, UnknownName
from recommendations.models import Event, Snapshot
from recommendations.training.comparing import compare_recommenders
from tests.training.factories import ALSO_BOUGHT, POPULAR, make_events, make_items, many, two_tastes

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = {**ALSO_BOUGHT, "k": 1}


class Audience(ItemKNN):
    """Finds visitors for items."""

    produces = frozenset({("item", "visitor")})


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("recommendations", "evaluate", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_taste_wins_over_popularity(configure: Callable[..., None]) -> None:
    configure({"popular": POPULAR, "also_bought": ALSO_BOUGHT})
    two_tastes(n_visitors=120, n_items=20, weeks=6)
    report = compare_recommenders(k=3, fraction=0.3, new_only=True)
    best, baseline = report.standings
    assert (best.recommender, best.lists, best.verdict) == ("also_bought", "item", "better")
    assert (baseline.recommender, baseline.lists, baseline.verdict) == ("popular", "segment", "")
    assert baseline.against is None
    assert best.against is not None and best.ndcg is not None
    assert best.p == best.against.p <= 0.01
    assert best.against.difference.mean == pytest.approx(best.metrics["ndcg"] - baseline.metrics["ndcg"])
    assert best.ndcg.low < best.metrics["ndcg"] == best.ndcg.mean < best.ndcg.high
    assert (report.baseline, report.k, report.targets) == ("popular", 3, ["purchase"])
    assert report.n_visitors == best.metrics["n_users"] == best.ndcg.n == 119
    assert not Snapshot.objects.exists()


def test_all_are_judged_by_the_same_visitors_and_kinds(configure: Callable[..., None]) -> None:
    also_viewed = {**ALSO_BOUGHT, "options": {"events": {"view": 1.0}}}
    configure({"popular": POPULAR, "also_viewed": also_viewed, "also_bought": ALSO_BOUGHT})
    two_tastes()
    make_events(("view", "u:1", "a1"), ("view", "u:2", "b1"), ("view", "u:99", "b2"))
    Event.objects.filter(kind="view").update(occurred_at=timezone.now() - timedelta(weeks=9))
    report = compare_recommenders()
    assert report.targets == ["purchase", "view"]
    assert {row.metrics["n_users"] for row in report.standings} == {40.0}
    with pytest.raises(NotEnoughData, match="The time split leaves 0 of 3 events to train"):
        compare_recommenders(targets=["view"], fraction=0.5)


def test_lists_are_as_long_as_the_settings_say(configure: Callable[..., None]) -> None:
    configure({"popular": POPULAR, "short": SHORT, "long": ALSO_BOUGHT})
    two_tastes(n_items=12)
    short, long = sorted(
        compare_recommenders(["short", "long"], against="long").standings, key=lambda row: row.recommender
    )[::-1]
    assert short.recommender == "short"
    assert short.metrics["precision"] < long.metrics["precision"]


def test_what_cannot_be_judged_says_why_and_the_others_go_on(
    configure: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    never = {**ALSO_BOUGHT, "options": {"events": {"wish": 1.0}}}
    configure(
        {
            "popular": POPULAR,
            "never": never,
            "broken": many(fail_after=0),
            "wrong": {"algorithm": "no.such.Algorithm"},
            "elsewhere": {"algorithm": f"{__name__}.Audience"},
        }
    )
    two_tastes()
    report = compare_recommenders()
    assert {row.recommender: row.reason for row in report.standings} == {
        "popular": "",
        "never": "ItemKNN needs events of the kinds wish: 0 of 720 events are.",
        "broken": "ArithmeticError: out of numbers",
        "wrong": "Algorithm 'no.such.Algorithm' cannot be imported: No module named 'no'.",
        "elsewhere": "It makes no lists of items that a visitor sees by themselves: it makes item → visitor.",
    }
    assert report.standings[0].recommender == "popular"
    assert "Evaluating broken failed" in caplog.text
    text = run()
    assert "never was not judged: ItemKNN needs events of the kinds wish" in text
    with pytest.raises(CommandError) as caught:
        run("never", "--against", "broken")
    assert str(caught.value) == (
        "No recommender could be judged.\nbroken: ArithmeticError: out of numbers\n"
        "never: ItemKNN needs events of the kinds wish: 0 of 720 events are."
    )


def test_without_the_usual_baseline_the_first_is_it(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT, "short": SHORT})
    two_tastes()
    assert compare_recommenders().baseline == "also_bought"
    assert compare_recommenders(["short"]).baseline == "short"
    with pytest.raises(
        UnknownName, match="There is no recommender named 'nobody'. Known: also_bought, short."
    ):
        compare_recommenders(against="nobody")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--k", "0"], "argument --k: '0' is no number of places; give 1 or more."),
        (
            ["--fraction", "90"],
            "argument --fraction: '90' is no fraction; give one between 0 and 1, such as 0.1.",
        ),
        (["--fraction", "half"], "argument --fraction: 'half' is no fraction"),
        (["nobody"], "There is no recommender named 'nobody'. Known: popular."),
        (
            ["--target", "purchas"],
            "There are no events of the kind 'purchas' to judge by; of those that can be learned from there are: "
            "purchase, view.",
        ),
        (
            [],
            "Too little data to compare recommenders: No visitor has events on both sides of the split: 1 visitors to "
            "train, 1 to test. It takes visitors who were here before the moment of the split and came back after it; "
            "a larger fraction of the time span to judge by may have some.",
        ),
    ],
)
def test_errors_are_clear(configure: Callable[..., None], arguments: list[str], message: str) -> None:
    configure({"popular": POPULAR})
    make_items("a", "b")
    make_events(("purchase", "u:1", "a"), ("view", "u:2", "b"))
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert message in str(caught.value)


def test_an_empty_log(configure: Callable[..., None]) -> None:
    configure({"popular": POPULAR})
    with pytest.raises(
        CommandError, match="Too little data to compare recommenders: There are no events to split."
    ):
        run()


def test_the_table(configure: Callable[..., None]) -> None:
    configure({"popular": POPULAR, "also_bought": ALSO_BOUGHT})
    two_tastes(n_visitors=120, n_items=20, weeks=6)
    lines = run("--k", "3", "--fraction", "0.3", "--new-only").splitlines()
    assert lines[0].split("  ")[0] == "recommender"
    for heading in ("NDCG@3", "95 % interval", "against popular", "hit rate", "diversity", "seconds"):
        assert f" {heading}" in lines[0]
    assert lines[2].startswith("also_bought ") and " better " in lines[2]
    assert lines[3].startswith("popular ") and " the baseline " in lines[3]
    assert lines[4] == ""
    assert "judged by what 119 visitors did from then on (purchase; items new to them)." in lines[5]
    assert len(lines) == 7


def test_few_visitors_decide_nothing(configure: Callable[..., None]) -> None:
    configure({"popular": POPULAR})
    two_tastes()
    lines = run().splitlines()
    assert "judged by what 40 visitors did from then on (purchase)." in lines[4]
    assert lines[6].startswith("Only 40 visitors to judge by: take the order as a hint.")


def test_json(configure: Callable[..., None]) -> None:
    configure({"popular": POPULAR, "also_bought": ALSO_BOUGHT, "broken": many(fail_after=0)})
    two_tastes(n_visitors=120, n_items=20, weeks=6)
    arguments = ("--json", "--fraction", "0.3", "--target", "purchase", "--new-only")
    found: dict[str, Any] = json.loads(run(*arguments))
    assert found["baseline"] == "popular"
    best, second, broken = found["standings"]
    assert (best["recommender"], best["verdict"], best["lists"]) == ("also_bought", "better", "item")
    assert best["ndcg"]["low"] < best["metrics"]["ndcg"] < best["ndcg"]["high"]
    assert best["against"]["difference"]["mean"] > 0
    assert {"serendipity", "personalisation", "gini", "auc", "map"} <= set(best["metrics"])
    assert second["against"] is None
    assert broken["reason"] == "ArithmeticError: out of numbers"
    assert broken["ndcg"] is None


def test_progress_is_told(configure: Callable[..., None]) -> None:
    configure({"popular": POPULAR})
    two_tastes()
    told = StringIO()
    call_command("recommendations", "evaluate", stdout=StringIO(), stderr=told)
    for stage in ("load events: 800 of 800 (", "popular: fit (", "popular: evaluate ("):
        assert stage in told.getvalue()
