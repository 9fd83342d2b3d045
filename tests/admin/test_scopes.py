"""Several shops in one install: the admin asks which one; with one shop nobody is asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from recommendations.datatypes import Context, ListKind
from recommendations.models import Item, Override, PlacementChange, RecommenderChange, Rule
from tests.admin.test_entries import DECIDE, FEWER, RECOMMENDERS, ROW, URL, text_of, written
from tests.admin.test_rules import BLANK
from tests.admin.test_rules import URL as RULES
from tests.serving import twelve
from tests.serving.twelve import publish, publish_popular, shown_on
from tests.support.browser import accessibility_violations, log_in

pytestmark = pytest.mark.django_db

ALL = (*DECIDE, "view_rule", "add_rule", "view_recommenderchange", "add_recommenderchange")
OUTLET = Context(scope="outlet")
BEFORE = ["b1", "b2", "d1", "f1"]


@pytest.fixture(autouse=True)
def shop(settings: Any) -> None:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": ROW}}
    twelve.stock_the_shop()
    publish_popular(everybody=["b1", "b2", "d1", "f1", "t1", "t2"])
    lists = {"": ["b1", "b2", "d1", "f1", "t1", "t2"]}
    publish("popular", lists, ListKind.SEGMENT, scope="outlet")


@pytest.fixture
def outlet() -> None:
    """The same shelves in a second shop."""
    for item in Item.objects.all():
        item.pk, item.scope = None, "outlet"
        item.save(force_insert=True)


def test_with_one_scope_nobody_is_asked(staff: Any) -> None:
    client = staff(*ALL)
    urls = (URL, f"{URL}add/?name=row", RULES, f"{RULES}add/", f"{RECOMMENDERS}add/?name=also_bought")
    for url in urls:
        page = text_of(client.get(url))
        assert "rec-scopes" not in page and 'name="scope"' not in page and "outlet" not in page, url
        assert "?scope=" not in page and ";scope=" not in page, url
    client.post(f"{URL}add/?name=row&scope=nowhere", written(**FEWER))
    assert PlacementChange.objects.get().scope == ""


def test_the_only_scope_is_the_one_that_is_meant(staff: Any) -> None:
    Item.objects.update(scope="outlet")
    client = staff(*ALL)
    client.post(f"{URL}add/?name=row", written(**FEWER))
    client.post(f"{RULES}add/", {**BLANK, "name": "no bread", "action": "exclude", "items": "b1"})
    assert {each.scope for each in Override.objects.all()} == {"outlet"}


def test_a_placement_is_changed_in_the_chosen_scope_only(staff: Any, outlet: None) -> None:
    client = staff(*ALL)
    listed = text_of(client.get(f"{URL}?scope=outlet"))
    assert 'aria-current="true">outlet<' in listed and f"{URL}add/?name=row&amp;scope=outlet" in listed
    form = text_of(client.get(f"{URL}add/?name=row&scope=outlet"))
    assert 'aria-current="true">outlet<' in form and 'href="?scope=&amp;name=row">(without a name)<' in form
    client.post(f"{URL}add/?name=row&scope=outlet", written(**FEWER))
    change = PlacementChange.objects.get()
    preview = text_of(client.get(f"{URL}{change.pk}/preview/"))
    now, then = preview.split('id="side-2"')
    assert "<strong>outlet</strong>" in now and ">b2<" in now and ">b2<" not in then
    asked = f"{URL}decide/activate/?ids={change.pk}"
    assert "· outlet ·" in text_of(client.get(asked))
    client.post(asked)
    assert shown_on("row", OUTLET) == ["b1", "d1", "f1"]
    assert shown_on("row") == BEFORE
    assert f"{URL}{change.pk}/change/" in text_of(client.get(f"{URL}?scope=outlet"))
    assert f"{URL}{change.pk}/change/" not in text_of(client.get(f"{URL}?scope="))
    again = text_of(client.get(f"{URL}add/?from={change.pk}"))
    assert 'aria-current="true">outlet<' in again and 'name="size" value="3"' in again


def test_a_rule_is_written_for_the_chosen_scope(staff: Any, outlet: None) -> None:
    client = staff(*ALL)
    assert '<option value="outlet">outlet</option>' in text_of(client.get(f"{RULES}add/"))
    rule = {**BLANK, "name": "no bread", "action": "exclude", "items": "b1", "placements": ["row"]}
    assert "Select a valid choice" in text_of(client.post(f"{RULES}add/", {**rule, "scope": "nowhere"}))
    client.post(f"{RULES}add/", {**rule, "scope": "outlet"})
    written_rule = Rule.objects.get()
    assert written_rule.scope == "outlet"
    now, then = text_of(client.get(f"{RULES}{written_rule.pk}/preview/")).split('id="side-2"')
    assert ">b1<" in now and ">t1<" in then
    client.post(f"{RULES}decide/activate/?ids={written_rule.pk}")
    assert shown_on("row", OUTLET) == ["b2", "d1", "f1", "t1"]
    assert shown_on("row") == BEFORE
    assert "· outlet" in text_of(client.get(f"{RULES}?scope=outlet"))
    assert "· outlet" not in text_of(client.get(f"{RULES}?scope="))
    again = text_of(client.get(f"{RULES}add/?from={written_rule.pk}"))
    assert '<option value="outlet" selected>outlet</option>' in again


def test_a_recommender_is_changed_in_the_chosen_scope(staff: Any, outlet: None) -> None:
    client = staff(*ALL)
    data = {"events": '{"purchase": 2.0}', "options": '{"half_life_days": 90}'}
    client.post(f"{RECOMMENDERS}add/?name=also_bought&scope=outlet", data)
    assert RecommenderChange.objects.get().scope == "outlet"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_a_browser(outlet: None, live_server: Any, page: Any) -> None:
    User.objects.create_superuser("root", password="root")
    log_in(page, live_server.url, URL, "root")
    page.get_by_role("navigation", name="Scope").get_by_role("link", name="outlet").click()
    page.wait_for_url("**scope=outlet**")
    assert accessibility_violations(page) == []
    _picture(page, "scopes-list")
    page.click("[aria-label='Change row']")
    page.fill("#id_size", "3")
    assert accessibility_violations(page) == []
    _picture(page, "scopes-form")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/preview/")
    assert PlacementChange.objects.get().scope == "outlet"
    page.goto(f"{live_server.url}{RULES}add/")
    page.get_by_label("Scope").select_option("outlet")
    assert accessibility_violations(page) == []
    _picture(page, "scopes-rule")


def _picture(page: Any, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
