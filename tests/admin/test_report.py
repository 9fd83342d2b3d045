from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

from recommendations.admin.charts import bar_chart, nice_step, sparkline
from recommendations.admin.export import safe
from recommendations.reports.days import today
from recommendations.reports.rollup import roll_up
from tests.reports.factories import DAY, click, impression, purchase
from tests.support.browser import accessibility_violations, log_in

pytestmark = pytest.mark.django_db

URL = "/admin/recommendations/report/"


@pytest.fixture
def sold(db: None) -> None:
    for simulated in (False, True):
        for _ in range(4):
            impression("cart", simulated=simulated)
        click(hours=-1, simulated=simulated)
        purchase(value="25.00", simulated=simulated, order_key=f"o{simulated}")
        purchase("soap", value="75.00", simulated=simulated, order_key=f"o{simulated}")
    roll_up()


def test_the_headlines(staff, sold: None) -> None:
    page = staff("view_dailystat").get(URL)
    shown = page.context["together"]
    assert (shown.slates, shown.clicks, shown.ctr, shown.orders, shown.revenue) == (
        "4",
        "1",
        "25.0 %",
        "1",
        "$25.00",
    )
    assert page.context["share"] == "25.0 %"
    assert page.context["unattributed"] == "$75.00"
    assert page.context["rows"][0].name == "cart"
    assert b"rec-simulated" not in page.content
    assert b"today as of now" in page.content


@pytest.mark.parametrize(("figures", "slates"), [("simulated", "4"), ("all", "8")])
def test_simulated_figures_are_marked(staff, sold: None, figures: str, slates: str) -> None:
    page = staff("view_dailystat").get(f"{URL}?figures={figures}")
    assert page.context["together"].slates == slates
    assert b"rec-notice rec-simulated" in page.content
    assert b"They say nothing about your shop." in page.content


def test_the_address_says_which_days(staff, sold: None) -> None:
    client = staff("view_dailystat")
    page = client.get(f"{URL}?start={DAY}&end={DAY}")
    assert (page.context["report"].start, page.context["report"].end) == (DAY, DAY)
    assert page.context["together"].slates == "4"
    earlier = client.get(f"{URL}?end={DAY - timedelta(days=1)}").context["report"]
    assert (earlier.end - earlier.start).days == 27
    assert earlier.is_empty
    assert client.get(URL).context["filter"].preset == 28


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("start=2026-05-02&end=2026-05-01", "The first day is after the last one."),
        ("start=2001-01-01", "At most 1100 days at once."),
        ("start=yesterday", "Enter a valid date."),
        ("figures=both", "Select a valid choice."),
    ],
)
def test_a_wrong_address_is_explained_and_shows_the_usual_days(staff, query: str, said: str) -> None:
    page = staff("view_dailystat").get(f"{URL}?{query}")
    assert page.status_code == 200
    assert said in page.content.decode()
    assert page.context["report"].end == today()
    assert (page.context["report"].end - page.context["report"].start).days == 27


def test_scopes_are_offered_when_there_are_several(staff, sold: None) -> None:
    impression("home", scope="uk")
    roll_up()
    client = staff("view_dailystat")
    assert client.get(f"{URL}?scope=uk").context["together"].slates == "1"
    assert client.get(URL).context["together"].slates == "4"
    assert b'name="scope"' in client.get(URL).content


def test_an_empty_report_says_what_to_do(staff) -> None:
    roll_up(days=60)
    page = staff("view_dailystat").get(URL).content.decode()
    assert "Nothing was seen, clicked or bought on these days" in page
    assert "{% recommendations &quot;product_page&quot; item=product %}" in page.replace('"', "&quot;")
    assert "manage.py recommendations backfill" in page


def test_days_that_were_not_rolled_up_are_named(staff) -> None:
    page = staff("view_dailystat").get(URL).content.decode()
    assert "27 days of this span were not rolled up yet" in page
    assert "manage.py recommendations roll_up" in page


def test_the_state_of_the_recommenders_is_on_the_page(staff) -> None:
    page = staff("view_dailystat").get(URL)
    assert [entry.of.name for entry in page.context["recommenders"]][:2] == ["popular", "also_viewed"]
    assert "There are no events yet." in page.content.decode()


def test_it_is_in_the_list_of_the_app_for_those_who_may_see_it(staff) -> None:
    client = staff("view_dailystat")
    page = client.get("/admin/").content.decode()
    assert f'href="{URL}"' in page
    assert "dailystat" not in page


def test_others_may_not(staff, sold: None) -> None:
    client = staff("view_event")
    assert client.get(URL).status_code == 403
    assert client.get(f"{URL}csv/").status_code == 403
    assert f'href="{URL}"' not in client.get("/admin/").content.decode()


def test_csv_holds_the_same_figures(staff, sold: None) -> None:
    answer = staff("view_dailystat").get(f"{URL}csv/?start={DAY}&figures=all")
    assert answer.streaming
    assert answer["Content-Disposition"] == f'attachment; filename="placements-{DAY}-{today()}.csv"'
    rows = list(csv.DictReader(answer.getvalue().decode().splitlines()))
    (cart,) = [
        r for r in rows if r["placement"] == "cart" and r["currency"] == "USD" and r["simulated"] == "0"
    ]
    assert (cart["day"], cart["orders"], Decimal(cart["revenue"])) == (str(DAY), "1", Decimal(25))
    everything = [r for r in rows if r["placement"] == "(all orders)" and r["simulated"] == "0"]
    assert sum(Decimal(row["revenue"]) for row in everything) == 100


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    assert [safe("=1+1"), safe("cart"), safe("")] == ["'=1+1", "cart", ""]


def test_the_page_costs_the_same_for_any_number_of_days(staff, sold: None, django_assert_num_queries) -> None:
    client = staff("view_dailystat")
    client.get(URL)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(f"{URL}?start={today() - timedelta(days=12)}")
    roll_up(days=200)
    with django_assert_num_queries(len(few)):
        client.get(f"{URL}?start={today() - timedelta(days=200)}")


class TestCharts:
    @pytest.mark.parametrize(
        ("highest", "step"), [(0, 1), (4, 1), (5, 2), (10, 2.5), (37, 10), (80, 20), (100, 25), (0.3, 0.1)]
    )
    def test_steps_are_round(self, highest: float, step: float) -> None:
        assert nice_step(highest) == pytest.approx(step)

    def test_heights_are_in_proportion(self) -> None:
        chart = bar_chart([(DAY, 4.0), (DAY + timedelta(days=1), 1.0), (DAY + timedelta(days=2), -1.0)], str)
        heights = [float(bar.height) for bar in chart.bars]
        assert heights[1] == pytest.approx(heights[0] / 4, abs=0.1)
        assert heights[2] == 0
        assert [tick.text for tick in chart.ticks] == ["0", "1", "2", "3", "4"]

    def test_many_days_become_weeks_and_nothing_is_lost(self) -> None:
        chart = bar_chart([(DAY + timedelta(days=n), 1.0) for n in range(100)], str)
        assert chart.by_week
        assert [bar.title.split(": ")[1] for bar in chart.bars] == ["7.0"] * 14 + ["2.0"]

    def test_numbers_in_a_drawing_do_not_change_with_the_language(self) -> None:
        with translation.override("de"):
            assert "," not in bar_chart([(DAY, 1.5)], str).bars[0].height
        assert sparkline([0, 1, 2]) == "2.0,26.0 60.0,14.0 118.0,2.0"
        assert sparkline([0, 0]) == sparkline([5]) == ""


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_in_a_real_browser(live_server, page, scheme: str) -> None:
    User.objects.create_superuser("admin", password="admin")
    impression("cart", occurred_at=timezone.now())
    click(occurred_at=timezone.now())
    purchase(occurred_at=timezone.now())
    page.emulate_media(color_scheme=scheme)
    log_in(page, live_server.url, URL, "admin")
    page.wait_for_selector(".rec-cards")
    page.click("details.rec-panel > summary")
    assert accessibility_violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.select_option("#id_figures", "simulated")
    page.click(".rec-filter input[type=submit]")
    page.wait_for_selector(".rec-notice.rec-simulated")
    assert accessibility_violations(page) == []
