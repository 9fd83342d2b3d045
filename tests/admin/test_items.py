from __future__ import annotations

import json

import pytest
from django.utils import timezone

from recommendations.models import Event, Item, RankedList, Snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def milk(db: None) -> Item:
    items = {
        key: Item.objects.create(item_key=key, title=key.title(), categories=["Grocery"])
        for key in ("milk", "tea/cup")
    }
    snapshot = Snapshot.objects.create(
        recommender="also_bought", status="live", algorithm="x", sources=["also_bought", "content"]
    )
    RankedList.objects.create(
        snapshot=snapshot, key_kind="item", key="milk", target_kind="item",
        items=json.dumps([["tea/cup", 0.62, 0], ["unknown", 0.25, 1]]),
    )  # fmt: skip
    Snapshot.objects.create(recommender="popular", status="live", algorithm="x", sources=["popular"])
    for order in ("1", "2"):
        for key in items:
            Event.objects.create(kind="purchase", item_key=key, visitor_key=f"u:{order}", order_key=order)
    Event.objects.create(kind="purchase", item_key="milk", visitor_key="u:3", order_key="3")
    return items["milk"]


def test_why_this_shows_each_recommenders_list_with_titles_and_scores(staff, milk: Item) -> None:
    client = staff("view_item")
    assert (
        f"/admin/recommendations/item/{milk.pk}/why/"
        in client.get(f"/admin/recommendations/item/{milk.pk}/change/").content.decode()
    )
    page = client.get(f"/admin/recommendations/item/{milk.pk}/why/")
    (found,) = page.context["lists"]
    assert [(n.rank, n.key, n.percent, n.source) for n in found.entries] == [
        (1, "tea/cup", 62, "also_bought"),
        (2, "unknown", 25, "content"),
    ]
    assert page.context["without"] == ["popular"]
    assert "also_viewed" in page.context["not_live"]
    text = page.content.decode()
    assert "Tea/Cup" in text
    assert "evidence/?other=tea%2Fcup" in text


def test_the_evidence_behind_a_pair(staff, milk: Item) -> None:
    page = staff("view_item").get(f"/admin/recommendations/item/{milk.pk}/why/evidence/?other=tea%2Fcup")
    bought, _viewed = page.context["evidence"]
    assert (bought.visitors.both, bought.visitors.first, bought.visitors.other) == (2, 3, 2)
    assert "66.7%" in page.content.decode()
    assert [meeting.key for meeting in bought.latest] == ["u:2", "u:1"]
    assert f"{timezone.now():%Y}" in page.content.decode()


def test_evidence_of_an_item_that_the_mirror_does_not_know(staff, milk: Item) -> None:
    page = staff("view_item").get(f"/admin/recommendations/item/{milk.pk}/why/evidence/?other=<b>")
    assert page.status_code == 200
    assert "&lt;b&gt;" in page.content.decode()


@pytest.mark.parametrize("rest", ["{pk}/why/evidence/", "999999/why/", "x/why/"])
def test_addresses_that_lead_nowhere(staff, milk: Item, rest: str) -> None:
    assert staff("view_item").get("/admin/recommendations/item/" + rest.format(pk=milk.pk)).status_code == 404


def test_only_for_those_who_may_view_items(staff, milk: Item) -> None:
    client = staff("view_event")
    for rest in ("why/", "why/evidence/?other=milk"):
        assert client.get(f"/admin/recommendations/item/{milk.pk}/{rest}").status_code == 403


def test_the_number_of_queries_does_not_depend_on_the_list(
    staff, milk: Item, django_assert_max_num_queries
) -> None:
    client = staff("view_item")
    with django_assert_max_num_queries(13):
        client.get(f"/admin/recommendations/item/{milk.pk}/why/")
