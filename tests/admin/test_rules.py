from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from recommendations.models import Override, Rule
from recommendations.serving import pool
from shop.models import Product
from tests.serving import twelve
from tests.serving.twelve import publish_popular, shown_on
from tests.support.browser import accessibility_violations, log_in

pytestmark = pytest.mark.django_db

URL = "/admin/recommendations/rule/"
WRITE = ("view_rule", "add_rule")
DECIDE = (*WRITE, "activate_override", "view_override")
ROW = {"sources": ["popular"], "size": 4}
BLANK = {"per": "brand", "known": ""}


def stocked(settings: Any) -> dict[str, Product]:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": ROW}}
    products = twelve.stock_the_shop()
    publish_popular(everybody=["b1", "b2", "d1", "f1", "t1", "t2"])
    return products


@pytest.fixture(autouse=True)
def shop(settings: Any) -> dict[str, Product]:
    return stocked(settings)


def text_of(response: Any) -> str:
    return response.content.decode()


def test_from_the_form_to_the_page(staff: Any) -> None:
    client = staff(*DECIDE)
    assert "There is no rule yet" in text_of(client.get(URL))
    form = text_of(client.get(f"{URL}add/"))
    assert 'name="action"' in form and "row" in form
    written = {
        **BLANK,
        "name": "Dear tea",
        "action": "pin",
        "position": "2",
        "brands": "Leaf",
        "price_from": "4",
        "placements": ["row"],
        "starts": "2026-11-01T08:00",
        "ends": "2099-01-01T00:00",
        "reason": "Tea month",
    }
    response = client.post(f"{URL}add/", written)
    rule = Rule.objects.get()
    assert response.headers["Location"] == f"{URL}{rule.pk}/preview/"
    assert (rule.name, rule.state, rule.author, rule.reason) == (
        "dear-tea",
        "proposed",
        "merchandiser",
        "Tea month",
    )
    assert rule.value == {
        "action": "pin",
        "where": {"brand": ["Leaf"], "price": {"from": 4.0}},
        "position": 2,
        "placements": ["row"],
        "starts": "2026-11-01T08:00:00+00:00",
        "ends": "2099-01-01T00:00:00+00:00",
    }
    preview = text_of(client.get(f"{URL}{rule.pk}/preview/"))
    now, then = preview.split('id="side-2"')
    assert "Tea t3" not in now and "Tea t3" in then
    assert "brought in by a rule · rule dear-tea" in then and "new" in then
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]  # nothing counts yet
    asked = client.get(f"{URL}decide/activate/?ids={rule.pk}")
    assert "Yes, do it" in text_of(asked)
    assert client.post(f"{URL}decide/activate/?ids={rule.pk}", follow=True).status_code == 200
    assert shown_on("row") == ["b1", "t3", "b2", "d1"]
    preview = text_of(client.get(f"{URL}{rule.pk}/preview/"))
    now, then = preview.split('id="side-2"')
    assert "Tea t3" not in now and "Tea t3" in then  # without the rule, and with it


def test_a_changed_rule_is_a_new_version(staff: Any) -> None:
    client = staff(*DECIDE)
    first = {**BLANK, "name": "no", "action": "exclude", "items": "b1, b2", "further": '{"stock": 9}'}
    client.post(f"{URL}add/", first)
    rule = Rule.objects.get()
    form = text_of(client.get(f"{URL}add/?from={rule.pk}"))
    assert 'value="b1, b2"' in form and "stock" in form and 'value="no"' in form
    client.post(f"{URL}add/", {**first, "items": "d1", "further": ""})
    assert list(Rule.objects.order_by("pk").values_list("name", "version")) == [("no", 1), ("no", 2)]
    change = text_of(client.get(f"{URL}{rule.pk}/change/"))
    assert f"{URL}{rule.pk}/preview/" in change and f"{URL}add/?from={rule.pk}" in change


def test_the_preview_says_what_is_left_out_and_for_which_item(staff: Any) -> None:
    client = staff(*DECIDE)
    client.post(
        f"{URL}add/",
        {**BLANK, "name": "cheaper", "action": "exclude", "further": '{"price_ratio": {"from": 1}}'},
    )
    rule = Rule.objects.get()
    page = text_of(client.get(f"{URL}{rule.pk}/preview/", {"placement": "row", "item": "b2"}))
    then = page.split('id="side-2"')[1]
    assert "Left out by rules" in then and "(b2): cheaper" in then and "(t2): cheaper" in then
    page = text_of(client.get(f"{URL}{rule.pk}/preview/", {"placement": "row"}))
    assert "Left out by rules" not in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "!"}, "Use letters or digits."),
        ({"items": ""}, "which means every item"),
        ({"further": '{"colour": "red"}'}, "there is no such test. Known: item"),
        ({"further": "[1]"}, "there is no such test. Known: item"),
        ({"further": "{"}, "Enter a valid JSON."),
        ({"action": "boost", "factor": "0"}, "Set it above 0"),
        ({"starts": "2026-02-01T00:00", "ends": "2026-01-01T00:00"}, "which is not after its start"),
    ],
)
def test_what_is_wrong_stands_in_the_form(staff: Any, changes: dict[str, str], message: str) -> None:
    client = staff(*WRITE)
    response = client.post(f"{URL}add/", {**BLANK, "name": "x", "action": "pin", "items": "b1", **changes})
    assert response.status_code == 200 and message in text_of(response)
    assert not Override.objects.exists()


def test_who_may_do_what(staff: Any) -> None:
    client = staff("view_rule")
    assert client.get(URL).status_code == 200
    assert client.get(f"{URL}add/").status_code == 403
    rule = Rule.objects.create(
        kind="rule",
        name="x",
        version=1,
        value={"action": "only", "where": {"item": "b1"}},
        author_kind="tune",
    )
    assert "Activate" not in text_of(client.get(f"{URL}{rule.pk}/preview/"))
    assert client.post(f"{URL}decide/activate/?ids={rule.pk}").status_code == 403
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]


def test_a_rule_that_does_not_fit_says_so_in_the_preview(staff: Any) -> None:
    client = staff(*WRITE)
    value = {"action": "pin", "where": {"colour": "red"}}
    rule = Rule.objects.create(kind="rule", name="x", version=1, value=value, author_kind="tune")
    assert "there is no such test" in text_of(client.get(f"{URL}{rule.pk}/preview/"))


def test_overrides_show_rules_too(staff: Any) -> None:
    client = staff("view_override", "view_rule", "add_rule")
    client.post(f"{URL}add/", {**BLANK, "name": "x", "action": "exclude", "items": "b1"})
    assert "x" in text_of(client.get("/admin/recommendations/override/"))


@pytest.mark.django_db(transaction=True)
def test_in_a_browser(live_server: Any, page: Any, settings: Any) -> None:
    pool.forget()
    User.objects.create_superuser("root", password="root")
    log_in(page, live_server.url, f"{URL}add/", "root")
    page.fill("#id_name", "Dear tea")
    page.select_option("#id_action", "promote")
    page.fill("#id_brands", "Leaf")
    page.fill("#id_slots", "2")
    assert accessibility_violations(page) == []
    _picture(page, "rule-form")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/preview/")
    first_two = page.locator("#side-2 ~ .rec-scroll tbody tr th").all()[:2]
    assert all(place.inner_text().startswith("Tea t") for place in first_two)
    assert accessibility_violations(page) == []
    _picture(page, "rule-preview")


def _picture(page: Any, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
