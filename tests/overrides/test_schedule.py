"""An Override that counts from a time until a time: on the pages to the second, without a query."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.exceptions import ConfigurationError, RecommendationsError
from recommendations.models import Override, OverrideChange
from recommendations.overrides import active
from recommendations.overrides.changing import (
    TRAINING,
    activate,
    person,
    propose,
    roll_back,
    roll_back_this,
    schedule,
)
from recommendations.serving.placements import layout, overridden
from recommendations.training.recommenders import recommender

pytestmark = pytest.mark.django_db

ANN = person("ann")
NAME = "product_page"
SECOND = timedelta(seconds=1)
NOON = timezone.make_aware(datetime(2100, 1, 1, 12))
EVENING = NOON + timedelta(hours=6)


def sized(size: int) -> Override:
    return propose("placement", NAME, {"size": size}, by=ANN)


def size_at(moment: datetime | None = None) -> int:
    active.heard(active.newest_change())  # as a page does that reads its lists
    return layout(moment=moment).placement(NAME).size


def test_it_begins_and_ends_to_the_second_without_a_query() -> None:
    activate(sized(5).pk, by=ANN)
    campaign = schedule(sized(3).pk, by=ANN, starts_at=NOON, ends_at=EVENING)
    assert campaign.state == "scheduled"
    assert size_at() == 5
    times = (NOON - SECOND, NOON, EVENING - SECOND, EVENING)
    with CaptureQueriesContext(connection) as queries:
        assert [layout(moment=at).placement(NAME).size for at in times] == [5, 3, 3, 5]
        assert layout(moment=NOON) is layout(moment=EVENING - SECOND)
    assert len(queries) == 0
    assert OverrideChange.objects.last().to_state == "scheduled"


def test_the_one_that_began_last_counts() -> None:
    schedule(sized(3).pk, by=ANN, starts_at=NOON)
    schedule(sized(4).pk, by=ANN, starts_at=NOON + SECOND, ends_at=EVENING)
    assert [size_at(NOON + n * SECOND) for n in (-1, 0, 1)] == [8, 3, 4]
    assert size_at(EVENING) == 3


def test_without_a_start_it_begins_at_once_and_without_an_end_another_ends_it() -> None:
    first = schedule(sized(3).pk, by=ANN)
    assert size_at() == 3
    second = activate(sized(4).pk, by=ANN)
    first.refresh_from_db()
    assert (first.state, size_at()) == ("replaced", 4)
    assert roll_back("placement", NAME, by=ANN) == (second, first)
    assert size_at() == 3


def test_one_that_counts_is_rolled_back_to_the_active_one() -> None:
    standing = activate(sized(5).pk, by=ANN)
    campaign = schedule(sized(3).pk, by=ANN, ends_at=EVENING)
    later = schedule(sized(2).pk, by=ANN, starts_at=NOON)
    assert roll_back("placement", NAME, by=ANN) == (campaign, standing)
    assert roll_back_this(later.pk, by=ANN) == (later, standing)
    assert [size_at(), size_at(NOON)] == [5, 5]


def test_training_does_not_replace_what_a_person_scheduled() -> None:
    first = schedule(sized(3).pk, by=ANN)
    other = propose("placement", NAME, {"size": 4}, by=TRAINING)
    with pytest.raises(RecommendationsError, match=f"Override {first.pk} of {NAME} was activated by ann"):
        activate(other.pk, by=TRAINING)


@pytest.mark.parametrize(
    "times", [{"starts_at": EVENING, "ends_at": NOON}, {"ends_at": NOON.replace(year=2001)}]
)
def test_an_end_before_its_start_is_refused(times: dict[str, Any]) -> None:
    with pytest.raises(RecommendationsError, match="is not after the start, or is over"):
        schedule(sized(3).pk, by=ANN, **times)


def test_what_does_not_fit_is_not_scheduled() -> None:
    with pytest.raises(ConfigurationError, match="does not fit"):
        schedule(sized(99).pk, by=ANN, starts_at=NOON, check=overridden)
    assert active.read().known == []


def test_a_recommenders_options_count_in_the_trainings_of_that_time() -> None:
    options = {"options": {"events": {"purchase": 1.0}, "half_life_days": 7.0}}
    draft = propose("recommender", "also_bought", options, by=ANN)
    schedule(draft.pk, by=ANN, starts_at=NOON)
    assert recommender("also_bought").options["half_life_days"] == 180.0
    roll_back_this(draft.pk, by=ANN)
    schedule(draft.pk, by=ANN, ends_at=NOON)
    assert recommender("also_bought").options["half_life_days"] == 7.0


def test_when_its_end_has_come_it_has_ended_and_can_begin_anew() -> None:
    standing = activate(sized(5).pk, by=ANN)
    campaign = schedule(sized(3).pk, by=ANN, ends_at=EVENING)
    assert (campaign.state_now, campaign.is_over) == ("scheduled", False)
    Override.objects.filter(pk=campaign.pk).update(ends_at=timezone.now() - SECOND)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_now, campaign.state_label) == ("scheduled", "ended", "ended")
    assert str(campaign) == "placement product_page v2 (ended)"
    with pytest.raises(RecommendationsError, match="is ended and cannot become rolled back"):
        roll_back_this(campaign.pk, by=ANN)
    again = schedule(campaign.pk, by=ANN, starts_at=NOON, ends_at=EVENING)
    assert (again.state_now, size_at(), size_at(NOON)) == ("scheduled", 5, 3)
    Override.objects.filter(pk=campaign.pk).update(starts_at=None, ends_at=timezone.now() - SECOND)
    assert activate(campaign.pk, by=ANN).state_now == "active"
    standing.refresh_from_db()
    assert standing.state == "replaced"
