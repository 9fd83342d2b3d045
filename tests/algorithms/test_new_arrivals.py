from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.new_arrivals import NewArrivals
from recommendations.algorithms.priors import GammaPrior
from recommendations.algorithms.testing import AlgorithmContract, sample_catalogue
from recommendations.exceptions import ConfigurationError, NotEnoughData
from tests.algorithms.data import DAY

VIEWS: dict[str, Any] = {"events": {"view": 1.0}, "half_life_days": 10.0, "max_age_days": 20.0}


def views(rows: list[tuple[str, str, float]], kind: str = "view") -> Interactions:
    """Views from (visitor, item, day)."""
    visitor, item, day = zip(*rows, strict=True) if rows else ((), (), ())
    return Interactions.from_columns(visitor=visitor, item=item, kind=kind, time=[d * DAY for d in day])


def with_dates(**created: float | None) -> Catalogue:
    """Items created on these days."""
    return Catalogue.from_columns(
        item_keys=list(created),
        created=[None if day is None else day * DAY for day in created.values()],
        categories=[["Tea"] if key < "c" else ["Cups"] for key in created],
    )


class TestNewArrivals(AlgorithmContract):
    algorithm_class = NewArrivals
    options = {"max_age_days": 45}
    without_events = "lists"

    def catalogue(self) -> Catalogue:
        """The sample, items coming one after the other."""
        catalogue = sample_catalogue()
        return replace(catalogue, created=np.arange(len(catalogue)) * 3.0 * DAY)


def test_newness_and_success_by_hand() -> None:
    known = with_dates(a=90.0, b=100.0, c=95.0, d=10.0, e=None)
    rows = [
        ("u:1", "d", 80.0),
        ("u:1", "e", 80.0),
        ("u:1", "a", 100.0),
        ("u:2", "a", 100.0),
        ("u:2", "a", 100.0),
    ]
    arrivals = NewArrivals(**VIEWS).fit(views([*rows, ("u:1", "c", 95.0), ("u:1", "d", 100.0)]), known)
    assert arrivals.item_keys_ == ("a", "b", "c", "d", "e")
    assert arrivals.age_days_.tolist() == [10, 0, 5, 90, pytest.approx(np.nan, nan_ok=True)]
    # Watched from the beginning: a (two visitors in 10 days), b (none in 0) and c (none in 5; the event at its very
    # creation is none of its success). m = 2/15; Σ t(x/t − m)²/Σt = 8/450; m/t̄ = 8/450: they differ by chance alone.
    assert arrivals.prior_ == GammaPrior(pytest.approx(2 / 15), np.inf)
    assert dict(arrivals.segment_lists()) == {
        "": [("b", 0.5), ("c", 0.35355), ("a", 0.25)],
        "category:Cups": [("c", 0.35355)],
        "category:Tea": [("b", 0.5), ("a", 0.25)],
    }


def test_an_early_success_goes_first_and_a_flop_last() -> None:
    known = with_dates(**{f"usual{n}": 80.0 for n in range(8)}, hit=80.0, flop=80.0, fresh=100.0)
    rows = [(f"u:{v}", f"usual{n}", 85.0 + v) for n in range(8) for v in range(10)]
    rows += [(f"u:{v}", "hit", 81.0) for v in range(60)] + [("u:1", "old", 0.0), ("u:1", "old", 100.0)]
    arrivals = NewArrivals(**VIEWS | {"half_life_days": None}).fit(views(rows), known)
    listed = [item for item, _ in dict(arrivals.segment_lists())[""]]
    assert (listed[0], listed[-1], len(listed)) == ("hit", "flop", 11)
    scores = dict(dict(arrivals.segment_lists())[""])
    mean, weight = arrivals.prior_.mean, arrivals.prior_.exposure
    assert scores["fresh"] == 0.5
    rate = (60 + mean * weight) / (20 + weight)
    assert scores["hit"] == pytest.approx(rate / (rate + mean), abs=1e-5)
    assert scores["usual0"] < 0.5  # the hit lifted what is usual


def test_first_events_tell_only_in_a_log_that_is_long_enough() -> None:
    rows = [("u:1", "a", 0.0), ("u:1", "b", 10.0), ("u:1", "c", 25.0), ("u:2", "c", 25.0), ("u:3", "a", 30.0)]
    arrivals = NewArrivals(**VIEWS).fit(views(rows))
    assert dict(zip(arrivals.item_keys_, arrivals.age_days_.tolist(), strict=True))["c"] == 5
    assert list(arrivals.segment_lists()) == [("", [("c", 0.35355)])]  # b may just have been overlooked


def test_what_is_created_later_is_not_there_yet() -> None:
    known = with_dates(a=10.0, b=11.0)
    assert dict(NewArrivals(**VIEWS).fit(views([("u:1", "a", 10.5)]), known).segment_lists())[""][0][0] == "a"
    assert len(dict(NewArrivals(**VIEWS).fit(views([("u:1", "a", 10.5)]), known).segment_lists())[""]) == 1


def test_without_events_the_newest_are_listed() -> None:
    assert dict(NewArrivals(**VIEWS).fit(views([]), with_dates(a=0.0, b=10.0)).segment_lists())[""] == [
        ("b", 0.5),
        ("a", 0.25),
    ]
    only_others = views([("u:1", "a", 10.0)], kind="dismiss")
    assert (
        len(dict(NewArrivals(**VIEWS).fit(only_others, with_dates(a=0.0, b=10.0)).segment_lists())[""]) == 2
    )


def test_nothing_new() -> None:
    assert (
        list(NewArrivals(**VIEWS).fit(views([("u:1", "a", 0.0), ("u:1", "a", 99.0)])).segment_lists()) == []
    )


def test_neither_events_nor_dates() -> None:
    with pytest.raises(NotEnoughData) as caught:
        NewArrivals().fit(views([]), with_dates(a=None))
    assert str(caught.value) == "NewArrivals needs events, or a catalogue that says when items were created."


def test_bad_options() -> None:
    with pytest.raises(ConfigurationError) as caught:
        NewArrivals(max_age_days=0)
    assert str(caught.value) == "max_age_days must be within 0.001..36500, got 0."
