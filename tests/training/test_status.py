from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from recommendations.models import Event, Snapshot
from recommendations.training.locks import acquire
from recommendations.training.readiness import Needs, current_readiness, event_counts, more_of, readiness
from recommendations.training.status import RecommenderStatus, status
from tests.training.factories import ALSO_BOUGHT, POPULAR, make_events, make_items, void

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_recommenders(configure: Callable[..., None]) -> None:
    configure({"popular": POPULAR, "also_bought": ALSO_BOUGHT})


def of(name: str, scope: str = "") -> RecommenderStatus:
    return next(entry for entry in status(scope) if entry.name == name)


def test_without_events() -> None:
    assert [(entry.name, entry.live) for entry in status()] == [("popular", None), ("also_bought", None)]
    assert of("popular").why_empty == "There are no events yet. Run: manage.py recommendations backfill"


def test_never_trained() -> None:
    make_events(("view", "u:1", "1"))
    assert of("popular").why_empty == "It was never trained. Run: manage.py recommendations train popular"


def test_running() -> None:
    make_events(("view", "u:1", "1"))
    lock = acquire("train:popular")
    lock.note(stage="popular: fit")
    assert of("popular").running == lock.job
    assert of("popular").why_empty == "It is being trained for the first time (popular: fit)."
    assert of("also_bought").running is None


def test_refused() -> None:
    make_events(("view", "u:1", "1"))
    refused = Snapshot.objects.create(recommender="popular", status="refused", reason="Too little data: …")
    assert of("popular").why_empty == f"Snapshot {refused.pk} was refused: Too little data: …"
    assert (
        of("popular", "outlet").why_empty
        == "There are no events yet. Run: manage.py recommendations backfill"
    )


def test_live() -> None:
    read_at = timezone.now() - timedelta(hours=5)
    live = Snapshot.objects.create(
        recommender="popular",
        status="live",
        n_lists=3,
        coverage=0.5,
        metrics={"ndcg@10": 0.2},
        watermark=read_at,
        activated_at=timezone.now(),
    )
    entry = of("popular")
    assert (entry.live, entry.n_lists, entry.coverage, entry.metrics) == (live, 3, 0.5, {"ndcg@10": 0.2})
    assert entry.age is not None and timedelta(hours=5) <= entry.age < timedelta(hours=6)
    assert (entry.why_empty, entry.warning) == ("", "")


def test_live_and_empty() -> None:
    live = Snapshot.objects.create(recommender="popular", status="live", activated_at=timezone.now())
    assert of("popular").why_empty == (
        f"Snapshot {live.pk} is live and has no lists: its events and options led to none."
    )


def test_a_refusal_before_the_live_one_is_history() -> None:
    Snapshot.objects.create(
        recommender="popular",
        status="refused",
        reason="old",
        started_at=timezone.now() - timedelta(days=2),
    )
    Snapshot.objects.create(recommender="popular", status="live", n_lists=1, activated_at=timezone.now())
    assert of("popular").warning == ""


def test_status_costs_three_queries(django_assert_num_queries: Callable) -> None:
    with django_assert_num_queries(3):
        status()


def test_readiness_counts_the_kinds_that_are_needed() -> None:
    needs = {
        "popular": Needs(frozenset({"view", "purchase"})),
        "viewed": Needs(frozenset({"view"})),
        "content": Needs(frozenset(), needs_events=False),
    }
    found = readiness({"view": 20, "purchase": 40, "search": 900}, needs, n_items=0, minimum=50)
    assert [(entry.recommender, entry.n_events, entry.is_ready, entry.reason) for entry in found] == [
        ("popular", 60, True, ""),
        (
            "viewed",
            20,
            False,
            "Too little data: 20 events of the kinds view; at least 50 are needed "
            '(RECOMMENDATIONS["GATE_MINIMUM_EVENTS"]).',
        ),
        ("content", 0, False, "The catalogue is empty; run manage.py recommendations sync_items."),
    ]
    assert readiness({}, {"content": needs["content"]}, n_items=1, minimum=50)[0].is_ready


def test_readiness_of_what_is_in_the_tables() -> None:
    make_items("1")
    make_events(*(("view", f"u:{n}", "1") for n in range(50)), ("search", "u:1", ""))
    make_events(("purchase", "u:1", "1"), simulated=True)
    make_events(("wish", "u:1", "1"))
    void(Event.objects.filter(kind="wish"))
    assert event_counts() == {"view": 50}
    ready = {entry.recommender: entry.is_ready for entry in current_readiness()}
    assert ready == {"popular": True, "also_bought": False}
    assert more_of({"view": 50}, {"view": 3, "purchase": 60}) == {"view": 50, "purchase": 60}
    ready = {e.recommender: e.is_ready for e in current_readiness({"purchase": 60})}
    assert ready == {"popular": True, "also_bought": True}
