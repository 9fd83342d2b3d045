"""Personal and neighbours' frequency."""

from __future__ import annotations

import numpy as np
import pytest

from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.algorithms.tifu_knn import TIFUKNN
from recommendations.exceptions import ConfigurationError, NotEnoughData

DAY = 86_400.0


class TestContract(AlgorithmContract):
    algorithm_class = TIFUKNN
    options = {"events": {"view": 1.0, "purchase": 1.0}}


def orders(**visitors: str) -> Interactions:
    """u="ab b" = two baskets a day apart."""
    rows = [
        (visitor, item, n * DAY, f"{visitor}{n}")
        for visitor, baskets in visitors.items()
        for n, basket in enumerate(baskets.split())
        for item in basket
    ]
    visitor, item, time, basket = zip(*rows, strict=True)
    return Interactions.from_columns(visitor=visitor, item=item, kind="purchase", time=time, basket=basket)


def scores(fitted: TIFUKNN, row: int = 0) -> dict[str, float]:
    return dict(zip(fitted.item_keys_, fitted.score(fitted.histories_)[row].tolist(), strict=True))


def test_plain_frequency() -> None:
    fitted = TIFUKNN(personal=1.0, basket_decay=0.0).fit(orders(u="ab b", v="c"))
    assert scores(fitted) == {"a": 0.5, "b": 1.0, "c": 0.0}


def test_older_baskets_count_less() -> None:
    fitted = TIFUKNN(personal=1.0, basket_decay=np.log(2)).fit(orders(u="a b c"))
    assert scores(fitted) == pytest.approx({"a": 1 / 12, "b": 1 / 6, "c": 1 / 3})
    aged = TIFUKNN(personal=1.0, basket_decay=0.0, basket_half_life_days=1.0).fit(orders(u="a b c"))
    assert scores(aged) == pytest.approx({"a": 1 / 12, "b": 1 / 6, "c": 1 / 3})


def test_neighbours_add_what_is_new() -> None:
    fitted = TIFUKNN(personal=0.5, basket_decay=0.0, neighbours=2).fit(orders(u="ab", v="abc", w="d"))
    # nearest to u: u itself (1, 1, 0) and v (1, 1, 1); w shares nothing
    assert scores(fitted) == pytest.approx({"a": 1.0, "b": 1.0, "c": 0.25, "d": 0.0})


def test_bad_options_and_too_little_data() -> None:
    with pytest.raises(ConfigurationError, match="personal must be within 0..1"):
        TIFUKNN(personal=2)
    alone = Interactions.from_columns(visitor=["u"], item=["a"], kind="purchase", time=[0.0])
    with pytest.raises(NotEnoughData, match="none of 1 events is in one"):
        TIFUKNN().fit(alone)
