from __future__ import annotations

import csv
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.admin.report_content import Column, Content, Table, weekly
from recommendations.admin.report_pages import PAGES
from recommendations.models import Counter, Experiment, Exposure, Item, ReportDay, Snapshot, Variant
from recommendations.reports.breakdown import interval
from recommendations.reports.days import today
from recommendations.reports.rollup import roll_up
from tests.reports.factories import DAY, at, click, event, purchase
from tests.reports.test_report_days import item, slate
from tests.support.browser import PageWatch, accessibility_violations, log_in

pytestmark = pytest.mark.django_db

URL = "/admin/recommendations/report/"


def codename(slug: str) -> str:
    return PAGES[slug].permission.split(".")[1]


@pytest.fixture
def behaved(db: None) -> None:
    """A day with something of everything."""
    for key, brand in (("milk", "A"), ("soap", "B"), ("tea", "A")):
        item(key, brand=brand, categories=["Food"], price=1)
    item("rum", stock=0)
    for _ in range(20):
        slate("milk", "soap")
    click("milk")
    event("cart", "milk")
    purchase("milk")
    purchase("unknown", value=None)
    event("search", "", query="oat milk", visitor="u:9")
    Counter.objects.create(day=DAY, name="bot", value=7)
    Snapshot.objects.create(
        recommender="also_bought", status="live", metrics={"ndcg@10": 0.2, "recall@10": 0.3}, coverage=0.5
    )
    experiment = Experiment.objects.create(name="holdout", placement="cart")
    for n, (holdout, came_back) in enumerate([(False, True), (False, False), (False, None), (True, False)]):
        variant, _created = Variant.objects.get_or_create(
            experiment=experiment, name=str(holdout), defaults={"share": 0.5, "holdout": holdout}
        )
        Exposure.objects.create(
            experiment=experiment, variant=variant, visitor_key=f"u:{n}", first_at=at(), came_back=came_back
        )
    roll_up([DAY, today()])


@pytest.fixture
def may(staff: Any) -> Any:
    return staff("view_dailystat", *map(codename, PAGES))


def content(client: Any, slug: str, query: str = "") -> Content:
    return client.get(f"{URL}{slug}/?{query}").context["content"]


def table(client: Any, slug: str, name: str, query: str = "") -> Table:
    return next(each for each in content(client, slug, query).all_tables if each.name == name)


def texts(found: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in found.cells]


@pytest.mark.parametrize("slug", list(PAGES))
def test_each_report_needs_a_permission_of_its_own(staff: Any, behaved: None, slug: str) -> None:
    client = staff("view_dailystat", codename(slug))
    assert client.get(f"{URL}{slug}/").status_code == 200
    others = [other for other in PAGES if other != slug]
    assert {client.get(f"{URL}{other}/").status_code for other in others} == {403}
    assert {client.get(f"{URL}{other}/csv/").status_code for other in others} == {403}
    offered = [report["url"] for report in client.get(URL).context["reports"]]
    assert offered == [URL, f"{URL}{slug}/"]


@pytest.mark.parametrize("slug", list(PAGES))
def test_an_empty_report_says_what_to_do(may: Any, slug: str) -> None:
    page = may.get(f"{URL}{slug}/?start=2001-01-01&end=2001-01-02").content.decode()
    if slug != "health":  # recommenders and jobs are always there
        assert "manage.py recommendations roll_up" in page


def test_no_such_report(may: Any) -> None:
    assert may.get(f"{URL}weather/").status_code == 404
    assert may.get(f"{URL}funnel/xml/?table=by_placement").status_code == 404


@pytest.mark.parametrize("slug", list(PAGES))
def test_every_table_of_a_report_can_be_exported(may: Any, behaved: None, slug: str) -> None:
    tables = content(may, slug).all_tables
    assert tables
    for each in tables:
        rows = list(
            csv.reader(may.get(f"{URL}{slug}/csv/?table={each.name}").getvalue().decode().splitlines())
        )
        assert rows[0] == [column.name for column in each.columns]
        assert len(rows) == len(each.rows) + 1
        exported = json.loads(may.get(f"{URL}{slug}/json/?table={each.name}").getvalue())
        assert len(exported) == len(each.rows)


def test_breakdown(may: Any, behaved: None) -> None:
    rows = texts(table(may, "breakdown", "breakdown"))
    assert rows[0][:5] == ["cart", "also_bought", "20", "100.0 %", "40"]
    by_device = table(may, "breakdown", "breakdown", "by=device&by=segment")
    assert [column.name for column in by_device.columns[:2]] == ["device", "segment"]
    assert content(may, "breakdown", "device=phone").is_empty
    page = may.get(f"{URL}breakdown/?by=device&model=linear&placement=cart")
    assert page.context["filter"].query.endswith("placement=cart&model=linear&by=device")


def test_the_interval_of_a_share() -> None:
    low, high = interval(50, 100) or (0, 0)
    assert (round(low, 4), round(high, 4)) == (0.4038, 0.5962)
    assert interval(0, 0) is None


def test_funnel(may: Any, behaved: None) -> None:
    assert [card.value for card in content(may, "funnel").cards] == ["1", "1", "1", "1"]
    assert texts(table(may, "funnel", "by_placement"))[0] == [
        "cart", "1", "1", "1", "1", "100.0 %", "100.0 %", "100.0 %",
    ]  # fmt: skip
    assert content(may, "funnel", "placement=home_popular").is_empty


def test_retention(may: Any, behaved: None) -> None:
    assert [card.value for card in content(may, "retention").cards] == ["50.0 %", "0.0 %"]
    (row,) = texts(table(may, "retention", "cohorts"))
    assert row[1:3] == ["3", "50.0 %"]
    assert row[4:6] == ["1", "0.0 %"]


def test_coverage(may: Any, behaved: None) -> None:
    assert [card.value for card in content(may, "coverage").cards] == ["50.0 %", "2", "1", "50.0 %", "0.500"]


def test_fairness(may: Any, behaved: None) -> None:
    rows = texts(table(may, "fairness", "brand"))
    assert rows[0] == ["A", "2", "50.0 %", "100.0 %", "50.0 %", "1.00 ×", "0.50 ×"]
    assert rows[1] == ["B", "1", "25.0 %", "0.0 %", "50.0 %", "2.00 ×", "–"]


def test_seen_and_never_bought(may: Any, behaved: None) -> None:
    found = table(may, "unsold", "items")
    assert texts(found) == [["soap", "soap", "20", "0", "0", "0.0 %"]]
    assert (
        found.cells[0][0].url == f"/admin/recommendations/item/{Item.objects.get(item_key='soap').pk}/change/"
    )


def test_never_shown(may: Any, behaved: None) -> None:
    rows = texts(table(may, "unshown", "reasons"))
    assert [row[:3] for row in rows] == [["sold out", "1", "50.0 %"], ["in no live list", "1", "50.0 %"]]


def test_searches(may: Any, behaved: None) -> None:
    assert texts(table(may, "searches", "words")) == [["oat milk", "1", "1", "100.0 %"]]


def test_quality_and_its_alarm(may: Any, behaved: None) -> None:
    assert content(may, "quality").notices == []
    for n in range(1, 7):
        ReportDay.objects.create(
            report="quality", day=today() - timedelta(days=n), computed_at=timezone.now(),
            summary={"also_bought": {"snapshot": 1, "ndcg@10": 0.4, "recall@10": 0.3, "coverage": 0.5, "lists": 1}},
        )  # fmt: skip
    assert content(may, "quality").notices == ["also_bought: NDCG@10 is 0.200, usually 0.400."]


def test_data_quality(may: Any, behaved: None) -> None:
    found = {card.title: card.value for card in content(may, "data").cards}
    assert found["Events about no item of the catalogue"] == "1"
    assert found["Purchases and refunds without a value"] == "1"
    assert found["Items without a price"] == "1"
    assert texts(table(may, "data", "unmatched")) == [["unknown", "1"]]
    assert texts(table(may, "data", "not_recorded")) == [["bot", "7"]]


def test_silent_kinds_are_told(may: Any, db: None) -> None:
    for n in range(5, 20):
        event("cart", occurred_at=timezone.now() - timedelta(days=n))
    roll_up(days=25)
    (notice,) = content(may, "data").notices
    assert notice.startswith("No cart events for 4 days")


def test_health(may: Any, behaved: None) -> None:
    assert content(may, "health").cards[0].value == "50.0 %"
    assert texts(table(may, "health", "by_placement")) == [["cart", "40", "20", "50.0 %"]]
    assert table(may, "health", "recommenders").rows


@pytest.mark.parametrize("slug", list(PAGES))
def test_queries_depend_neither_on_days_nor_on_events(may: Any, behaved: None, slug: str) -> None:
    def queries(query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            may.get(f"{URL}{slug}/?{query}")
        return len(captured)

    few = queries("")
    for n in range(30):
        slate("milk", hours=-24 * n)
        event("search", "", hours=-24 * n, query=str(n))
    roll_up(days=60)
    assert queries(f"start={today() - timedelta(days=59)}") <= few


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_report_is_accessible_in_a_real_browser(
    live_server: Any, page: Any, behaved: None, scheme: str
) -> None:
    User.objects.create_superuser("admin", password="admin")
    watch = PageWatch(page)
    page.emulate_media(color_scheme=scheme)
    log_in(page, live_server.url, URL, "admin")
    for slug in PAGES:
        for device, width in (("desktop", 1280), ("phone", 390)):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{live_server.url}{URL}{slug}/")
            page.wait_for_load_state()
            assert accessibility_violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == width
            _picture(page, f"report-{slug}-{scheme}-{device}")
    assert watch.faults == []


def _picture(page: Any, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_many_days_are_drawn_by_week_and_nothing_is_lost() -> None:
    days = [[DAY + timedelta(days=n), 1, 2] for n in range(125)]
    weeks = weekly(days)
    assert weeks[0] == [DAY, 7, 14]
    assert weeks[-1] == [DAY + timedelta(days=119), 6, 12]
    assert weekly(days, is_level=True)[0] == [DAY, 1, 2]
    assert weekly(days[:120]) == days[:120]


def test_a_table_escapes_what_is_in_it() -> None:
    found = Table(
        "t", "T", [Column("a", "A", "text"), Column("b", "B", "text")], [["<b>", '"&']], links={(0, 0): '/?"'}
    )
    assert str(found.body) == (
        '<tr><th scope="row" data-x="&lt;b&gt;"><a href="/?&quot;">&lt;b&gt;</a></th>'
        '<td class="rec-text" data-value="&quot;&amp;">&quot;&amp;</td></tr>'
    )
