from __future__ import annotations

import pytest

from recommendations.models import VisitorLink
from recommendations.reports import evidence
from recommendations.reports.evidence import Counted, pair_evidence
from tests.reports.factories import at, click, event, purchase

pytestmark = pytest.mark.django_db


def test_who_bought_both_and_each() -> None:
    baskets = {"u:1": ["milk", "bread"], "u:2": ["milk", "bread"], "u:3": ["milk"], "u:4": ["bread"]}
    for visitor, items in baskets.items():
        for item in items:
            purchase(item, visitor, order_key=visitor)
    purchase("milk", "u:4", order_key="later", hours=72)
    purchase("bread", "u:9", voided_at=at())
    purchase("bread", "u:8", simulated=True)
    purchase("bread", "u:7", scope="uk")
    bought, viewed = pair_evidence("milk", "bread")
    assert bought.visitors == Counted(first=4, other=3, both=3)
    assert bought.together == Counted(first=4, other=3, both=2)
    assert bought.visitors.share == 0.75
    assert [(m.key, m.days_between) for m in bought.latest] == [("u:4", 3), ("u:2", 0), ("u:1", 0)]
    assert viewed.visitors == Counted(0, 0, 0)
    assert viewed.visitors.share is None
    assert pair_evidence("milk", "bread", simulated=True)[0].visitors.other == 4


def test_views_and_clicks_of_a_session() -> None:
    event("view", "milk", "a:1", session_key="s")
    click("bread", "u:1", session_key="s")
    VisitorLink.objects.create(anonymous_key="a:1", visitor_key="u:1", bucket=0)
    viewed = pair_evidence("milk", "bread")[1]
    assert viewed.visitors == Counted(1, 1, 1)
    assert viewed.together == Counted(1, 1, 1)


def test_guests_count_as_orders_but_not_as_visitors() -> None:
    for item in ("milk", "bread"):
        purchase(item, "", order_key="guest")
    bought = pair_evidence("milk", "bread")[0]
    assert bought.visitors == Counted(0, 0, 0)
    assert bought.together == Counted(1, 1, 1)


def test_the_work_is_bounded(monkeypatch, django_assert_num_queries) -> None:
    monkeypatch.setattr(evidence, "MAX_EVENTS", 5)
    for n in range(9):
        purchase("milk", f"u:{n}", hours=n)
        purchase("bread", f"u:{n}", hours=n)
    with django_assert_num_queries(4):
        bought = pair_evidence("milk", "bread")[0]
    assert bought.is_cut
    assert bought.visitors == Counted(5, 5, 5)
    assert [m.key for m in bought.latest] == ["u:8", "u:7", "u:6", "u:5", "u:4"]
