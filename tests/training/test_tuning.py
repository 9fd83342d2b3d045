from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from recommendations.exceptions import ConfigurationError, UnknownName
from recommendations.models import Snapshot
from recommendations.training.tuning import tune_recommender
from tests.training.factories import ALSO_BOUGHT, two_tastes

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

    def evaluator(entry: Any, data: Any, split: Any, k: int) -> Any:
        tested.append(float(split.test.time.max()))
        return original(entry, data, split, k)

    monkeypatch.setattr(tuning, "_evaluator", evaluator)
    tune_recommender("also_bought", k=3, seconds=5, on_trial=lambda trial: tested.append(0.0))
    assert tested[0] < tested[-1]
    assert tested[1:-1] == [0.0] * (len(tested) - 2)


def test_the_command_prints_trials_and_what_to_do(configure: Callable[..., None], tmp_path: Path) -> None:
    configure({"also_bought": POOR})
    two_tastes(n_visitors=120, n_items=20, weeks=8)
    printed = run("also_bought", "--seconds", "5", "--k", "3")
    assert printed.startswith("NDCG@3")
    assert "combinations tried on the events that decide." in printed
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
