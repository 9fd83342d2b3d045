"""The read-only pages: who may see them, what they list, and that they stay fast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.admin.base import CappedPaginator, periods
from recommendations.models import Counter, Event, Impression, Item, Job, Profile, VisitorLink

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def make(model: str) -> Any:
    match model:
        case "event":
            return Event.objects.create(kind="view", item_key="milk", visitor_key="u:1")
        case "impression":
            return Impression.objects.create(
                slate_id="s1", placement="cart", items=[["milk", "similar", "x"]]
            )
        case "item":
            return Item.objects.create(
                item_key="milk", title="Milk", categories=["Grocery/Dairy"], brand="Acme"
            )
        case "profile":
            shares = {"categories": {"Grocery": 1.0}, "brands": {}}
            return Profile.objects.create(
                visitor_key="u:1", first_seen_at=NOW, last_seen_at=NOW, preferences=shares
            )
        case "visitorlink":
            return VisitorLink.objects.create(anonymous_key="a:1", visitor_key="u:1", bucket=7)
        case "job":
            return Job.objects.create(name="train:popular", done=3, total=4)
        case _:
            return Counter.objects.create(day=NOW.date(), name="bot", value=3)


MODELS = ["event", "impression", "item", "profile", "visitorlink", "job", "counter"]


@pytest.mark.parametrize("model", MODELS)
def test_pages_are_seen_with_the_view_permission_and_change_nothing(staff, model: str) -> None:
    row = make(model)
    url = f"/admin/recommendations/{model}/"
    client = staff(f"view_{model}", f"change_{model}", f"add_{model}", f"delete_{model}")
    assert client.get(url).status_code == 200
    page = client.get(f"{url}{row.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert client.get(f"{url}add/").status_code == 403
    assert client.get(f"{url}{row.pk}/delete/").status_code == 403
    assert client.post(f"{url}{row.pk}/change/", {}).status_code == 403


@pytest.mark.parametrize("model", [*MODELS, "snapshot", "report"])
def test_pages_are_closed_without_it(staff, model: str) -> None:
    assert staff().get(f"/admin/recommendations/{model}/").status_code == 403


def test_an_event_is_found_by_whole_keys_and_filters(staff) -> None:
    make("event")
    Event.objects.create(kind="click", item_key="bread", visitor_key="u:1", placement="cart", simulated=True)
    Event.objects.create(kind="view", item_key="eggs", visitor_key="u:2", voided_at=NOW)
    Event.objects.create(kind="view", item_key="scone", visitor_key="u:3", scope="uk")
    client = staff("view_event")
    found = {
        "?q=milk": {"milk"},
        "?q=mil": set(),
        "?q=u:1": {"milk", "bread"},
        "?q=u:1&kind=view": {"milk"},
        "?q=u:3": {"scone"},
        "?kind=click": {"bread"},
        "?placement=cart": {"bread"},
        "?simulated__exact=1": {"bread"},
        "?counts=no": {"eggs"},
        "?counts=yes": {"milk", "bread", "scone"},
        f"?occurred_at__year={NOW.year}": {"milk", "bread", "eggs", "scone"},
        "?occurred_at__year=1999": set(),
    }
    for query, items in found.items():
        changelist = client.get(f"/admin/recommendations/event/{query}").context["cl"]
        assert {event.item_key for event in changelist.result_list} == items, query


def test_the_log_is_never_counted_joined_or_scanned_for_its_days(staff) -> None:
    make("event")
    client = staff("view_event")
    with CaptureQueriesContext(connection) as queries:
        client.get("/admin/recommendations/event/")
    about_events = [q["sql"] for q in queries if 'FROM "recommendations_event"' in q["sql"]]
    assert not [sql for sql in about_events if "JOIN" in sql or "DISTINCT" in sql]
    counts = [sql for sql in about_events if "COUNT(" in sql]
    assert counts and all("LIMIT 10000" in sql for sql in counts)


def test_the_days_of_the_log_are_those_of_its_first_and_last_event(staff) -> None:
    for kind, moment in {"view": "2024-03-01T00:00Z", "click": "2026-02-01T00:00Z"}.items():
        Event.objects.create(kind=kind, item_key="x", occurred_at=datetime.fromisoformat(moment))
    page = staff("view_event").get("/admin/recommendations/event/").content.decode()
    assert [year for year in range(2020, 2030) if f"?occurred_at__year={year}" in page] == [2024, 2025, 2026]


def test_a_capped_list_says_so(staff, monkeypatch) -> None:
    monkeypatch.setattr(CappedPaginator, "CAP", 60)
    Event.objects.bulk_create([Event(kind="view", item_key=str(n)) for n in range(70)])
    client = staff("view_event")
    page = client.get("/admin/recommendations/event/?p=2")
    assert len(page.context["cl"].result_list) == 10
    assert b"Only the latest of these rows can be paged through." in page.content
    few = client.get("/admin/recommendations/event/?q=5")
    assert b"Only the latest" not in few.content


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("year", ["2024-01-01", "2025-01-01"]),
        ("month", ["2024-11-01", "2024-12-01", "2025-01-01"]),
    ],
)
def test_periods_between_two_moments(kind: str, expected: list[str]) -> None:
    first, last = datetime(2024, 11, 30, 9, tzinfo=UTC), datetime(2025, 1, 1, 3, tzinfo=UTC)
    assert [f"{at:%Y-%m-%d}" for at in periods(first, last, kind)] == expected
    assert len(list(periods(first, last, "day"))) == 33


def test_items_are_filtered_by_outermost_category_and_brand(staff) -> None:
    make("item")
    Item.objects.create(item_key="tea", title="Tee", categories=["Getränke/Tee", "Grocery"], brand="Bell")
    Item.objects.create(item_key="pen", title="Pen", categories=["Grocery store"], is_gone=True)
    client = staff("view_item")
    found = {
        "?category=Grocery": {"milk", "tea"},
        "?category=Getränke": {"tea"},
        "?brand=Acme": {"milk"},
        "?is_gone__exact=1": {"pen"},
        "?q=milk": {"milk"},
    }
    for query, keys in found.items():
        changelist = client.get(f"/admin/recommendations/item/{query}").context["cl"]
        assert {item.item_key for item in changelist.result_list} == keys, query
    page = client.get("/admin/recommendations/item/").content.decode()
    for name in ("Getränke", "Grocery store", "Bell"):
        assert f">{name}</a>" in page.replace("\n", "").replace("  ", "")


def test_a_job_shows_how_far_it_is_and_whether_it_lives(staff) -> None:
    make("job")
    hour = timedelta(hours=1)
    Job.objects.create(name="train:a", holder="w", expires_at=timezone.now() + hour, stage="fit")
    Job.objects.create(name="train:b", holder="w", expires_at=timezone.now() - hour)
    Job.objects.create(name="train:c", error="out of memory", finished_at=NOW)
    page = staff("view_job").get("/admin/recommendations/job/").content.decode()
    for text in ("running", "died", "failed", "waiting", '<progress max="4" value="3"'):
        assert text in page
