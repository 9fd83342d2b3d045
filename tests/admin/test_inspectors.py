"""The pages that look into one item, one visitor, one snapshot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from recommendations.models import Impression, Item, Profile, RankedList, Snapshot, VisitorLink
from recommendations.reports.rollup import roll_up
from recommendations.reports.snapshot_diff import difference
from tests.reports.factories import event, purchase
from tests.support.browser import accessibility_violations, log_in

pytestmark = pytest.mark.django_db

VISITOR = "/admin/recommendations/profile/inspect/"


def item(key: str, **fields: Any) -> Item:
    return Item.objects.create(item_key=key, title=key.title(), **fields)


def snapshot(status: str, **lists: str) -> Snapshot:
    made = Snapshot.objects.create(recommender="also_bought", status=status, sources=["also_bought"])
    for key, targets in lists.items():
        text = ", ".join(f'["{target}", 0.5, 0]' for target in targets.split())
        RankedList.objects.create(
            snapshot=made, key_kind="item", key=key, target_kind="item", items=f"[{text}]"
        )
    return made


def slate(*items: str, visitor: str = "u:1", hours: float = 1) -> None:
    Impression.objects.create(
        slate_id=f"s{Impression.objects.count()}", placement="cart", visitor_key=visitor,
        items=[[each, "similar", "also_bought"] for each in items], seen=[0], n_seen=1,
        occurred_at=timezone.now() - timedelta(hours=hours),
    )  # fmt: skip


class TestItem:
    def test_where_it_was_shown_and_which_rules_touch_it(self, staff: Any, settings: Any) -> None:
        rules = {
            "milk_first": {"action": "pin", "where": {"item": "milk"}},
            "no_soap": {"action": "exclude", "where": {"item": "soap"}},
        }
        settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "RULES": rules}
        milk = item("milk")
        slate("milk", "soap")
        slate("milk")
        slate("soap", "milk")  # the second place was not in view
        roll_up(days=2)
        page = staff("view_item").get(f"/admin/recommendations/item/{milk.pk}/why/")
        assert page.context["shown"].places == [("cart", "also_bought", 2)]
        assert page.context["shown"].total.seen == 2
        assert [rule.name for rule in page.context["rules"]] == ["milk_first"]
        assert "milk_first" in page.content.decode()


class TestVisitor:
    def test_only_those_who_may(self, staff: Any) -> None:
        client = staff("view_profile")
        assert client.get(VISITOR).status_code == 403
        assert b"Inspect" not in client.get("/admin/recommendations/profile/").content

    def test_the_timeline_joins_cookie_and_user(self, staff: Any) -> None:
        item("milk")
        VisitorLink.objects.create(anonymous_key="a:1", visitor_key="u:1", bucket=1)
        slate("milk", visitor="a:1", hours=3)
        event("view", "milk", visitor="a:1", occurred_at=timezone.now() - timedelta(hours=2))
        event("search", "", visitor="u:1", query="oat", occurred_at=timezone.now() - timedelta(hours=1))
        purchase("gone", visitor="u:2")
        page = staff("view_visitor_inspector", "view_profile").get(f"{VISITOR}?key=a:1")
        assert page.context["visitor"] == "u:1"
        lines = [(line.what, [title for _key, title in line.items]) for line in page.context["timeline"]]
        assert lines == [("search", ["oat"]), ("view", ["Milk"]), ("saw", ["Milk"])]

    def test_without_a_key_it_asks_for_one(self, staff: Any) -> None:
        assert b"Enter a visitor key" in staff("view_visitor_inspector").get(VISITOR).content


class TestSnapshot:
    def test_what_changed_most_comes_first(self) -> None:
        before = snapshot("ready", milk="a b", soap="a b", tea="a b c d", gone="a")
        after = snapshot("live", milk="b a", soap="a b", tea="a b c e", new="a")
        found = difference(before, after)
        counts = (found.same, found.reordered, found.changed, found.only_before, found.only_after)
        assert counts == (1, 1, 1, 1, 1)
        assert [change.key for change in found.most] == ["gone", "new", "tea", "milk"]
        assert found.kept == pytest.approx((1 + 1 + 0.75) / 3)

    def test_the_page_compares_with_the_one_before(self, staff: Any) -> None:
        item("a")
        snapshot("refused")
        before = snapshot("ready", milk="a b")
        after = snapshot("live", milk="a c")
        client = staff("view_snapshot")
        page = client.get(f"/admin/recommendations/snapshot/{after.pk}/diff/")
        assert page.context["before"] == before
        assert page.context["most"][0]["before"] == [("A", False), ("b", True)]
        alone = client.get(f"/admin/recommendations/snapshot/{before.pk}/diff/")
        assert alone.context["before"] == after

    def test_others_may_not(self, staff: Any) -> None:
        assert (
            staff("view_item").get(f"/admin/recommendations/snapshot/{snapshot('live').pk}/diff/").status_code
            == 403
        )


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_inspectors_are_accessible_in_a_real_browser(live_server: Any, page: Any, scheme: str) -> None:
    User.objects.create_superuser("admin", password="admin")
    milk = item("milk")
    slate("milk")
    now = timezone.now()
    Profile.objects.create(
        visitor_key="u:1", first_seen_at=now, last_seen_at=now, preferences={"categories": {"Food": 1}}
    )
    snapshot("ready", milk="a b")
    after = snapshot("live", milk="a c")
    page.emulate_media(color_scheme=scheme)
    log_in(page, live_server.url, VISITOR, "admin")
    for path in (
        f"{VISITOR}?key=u:1",
        f"/admin/recommendations/item/{milk.pk}/why/",
        f"/admin/recommendations/snapshot/{after.pk}/diff/",
    ):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{live_server.url}{path}")
            assert accessibility_violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == width
