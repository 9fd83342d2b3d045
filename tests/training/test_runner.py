from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.exceptions import UnknownName
from recommendations.models import Event, Job, Snapshot
from recommendations.progress import NoProgress
from recommendations.store import ListRequest, get_store
from recommendations.training import progress
from recommendations.training.copying import CopyReader
from recommendations.training.locks import acquire
from recommendations.training.reading import Reader
from recommendations.training.runner import TrainingResult, train
from tests.training.factories import (
    ALSO_BOUGHT,
    POPULAR,
    Waiting,
    make_events,
    many,
    targets,
    two_tastes,
)

pytestmark = pytest.mark.django_db(transaction=True)

TOGETHER = {"algorithm": "recommendations.algorithms.association.Association", "options": {}}
CONTENT = {"algorithm": "recommendations.algorithms.content.ContentTfidf", "options": {}}


def outcomes(results: list[TrainingResult]) -> dict[str, str]:
    return {result.recommender: result.status for result in results}


def test_what_is_bought_alike_is_listed(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT, "popular": POPULAR, "together": TOGETHER})
    tastes = two_tastes()
    results = train()
    assert outcomes(results) == {"popular": "live", "also_bought": "live", "together": "live"}
    found = get_store().fetch(
        "", [ListRequest("also_bought", "item", "a0"), ListRequest("popular", "segment", "")]
    )
    similar = found[ListRequest("also_bought", "item", "a0")]
    assert set(targets(similar.entries)) == set(tastes["a"]) - {"a0"}
    assert {source for _, _, source in similar.entries} == {"also_bought"}
    popular = found[ListRequest("popular", "segment", "")]
    assert set(targets(popular.entries)) == {*tastes["a"], *tastes["b"]}


def test_what_a_result_tells(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    two_tastes(n_items=30)
    before = timezone.now()
    (result,) = train()
    snapshot = result.snapshot
    assert snapshot is not None
    snapshot.refresh_from_db()
    assert (snapshot.n_events, snapshot.n_items, snapshot.n_lists, snapshot.coverage) == (800, 60, 60, 1.0)
    assert snapshot.sources == ["also_bought"]
    assert snapshot.options["events"] == {"purchase": 1.0}
    assert isinstance(snapshot.watermark, datetime) and before <= snapshot.watermark <= timezone.now()
    assert result.metrics == snapshot.metrics
    assert {"ndcg@10", "hit_rate@10", "recall@10", "coverage", "n_users"} <= set(result.metrics)
    # Served are items of the right taste only, without those bought lately.
    assert result.metrics["hit_rate@10"] > 0.35
    assert result.as_dict() == {
        "recommender": "also_bought",
        "snapshot": snapshot.pk,
        "status": "live",
        "reason": "",
        "seconds": round(result.seconds, 3),
        "metrics": result.metrics,
    }


def test_the_events_are_read_once_for_all(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT, "popular": POPULAR, "together": TOGETHER})
    two_tastes()
    with CaptureQueriesContext(connection) as queries:
        train()
    table = Event._meta.db_table
    # Nothing else asks for the events' sessions.
    reads = [q for q in queries if f'FROM "{table}"' in q["sql"] and '"session_key"' in q["sql"]]
    assert len(reads) == 1


def test_content_needs_no_events(configure: Callable[..., None]) -> None:
    configure({"similar": CONTENT, "also_bought": ALSO_BOUGHT})
    two_tastes()
    Event.objects.all().delete()
    results = train()
    assert outcomes(results) == {"similar": "live", "also_bought": "refused"}
    assert results[0].metrics == {}


def test_one_failure_does_not_stop_the_others(configure: Callable[..., None]) -> None:
    configure(
        {
            "broken": many(fail_after=0),
            "misspelt": {
                "algorithm": "recommendations.algorithms.popular.Popular",
                "options": {"halflife": 3},
            },
            "absent": {"algorithm": "nowhere.Algorithm"},
            "many": many(n_lists=5),
        }
    )
    make_events(*(("purchase", f"u:{n}", "1") for n in range(60)))
    results = {result.recommender: result for result in train()}
    assert outcomes(list(results.values())) == {
        "broken": "failed",
        "misspelt": "failed",
        "absent": "failed",
        "many": "live",
    }
    assert results["broken"].reason == "ArithmeticError: out of numbers"
    assert results["misspelt"].reason.startswith(
        "UnknownOption: Popular has no option 'halflife'. Known options: "
    )
    assert results["absent"].reason.startswith(
        "ConfigurationError: Algorithm 'nowhere.Algorithm' cannot be imported"
    )
    assert Job.objects.get(name="train:broken").error == "ArithmeticError: out of numbers"
    assert not Job.objects.exclude(holder="").exists()


def test_only_those_named_are_trained(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT, "popular": POPULAR})
    two_tastes()
    assert outcomes(train(["popular", "popular"])) == {"popular": "live"}
    assert get_store().live("").keys() == {"popular"}
    with pytest.raises(
        UnknownName, match="There is no recommender named 'populr'. Known: also_bought, popular."
    ):
        train(["populr"])


def test_scopes_are_trained_apart(configure: Callable[..., None]) -> None:
    configure({"popular": POPULAR})
    make_events(*(("purchase", f"u:{n}", "here") for n in range(60)))
    make_events(*(("purchase", f"u:{n}", "there") for n in range(60)), scope="outlet")
    train()
    train(scope="outlet")
    for scope, item in (("", "here"), ("outlet", "there")):
        wanted = ListRequest("popular", "segment", "")
        assert targets(get_store().fetch(scope, [wanted])[wanted].entries) == [item]


def test_of_two_runs_at_once_the_second_is_told_who_runs(configure: Callable[..., None]) -> None:
    configure({"slow": many("Waiting", n_lists=5), "many": many(n_lists=5)})
    make_events(*(("purchase", f"u:{n}", "1") for n in range(60)))
    Waiting.started.clear()
    Waiting.go_on.clear()
    first: list[TrainingResult] = []

    def run() -> None:
        try:
            first.extend(train(["slow"]))
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert Waiting.started.wait(20)
        holder = Job.objects.get(name="train:slow").holder
        second = {result.recommender: result for result in train()}
    finally:
        Waiting.go_on.set()
        thread.join()
    assert outcomes(list(second.values())) == {"slow": "locked", "many": "live"}
    assert second["slow"].reason.startswith(f"train:slow is being run by {holder} since ")
    assert outcomes(first) == {"slow": "live"}
    assert Snapshot.objects.filter(recommender="slow").count() == 1


def test_a_run_that_lost_its_lock_publishes_nothing(configure: Callable[..., None]) -> None:
    configure({"slow": many("Waiting", n_lists=5)})
    make_events(*(("purchase", f"u:{n}", "1") for n in range(60)))
    Waiting.started.clear()
    Waiting.go_on.clear()
    results: list[TrainingResult] = []

    def run() -> None:
        try:
            results.extend(train())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert Waiting.started.wait(20)
        Job.objects.filter(name="train:slow").update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
        acquire("train:slow")
    finally:
        Waiting.go_on.set()
        thread.join()
    assert results[0].status == "failed"
    assert results[0].reason.startswith("Locked: train:slow: this run lost its lock to another one")
    assert get_store().live("") == {}


class RecordsMeanwhile(NoProgress):
    """Whenever training tells how far it is, somebody else records an event, on a connection of their own."""

    def advance(self, n: int = 1) -> None:
        thread = threading.Thread(target=self._record)
        thread.start()
        thread.join()

    def _record(self) -> None:
        try:
            Event.objects.create(kind="view", visitor_key="u:meanwhile", item_key="a0")
        finally:
            connections.close_all()


def test_recording_goes_on_while_events_are_read(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite an open cursor would make the next write of training's own connection fail at once."""
    for reader in (Reader, CopyReader):
        monkeypatch.setattr(reader, "chunk_rows", 100)
    monkeypatch.setattr(progress, "INTERVAL_SECONDS", 0.0)
    configure({"also_bought": ALSO_BOUGHT})
    two_tastes()
    (result,) = train(progress=RecordsMeanwhile())
    assert (result.status, result.reason) == ("live", "")
    assert Event.objects.filter(visitor_key="u:meanwhile").count() > 8


@pytest.mark.parametrize("module", ["runner", "publishing", "status", "gate", "locks"])
def test_what_the_web_process_needs_loads_no_numpy(module: str) -> None:
    code = (
        "import sys, django; django.setup(); "
        f"import recommendations.training.{module}; "
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
