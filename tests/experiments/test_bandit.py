"""A bandit gives more visitors to what does better, and never all of them."""

from __future__ import annotations

import pytest

from recommendations.experiments.bandit import FLOOR, shares
from recommendations.experiments.changing import Draft, start, stop, write
from recommendations.experiments.results import evaluate
from recommendations.models import ExperimentResult, Impression, OverrideChange
from recommendations.overrides import active
from tests.experiments.test_results import ANN, TWO, order, sight


def test_shares_follow_the_successes_and_keep_a_floor() -> None:
    assert shares([0, 0], [0, 0]) == pytest.approx([0.5, 0.5], abs=0.03)
    better = shares([50, 90], [1000, 1000])
    assert better[1] > 0.9 and better[0] == FLOOR and sum(better) == pytest.approx(1)
    four = shares([1, 1, 1, 400], [1000] * 4)
    assert four == pytest.approx([0.05, 0.05, 0.05, 0.85])
    assert sum(shares([3, 4, 5], [50, 50, 50])) == pytest.approx(1)


@pytest.mark.django_db
def test_the_task_moves_the_shares_and_pages_hear_of_it() -> None:
    made = write(Draft("test", "product_page", TWO, kind="bandit", metric="conversion"), by=ANN)
    experiment = start(made.pk, by=ANN)
    for variant, n_buyers in (("A", 5), ("B", 60)):
        keys = [f"a:{variant}{number}" for number in range(300)]
        Impression.objects.bulk_create([sight(experiment, key, variant, 3.0) for key in keys])
        for key in keys[:n_buyers]:
            order(key, "30").save()
        # Those of today are not settled, whatever they did.
        Impression.objects.bulk_create([sight(experiment, f"{key}new", variant, 0.1) for key in keys])
    before = active.newest_change()
    evaluate()
    assert [each.share for each in experiment.variants.all()] == [0.05, 0.95]
    change = OverrideChange.objects.get(pk=active.newest_change())
    assert change.pk > before and change.note == "A 5%, B 95%"
    data = ExperimentResult.objects.get().data
    assert data["winner"] == "" and data["ratio"]["alarm"] is False
    evaluate()
    assert active.newest_change() == change.pk
    stop(experiment.pk, by=ANN)
    evaluate()
    assert experiment.variants.first().share == 0.05  # type: ignore[union-attr]


@pytest.mark.django_db
def test_a_bandit_needs_something_that_visitors_do_or_do_not() -> None:
    with pytest.raises(Exception, match="A bandit is decided by visitors who clicked or who bought"):
        write(Draft("test", "product_page", TWO, kind="bandit", metric="revenue"), by=ANN)
