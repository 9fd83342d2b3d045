from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recommendations.models import Event, RankedList, Snapshot
from recommendations.signals import snapshot_refused
from recommendations.training.gate import (
    Quality,
    no_lists,
    too_little_data,
    worse_coverage,
    worse_ranking,
)
from recommendations.training.runner import train
from recommendations.training.status import status
from tests.training.factories import ALSO_BOUGHT, make_events, make_items, two_tastes, void

COVERAGE_FELL = (
    "Catalogue coverage fell by 50%, from 1.0000 to 0.5000; more than 30% is refused "
    '(RECOMMENDATIONS["GATE_COVERAGE_DROP"]).'
)


def test_too_little_data_says_how_much_is_needed() -> None:
    assert too_little_data(49, {"view", "click"}, 50) == (
        "Too little data: 49 events of the kinds click, view; at least 50 are needed "
        '(RECOMMENDATIONS["GATE_MINIMUM_EVENTS"]).'
    )
    assert too_little_data(50, {"view"}, 50) == ""


@pytest.mark.parametrize(
    ("before", "now", "refused"),
    [(0.5, 0.35, False), (0.5, 0.34, True), (0.5, 0.9, False), (0.0, 0.0, False)],
)
def test_coverage_may_fall_by_30_percent(before: float, now: float, refused: bool) -> None:
    reason = worse_coverage(Quality(coverage=now), Quality(coverage=before))
    assert bool(reason) is refused


@pytest.mark.parametrize(
    ("before", "now", "refused"), [(0.25, 0.2, False), (0.25, 0.19, True), (0.25, 0.3, False)]
)
def test_ndcg_may_fall_by_20_percent(before: float, now: float, refused: bool) -> None:
    reason = worse_ranking(Quality(ndcg=now), Quality(ndcg=before))
    assert bool(reason) is refused


def test_exact_reasons() -> None:
    assert worse_coverage(Quality(coverage=0.5), Quality(coverage=1.0)) == COVERAGE_FELL
    assert worse_ranking(Quality(ndcg=0.1), Quality(ndcg=0.2)) == (
        'NDCG@10 fell by 50%, from 0.2000 to 0.1000; more than 20% is refused (RECOMMENDATIONS["GATE_NDCG_DROP"]).'
    )
    assert no_lists(0) == "It made no lists: its events and options led to none."


def test_nothing_to_compare_with_is_no_reason() -> None:
    assert worse_coverage(Quality(coverage=0.1), None) == ""
    assert worse_ranking(Quality(ndcg=None), Quality(ndcg=0.2)) == ""
    assert worse_ranking(Quality(ndcg=0.1), Quality(ndcg=None)) == ""


@pytest.fixture
def refusals() -> Any:
    heard: list[tuple[int, str]] = []

    def hear(snapshot: Snapshot, reason: str, **kwargs: object) -> None:
        heard.append((snapshot.pk, reason))

    snapshot_refused.connect(hear)
    yield heard
    snapshot_refused.disconnect(hear)


@pytest.mark.django_db(transaction=True)
def test_a_fall_of_coverage_leaves_the_old_one_live(
    configure: Callable[..., None], refusals: list[tuple[int, str]]
) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    two_tastes()
    (first,) = train()
    assert (first.status, first.reason) == ("live", "")
    void(Event.objects.filter(item_key__startswith="b"))
    (second,) = train()
    assert (second.status, second.reason) == ("refused", COVERAGE_FELL)
    assert second.snapshot is not None and first.snapshot is not None
    assert refusals == [(second.snapshot.pk, COVERAGE_FELL)]
    (stands,) = status()
    assert stands.live == first.snapshot
    assert stands.warning == f"#{second.snapshot.pk} refused: {COVERAGE_FELL}"
    assert not RankedList.objects.filter(snapshot=second.snapshot).exists()
    (forced,) = train(force=True)
    assert forced.status == "live"
    assert status()[0].warning == ""


@pytest.mark.django_db(transaction=True)
def test_a_fall_of_ndcg_is_refused_before_anything_is_written(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    two_tastes()
    (first,) = train()
    measured = first.metrics["ndcg@10"]
    assert first.snapshot is not None and 0 < measured < 0.7
    Snapshot.objects.filter(pk=first.snapshot.pk).update(metrics={"ndcg@10": measured * 1.26})
    (second,) = train()
    assert second.status == "refused"
    assert second.reason == (
        f"NDCG@10 fell by 21%, from {measured * 1.26:.4f} to {measured:.4f}; more than 20% is refused "
        '(RECOMMENDATIONS["GATE_NDCG_DROP"]).'
    )
    assert second.metrics == first.metrics


@pytest.mark.django_db(transaction=True)
def test_too_few_events_are_refused(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    make_items("1")
    make_events(*(("purchase", f"u:{n}", "1") for n in range(49)))
    (result,) = train()
    assert (result.status, result.reason) == (
        "refused",
        "Too little data: 49 events of the kinds purchase; at least 50 are needed "
        '(RECOMMENDATIONS["GATE_MINIMUM_EVENTS"]).',
    )
