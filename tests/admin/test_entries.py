from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from recommendations.datatypes import Context
from recommendations.models import Override, PlacementChange, RecommenderChange
from recommendations.serving import pool
from shop.models import Product
from tests.serving import twelve
from tests.serving.twelve import publish_popular, shown_on
from tests.support.browser import accessibility_violations, log_in

pytestmark = pytest.mark.django_db

URL = "/admin/recommendations/placementchange/"
RECOMMENDERS = "/admin/recommendations/recommenderchange/"
DECIDE = ("view_placementchange", "add_placementchange", "activate_override", "view_override")
ROW = {"sources": ["popular"], "size": 4, "minimum": 0, "title": "Popular"}


@pytest.fixture(autouse=True)
def shop(settings: Any) -> dict[str, Product]:
    settings.RECOMMENDATIONS = {**twelve.SETTINGS, "PLACEMENTS": {"row": ROW}}
    products = twelve.stock_the_shop()
    publish_popular(everybody=["b1", "b2", "d1", "f1", "t1", "t2"])
    return products


def text_of(response: Any) -> str:
    return response.content.decode()


def written(**changes: str) -> dict[str, str]:
    """What the browser sends of the form of `row` when nothing was changed, with changes."""
    data = {"title": "Popular", "size": "4", "minimum": "0", "blend": "score"}
    for key, n in (("sources", 1), ("filters", 0), ("rerank", 0), ("fallback", 0)):
        data |= {f"{key}-TOTAL_FORMS": str(n + 2), f"{key}-INITIAL_FORMS": str(n)}
    return {**data, "sources-0-name": "popular", "sources-0-weight": "1.0", **changes}


FEWER = {
    "size": "3",
    "rerank-0-name": "at_most",
    "rerank-0-options": '{"n": 1, "per": "brand"}',
    "reason": "Less of a crowd",
}


def test_from_the_form_to_the_page_and_back(staff: Any) -> None:
    client = staff(*DECIDE)
    listed = text_of(client.get(URL))
    assert f"{URL}add/?name=row" in listed and "settings" in listed
    form = text_of(client.get(f"{URL}add/?name=row"))
    assert 'name="sources-0-recommenders"' in form and '<option value="popular" selected>' in form
    response = client.post(f"{URL}add/?name=row", written(**FEWER))
    change = PlacementChange.objects.get()
    assert response.headers["Location"] == f"{URL}{change.pk}/preview/"
    assert (change.name, change.state, change.author, change.reason) == (
        "row",
        "proposed",
        "merchandiser",
        "Less of a crowd",
    )
    assert change.value == {"size": 3, "rerank": [{"rerank": "at_most", "n": 1, "per": "brand"}]}
    now, then = text_of(client.get(f"{URL}{change.pk}/preview/")).split('id="side-2"')
    assert "(b2)" not in now and ">b2<" in now and ">b2<" not in then and ">d1<" in then
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]
    client.post(f"{URL}decide/activate/?ids={change.pk}")
    assert shown_on("row") == ["b1", "d1", "f1"]
    assert f"{URL}{change.pk}/change/" in text_of(client.get(URL))
    now, then = text_of(client.get(f"{URL}{change.pk}/preview/")).split('id="side-2"')
    assert ">b2<" in now and ">b2<" not in then  # what the settings say, and it
    again = text_of(client.get(f"{URL}add/?name=row"))
    assert 'value="3"' in again and "&quot;per&quot;: &quot;brand&quot;" in again
    client.post(f"{URL}decide/roll_back/?ids={change.pk}")
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]


def test_a_change_is_scheduled(staff: Any) -> None:
    client = staff(*DECIDE)
    client.post(f"{URL}add/?name=row", written(**FEWER))
    change = PlacementChange.objects.get()
    decide = f"{URL}decide/activate/?ids={change.pk}"
    assert 'name="starts_at"' in text_of(client.get(decide))
    wrong = client.post(decide, {"starts_at": "2100-01-02T00:00", "ends_at": "2100-01-01T00:00"}, follow=True)
    assert "is not after the start" in text_of(wrong)
    done = client.post(decide, {"starts_at": "2100-01-01T08:00", "ends_at": "2100-01-02T00:00"}, follow=True)
    assert "scheduled" in text_of(done) and "01/01/2100 8 a.m. – 01/02/2100 midnight" in text_of(done)
    assert shown_on("row") == ["b1", "b2", "d1", "f1"]
    then = timezone.make_aware(datetime(2100, 1, 1, 8))
    assert shown_on("row", Context(moment=then)) == ["b1", "d1", "f1"]
    assert shown_on("row", Context(moment=then - timedelta(seconds=1))) == ["b1", "b2", "d1", "f1"]


def test_what_has_ended_is_shown_and_found_as_ended(staff: Any) -> None:
    client = staff(*DECIDE)
    client.post(f"{URL}add/?name=row", written(**FEWER))
    change = PlacementChange.objects.get()
    client.post(f"{URL}decide/activate/?ids={change.pk}", {"ends_at": "2100-01-02T00:00"})
    assert shown_on("row") == ["b1", "d1", "f1"]
    assert ">scheduled</span>" in text_of(client.get(f"{URL}?state=scheduled"))
    PlacementChange.objects.update(ends_at=timezone.now())
    assert ">ended</span>" in text_of(client.get(f"{URL}?state=ended"))
    assert ">ended</span>" in text_of(client.get(f"{URL}{change.pk}/change/"))
    assert "rec-badge-" not in text_of(client.get(f"{URL}?state=scheduled"))
    assert "rec-badge-" not in text_of(client.get(f"{URL}?state=active"))
    assert "/decide/activate/" in text_of(client.get(f"{URL}{change.pk}/preview/"))


def test_a_source_has_a_weight_recommenders_and_options(staff: Any) -> None:
    client = staff(*DECIDE)
    second = {
        "sources-1-name": "for_you",
        "sources-1-weight": "0.5",
        "sources-1-recommenders": "also_viewed, also_bought",
        "sources-1-options": '{"published_weight": 2}',
        "explore": "0.25",
    }
    client.post(f"{URL}add/?name=row", written(**second))
    assert PlacementChange.objects.get().value == {
        "sources": [
            {"source": "popular"},
            {
                "source": "for_you",
                "published_weight": 2,
                "recommenders": ["also_viewed", "also_bought"],
                "weight": 0.5,
            },
        ],
        "explore": {"share": 0.25},
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "there is nothing to change"),
        ({"size": "99"}, "Set it to a whole number from 1 to 50."),
        ({"size": ""}, "This field is required."),
        ({"explore": "2"}, "Set it to a number from 0 to 1."),
        ({"sources-0-weight": "-1"}, "Set it to a number above 0."),
        ({"sources-1-name": "similar", "sources-1-recommenders": "no"}, "the recommender &#x27;no&#x27;"),
        ({"sources-0-options": '{"shade": 1}'}, "The source &#x27;popular&#x27;"),
        ({"filters-1-name": "only", "filters-1-options": "[1]"}, "Write options as"),
        ({"rerank-0-name": "at_most", "rerank-0-options": '{"n": 0}'}, "PLACEMENTS"),
    ],
)
def test_what_is_wrong_stands_in_the_form(staff: Any, changes: dict[str, str], message: str) -> None:
    response = staff(*DECIDE).post(f"{URL}add/?name=row", written(**changes))
    assert response.status_code == 200 and message in text_of(response)
    assert not Override.objects.exists()


def test_the_message_stands_at_its_row(staff: Any) -> None:
    wrong = {
        "filters-0-name": "cart",
        "filters-1-name": "only",
        "filters-1-options": '{"where": {"shade": 1}}',
    }
    page = text_of(staff(*DECIDE).post(f"{URL}add/?name=row", written(**wrong)))
    assert page.index('name="filters-0-name"') < page.index("there is no such test")
    assert page.index("there is no such test") < page.index('name="filters-1-name"')


def test_who_may_do_what(staff: Any) -> None:
    client = staff("view_placementchange")
    assert f"{URL}add/" not in text_of(client.get(URL))
    assert client.get(f"{URL}add/?name=row").status_code == 403
    change = PlacementChange.objects.create(
        kind="placement", name="row", version=1, value={"size": 2}, author_kind="tune"
    )
    page = text_of(client.get(f"{URL}{change.pk}/preview/"))
    assert "decide/activate" not in page and f"{URL}add/" not in page
    assert client.post(f"{URL}decide/activate/?ids={change.pk}").status_code == 403


def test_an_unknown_placement_is_not_found(staff: Any) -> None:
    client = staff(*DECIDE)
    assert client.get(f"{URL}add/?name=no").status_code == 404
    assert client.get(f"{URL}add/").headers["Location"] == URL


def test_a_change_that_does_not_fit_says_so(staff: Any) -> None:
    change = PlacementChange.objects.create(
        kind="placement", name="row", version=1, value={"size": 99}, state="active", author_kind="tune"
    )
    client = staff(*DECIDE)
    assert "Left out:" in text_of(client.get(URL))
    assert "whole number from 1 to 50" in text_of(client.get(f"{URL}{change.pk}/preview/"))


def test_options_of_a_recommender_count_from_the_next_training(staff: Any) -> None:
    client = staff("view_recommenderchange", "add_recommenderchange", "activate_override", "view_override")
    assert "recommendations.algorithms.item_knn.ItemKNN" in text_of(client.get(RECOMMENDERS))
    form = text_of(client.get(f"{RECOMMENDERS}add/?name=also_bought"))
    assert "from the next training on" in form and "half_life_days" in form
    data = {"events": '{"purchase": 2.0}', "options": '{"half_life_days": 90}', "reason": "Fashion"}
    response = client.post(f"{RECOMMENDERS}add/?name=also_bought", data, follow=True)
    change = RecommenderChange.objects.get()
    assert change.value == {"options": {"events": {"purchase": 2.0}, "half_life_days": 90}}
    assert "from the next training on" in text_of(response)
    client.post(f"{RECOMMENDERS}decide/activate/?ids={change.pk}")
    change.refresh_from_db()
    assert change.state == "active"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "there is nothing to change"),
        ({"events": '{"purchase": "much"}'}, "Write weights above 0"),
        ({"options": "[1]"}, "Write options as"),
        ({"options": '{"events": {}}'}, "in their own field"),
    ],
)
def test_what_is_wrong_with_options_stands_in_the_form(
    staff: Any, changes: dict[str, str], message: str
) -> None:
    data = {"events": '{"purchase": 1.0}', "options": '{"half_life_days": 180.0}', **changes}
    client = staff("view_recommenderchange", "add_recommenderchange")
    response = client.post(f"{RECOMMENDERS}add/?name=also_bought", data)
    assert response.status_code == 200 and message in text_of(response)
    assert not Override.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_in_a_browser(live_server: Any, page: Any) -> None:
    pool.forget()
    User.objects.create_superuser("root", password="root")
    page.set_viewport_size({"width": 1280, "height": 800})
    log_in(page, live_server.url, URL, "root")
    assert accessibility_violations(page) == []
    _picture(page, "placements")
    page.set_viewport_size({"width": 1300, "height": 800})
    assert page.evaluate(
        "[...document.querySelectorAll('.rec-scroll')].every(e => e.scrollWidth <= e.clientWidth)"
    )
    _picture(page, "placements-1300")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
    _picture(page, "placements-390")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.click("[aria-label='Change row']")
    page.select_option("#id_rerank-0-name", "at_most")
    page.fill("#id_rerank-0-options", '{"n": 1, "per": "brand"}')
    assert accessibility_violations(page) == []
    _picture(page, "placement-form")
    page.click(".submit-row [type=submit]")
    page.wait_for_url("**/preview/")
    assert page.locator("#side-2 ~ .rec-scroll tbody tr").count() == 4
    assert accessibility_violations(page) == []
    _picture(page, "placement-preview")
    page.click(".rec-buttons .button")
    page.wait_for_url("**/decide/activate/**")
    page.fill("#id_starts_at", "2100-01-01T08:00")
    page.fill("#id_ends_at", "2100-01-02T00:00")
    assert accessibility_violations(page) == []
    _picture(page, "placement-schedule")
    page.click("[type=submit].default")
    page.wait_for_url(f"**{URL}")
    assert "01/01/2100 8 a.m. – 01/02/2100 midnight" in page.inner_text("#result_list")
    _picture(page, "placements-after")
    page.goto(f"{live_server.url}{RECOMMENDERS}add/?name=also_bought")
    assert accessibility_violations(page) == []
    _picture(page, "recommender-form")


def _picture(page: Any, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
