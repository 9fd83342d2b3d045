from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recommendations.models import Impression, Item, RankedList, ReportDay, Snapshot, VisitorLink
from recommendations.reports import data_quality, snapshot_quality
from recommendations.reports.days import today
from recommendations.reports.inequality import gini, relative_gini
from recommendations.reports.report_days import write_day
from recommendations.reports.rollup import roll_up
from recommendations.reports.windows import write_windows
from tests.reports.factories import DAY, at, click, event, purchase

pytestmark = pytest.mark.django_db


def slate(
    *items: str, visitor: str = "u:1", placement: str = "cart", hours: float = 0, **fields: Any
) -> None:
    fields.setdefault("seen", list(range(len(items))))
    Impression.objects.create(
        slate_id=f"{placement}{Impression.objects.count()}", placement=placement, visitor_key=visitor,
        items=[[item, "popular" if item == "soap" else "similar", "also_bought"] for item in items],
        n_seen=len(fields["seen"]), occurred_at=at(hours), **fields,
    )  # fmt: skip


def row(report: str, day: Any = DAY, visitors: str = "real") -> ReportDay:
    return ReportDay.objects.get(report=report, day=day, visitors=visitors, scope="")


def item(key: str, **fields: Any) -> Item:
    return Item.objects.create(item_key=key, title=key, **fields)


class TestExposure:
    def test_an_item_counts_where_it_was_in_view(self) -> None:
        slate("milk", "soap", "tea", seen=[0, 1])
        slate("milk", hours=1)
        click("milk", slate_id="cart0")
        click("milk", slate_id="cart0")  # twice on one card
        event("cart", "milk")
        purchase("tea")
        write_day(DAY)
        assert row("exposure").detail == {"milk": [2, 1, 1, 0], "soap": [1, 0, 0, 0], "tea": [0, 0, 0, 1]}

    def test_simulated_visitors_are_apart(self) -> None:
        slate("milk", simulated=True)
        write_day(DAY)
        assert row("exposure").detail == {}
        assert row("exposure", visitors="simulated").detail == {"milk": [1, 0, 0, 0]}

    def test_a_day_done_again_is_the_same_and_what_is_gone_goes(self) -> None:
        slate("milk", scope="uk")
        assert write_day(DAY)
        assert not write_day(DAY)
        Impression.objects.all().delete()
        assert write_day(DAY)
        assert not ReportDay.objects.filter(scope="uk").exists()


class TestFunnel:
    def test_each_step_is_a_part_of_the_one_before(self) -> None:
        VisitorLink.objects.create(anonymous_key="a:1", visitor_key="u:1", bucket=1)
        slate("milk", visitor="a:1")
        slate("milk", visitor="u:1")  # the same person
        slate("milk", visitor="u:2")
        slate("milk", visitor="u:3", placement="home")
        click("milk", visitor="a:1")
        click("milk", visitor="u:2")
        event("cart", "milk", visitor="u:1")
        purchase("milk", visitor="u:1")
        purchase("soap", visitor="u:2")  # not what was clicked
        write_day(DAY)
        assert row("funnel").summary == {"*": [3, 2, 1, 1], "cart": [2, 2, 1, 1], "home": [1, 0, 0, 0]}


class TestSearches:
    def test_words_lead_to_what_follows_within_half_an_hour_and_before_the_next_search(self) -> None:
        event("search", "", query="Oat  milk")
        event("view", "milk", hours=0.4)
        event("search", "", query="oat milk", visitor="u:2")
        event("view", "milk", hours=0.6, visitor="u:2")  # too late
        event("search", "", query="tee", visitor="u:3")
        event("search", "", query="tea", visitor="u:3", hours=0.1)
        event("view", "tea", hours=0.2, visitor="u:3")
        write_day(DAY)
        assert row("searches").detail == {"oat milk": [2, 1], "tee": [1, 1], "tea": [1, 0]}
        assert row("searches").summary == {"searches": 4, "without": 2}


class TestData:
    def test_faults_are_counted_with_examples(self) -> None:
        item("milk")
        purchase("milk", order_key="o1", source="shop.line:1")
        purchase("milk", order_key="o1", source="code:1")
        purchase("gone", order_key="o2", value=None)
        event("view", "milk", visitor="")
        write_day(DAY)
        stored = row("data")
        assert stored.summary == {
            "kinds": {"purchase": 3, "view": 1},
            "no_visitor": 1, "no_value": 1, "no_item": 0, "unmatched": 1, "doubled": 1,
        }  # fmt: skip
        assert stored.detail == {"unmatched": [["gone", 1]], "doubled": [["o1", "milk", 2]]}

    def test_a_kind_that_was_told_daily_and_is_not_any_more_is_silent(self) -> None:
        days = data_quality.days_before(DAY, 14)
        kinds = {day: {"view": 5, "cart": 1} for day in days[:-3]} | {day: {"view": 5} for day in days[-3:]}
        assert data_quality.silent_kinds(days, kinds) == {"cart": days[-4]}
        assert data_quality.silent_kinds(days[:-1], kinds) == {}  # two days are no silence yet
        seldom = {days[0]: {"share": 1}, days[8]: {"share": 1}}
        assert data_quality.silent_kinds(days, seldom) == {}


class TestHealth:
    def test_places_that_a_fallback_filled(self, settings: Any) -> None:
        placement = {"sources": [{"source": "similar"}], "fallback": [{"source": "popular"}]}
        settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "PLACEMENTS": {"cart": placement}}
        slate("milk", "soap")
        Snapshot.objects.create(recommender="also_bought", status="failed", started_at=at())
        write_day(DAY)
        assert row("health").summary == {"places": {"cart": [2, 1]}, "snapshots": {"failed": 1}}


class TestQuality:
    def test_what_is_live_is_noted_today(self) -> None:
        Snapshot.objects.create(recommender="r", status="live", metrics={"ndcg@10": 0.2}, coverage=0.5)
        write_day(today())
        assert row("quality", today()).summary["r"]["ndcg@10"] == 0.2

    def test_a_fall_of_a_fifth_below_what_is_usual_is_a_drift(self) -> None:
        days = data_quality.days_before(DAY, 6)
        figures = {day: {"r": {"ndcg@10": 0.2, "coverage": 0.5}} for day in days[:-1]}
        figures[days[-1]] = {"r": {"ndcg@10": 0.15, "coverage": 0.45}}
        assert snapshot_quality.drifts(days, figures) == [("r", "ndcg@10", 0.15, 0.2)]


class TestWindows:
    @pytest.fixture(autouse=True)
    def shop(self, db: None) -> None:
        item("milk", brand="A", categories=["Food/Milk"])
        item("soap", brand="B", categories=["Care"])
        item("tea", brand="A", categories=["Food/Tea"])
        item("rum", stock=0)
        item("kept", is_gone=True)
        live = Snapshot.objects.create(recommender="r", status="live")
        RankedList.objects.create(
            snapshot=live, key_kind="item", key="milk", target_kind="item", items='[["tea", 1, 0]]'
        )

    def test_four_weeks_up_to_a_day(self) -> None:
        slate(*["milk"] * 3, "soap")
        purchase("milk")
        roll_up([DAY])
        last = row("coverage", DAY + timedelta(days=9))
        assert last.summary == {
            "n_items": 4, "n_seen": 2, "n_clicked": 0, "n_bought": 1, "seen": 4, "n_head": 1,
            "tail_share": 0.25, "gini": 0.625,
        }  # fmt: skip
        assert not ReportDay.objects.filter(report="coverage", day__gte=today()).exists()

    def test_a_day_leaves_the_window_after_28_days(self) -> None:
        early = DAY - timedelta(days=25)
        slate("milk", hours=-25 * 24)
        write_day(early)
        write_windows([early])
        assert row("coverage", early + timedelta(days=27)).summary["n_seen"] == 1
        write_windows([early + timedelta(days=28)])
        later = ReportDay.objects.filter(report="coverage", day=early + timedelta(days=28))
        assert not later.exists()

    def test_exposure_against_catalogue_and_relevance(self) -> None:
        slate(*["milk"] * 3, "soap")
        purchase("soap")
        roll_up([DAY])
        stored = row("fairness", DAY)
        assert stored.detail["brand"]["groups"] == [["A", 2, 3, 0], ["B", 1, 1, 1], ["", 1, 0, 0]]
        assert stored.summary["brand"]["relevance"] == pytest.approx(0.75)
        assert "supplier" not in stored.summary

    def test_seen_and_never_bought(self) -> None:
        slate(*["milk"] * 20)
        slate(*["soap"] * 20)
        purchase("soap")
        roll_up([DAY])
        assert row("unsold").detail == {"items": [["milk", 20, 0, 0]]}
        assert row("unsold").summary == {"n": 1, "of": 2, "seen": 20, "all_seen": 40}

    def test_never_shown_and_why(self) -> None:
        slate("milk")
        roll_up([DAY])
        found = row("unshown", today() - timedelta(days=1))
        assert found.detail == {"sold_out": ["rum"], "in_no_list": ["soap"], "outranked": ["tea"]}
        assert (found.summary["of"], found.summary["n"]) == (4, 3)


class TestGini:
    def test_known_answers(self) -> None:
        assert gini([1, 1, 1, 1]) == 0
        assert gini([0, 0, 0, 4]) == 0.75
        assert gini([0, 0]) is None

    def test_in_proportion_is_none_at_all(self) -> None:
        assert relative_gini([(10, 1), (20, 2), (30, 3)]) == pytest.approx(0)
        assert relative_gini([(1, 0.5), (0, 0.5)]) == pytest.approx(0.5)
        assert relative_gini([(1, 0), (0, 1)]) == pytest.approx(1)
