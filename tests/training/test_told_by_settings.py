"""Options that the settings know better than an algorithm: other recommenders, and how pages read a history."""

from __future__ import annotations

from typing import Any

import pytest

from recommendations.exceptions import UnknownName
from recommendations.training.recommenders import recommender

RANKER = {"algorithm": "recommendations.algorithms.session_ranker.SessionRanker"}


def use(settings: Any, **recommenders: Any) -> None:
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "RECOMMENDERS": recommenders}


@pytest.mark.django_db
def test_bases_are_the_recommenders_of_the_settings(settings: Any) -> None:
    use(settings, ranker=RANKER, also_bought={"options": {"events": {"purchase": 1.0}, "shrinkage": 3.0}})
    options = recommender("ranker").options
    assert [base["name"] for base in options["bases"]] == ["also_viewed", "also_bought", "similar_content"]
    assert options["bases"][1] == {
        "name": "also_bought",
        "algorithm": "recommendations.algorithms.item_knn.ItemKNN",
        "options": {"events": {"purchase": 1.0}, "shrinkage": 3.0},
        "k": 50,
    }
    assert options["popularity"]["name"] == "popular"


@pytest.mark.django_db
def test_those_taken_away_are_left_out(settings: Any) -> None:
    use(settings, ranker=RANKER, also_bought=None, popular=None)
    options = recommender("ranker").options
    assert [base["name"] for base in options["bases"]] == ["also_viewed", "similar_content"]
    assert options["popularity"] == {}


@pytest.mark.django_db
def test_a_name_that_does_not_exist_is_refused(settings: Any) -> None:
    use(settings, ranker={**RANKER, "options": {"bases": [{"recommender": "also_bougth"}]}})
    with pytest.raises(UnknownName, match="also_bougth"):
        recommender("ranker")


@pytest.mark.django_db
def test_histories_are_read_as_pages_read_them(settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS,
        "HISTORY_EVENTS": 30,
        "HISTORY_HALF_LIFE_HOURS": 5,
        "HISTORY_WEIGHTS": {"view": 2.0},
        "RECOMMENDERS": {"ranker": RANKER, "own": {**RANKER, "options": {"history_events": 7}}},
    }
    found = recommender("ranker")
    assert found.kinds == {"view"}
    assert found.options["history_events"] == 30
    assert found.options["history_half_life_hours"] == 5
    assert recommender("own").options["history_events"] == 7
    # Another algorithm is told nothing.
    assert "history_events" not in recommender("also_viewed").options
