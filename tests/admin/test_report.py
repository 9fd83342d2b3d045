from __future__ import annotations

import csv
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from recommendations.admin.export import safe
from recommendations.admin.report_content import Content
from recommendations.models import Experiment, ExperimentResult
from recommendations.reports.days import today
from recommendations.reports.rollup import roll_up
from tests.reports.factories import DAY, click, impression, purchase
from tests.support.browser import accessibility_violations, log_in

pytestmark = pytest.mark.django_db

URL = "/admin/recommendations/report/"


def cards(content: Content) -> dict[str, str]:
    return {card.title: card.value for card in content.cards}


def shown(client: Client, query: str = "") -> Content:
    return client.get(f"{URL}?{query}").context["content"]


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
    assert cards(page.context["content"]) == {
        "Slates seen": "4",
        "Clicks": "1",
        "Click-through rate": "25.0 %",
        "Cart rate": "0.0 %",
        "Conversion": "6.2 %",
        "Attributed orders": "1",
        "Attributed revenue": "$25.00",
        "Share of all revenue": "25.0 %",
    }
    (table,) = page.context["content"].tables
    assert table.cells[0][0].text.startswith("cart")
    assert [cells[0].text for cells in table.cells[-3:]] == [
        "All placements (an order counts once)", "Without a recommendation", "All orders",
    ]  # fmt: skip
    assert table.cells[-2][-1].text == "$75.00"
    assert b"rec-notice rec-simulated" not in page.content
    assert b"today as of now" in page.content


@pytest.mark.parametrize(("figures", "slates"), [("simulated", "4"), ("all", "8")])
def test_simulated_figures_are_marked(staff, sold: None, figures: str, slates: str) -> None:
    page = staff("view_dailystat").get(f"{URL}?figures={figures}")
    assert cards(page.context["content"])["Slates seen"] == slates
    assert b"rec-notice rec-simulated" in page.content
    assert b"They say nothing about your shop." in page.content


def test_the_address_says_which_days(staff, sold: None) -> None:
    client = staff("view_dailystat")
    page = client.get(f"{URL}?start={DAY}&end={DAY}")
    assert (page.context["filter"].start, page.context["filter"].end) == (DAY, DAY)
    assert cards(page.context["content"])["Slates seen"] == "4"
    assert shown(client, f"end={DAY - timedelta(days=1)}").is_empty
    assert client.get(URL).context["filter"].preset == 28


def test_figures_are_compared_with_the_days_before_or_a_year_before(staff, sold: None) -> None:
    impression("cart", hours=-24)
    impression("cart", hours=-24 * 364)
    impression("cart", hours=-24 * 364)
    roll_up(days=400)
    client = staff("view_dailystat")
    one_day = f"start={DAY}&end={DAY}"
    (card, *_) = shown(client, one_day).cards
    assert (card.before, card.change, card.direction) == ("1", "+300.0 %", "up")
    figure = shown(client, one_day).figures[0]
    assert figure.table.rows == [[DAY, 4, 1]]
    assert figure.table.columns[2].is_previous
    assert shown(client, f"{one_day}&compare=year").cards[0].before == "2"
    assert shown(client, f"{one_day}&compare=nothing").cards[0].before == ""


def test_incremental_revenue_comes_first(staff, sold: None) -> None:
    experiment = Experiment.objects.create(name="holdout", placement="cart")
    total = {"estimate": 120.0, "low": 40.0, "high": 200.0}
    for days, visitors in ((2, 10), (1, 20)):
        ExperimentResult.objects.create(
            experiment=experiment, day=today() - timedelta(days=days),
            data={"increment": {"per_visitor": total, "total": total, "visitors": visitors}},
        )  # fmt: skip
    content = shown(staff("view_dailystat"))
    first, second, *_ = content.cards
    assert (first.title, first.value, first.before, first.is_main) == (
        "Incremental revenue: holdout", "$120.00", "$40.00 – $200.00", True,
    )  # fmt: skip
    assert second.title == "Slates seen"
    assert [cell.text for cell in content.tables[0].cells[0]][3:] == ["20", "$120.00", "$40.00", "$200.00"]


def test_a_figure_leads_to_the_rows_that_made_it(staff, sold: None) -> None:
    client = staff("view_dailystat", "view_event", "view_dailybreakdown")
    found = {card.title: card.rows for card in shown(client).cards if card.rows}
    rows = {title: client.get(url).context["content"].tables[0].rows for title, url in found.items()}
    assert {title: len(of_title) for title, of_title in rows.items()} == {
        "Slates seen": 4, "Clicks": 1, "Attributed orders": 1, "Attributed revenue": 1,
    }  # fmt: skip
    assert rows["Attributed revenue"][0][5:7] == ["$25.00", "$25.00"]
    (table,) = shown(client).tables
    (unattributed,) = client.get(table.links[len(table.rows) - 2, 9]).context["content"].tables
    assert [row[2] for row in unattributed.rows] == ["soap"]
    (parts,) = client.get(f"{URL}breakdown/").context["content"].tables
    for url in parts.links.values():
        assert client.get(url).context["content"].tables[0].rows


@pytest.mark.parametrize("query", ["", "figure=ctr", "figure=clicks&start=2026-01-02&end=2026-01-01"])
def test_what_is_no_figure_has_no_rows(staff, query: str) -> None:
    assert staff("view_dailystat", "view_event").get(f"{URL}rows/?{query}").status_code == 404


def test_rows_need_the_permission_to_see_events(staff) -> None:
    assert staff("view_dailystat").get(f"{URL}rows/").status_code == 403


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
    assert page.context["filter"].end == today()
    assert page.context["filter"].n_days == 28


def test_scopes_are_offered_when_there_are_several(staff, sold: None) -> None:
    impression("home", scope="uk")
    roll_up()
    client = staff("view_dailystat")
    assert cards(shown(client, "scope=uk"))["Slates seen"] == "1"
    assert cards(shown(client))["Slates seen"] == "4"
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


def test_json_holds_the_same_figures(staff, sold: None) -> None:
    client = staff("view_dailystat")
    assert json.loads(client.get(f"{URL}json/?end=2001-01-01").getvalue()) == []
    answer = client.get(f"{URL}json/?start={DAY}")
    rows = json.loads(answer.getvalue())
    (cart,) = [r for r in rows if r["placement"] == "cart" and r["currency"] == "USD"]
    assert (cart["day"], cart["orders"], cart["revenue"]) == (str(DAY), 1, "25.00")


def test_each_table_can_be_exported(staff, sold: None) -> None:
    client = staff("view_dailystat")
    answer = client.get(f"{URL}csv/?start={DAY}&table=slates_by_day&compare=nothing")
    assert answer.getvalue().decode().splitlines()[:2] == ["day,slates", f"{DAY},4"]
    assert client.get(f"{URL}csv/?table=nothing").status_code == 404


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
    page.wait_for_selector(".rec-plot canvas")
    page.click(".rec-figure summary")
    assert accessibility_violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.select_option("#id_figures", "simulated")
    page.click(".rec-filter input[type=submit]")
    page.wait_for_selector(".rec-notice.rec-simulated")
    assert accessibility_violations(page) == []
