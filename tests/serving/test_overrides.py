"""Active Overrides on pages: from the next page on, in every process, without a query more."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.exceptions import ConfigurationError
from recommendations.models import Override
from recommendations.overrides import active
from recommendations.overrides.changing import activate, person, propose, roll_back
from recommendations.serving.engine import recommend
from recommendations.serving.placements import get_placement, overridden, placements_of_page
from tests.serving import twelve
from tests.serving.twelve import publish, publish_popular, shown_on, somebody

ANN = person("ann")
BOUGHT = {"sources": [{"source": "similar", "recommenders": ["also_bought"]}]}


SETTINGS = {
    **twelve.SETTINGS,
    "PLACEMENTS": {
        "product_page": {
            "page": "product",
            "sources": [
                {"source": "similar", "recommenders": ["also_viewed", "also_bought"], "weight": 1.0},
                {"source": "similar", "recommenders": ["similar_content"], "weight": 0.5},
            ],
            "filters": ["shown_item"],
            "fallback": [],
        }
    },
}


@pytest.fixture
def lists(products: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = SETTINGS
    publish("also_viewed", {"b1": ["b2"]})
    publish("also_bought", {"b1": ["t1"]})
    publish("similar_content", {"b1": ["d1"]})


def override(value: dict[str, Any], name: str = "product_page", **fields: Any) -> Override:
    """A proposed Override, as it is."""
    return propose("placement", name, value, by=ANN, **fields)


def queries_of(make: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        make()
    return [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def page() -> list[str]:
    return shown_on("product_page", somebody(anonymous_key="a:ann"), item="b1")


def test_the_next_page_shows_it_and_later_ones_cost_what_they_did(lists: None) -> None:
    assert page() == ["b2", "t1", "d1"]
    before = queries_of(page)
    activate(override(BOUGHT).pk, by=ANN)
    assert page() == ["t1"]
    assert len(queries_of(page)) == len(before)
    assert (
        sum("recommendations_override" in sql for sql in queries_of(page)) == 1
    )  # in the query of the lists
    roll_back("placement", "product_page", by=ANN)
    assert page() == ["b2", "t1", "d1"]
    assert len(queries_of(page)) == len(before)


def test_a_process_that_knows_nothing_finds_out_on_its_first_page(lists: None) -> None:
    activate(override(BOUGHT).pk, by=ANN)
    active.forget()
    assert page() == ["t1"]


def test_a_proposal_changes_nothing(lists: None) -> None:
    override(BOUGHT)
    assert page() == ["b2", "t1", "d1"]


def test_everything_of_a_placement_can_be_changed(lists: None) -> None:
    publish_popular(everybody=["t1", "t2", "t3"])
    activate(override({"title": "Our picks", "size": 2, "sources": ["popular"], "page": "picks"}).pk, by=ANN)
    page()
    slate = recommend("product_page", somebody(anonymous_key="a:ann"), item="b1")
    assert (slate.title, twelve.keys(slate)) == ("Our picks", ["t1", "t2"])
    assert "product_page" in [each.name for each in placements_of_page("picks")]
    assert "product_page" not in [each.name for each in placements_of_page("product")]


def test_scopes_have_their_own(lists: None) -> None:
    publish("also_viewed", {"b1": ["b3"]}, scope="outlet")
    publish("also_bought", {"b1": ["t3"]}, scope="outlet")
    activate(override(BOUGHT, scope="outlet").pk, by=ANN)
    assert page() == ["b2", "t1", "d1"]
    assert shown_on("product_page", somebody(anonymous_key="a:ann", scope="outlet"), item="b1") == ["t3"]


def test_one_that_no_longer_fits_is_left_out_with_a_warning(
    lists: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    own = override({"sources": [{"source": "similar", "recommenders": ["also_bought"]}]})
    activate(own.pk, by=ANN)
    Override.objects.filter(pk=own.pk).update(
        value={"sources": [{"source": "similar", "recommenders": ["gone"]}]}
    )
    active.forget()
    with caplog.at_level(logging.WARNING, "recommendations"):
        assert page() == ["b2", "t1", "d1"]
        assert page() == ["b2", "t1", "d1"]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert told[0].startswith(
        f"Override {own.pk} of the placement 'product_page' is ignored: RECOMMENDATIONS"
    )
    assert "names the recommender 'gone', which does not exist" in told[0]
    with pytest.raises(ConfigurationError, match="gone"):
        overridden(Override.objects.get())


def test_an_option_that_an_upgrade_took_away_does_no_harm(lists: None) -> None:
    own = override({"size": 3})
    activate(own.pk, by=ANN)
    Override.objects.filter(pk=own.pk).update(value={"colour": "red"})
    active.forget()
    assert page() == ["b2", "t1", "d1"]
    Override.objects.filter(pk=own.pk).update(name="no_longer_there", value={"size": 3})
    active.forget()
    assert page() == ["b2", "t1", "d1"]


def test_activating_asks_whether_the_placement_can_be_made(lists: None) -> None:
    own = override({"sources": ["simlar"]})
    with pytest.raises(ConfigurationError, match="^Override .* of product_page does not fit: .*'simlar'"):
        activate(own.pk, by=ANN, check=overridden)
    own.refresh_from_db()
    assert own.state == Override.State.PROPOSED


def test_a_store_that_cannot_tell_is_asked_for(
    products: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RECOMMENDATIONS = {**SETTINGS, "STORE": "recommendations.store.memory.MemoryStore"}
    publish("also_viewed", {"b1": ["b2"]})
    publish("also_bought", {"b1": ["t1"]})
    assert page() == ["b2", "t1"]
    change = override(BOUGHT)
    Override.objects.filter(pk=change.pk).update(state="active")  # as another process would
    change.changes.create(from_state="proposed", to_state="active", by_kind="merchandiser")
    assert page() == ["b2", "t1"]
    monkeypatch.setattr(active, "ASK_SECONDS", 0.0)
    assert page() == ["t1"]


def test_the_same_placement_stays_the_same_object(lists: None) -> None:
    assert get_placement("product_page") is get_placement("product_page")


OTHER_PROCESS = """
import os, sys, django
django.setup()
from recommendations.overrides.changing import activate, person
activate(int(sys.argv[1]), by=person("another process"))
"""


@pytest.mark.django_db(transaction=True)
def test_what_another_process_activates_is_on_the_next_page(transactional_db: None, lists: None) -> None:
    change = override(BOUGHT)
    assert page() == ["b2", "t1", "d1"]
    in_another_process(OTHER_PROCESS, str(change.pk))
    assert page() == ["t1"]


def in_another_process(code: str, *arguments: str) -> None:
    import os

    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    env["TEST_DATABASE"] = str(connection.settings_dict["NAME"])
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
