from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from recommendations.models import Job, Snapshot

pytestmark = pytest.mark.django_db

URL = "/admin/recommendations/snapshot/"
SEE = ("view_snapshot",)
FLIP = ("view_snapshot", "change_snapshot")


@pytest.fixture
def snapshots() -> dict[str, Snapshot]:
    def snapshot(status: str, recommender: str = "popular", **fields) -> Snapshot:
        return Snapshot.objects.create(recommender=recommender, status=status, algorithm="x", **fields)

    return {
        "old": snapshot(
            "ready", metrics={"ndcg@10": 0.1234567, "recall@10": 0.5, "n_users": 1562.0}, coverage=0.5
        ),
        "live": snapshot("live"),
        "refused": snapshot("refused", reason="coverage fell by 40 %"),
        "other": snapshot("live", "also_bought"),
    }


def statuses() -> list[str]:
    return list(Snapshot.objects.order_by("pk").values_list("status", flat=True))


def post(client, action: str, *snapshots: Snapshot):
    """Select rows, choose the action, and say yes."""
    data = {"action": action, "_selected_action": [s.pk for s in snapshots]}
    asked = client.post(URL, data, follow=True)
    assert asked.status_code == 200
    assert b"Yes, do it" in asked.content
    return client.post(asked.redirect_chain[-1][0], follow=True)


def test_the_list_says_how_good_and_why_not(staff, snapshots) -> None:
    page = staff(*SEE).get(URL).content.decode()
    for text in ("popular #", "0.1235", "50.0%", "coverage fell by 40 %"):
        assert text in page


def test_the_detail_shows_all_metrics_and_nothing_to_edit(staff, snapshots) -> None:
    client = staff(*FLIP)
    page = client.get(f"{URL}{snapshots['old'].pk}/change/").content.decode()
    assert '<th scope="row">n_users</th><td>1,562</td>' in page
    assert 'name="_save"' not in page
    assert f"flip/activate/?ids={snapshots['old'].pk}" in page
    refused = client.get(f"{URL}{snapshots['refused'].pk}/change/").content.decode()
    assert "flip/" not in refused


def test_asking_changes_nothing(staff, snapshots) -> None:
    before = statuses()
    staff(*FLIP).get(f"{URL}flip/activate/?ids={snapshots['old'].pk}")
    assert statuses() == before


def test_activate(staff, snapshots) -> None:
    page = post(staff(*FLIP), "activate_selected", snapshots["old"])
    assert statuses() == ["live", "ready", "refused", "live"]
    assert f"Snapshot {snapshots['old'].pk} of popular is live now." in page.content.decode()
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (str(snapshots["old"].pk), "Activated.")


def test_roll_back(staff, snapshots) -> None:
    post(staff(*FLIP), "roll_back_selected", snapshots["live"], snapshots["refused"])
    assert statuses() == ["live", "ready", "refused", "live"]
    assert LogEntry.objects.count() == 1


def test_what_cannot_be_done_is_said_and_the_rest_is_done(staff, snapshots) -> None:
    page = post(staff(*FLIP), "activate_selected", snapshots["refused"], snapshots["old"]).content.decode()
    assert "only one that is ready can go live" in page
    assert statuses() == ["live", "ready", "refused", "live"]


def test_nothing_to_roll_back_to(staff, snapshots) -> None:
    page = post(staff(*FLIP), "roll_back_selected", snapshots["other"])
    assert b'class="error"' in page.content
    assert statuses() == ["ready", "live", "refused", "live"]


def test_only_those_with_the_change_permission_may(staff, snapshots) -> None:
    client = staff(*SEE)
    url = f"{URL}flip/activate/?ids={snapshots['old'].pk}"
    assert client.get(url).status_code == 403
    assert client.post(url).status_code == 403
    assert b"activate_selected" not in client.get(URL).content
    assert statuses() == ["ready", "live", "refused", "live"]


@pytest.mark.parametrize(
    "rest", ["flip/activate/", "flip/activate/?ids=x", "flip/activate/?ids=999999", "flip/eat/?ids=1"]
)
def test_addresses_that_lead_nowhere(staff, snapshots, rest: str) -> None:
    assert staff(*FLIP).get(URL + rest).status_code == 404


def test_running_jobs_are_shown_on_top(staff, snapshots) -> None:
    soon = timezone.now() + timedelta(minutes=5)
    Job.objects.create(name="train:popular", holder="w1", expires_at=soon, stage="publish", done=30, total=80)
    Job.objects.create(name="train:dead", holder="w2", expires_at=timezone.now() - timedelta(minutes=5))
    page = staff(*SEE).get(URL).content.decode()
    assert 'id="rec-jobs"' in page and "data-running" in page
    assert '<progress max="80" value="30" aria-label="Progress of train:popular">' in page
    assert "train:dead" not in page
