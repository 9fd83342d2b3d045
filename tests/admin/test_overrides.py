from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from recommendations.models import Override
from recommendations.overrides.changing import TRAINING, TUNE, activate, person, propose
from tests.support.browser import accessibility_violations, log_in

pytestmark = pytest.mark.django_db

URL = "/admin/recommendations/override/"
SEE = ("view_override",)
DECIDE = ("view_override", "activate_override")

EVIDENCE = {
    "later": {"present": 0.1885, "proposed": 0.21414},
    "difference": {"mean": 0.0257, "low": 0.0133, "high": 0.0389, "n": 553, "level": 0.95},
}


ROW = {
    "sources": [
        {"source": "similar", "recommenders": ["also_viewed", "also_bought"], "weight": 1.0},
        {"source": "similar", "recommenders": ["similar_content"], "weight": 0.5},
    ]
}
BOUGHT = {"options": {"events": {"purchase": 1.0}, "half_life_days": 180.0}}


@pytest.fixture(autouse=True)
def shop(settings) -> None:
    """A placement and a recommender that say the same whatever the defaults are."""
    own = {"PLACEMENTS": {"product_page": ROW}, "RECOMMENDERS": {"also_bought": BOUGHT}}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **own}


@pytest.fixture
def overrides(db: None) -> dict[str, Override]:
    options = {"events": {"purchase": 1.0}, "half_life_days": 90.0, "shrinkage": 10.0}
    tuned = propose(
        "recommender",
        "also_bought",
        {"options": options},
        by=TUNE,
        reason="NDCG@10 on later events: 0.2141 instead of 0.1885.",
        evidence=EVIDENCE,
    )
    sources = [{"source": "similar", "recommenders": ["also_bought"]}]
    chosen = propose("placement", "product_page", {"sources": sources}, by=TRAINING, reason="It is better.")
    activate(chosen.pk, by=TRAINING)
    smaller = propose("placement", "product_page", {"size": 4, "title": "Ours"}, by=person("ann"))
    return {"tuned": tuned, "chosen": chosen, "smaller": smaller}


def states() -> list[str]:
    return list(Override.objects.order_by("pk").values_list("state", flat=True))


def post(client, action: str, *overrides: Override):
    """Select rows, choose the action, and say yes."""
    asked = client.post(
        URL, {"action": action, "_selected_action": [each.pk for each in overrides]}, follow=True
    )
    assert asked.status_code == 200
    assert b"Yes, do it" in asked.content
    return client.post(asked.redirect_chain[-1][0], follow=True)


def test_the_list_says_what_by_whom_why_and_how_sure(staff, overrides) -> None:
    page = staff(*SEE).get(URL).content.decode()
    for text in (
        "<code>options.half_life_days</code>: <code>180.0</code> → <code>90.0</code>",
        '<code>options.shrinkage</code>: <span class="rec-quiet">nothing</span> → <code>10.0</code>',
        "0.1885 → 0.2141",
        "(+0.0133 to +0.0389 (95 %), 553 visitors)",
        "similar(also_viewed, also_bought) + similar(similar_content) × 0.5</code> → <code>similar(also_bought)",
        "NDCG@10 on later events: 0.2141 instead of 0.1885.",
        "search of options",
        "merchandiser ann",
        "rec-badge-active",
    ):
        assert text in page
    assert "Nobody has proposed an override yet" not in page


def test_an_empty_list_says_where_they_come_from(staff) -> None:
    page = staff(*SEE).get(URL).content.decode()
    assert "Nobody has proposed an override yet" in page
    assert "manage.py recommendations tune also_bought" in page


def test_the_detail_has_the_history_and_nothing_to_edit(staff, overrides) -> None:
    client = staff(*DECIDE)
    page = client.get(f"{URL}{overrides['chosen'].pk}/change/").content.decode()
    assert 'name="_save"' not in page and "deletelink" not in page
    assert page.count("<tr><td>") == 2  # proposed, active
    assert f"decide/roll_back/?ids={overrides['chosen'].pk}" in page
    assert "decide/activate/" not in page
    waiting = client.get(f"{URL}{overrides['tuned'].pk}/change/").content.decode()
    assert "decide/activate/" in waiting and "decide/reject/" in waiting and "roll_back" not in waiting
    for rest in ("add/", f"{overrides['tuned'].pk}/delete/"):
        assert client.get(URL + rest).status_code == 403


def test_activate(staff, overrides) -> None:
    page = post(staff(*DECIDE), "activate_selected", overrides["tuned"], overrides["smaller"])
    assert states() == ["active", "replaced", "active"]
    assert f"Override {overrides['tuned'].pk} of also_bought: active." in page.content.decode()
    overrides["tuned"].refresh_from_db()
    assert (overrides["tuned"].decided_by, overrides["tuned"].decided_kind) == (
        "merchandiser",
        "merchandiser",
    )
    assert list(LogEntry.objects.values_list("change_message", flat=True)) == ["active", "active"]


def test_reject_and_roll_back(staff, overrides) -> None:
    client = staff(*DECIDE)
    post(client, "reject_selected", overrides["tuned"])
    post(client, "activate_selected", overrides["smaller"])
    post(client, "roll_back_selected", overrides["smaller"])
    assert states() == ["rejected", "active", "rolled_back"]


def test_what_cannot_be_done_is_said_and_the_rest_is_done(staff, overrides) -> None:
    Override.objects.filter(pk=overrides["smaller"].pk).update(value={"sources": ["simlar"]})
    page = post(staff(*DECIDE), "activate_selected", *overrides.values()).content.decode()
    assert f"Override {overrides['chosen'].pk} of product_page is active and cannot become active." in page
    assert "names the source &#x27;simlar&#x27;, which does not exist" in page
    assert states() == ["active", "active", "proposed"]


def test_one_that_has_no_effect_says_why(staff, overrides) -> None:
    Override.objects.filter(pk=overrides["chosen"].pk).update(value={"sources": ["simlar"]})
    activate(overrides["tuned"].pk, by=person("ann"))
    Override.objects.filter(pk=overrides["tuned"].pk).update(problem="ItemKNN has no option 'x'.")
    page = staff(*SEE).get(URL).content.decode()
    assert "Left out: RECOMMENDATIONS[&quot;PLACEMENTS&quot;]" in page
    assert "Left out: ItemKNN has no option &#x27;x&#x27;." in page


def test_only_those_with_the_permission_may(staff, overrides) -> None:
    client = staff(*SEE, "change_override")
    url = f"{URL}decide/activate/?ids={overrides['tuned'].pk}"
    assert client.get(url).status_code == 403
    assert client.post(url).status_code == 403
    assert b"activate_selected" not in client.get(URL).content
    assert b"decide/" not in client.get(f"{URL}{overrides['tuned'].pk}/change/").content
    assert states() == ["proposed", "active", "proposed"]


def test_asking_changes_nothing(staff, overrides) -> None:
    page = staff(*DECIDE).get(f"{URL}decide/activate/?ids={overrides['tuned'].pk}").content.decode()
    assert "A placement changes from the next page on" in page
    assert "<code>options.half_life_days</code>" in page
    assert states() == ["proposed", "active", "proposed"]


@pytest.mark.parametrize(
    "rest", ["decide/activate/", "decide/activate/?ids=x", "decide/eat/?ids=1", "decide/reject/?ids=999"]
)
def test_addresses_that_lead_nowhere(staff, overrides, rest: str) -> None:
    assert staff(*DECIDE).get(URL + rest).status_code == 404


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_a_browser(live_server, page) -> None:
    """Look at the list, open one, say yes; nothing that shuts anybody out. SCREENSHOTS names a folder to keep."""
    User.objects.create_superuser("boss", password="boss")
    folder = os.environ.get("SCREENSHOTS")

    def shoot(name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"overrides-{name}.png", full_page=True)

    log_in(page, live_server.url, URL, "boss")
    page.wait_for_selector(".rec-empty")
    shoot("empty")
    found = make_for_browser()
    page.reload()
    shoot("list")
    assert accessibility_violations_of_ours(page) == []
    page.goto(f"{live_server.url}{URL}{found.pk}/change/")
    shoot("detail")
    page.click("text=Activate")
    page.wait_for_selector("text=Yes, do it")
    shoot("confirm")
    assert accessibility_violations_of_ours(page) == []
    page.click("text=Yes, do it")
    page.wait_for_selector(".messagelist .success")
    shoot("done")
    found.refresh_from_db()
    assert (found.state, found.decided_by) == ("active", "boss")


def make_for_browser() -> Override:
    """Three Overrides, the one to be activated last."""
    sources = [{"source": "similar", "recommenders": ["also_viewed"]}]
    reason = (
        "also_viewed takes the place of also_viewed + also_bought: NDCG@10 0.2141 instead of 0.1885 (+13.6%, 99.50% "
        "interval of the difference +0.0098 to +0.0421), judged by what 553 visitors did from 2026-10-17 16:27 UTC on "
        "(purchase, view)."
    )
    evidence = {"judged": {"present": 0.1885, "proposed": 0.2141}, "difference": EVIDENCE["difference"]}
    chosen = propose(
        "placement", "product_page", {"sources": sources}, by=TRAINING, reason=reason, evidence=evidence
    )
    activate(chosen.pk, by=TRAINING)
    no = propose("placement", "cart", {"size": 12}, by=person("ann"), reason="Before the holidays.")
    activate(no.pk, by=person("ann"))
    options = {"events": {"purchase": 1.0}, "half_life_days": 90.0, "shrinkage": 10.0}
    reason = (
        "NDCG@10 on later events, by which nothing was chosen: 0.2141 instead of 0.1885 (+0.0257, 95 % interval "
        "+0.0133 to +0.0389, 553 visitors)."
    )
    kind, name = "recommender", "also_bought"
    return propose(kind, name, {"options": options}, by=TUNE, reason=reason, evidence=EVIDENCE)


def accessibility_violations_of_ours(page) -> list[str]:
    """Without what Django's own lists and forms break."""
    return [each for each in accessibility_violations(page) if "rec-" in each]
