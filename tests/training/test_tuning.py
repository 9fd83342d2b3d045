from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommendations.evaluation.tuning import Trial
from recommendations.exceptions import ConfigurationError, UnknownName
from recommendations.models import Event, Snapshot
from recommendations.training.tuning import tune_recommender
from tests.training.factories import ALSO_BOUGHT, make_items, two_tastes

pytestmark = pytest.mark.django_db(transaction=True)

#: Popular items of either taste come out on top, whatever the visitor likes: much can be gained.
POOR = {
    **ALSO_BOUGHT,
    "options": {"events": {"purchase": 1.0}, "shrinkage": 100_000.0, "similarity": "conditional"},
}


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("recommendations", "tune", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_finds_better_options_and_proves_it_on_later_events(configure: Callable[..., None]) -> None:
    configure({"also_bought": POOR})
    two_tastes(n_visitors=120, n_items=20, weeks=8)
    report = tune_recommender("also_bought", k=3, seconds=20)
    before, after = report.validation
    assert report.changed
    assert after > before
    assert after == max(trial.score for trial in report.trials)
    assert report.options == POOR["options"] | report.changed
    assert report.on_new is not None and report.means_on_new is not None
    old, new = report.means_on_new
    assert report.on_new.difference.mean == pytest.approx(new - old)
    assert not Snapshot.objects.exists()


def test_the_last_events_are_looked_at_only_once_all_is_chosen(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommendations.training import tuning

    configure({"also_bought": POOR})
    two_tastes(n_visitors=60, n_items=20, weeks=8)
    tested: list[float] = []
    original = tuning._evaluator

    def evaluator(entry: Any, data: Any, split: Any, k: int, targets: list[str]) -> Any:
        tested.append(float(split.test.time.max()))
        return original(entry, data, split, k, targets)

    monkeypatch.setattr(tuning, "_evaluator", evaluator)
    tune_recommender("also_bought", k=3, seconds=5, on_trial=lambda trial: tested.append(0.0))
    assert tested[0] < tested[-1]
    assert tested[1:-1] == [0.0] * (len(tested) - 2)


def shop_log(noise: str, n_visitors: int = 200, weeks: int = 8) -> None:
    """Visitors of four tastes, who every week view two things and buy two, all new to them: of their taste, but where
    views are noise they are of another, and where purchases are, half of them are of any."""
    items = [f"{taste}{n:02d}" for taste in "abcd" for n in range(36)]
    make_items(*items)
    drawn = random.Random(3)
    now = timezone.now()
    events = []
    for visitor in range(n_visitors):
        left = drawn.sample(items, len(items))
        taste, other = drawn.choice("abcd"), drawn.choice("abcd")
        for week in range(weeks):
            for kind in ("view", "purchase") * 2:
                wanted = other if kind == noise == "view" else taste
                if kind == noise == "purchase" and drawn.random() < 0.5:
                    wanted = "abcd"
                left.remove(item := next(item for item in left if item[0] in wanted))
                moment = now - timedelta(weeks=week, minutes=visitor)
                events.append(Event(kind=kind, visitor_key=f"u:{visitor}", item_key=item, occurred_at=moment))
    Event.objects.bulk_create(events)


MIXED = {
    "algorithm": "recommendations.algorithms.generalised_knn.GeneralisedKNN",
    "options": {"damping": "sum"},
}


@pytest.mark.parametrize(("noise", "weight"), [("view", 3.0), ("purchase", 0.03)])
def test_weights_of_kinds_are_learned(configure: Callable[..., None], noise: str, weight: float) -> None:
    events = {"view": weight, "purchase": 1.0}
    configure({"mixed": {**MIXED, "options": {**MIXED["options"], "events": events}}})
    shop_log(noise)
    seen: list[Trial] = []
    report = tune_recommender("mixed", k=5, seconds=20, on_trial=seen.append)
    assert report.targets == ["purchase"]  # the same, whatever the weights
    found = report.changed["events"]
    assert found["purchase"] == 1.0  # the one that means most stays
    assert found["view"] < 1.0 if noise == "view" else found["view"] > 0.1
    assert report.present["events"] == events
    assert report.options["events"] == found
    assert report.validation[1] > report.validation[0]
    assert seen == report.trials
    assert all(set(trial.options["events"]) == {"view", "purchase"} for trial in seen)


def test_a_kind_that_the_data_lacks_is_not_searched(configure: Callable[..., None]) -> None:
    events = {"view": 1.0, "purchase": 5.0, "dismiss": -1.0}
    configure({"mixed": {**ALSO_BOUGHT, "options": {"events": events}}})
    two_tastes(n_visitors=120, n_items=20, weeks=8)
    report = tune_recommender("mixed", k=3, seconds=3)
    assert "events" not in report.present | report.changed


def test_where_few_can_be_judged_by_what_means_most_all_kinds_are_foretold(
    configure: Callable[..., None],
) -> None:
    configure({"mixed": {**ALSO_BOUGHT, "options": {"events": {"view": 1.0, "purchase": 5.0}}}})
    two_tastes(n_visitors=30, n_items=20, weeks=8)
    assert tune_recommender("mixed", k=3, seconds=1).targets == ["purchase", "view"]


def test_the_command_prints_trials_and_what_to_do(configure: Callable[..., None], tmp_path: Path) -> None:
    configure({"also_bought": POOR})
    two_tastes(n_visitors=120, n_items=20, weeks=8)
    printed = run("also_bought", "--seconds", "5", "--k", "3")
    assert printed.startswith("NDCG@3")
    assert "combinations tried on the events that decide." in printed
    assert "Judged by what visitors did next: purchase." in printed
    assert "On later events, by which nothing was chosen" in printed
    pytest.importorskip("optuna")
    file = tmp_path / "study.journal"
    assert "combinations tried" in run("also_bought", "--seconds", "2", "--study", str(file))
    assert file.exists()


def test_what_cannot_be_tuned(configure: Callable[..., None]) -> None:
    trending = {"algorithm": "recommendations.algorithms.trending.Trending"}
    configure({"also_bought": ALSO_BOUGHT, "trending": trending})
    with pytest.raises(ConfigurationError, match="trending: Trending has no options worth a search"):
        tune_recommender("trending")
    with pytest.raises(UnknownName, match="also_bought"):
        tune_recommender("nothing")
    with pytest.raises(CommandError, match="no events|too little|0 events|There are"):
        run("also_bought")
