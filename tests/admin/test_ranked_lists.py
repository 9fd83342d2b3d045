"""Every kind of list that is live can be looked at."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.models import Item, RankedList, Snapshot

pytestmark = pytest.mark.django_db

URL = "/admin/recommendations/rankedlist/"


def publish(
    recommender: str, *rows: tuple[str, str, str, str], status: str = "live", scope: str = ""
) -> Snapshot:
    snapshot = Snapshot.objects.create(
        recommender=recommender, sources=[recommender], status=status, scope=scope
    )
    RankedList.objects.bulk_create(
        RankedList(snapshot=snapshot, key_kind=kind, key=key, target_kind=target, items=items)
        for kind, key, target, items in rows
    )
    return snapshot


@pytest.fixture
def lists(db: None) -> None:
    Item.objects.create(item_key="milk", title="Fresh <milk>")
    Item.objects.create(item_key="tea", title="Green tea")
    publish(
        "trending",
        ("segment", "", "item", '[["milk",0.9,0],["tea",0.5,0],["gone",0.4,0],["x",0.3,0]]'),
        ("segment", "category:Drinks", "item", '[["tea",0.5,0]]'),
    )
    publish(
        "communities",
        ("visitor", "u:1", "segment", '[["community:2",0.75,0]]'),
        ("item", "tea", "visitor", '[["u:1",1,0]]'),
        ("term", "green", "item", '[["tea",1,0]]'),
    )
    publish("trending", ("segment", "old", "item", '[["tea",0.5,0]]'), status="ready")


def found(page: Any) -> set[tuple[str, str]]:
    return {(row.snapshot.recommender, row.key) for row in page.context["cl"].result_list}


def test_only_live_lists_are_shown_with_titles(lists: None, staff: Any) -> None:
    page = staff("view_rankedlist").get(URL)
    assert found(page) == {
        ("trending", ""),
        ("trending", "category:Drinks"),
        ("communities", "u:1"),
        ("communities", "tea"),
        ("communities", "green"),
    }
    text = page.content.decode()
    assert "Fresh &lt;milk&gt; · Green tea · gone</td>" in text
    assert "everybody" in text
    assert "visitor → segment" in text
    assert "community:2" in text


def test_lists_are_filtered_and_searched_by_whole_keys(lists: None, staff: Any) -> None:
    client = staff("view_rankedlist")
    expected = {
        "?recommender=trending": {"", "category:Drinks"},
        "?recommender=nothing": set(),
        "?key_kind=visitor": {"u:1"},
        "?q=tea": {"tea"},
        "?q=te": set(),
        "?q=old": set(),
        "?recommender=communities&key_kind=term": {"green"},
    }
    for query, keys in expected.items():
        assert {key for _, key in found(client.get(URL + query))} == keys, query


def test_a_list_is_read_whole(lists: None, staff: Any) -> None:
    row = RankedList.objects.get(key="", snapshot__status="live")
    text = staff("view_rankedlist").get(f"{URL}{row.pk}/change/").content.decode()
    assert "Fresh &lt;milk&gt;" in text
    assert '<th scope="row">x</th><td class="rec-number">30</td>' in text
    assert 'name="_save"' not in text


def test_lists_that_are_not_live_are_not_found(lists: None, staff: Any) -> None:
    row = RankedList.objects.get(key="old")
    assert staff("view_rankedlist").get(f"{URL}{row.pk}/change/").status_code == 302


def test_pages_are_closed_without_the_permission(lists: None, staff: Any) -> None:
    assert staff().get(URL).status_code == 403


def test_titles_are_read_at_once(lists: None, staff: Any) -> None:
    client = staff("view_rankedlist")
    client.get(URL)
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    publish("popular", *(("segment", f"category:{n}", "item", f'[["i{n}",1,0]]') for n in range(30)))
    with CaptureQueriesContext(connection) as many:
        client.get(URL)
    assert len(many) == len(few)
