"""An experiment in the admin: written, started, looked at, stopped, shipped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from recommendations.experiments.changing import Arm, Draft, start, write
from recommendations.experiments.results import evaluate
from recommendations.models import Event, Experiment, Impression, Override, VisitorDay
from recommendations.overrides.changing import person
from tests.experiments.test_results import NOW, seeded
from tests.serving import twelve
from tests.support.browser import accessibility_violations, log_in

pytestmark = pytest.mark.django_db

URL = "/admin/recommendations/experiment/"
ALL = ("view_experiment", "add_experiment", "run_experiment", "activate_override")


@pytest.fixture(autouse=True)
def shop(settings: Any) -> None:
    settings.RECOMMENDATIONS = {
        **twelve.SETTINGS,
        "PLACEMENTS": {"product_page": {"sources": ["popular"], "size": 4, "page": "product"}},
    }


WRITTEN = {
    "name": "New arrivals", "placement": "product_page", "kind": "ab", "metric": "conversion", "traffic": "100",
    "known": "",    "segment": "", "guard_revenue": "5", "variants-TOTAL_FORMS": "5", "variants-INITIAL_FORMS": "0",
    "variants-0-name": "A", "variants-0-share": "50", "variants-1-name": "B", "variants-1-share": "50",
    "variants-1-changes": '{"sources": ["new_arrivals"]}',
}  # fmt: skip


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_from_the_form_to_what_everybody_sees(staff: Any) -> None:
    client = staff(*ALL)
    assert "Behind a cache of whole pages" in text_of(client.get(f"{URL}add/"))
    response = client.post(f"{URL}add/", WRITTEN)
    experiment = Experiment.objects.get()
    assert response.url == f"{URL}{experiment.pk}/change/"
    assert experiment.guardrails == {"revenue": 0.05}
    first, second = experiment.variants.all()
    assert (first.is_control, first.share, second.changes) == (True, 0.5, {"sources": ["new_arrivals"]})
    assert "No figures yet" in text_of(client.get(response.url))
    assert "Start the experiment?" in text_of(client.get(f"{URL}decide/start/?ids={experiment.pk}"))
    client.post(f"{URL}decide/start/?ids={experiment.pk}")
    seeded(experiment, 600, {"A": 0.2, "B": 0.4})
    evaluate()
    page = text_of(client.get(response.url))
    assert "B is better." in page and "+100.0 %" in page and "Stop</a>" in page
    client.post(f"{URL}decide/stop/?ids={experiment.pk}", {"note": "clear"})
    client.post(f"{URL}decide/ship/?ids={experiment.pk}", {"variant": "B"})
    experiment.refresh_from_db()
    assert (experiment.status, experiment.winner) == ("finished", "B")
    override = Override.objects.get()
    assert (override.state, override.value) == ("active", {"sources": ["new_arrivals"]})
    assert override.reason == "Variant B of the experiment New arrivals"
    assert LogEntry.objects.count() == 4
    assert "running → stopped · merchandiser · clear" in text_of(client.get(response.url))


def test_what_is_wrong_stands_in_the_form(staff: Any) -> None:
    client = staff(*ALL)
    wrong = {
        **WRITTEN,
        "variants-1-changes": '{"sources": ["nothing_such"]}',
        "segment": '{"age": 3}',
    }
    page = text_of(client.post(f"{URL}add/", wrong))
    assert "nothing_such" in page and "which does not exist" in page and "segment is" in page
    page = text_of(client.post(f"{URL}add/", {**WRITTEN, "variants-1-share": "60"}))
    assert "The shares are above 0 and add up to 1." in page
    assert not Experiment.objects.exists()


def test_the_form_says_what_can_be_found(staff: Any) -> None:
    Impression.objects.bulk_create(
        Impression(
            slate_id=f"s{n}", placement="product_page", visitor_key=f"a:{n}", items=[], occurred_at=NOW
        )
        for n in range(400)
    )
    VisitorDay.objects.bulk_create(
        VisitorDay(day=NOW.date(), visitor_key=f"a:{n}", orders=n < 40, revenue=30 if n < 40 else 0)
        for n in range(400)
    )
    page = text_of(staff(*ALL).get(f"{URL}add/?placement=product_page"))
    assert "<td>800</td>" in page


def test_who_may_not_run_experiments_does_not(staff: Any) -> None:
    client = staff("view_experiment")
    assert client.get(f"{URL}add/").status_code == 403
    assert client.get(f"{URL}decide/start/?ids=1").status_code == 403
    assert client.get(URL).status_code == 200
    assert client.get(f"{URL}99/change/").status_code == 404


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible(live_server: Any, page: Any, scheme: Any) -> None:
    User.objects.create_superuser("admin", password="admin")
    arms = (Arm("none", 0.2, is_control=True, holdout=True), Arm("all", 0.8))
    made = write(Draft("Is it worth it?", "product_page", arms, metric="conversion"), by=person("ann"))
    experiment = start(made.pk, by=person("ann"))
    seeded(experiment, 150, {"none": 0.2})
    seeded(experiment, 600, {"all": 0.4})
    assert Event.objects.exists()
    evaluate()
    page.emulate_media(color_scheme=scheme)
    paths = {"form": f"{URL}add/?placement=product_page", "results": f"{URL}{experiment.pk}/change/"}
    log_in(page, live_server.url, URL, "admin")
    for name, path in paths.items():
        page.goto(live_server.url + path)
        assert accessibility_violations(page) == []
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=str(Path(folder) / f"experiment-{name}-{scheme}.png"), full_page=True)
