"""What the shop earns by a sale, weighed in; the first of a shelf costs 2, the next 3 and 4, half of it is margin."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from recommendations.exceptions import ConfigurationError
from recommendations.models import Item
from recommendations.serving.engine import recommend
from recommendations.serving.reranking.objectives import Objective
from tests.serving.twelve import NOBODY, publish_popular, shown_on

Use = Callable[..., None]


def row(**options: Any) -> dict[str, Any]:
    return {"sources": ["popular"], "rerank": [{"rerank": "objective", **options}]}


@pytest.fixture
def everybody(products: Any) -> None:
    publish_popular(everybody=["b1", "b2", "b3"])  # 1.0, 0.95, 0.9


@pytest.mark.parametrize(
    ("weight", "shown"),
    [
        (0, ["b1", "b2", "b3"]),
        (0.2, ["b1", "b2", "b3"]),  # times 1.2: 1.1, 0.95 · 1.15 = 1.0925, 1.08
        (0.3, ["b3", "b2", "b1"]),  # times 1.3: 1.15, 0.95 · 1.225 = 1.164, 1.17
        (1000, ["b3", "b2", "b1"]),
    ],
)
@pytest.mark.parametrize("of", ["margin", "revenue"])
def test_by_weight(everybody: None, placements: Use, of: str, weight: float, shown: list[str]) -> None:
    placements(row=row(of=of, weight=weight))
    assert shown_on("row") == shown


def test_margin_is_money_that_stays(everybody: None, placements: Use) -> None:
    Item.objects.filter(item_key="b3").update(cost=Decimal("3.90"))
    # Margins 1, 1.50 and 0.10. With weight 1 and times 2: 1.667, 1.9, 0.96.
    placements(by_margin=row(weight=1), by_price=row(of="revenue", weight=1))
    assert shown_on("by_margin") == ["b2", "b1", "b3"]
    assert shown_on("by_price") == ["b3", "b2", "b1"]
    scores = [round(item.score, 4) for item in recommend("by_margin", NOBODY)]
    assert scores == [0.95, 0.8333, 0.48]


def test_a_loss_counts_as_nothing_and_what_is_not_known_as_the_mean(everybody: None, placements: Use) -> None:
    placements(row=row(weight=1))
    Item.objects.filter(item_key="b3").update(cost=5)
    assert recommend("row", NOBODY).items[2].score == pytest.approx(0.45)
    Item.objects.filter(item_key="b3").update(cost=None)
    # Of ⅔ and 1 the mean is ⅚: 0.9 · (1 + ⅚) / 2.
    assert recommend("row", NOBODY).items[2].score == pytest.approx(0.825)
    Item.objects.update(cost=None)
    assert shown_on("row") == ["b1", "b2", "b3"]


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="\"of\" is 'profit'. Set it to one of: margin, revenue."):
        Objective(of="profit")
    with pytest.raises(ConfigurationError, match='"weight" is nan. Set it to a number from 0.'):
        Objective(weight=float("nan"))
