"""Propose, activate, reject, roll back: what may happen to an Override, and what is kept of it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from recommendations.exceptions import ConfigurationError, RecommendationsError, UnknownName, UnknownOption
from recommendations.models import Override, OverrideChange
from recommendations.overrides.changing import (
    MOVES,
    TRAINING,
    TUNE,
    activate,
    person,
    propose,
    reject,
    roll_back,
)
from recommendations.overrides.merging import changes, effective, settings_lines

pytestmark = pytest.mark.django_db

ANN = person("ann")
State = Override.State


def sized(size: int, **fields: Any) -> Override:
    return propose("placement", "product_page", {"size": size}, **{"by": ANN, **fields})


def states() -> list[str]:
    return list(Override.objects.order_by("pk").values_list("state", flat=True))


def told() -> list[tuple[str, str, str, str]]:
    return list(OverrideChange.objects.order_by("pk").values_list("from_state", "to_state", "by", "note"))


def test_from_proposed_to_active_to_replaced_and_back() -> None:
    first, second, third = sized(3), sized(4), sized(5)
    assert [first.version, second.version, third.version] == [1, 2, 3]
    for each in (first, second, third):
        activate(each.pk, by=ANN)
    assert states() == ["replaced", "replaced", "active"]
    gone, back = roll_back("placement", "product_page", by=person("bob"))
    assert (gone.pk, back and back.pk) == (third.pk, second.pk)
    assert states() == ["replaced", "active", "rolled_back"]
    assert roll_back("placement", "product_page", by=ANN)[1] == first
    assert roll_back("placement", "product_page", by=ANN)[1] is None
    assert states() == ["rolled_back"] * 3
    activate(third.pk, by=ANN)
    assert states() == ["rolled_back", "rolled_back", "active"]
    third.refresh_from_db()
    assert (third.decided_by, third.decided_kind) == ("ann", "merchandiser")
    assert third.decided_at is not None


def test_every_move_is_kept() -> None:
    first, second = sized(3), sized(4)
    activate(first.pk, by=ANN)
    activate(second.pk, by=person("bob"))
    roll_back("placement", "product_page", by=ANN)
    reject(sized(5).pk, by=ANN, note="too many")
    assert told() == [
        ("", "proposed", "ann", ""),
        ("", "proposed", "ann", ""),
        ("proposed", "active", "ann", ""),
        ("active", "replaced", "bob", f"by {second.pk}"),
        ("proposed", "active", "bob", ""),
        ("active", "rolled_back", "ann", ""),
        ("replaced", "active", "ann", f"{second.pk} was rolled back"),
        ("", "proposed", "ann", ""),
        ("proposed", "rejected", "ann", "too many"),
    ]


def test_what_cannot_be_done_is_said() -> None:
    first = sized(3)
    with pytest.raises(
        RecommendationsError, match="^There is no Override 999. See: manage.py recommendations config --diff$"
    ):
        activate(999, by=ANN)
    with pytest.raises(
        RecommendationsError,
        match="^No Override of the placement product_page is active. Active: none.$",
    ):
        roll_back("placement", "product_page", by=ANN)
    reject(first.pk, by=ANN)
    with pytest.raises(
        RecommendationsError,
        match=f"^Override {first.pk} of product_page is rejected and cannot become active.$",
    ):
        activate(first.pk, by=ANN)
    with pytest.raises(RecommendationsError, match="is rejected and cannot become rejected"):
        reject(first.pk, by=ANN)
    assert set(MOVES) == set(State)


def test_what_fits_no_settings_is_not_proposed() -> None:
    with pytest.raises(UnknownName, match="There is no placement named 'nowhere'"):
        propose("placement", "nowhere", {"size": 3}, by=ANN)
    with pytest.raises(UnknownOption, match="has no option 'colour'"):
        propose("placement", "product_page", {"colour": "red"}, by=ANN)
    with pytest.raises(
        RecommendationsError, match="^Nothing to change was given for the placement 'product_page'.$"
    ):
        propose("placement", "product_page", {}, by=ANN)
    assert not Override.objects.exists()


def test_options_belong_to_the_algorithm_that_they_were_made_for(settings: Any) -> None:
    knn = {"algorithm": "recommendations.algorithms.item_knn.ItemKNN"}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "RECOMMENDERS": {"also_bought": knn}}
    tuned = propose("recommender", "also_bought", {"options": {"shrinkage": 20.0}}, by=TUNE)
    assert effective(tuned)["options"] == {"shrinkage": 20.0}
    ease = "recommendations.algorithms.ease.EASE"
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS,
        "RECOMMENDERS": {"also_bought": {"algorithm": ease}},
    }
    with pytest.raises(
        ConfigurationError,
        match=f"^Override {tuned.pk} of also_bought does not fit: its options were made for .*ItemKNN, "
        f"and the settings now say {ease}.$",
    ):
        activate(tuned.pk, by=ANN)


def test_the_same_proposal_again_is_the_old_one_and_a_newer_one_takes_its_place() -> None:
    first = propose("recommender", "also_bought", {"options": {"shrinkage": 20.0}}, by=TUNE)
    assert propose("recommender", "also_bought", {"options": {"shrinkage": 20.0}}, by=TUNE) == first
    mine = propose("recommender", "also_bought", {"options": {"shrinkage": 7.0}}, by=ANN)
    newer = propose("recommender", "also_bought", {"options": {"shrinkage": 30.0}}, by=TUNE)
    assert states() == ["rejected", "proposed", "proposed"]
    assert told()[-1] == ("proposed", "rejected", "", f"{newer.pk} is newer")
    assert sized(3) != sized(3)  # people may repeat themselves
    assert mine.version == 2


def test_training_replaces_its_own_choice_and_never_a_persons() -> None:
    first = sized(3, by=TRAINING)
    activate(first.pk, by=TRAINING)
    second = sized(4, by=TRAINING)
    activate(second.pk, by=TRAINING)
    assert states() == ["replaced", "active"]
    activate(sized(5).pk, by=ANN)
    with pytest.raises(
        RecommendationsError, match="^Override .* of product_page was activated by ann, and is left alone.$"
    ):
        activate(sized(6, by=TRAINING).pk, by=TRAINING)
    assert states() == ["replaced", "replaced", "active", "proposed"]


def test_the_database_holds_one_active_and_each_version_once() -> None:
    first, second = sized(3), sized(4)
    activate(first.pk, by=ANN)
    for fields in ({"state": "active"}, {"version": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Override.objects.filter(pk=second.pk).update(**fields)
    other = sized(4, scope="outlet")
    activate(other.pk, by=ANN)
    assert other.version == 1


def test_what_it_changes_and_the_lines_for_the_settings(settings: Any) -> None:
    own = {"size": 5, "title": "Ours"}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "PLACEMENTS": {"product_page": own}}
    change = sized(6)
    assert changes(change) == [("size", 5, 6)]
    lines = settings_lines(change)
    assert lines == {"PLACEMENTS": {"product_page": {"size": 6, "title": "Ours"}}}
    meant = effective(change)
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **lines}
    from recommendations.conf import settings as ours

    assert ours.placement("product_page") == meant


ACTIVATES = """
import sys, django
django.setup()
from recommendations.models import Override
from recommendations.overrides.changing import activate, person
Override.objects.count()  # a connection is open
print("ready", flush=True)
sys.stdin.readline()
for n in range(5):
    for pk in sys.argv[1:]:
        try:
            activate(int(pk), by=person("p"))
        except Exception as error:
            if "cannot become" not in str(error):
                raise
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.services
def test_processes_that_activate_at_once_take_turns() -> None:
    numbers = [str(sized(size).pk) for size in range(3, 9)]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    env["TEST_DATABASE"] = str(connection.settings_dict["NAME"])
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", ACTIVATES, *order],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for order in (numbers, numbers[::-1])
    ]
    for process in runs:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in runs:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in runs:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert sorted(states()) == ["active"] + ["replaced"] * 5
    # Each row says where the one before it left off: nobody moved it behind another's back.
    for pk in numbers:
        rows = list(OverrideChange.objects.filter(override=int(pk)).order_by("pk"))
        assert [row.from_state for row in rows[1:]] == [row.to_state for row in rows[:-1]]
