"""OnSale and PriceDropped."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.on_sale import OnSale
from recommendations.algorithms.price_dropped import PriceDropped
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import DAY

NOTHING = Interactions.from_columns(visitor=[], item=[], kind=[], time=[])


def views(*rows: tuple[str, str]) -> Interactions:
    """Views of (visitor, item), all on day 100."""
    visitor, item = zip(*rows, strict=True)
    return Interactions.from_columns(
        visitor=visitor, item=item, kind=["view"] * len(rows), time=[100 * DAY] * len(rows)
    )


def on_sale_now(**prices: tuple[float | None, Any]) -> Catalogue:
    """Items by their price and regular price."""
    return Catalogue.from_columns(
        item_keys=list(prices),
        prices=[price for price, _ in prices.values()],
        attributes=[{"regular_price": regular} for _, regular in prices.values()],
        categories=[["Tea"] if key < "c" else ["Cups"] for key in prices],
        brands=["Leaf" for _ in prices],
    )


def changed(**prices: tuple[float | None, float | None, float | None]) -> Catalogue:
    """Items by their price, the one before, and the day of the change."""
    now, before, day = zip(*prices.values(), strict=True)
    return Catalogue.from_columns(
        item_keys=list(prices),
        prices=now,
        previous_prices=before,
        price_changed=[None if when is None else when * DAY for when in day],
    )


class TestOnSale(AlgorithmContract):
    algorithm_class = OnSale
    without_events = "lists"


class TestPriceDropped(AlgorithmContract):
    algorithm_class = PriceDropped
    options = {"max_age_days": 90.0}
    without_events = "lists"


def test_without_events_the_discount_alone_counts() -> None:
    known = on_sale_now(a=(5, 10), b=(15, 20), c=(8, 8), d=(9, 8), e=(9.6, 10), f=(4, None), g=(None, 9))
    found = OnSale().fit(NOTHING, known)
    assert dict(found.segment_lists()) == {
        "": [("a", 0.5), ("b", 0.25)],
        "category:Tea": [("a", 0.5), ("b", 0.25)],
    }
    by_brand = OnSale(by=["brand"], min_discount=0.03).fit(NOTHING, known)
    assert dict(by_brand.segment_lists())["brand:Leaf"] == [("a", 0.5), ("b", 0.25), ("e", 0.04)]


def test_what_is_wanted_goes_before_an_equal_discount() -> None:
    known = on_sale_now(a=(8, 10), b=(8, 10), c=(6, 10))
    seen = views(("u:1", "b"), ("u:2", "b"), ("u:3", "b"), ("u:3", "b"))
    found = OnSale(half_life_days=None, events={"view": 1.0}).fit(seen, known)
    # v = (0, 3, 0), m = 1: (v + m) / (v + 2m) = ½, ⅘, ½.
    assert found.visitors_.tolist() == [0, 3, 0]
    assert dict(found.segment_lists())[""] == [("c", 0.2), ("b", 0.16), ("a", 0.1)]


def test_the_attribute_that_holds_the_regular_price_is_an_option() -> None:
    known = Catalogue.from_columns(
        item_keys=["a", "b", "c"],
        prices=[5, 5, 5],
        attributes=[{"rrp": 10}, {"rrp": "ask us"}, {"rrp": [10, 20]}],
    )
    assert dict(OnSale(regular_price="rrp").fit(NOTHING, known).segment_lists()) == {"": [("a", 0.5)]}
    assert list(OnSale().fit(NOTHING, known).segment_lists()) == []


def test_a_drop_fades_and_is_no_news_after_a_while() -> None:
    known = changed(
        a=(5, 10, 93), b=(15, 20, 100), c=(8, 4, 100), d=(5, 10, 60), e=(0, 10, 86), f=(5, None, None)
    )
    found = PriceDropped().fit(NOTHING, known)
    assert dict(found.segment_lists()) == {"": [("a", 0.25), ("b", 0.25), ("e", 0.25)]}
    # With the last event on day 107 everything is a week older, so that the drop of day 60 stays out.
    later = Interactions.from_columns(visitor=["u:1"], item=["f"], kind="view", time=[107 * DAY])
    found = PriceDropped().fit(later, known)
    assert dict(found.segment_lists()) == {"": [("a", 0.125), ("b", 0.125), ("e", 0.125)]}
    assert dict(PriceDropped(max_age_days=50.0, fresh_days=10.0).fit(NOTHING, known).segment_lists())[""][
        -1
    ] == ("d", 0.03125)


@pytest.mark.parametrize("algorithm", [OnSale, PriceDropped])
def test_a_catalogue_with_prices_is_needed(algorithm: Any) -> None:
    for catalogue in (None, Catalogue.from_columns(item_keys=["a"])):
        with pytest.raises(NotEnoughData, match=f"^{algorithm.__name__} needs a catalogue with prices"):
            algorithm().fit(NOTHING, catalogue)


@pytest.mark.parametrize(
    ("algorithm", "option", "value"),
    [(OnSale, "min_discount", 2), (PriceDropped, "fresh_days", 0), (PriceDropped, "max_age_days", -1)],
)
def test_options_out_of_range_are_refused(algorithm: Any, option: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=f"{option} must be within"):
        algorithm(**{option: value})


PRICES = st.none() | st.floats(0, 1e6, allow_nan=False)


@given(st.lists(st.tuples(PRICES, PRICES, st.floats(0, 400)), min_size=1, max_size=8))
def test_any_prices_give_shares(rows: list[tuple[float | None, float | None, float]]) -> None:
    keys = [f"茶{n}" for n in range(len(rows))]
    known = changed(**dict(zip(keys, rows, strict=True)))
    if all(price is None for price, _, _ in rows):
        return
    found = PriceDropped(min_discount=0.0).fit(NOTHING, known)
    assert ((found.discount_ >= 0) & (found.discount_ <= 1)).all()
    fallen = {
        key
        for key, (now, before, _) in zip(keys, rows, strict=True)
        if now is not None and before is not None and now < before
    }
    assert {key for key, share in zip(known.item_keys, found.discount_, strict=True) if share} <= fallen
    for _, pairs in found.segment_lists():
        assert {key for key, _ in pairs} <= fallen
