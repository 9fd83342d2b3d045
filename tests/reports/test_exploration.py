"""What placements may explore: counted by the roll-up, believed by Bayes, published for pages."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recommendations.datatypes import EXPLORATION, Context, ListKind, placement_segment
from recommendations.models import Impression, Item, ItemStat, Override, Snapshot
from recommendations.reports.days import today
from recommendations.reports.exploration import (
    MOST_ARMS,
    arms_of,
    new_items,
    posterior,
    prior_mean,
    probabilities,
    refresh,
)
from recommendations.reports.item_stats import exploring, totals
from recommendations.reports.rollup import roll_up
from recommendations.serving.engine import recommend
from recommendations.store import ListRequest, get_store
from tests.reports.factories import click, impression
from tests.serving.conftest import placements, products  # noqa: F401  (fixtures)
from tests.serving.twelve import publish_popular

Use = Callable[..., None]

WISH = {"share": 0.25, "days": 14, "seen_below": 100}
ROW: dict[str, Any] = {"sources": ["popular"], "size": 4, "explore": {"share": 0.25}}


@pytest.fixture
def row(products: Any, placements: Use) -> Any:  # noqa: F811
    placements(row=ROW, plain={"sources": ["popular"]})
    return products


def slate(placement: str, *keys: str, n_seen: int | None = None, clicked: str = "", **fields: Any) -> None:
    """A slate of now, seen up to so many places."""
    now = timezone.now()
    seen = list(range(len(keys) if n_seen is None else n_seen))
    made = Impression.objects.create(
        slate_id=f"slate-{Impression.objects.count()}",
        placement=placement,
        items=[[key, "popular", "popular"] for key in keys],
        seen=seen,
        n_seen=len(seen),
        occurred_at=now,
        **fields,
    )
    if clicked:
        click(clicked, placement=placement, slate_id=made.slate_id, occurred_at=now, **fields)


def published(placement: str = "row", scope: str = "") -> dict[str, float]:
    request = ListRequest(EXPLORATION, ListKind.SEGMENT, placement_segment(placement))
    found = get_store().fetch(scope, [request]).get(request)
    return {key: share for key, share, _ in found.entries} if found else {}


# --- counting -----------------------------------------------------------------------------------------------------


def test_the_roll_up_counts_items_where_they_are_explored(row: Any) -> None:
    slate("row", "b1", "b2", "b3", n_seen=2, clicked="b1")
    slate("row", "b1", clicked="b1", simulated=True)
    slate("plain", "b1", clicked="b1")
    click("b1", placement="row", slate_id="slate-0", occurred_at=timezone.now())  # again on the same card
    roll_up()
    roll_up()
    rows = ItemStat.objects.order_by("item_key", "simulated")
    assert list(rows.values_list("placement", "item_key", "day", "simulated", "seen", "clicks")) == [
        ("row", "b1", today(), False, 1, 1),
        ("row", "b1", today(), True, 1, 1),
        ("row", "b2", today(), False, 1, 0),
    ]
    assert totals("", "row") == {"b1": (1, 1), "b2": (1, 0)}


def test_simulated_visitors_count_where_training_learns_from_them(row: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TRAIN_ON_SIMULATED": True}
    slate("row", "b1", simulated=True)
    slate("row", "b1")
    roll_up()
    assert totals("", "row") == {"b1": (2, 0)}


def test_days_whose_impressions_are_pruned_keep_their_figures(row: Any, settings: Any) -> None:
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "IMPRESSION_DAYS": 5}
    impression("row")
    day = today() - timedelta(days=10)
    ItemStat.objects.create(placement="row", item_key="b1", day=day, seen=9)
    roll_up([day])
    assert ItemStat.objects.get().seen == 9


# --- beliefs ------------------------------------------------------------------------------------------------------


def test_the_prior_is_the_mean_of_the_placement() -> None:
    assert prior_mean({}) == 1 / 50
    assert prior_mean({"a": (100, 9), "b": (50, 0)}) == pytest.approx(10 / 200)
    assert prior_mean({"a": (0, 400)}) == 0.5


def test_the_posterior_counts_on_from_the_prior() -> None:
    assert posterior(0, 0, 0.05) == pytest.approx((1, 19))
    assert posterior(30, 4, 0.05) == pytest.approx((5, 45))
    assert posterior(0, 2, 0.05) == pytest.approx((3, 19))


def test_probabilities_of_being_the_best() -> None:
    assert probabilities([], 1) == []
    assert probabilities([(1, 1)], 1) == [1.0]
    even = probabilities([(2, 20)] * 4, 1)
    assert even == pytest.approx([0.25] * 4, abs=0.015) and sum(even) == pytest.approx(1)
    # P(X > Y) for X ~ Beta(2, 1), Y ~ Beta(1, 1) is E[X] = 2/3.
    assert probabilities([(2, 1), (1, 1)], 1) == pytest.approx([2 / 3, 1 / 3], abs=0.015)
    assert probabilities([(2, 1), (1, 1)], 1) == probabilities([(2, 1), (1, 1)], 1)


def test_what_is_clicked_moves_up_and_gets_most_of_the_places() -> None:
    """Rounds of 400 views dealt out by the probabilities; the true rates are 2 %, 5 % and 15 %."""
    rates, dice = {"a": 0.02, "b": 0.05, "c": 0.15}, random.Random(3)
    stats = dict.fromkeys(rates, (0, 0))
    shares = []
    for n in range(8):
        found = probabilities([posterior(*stats[key], prior_mean(stats)) for key in rates], n)
        shares.append(dict(zip(rates, found, strict=True)))
        for key in dice.choices(list(rates), found, k=400):
            seen, clicks = stats[key]
            stats[key] = seen + 1, clicks + (dice.random() < rates[key])
    assert shares[0] == pytest.approx(dict.fromkeys(rates, 1 / 3), abs=0.02)
    assert shares[-1]["c"] > 0.95
    means = {key: posterior(*stats[key], prior_mean(stats)) for key in rates}
    order = sorted(rates, key=lambda key: means[key][0] / sum(means[key]))
    assert order[-1] == "c"
    assert stats["c"][0] > 0.7 * sum(seen for seen, _ in stats.values())


# --- which items are new ------------------------------------------------------------------------------------------


def test_new_is_what_came_lately_or_was_hardly_seen(row: Any) -> None:
    now = timezone.now()
    Item.objects.filter(item_key="b1").update(created_at=None)
    seen = {key: 100 for key in row if key not in ("b1", "d2")} | {"t1": 5_000}
    found = new_items("", WISH, seen, now)
    assert found == ["t3", "t2", "t1", "d2", "b1"], "the tea came yesterday; of b1 nobody knows when"
    assert new_items("", {**WISH, "seen_below": 0}, seen, now) == ["t3", "t2", "t1"]
    assert new_items("", {**WISH, "seen_below": 0, "days": 0.5}, seen, now) == []


def test_one_of_its_variants_and_only_what_is_sold_and_not_sensitive(row: Any) -> None:
    Item.objects.filter(item_key__in=["f2", "f3"]).update(created_at=timezone.now())
    row["t1"].delete()
    Item.objects.filter(item_key="t2").update(is_sensitive=True)
    found = new_items("", {**WISH, "seen_below": 0}, {}, timezone.now())
    assert found == ["f2", "t3"]


def test_at_most_so_many(row: Any) -> None:
    from tests.serving.test_plan import fill

    fill(MOST_ARMS + 20)
    assert len(new_items("", WISH, {}, timezone.now())) == MOST_ARMS


# --- publishing ---------------------------------------------------------------------------------------------------


def test_the_roll_up_publishes_and_pages_draw(row: Any) -> None:
    Item.objects.exclude(item_key__startswith="t").update(created_at=timezone.now() - timedelta(days=60))
    for _ in range(30):
        slate("row", *(key for key in row if key[0] != "t"), "t1", "t2", clicked="t2")
    roll_up()
    refresh(force=True)
    arms = published()
    assert sum(arms.values()) == pytest.approx(1, abs=1e-3)
    assert max(arms, key=arms.__getitem__) == "t2" and arms["t2"] > 0.9
    assert published("plain") == {}
    publish_popular(everybody=["b1", "b2", "b3", "d1"])
    drawn = [recommend("row", Context(anonymous_key=f"a:{n}")) for n in range(40)]
    new = [item.item_key for each in drawn for item in each if item.source == "explore"]
    assert len(new) == 40 and new.count("t2") > 30


def test_once_a_day_and_again_when_the_wish_changes(row: Any, placements: Use) -> None:  # noqa: F811
    first = refresh()
    assert first is not None and refresh() is None
    placements(row={**ROW, "explore": {"share": 0.5}})
    second = refresh()
    assert second is not None and Snapshot.objects.get(status="live") == second
    yesterday = {**second.options, "day": (today() - timedelta(days=1)).isoformat()}
    Snapshot.objects.filter(pk=second.pk).update(options=yesterday)
    assert refresh() is not None


def test_old_ones_go(row: Any) -> None:
    for _ in range(5):
        refresh(force=True)
    assert sorted(Snapshot.objects.values_list("status", flat=True)) == ["live", "ready", "ready"]


def test_where_nothing_is_explored_nothing_happens(products: Any, django_assert_num_queries: Any) -> None:  # noqa: F811
    slate("home_popular", "b1")
    roll_up()
    assert refresh() is None
    assert not Snapshot.objects.exists() and not ItemStat.objects.exists()


def test_an_override_can_switch_it_on(row: Any) -> None:
    assert set(exploring("")) == {"row"}
    Override.objects.create(
        kind=Override.Kind.PLACEMENT,
        name="plain",
        version=1,
        state=Override.State.ACTIVE,
        value={"explore": {"days": 3}},
    )
    assert exploring("") == {
        "row": WISH,
        "plain": {"share": 0.1, "days": 3, "seen_below": 100},
    }


def test_scopes_have_their_own(row: Any) -> None:
    Item.objects.filter(item_key__in=["b1", "b2"]).update(scope="outlet")
    slate("row", "b1", clicked="b1", scope="outlet")
    roll_up()
    assert set(published(scope="outlet")) == {"b1", "b2"}
    assert not {"b1", "b2"} & set(published())
    assert arms_of("outlet", "row", WISH, timezone.now())[0][0] == "b1"
