"""The nightly choice: a clear winner, two that are equal, what a person chose, and what cannot be judged."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any, Self

import numpy as np
import pytest
from django.core.management import call_command

from recommendations.algorithms.base import Algorithm, AlgorithmConfig, RankedPairs
from recommendations.algorithms.catalogue import Catalogue
from recommendations.algorithms.interactions import Interactions
from recommendations.models import Event, Override, Snapshot
from recommendations.overrides.changing import activate, person, propose, roll_back
from recommendations.training.choosing import Choice, choose, verdict
from recommendations.training.comparing import compare_recommenders
from recommendations.training.judging import Judge
from tests.training.factories import ALSO_BOUGHT, POPULAR, two_tastes
from tests.training.test_tuning import POOR

pytestmark = pytest.mark.django_db(transaction=True)

ANN = person("ann")
ROW = {
    "page": "product",
    "sources": [{"source": "similar", "recommenders": ["poor"], "weight": 1.0}],
    "filters": ["shown_item"],
}


@dataclass(frozen=True, kw_only=True)
class DrawnConfig(AlgorithmConfig):
    seed: int = 0


class Drawn(Algorithm):
    """Lists drawn by chance: any two of them are as good as each other."""

    Config = DrawnConfig
    config: DrawnConfig
    produces = frozenset({("item", "item")})

    def fit(self, interactions: Interactions, catalogue: Catalogue | None = None) -> Self:
        self.item_keys_ = interactions.item_keys
        return self

    def item_lists(self, k: int = 50) -> Iterator[RankedPairs]:
        drawn = random.Random(self.config.seed)
        for key in self.item_keys_:
            others = drawn.sample([item for item in self.item_keys_ if item != key], 10)
            yield key, [(item, 1 - n / 20) for n, item in enumerate(others)]


@pytest.fixture
def shop(configure: Callable[..., None]) -> Callable[..., None]:
    """A shop of two tastes, whose row shows what is popular with everybody, whatever a visitor likes."""
    two_tastes(n_visitors=120, n_items=12, weeks=6)

    def set_up(*candidates: str, row: dict[str, Any] = ROW, live: bool = True, **others: Any) -> None:
        recommenders = {"poor": POOR, "good": ALSO_BOUGHT, "twin": POOR, "popular": POPULAR}
        recommenders |= {
            f"drawn{n}": {"algorithm": f"{__name__}.Drawn", "options": {"seed": n}} for n in range(3)
        }
        configure(recommenders, PLACEMENTS={"row": row}, AUTO_CHOICE={"row": list(candidates)}, **others)
        for name in recommenders if live else ():
            Snapshot.objects.get_or_create(recommender=name, status="live", algorithm="trained before")

    return set_up


def only(choices: list[Choice]) -> Choice:
    (choice,) = choices
    return choice


def test_a_clear_winner_takes_the_place_and_says_why(
    shop: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    shop("poor", "good", "twin")
    with caplog.at_level(logging.INFO, "recommendations"):
        choice = only(choose())
    assert choice.is_changed and choice.override is not None
    override = choice.override
    assert override.value == {"sources": [{"source": "similar", "recommenders": ["good"], "weight": 1.0}]}
    assert (override.state, override.author_kind, override.decided_kind) == ("active", "training", "training")
    assert choice.reason == override.reason
    assert choice.reason.startswith("good takes the place of poor: NDCG@10 0.")
    assert (
        "99.50% interval of the difference +0." in choice.reason and "visitors did from 20" in choice.reason
    )
    assert choice.reason in caplog.text
    evidence = override.evidence
    assert set(evidence["candidates"]) == {"good", "twin"}
    assert evidence["candidates"]["good"]["difference"]["low"] > 0
    assert evidence["candidates"]["twin"]["difference"]["mean"] == 0
    # The figures are those that `evaluate` shows.
    report = compare_recommenders(["poor", "good", "twin"], against="poor")
    ndcg = {row.recommender: row.metrics["ndcg"] for row in report.standings}
    assert evidence["candidates"]["good"]["ndcg"] == pytest.approx(ndcg["good"])
    assert evidence["judged"]["present"] == pytest.approx(ndcg["poor"])
    # The next night there is nothing left to change.
    again = only(choose())
    assert not again.is_changed and again.reason.startswith("good stays (NDCG@10 0.")
    assert Override.objects.count() == 1


def test_equals_never_take_each_others_place(shop: Callable[..., None]) -> None:
    shop("twin")
    choice = only(choose())
    assert not choice.is_changed
    assert choice.reason.startswith("poor stays (NDCG@10 0.")
    assert "nothing is clearly better" in choice.reason
    drawn = {**ROW, "sources": [{"source": "similar", "recommenders": ["drawn1"]}]}
    shop("drawn2", row=drawn)
    assert not only(choose()).is_changed
    assert not Override.objects.exists()


def test_by_chance_hardly_ever_and_less_than_the_least_gain_never() -> None:
    drawn = np.random.default_rng(3)
    changed = 0
    for _night in range(40):
        skill = drawn.random(200)
        values = [np.where(drawn.random(200) < skill, drawn.integers(1, 5, 200) / 4, 0.0) for _ in range(3)]
        changed += bool(verdict(values[0], {"a": values[1], "b": values[2]}, 0.0).best)
    assert changed <= 2  # 1 % of 40 are expected
    present = drawn.integers(0, 5, 3000) / 8
    better = present + drawn.integers(0, 3, 3000) / 250
    assert verdict(present, {"a": better}, 0.01).best == "a"
    assert verdict(present, {"a": better}, 0.02).best == ""
    assert verdict(present, {"a": better, "b": better + 0.01}, 0.01).best == "b"


def test_the_least_gain_is_a_setting(shop: Callable[..., None]) -> None:
    row = {**ROW, "sources": [{"source": "similar", "recommenders": ["drawn1"]}]}
    shop("good", row=row, AUTO_CHOICE_GAIN=50.0)
    assert only(choose()).reason.startswith("drawn1 stays")
    assert "and at least +5000.0% is asked for" in only(choose()).reason
    shop("good", row=row, AUTO_CHOICE_GAIN=0.02)
    assert only(choose()).is_changed


def test_what_a_person_chose_is_left_alone(shop: Callable[..., None]) -> None:
    shop("good")
    own = propose("placement", "row", {"sources": [{"source": "similar", "recommenders": ["twin"]}]}, by=ANN)
    activate(own.pk, by=ANN)
    choice = only(choose())
    assert choice.reason == f"Override {own.pk} was activated by ann, and is left alone."
    assert list(Override.objects.values_list("state", flat=True)) == ["active"]
    roll_back("placement", "row", by=ANN)
    assert only(choose()).is_changed


def test_what_a_person_took_back_is_not_chosen_again(shop: Callable[..., None]) -> None:
    shop("good", "twin")
    first = only(choose()).override
    assert first is not None
    roll_back("placement", "row", by=ANN)
    choice = only(choose())
    assert not choice.is_changed
    assert choice.skipped == {"good": f"ann said no to it (Override {first.pk})"}
    activate(first.pk, by=ANN)
    assert only(choose()).reason == f"Override {first.pk} was activated by ann, and is left alone."


def test_without_a_live_snapshot_nothing_is_chosen(shop: Callable[..., None]) -> None:
    shop("good", "nobody")
    Snapshot.objects.filter(recommender="good").update(status="ready")
    choice = only(choose())
    assert choice.skipped == {
        "good": "it has no live snapshot",
        "nobody": "there is no recommender of that name",
    }
    assert choice.reason == "There is no candidate besides the present one."


def test_few_visitors_decide_nothing(shop: Callable[..., None]) -> None:
    shop("good")
    Event.objects.exclude(visitor_key__in=[f"u:{n}" for n in range(40)]).delete()
    assert only(choose()).reason == "Only 40 visitors to judge by; 100 are needed. poor stays."


def test_a_chain_is_judged_as_pages_blend_it(shop: Callable[..., None]) -> None:
    chain = [
        {"source": "similar", "recommenders": ["poor", "drawn1"], "weight": 1.0},
        {"source": "similar", "recommenders": ["drawn2"], "weight": 0.1},
    ]
    shop("good", row={**ROW, "sources": chain})
    choice = only(choose())
    assert choice.is_changed and choice.override is not None
    assert choice.reason.startswith("good takes the place of poor + drawn1:")
    assert choice.override.value["sources"] == [{**chain[0], "recommenders": ["good"]}, chain[1]]
    # A chain that says the same in other words has the same figures.
    alone = [{"source": "similar", "recommenders": ["good"]}]
    twice = [{"source": "similar", "recommenders": ["good", "good"], "weight": 3.0}]
    judge = Judge(alone, {"twice": twice})
    assert judge.ndcg["twice"] == pytest.approx(judge.present)


def test_what_cannot_be_compared_is_said(shop: Callable[..., None]) -> None:
    shop("popular")
    choice = only(choose())
    assert choice.skipped == {"popular": "It makes lists of another kind: segment, not item."}
    assert choice.reason == "No candidate could be judged."
    shop("good", row={**ROW, "sources": ["similar"]})
    assert only(choose()).reason.startswith(
        'To choose, every source of RECOMMENDATIONS["PLACEMENTS"]["row"]["sources"] must name its recommenders'
    )
    mixed = [*ROW["sources"], {"source": "popular", "recommenders": ["popular"]}]
    shop("good", row={**ROW, "sources": mixed})
    assert "make lists of different kinds" in only(choose()).reason
    shop("good")
    Event.objects.all().delete()
    assert only(choose()).reason.startswith("Too little data to compare recommenders")


def test_one_broken_candidate_does_not_stop_the_others(shop: Callable[..., None]) -> None:
    shop("drawn2", "good")
    Snapshot.objects.filter(recommender="drawn2").update(recommender="broken")
    from django.conf import settings

    own = settings.RECOMMENDATIONS
    broken = {"algorithm": "tests.training.factories.Many", "options": {"fail_after": 0}}
    own["RECOMMENDERS"]["broken"] = broken
    own["AUTO_CHOICE"] = {"row": ["broken", "good"]}
    from recommendations.conf import settings as ours

    ours.reset()
    choice = only(choose())
    assert choice.is_changed
    assert choice.skipped == {"broken": "ArithmeticError: out of numbers"}


def test_off_by_default_and_only_after_all_were_trained(shop: Callable[..., None]) -> None:
    def run(*arguments: str) -> str:
        out = StringIO()
        call_command("recommendations", "train", *arguments, "--force", stdout=out, stderr=StringIO())
        return out.getvalue()

    shop("good", live=False)
    assert "row:" not in run("poor")
    printed = run()
    override = Override.objects.get()
    assert "row: good takes the place of poor: NDCG@10" in printed
    assert f"  Override {override.pk} is active; to take it back: manage.py" in printed
    from recommendations.defaults import DEFAULTS

    assert DEFAULTS["AUTO_CHOICE"] == {}


def test_the_task_chooses_too(shop: Callable[..., None]) -> None:
    from recommendations.tasks import train as task

    shop("good", live=False)
    task(["poor"], force=True)
    assert not Override.objects.exists()
    task(force=True)
    assert Override.objects.get().state == "active"
