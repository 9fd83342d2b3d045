"""What interest becomes a purchase."""

from __future__ import annotations

import pytest

from recommendations.algorithms.histories import Histories
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.revisit import Revisit
from recommendations.algorithms.testing import AlgorithmContract
from recommendations.exceptions import ConfigurationError, NotEnoughData


class TestContract(AlgorithmContract):
    algorithm_class = Revisit
    options = {"events": {"view": 1.0, "purchase": 3.0}}


#: a: three look, two buy; b: two look, nobody buys, one carries it around; u4 looks at a and b, and carries b.
SHOP = Interactions.from_columns(
    visitor=["u1", "u1", "u2", "u2", "u3", "u3", "u4", "u4", "u4"],
    item=["a", "a", "a", "a", "a", "b", "a", "b", "b"],
    kind=["view", "purchase", "view", "purchase", "view", "view", "view", "view", "cart"],
    time=[0.0] * 9,
)


def test_rates_are_shrunk_to_the_average_of_their_kind() -> None:
    fitted = Revisit(prior=2.0).fit(SHOP)
    # views: 4 on a (2 bought), 2 on b (0 bought); average 2/6. carts: 1 on b, none bought.
    assert fitted.rates_["view"] == pytest.approx([(2 + 2 / 3) / 6, (0 + 2 / 3) / 4])
    assert fitted.rates_["cart"] == pytest.approx([0, 0])


def test_scores_only_what_was_touched_and_not_bought() -> None:
    fitted = Revisit(prior=2.0).fit(SHOP)
    scores = fitted.score(Histories.of(SHOP))
    assert scores[0].tolist() == [0, 0]  # u1 bought a
    assert scores[3].tolist() == pytest.approx([8 / 18, 1 / 6])


def test_needs_interest_and_purchases() -> None:
    with pytest.raises(NotEnoughData, match="needs events of the kind purchase"):
        Revisit().fit(SHOP.select(kinds=["view"]))
    with pytest.raises(NotEnoughData, match="0 kinds"):
        Revisit().fit(SHOP.select(kinds=["purchase"]))


def test_a_dislike_is_no_interest() -> None:
    disliked = Interactions.from_columns(
        visitor=["u1", "u1", "u2", "u3", "u3"],
        item=["a", "a", "a", "b", "b"],
        kind=["dismiss", "purchase", "dismiss", "view", "purchase"],
        time=[0.0] * 5,
    )
    fitted = Revisit(events={"view": 1.0, "dismiss": -2.0, "purchase": 5.0}).fit(disliked)
    assert set(fitted.rates_) == {"view"}
    assert list(fitted.visitor_lists(["u2"])) == []


@pytest.mark.filterwarnings("error")
def test_interest_that_always_led_to_a_purchase() -> None:
    certain = Interactions.from_columns(
        visitor=["u1", "u1", "u2", "u2"], item=["a"] * 4, kind=["view", "purchase"] * 2, time=[0.0] * 4
    )
    fitted = Revisit().fit(certain)
    looked = Histories.of(certain.select(kinds=["view"]))
    assert fitted.score(looked) == pytest.approx(1.0)


def test_bad_options() -> None:
    with pytest.raises(
        ConfigurationError, match="exclude_seen must be False: Revisit lists only what was seen"
    ):
        Revisit(exclude_seen=True)
    with pytest.raises(ConfigurationError, match="prior"):
        Revisit(prior=0.0)
