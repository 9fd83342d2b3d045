"""From a search of options to lists: proposed, activated, trained with, left out when it no longer fits."""

from __future__ import annotations

import ast
import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from recommendations.conf import settings as ours
from recommendations.models import Override, Snapshot
from recommendations.overrides.changing import TUNE, activate, person, propose
from recommendations.overrides.merging import effective
from recommendations.training.recommenders import overridden, recommender
from recommendations.training.runner import train
from tests.training.factories import ALSO_BOUGHT, POPULAR, two_tastes
from tests.training.test_tuning import POOR

pytestmark = pytest.mark.django_db(transaction=True)

ANN = person("ann")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("recommendations", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def tuned(name: str = "also_bought", **options: Any) -> Override:
    options = {"events": {"purchase": 1.0}, **options}
    return propose("recommender", name, {"options": options}, by=TUNE, reason="It is better.")


def test_tune_proposes_and_after_activation_training_uses_it(configure: Callable[..., None]) -> None:
    configure({"also_bought": POOR})
    two_tastes(n_visitors=120, n_items=20, weeks=8)
    printed = run("tune", "also_bought", "--seconds", "20", "--k", "3")
    proposed = Override.objects.get()
    assert (proposed.state, proposed.author_kind, proposed.kind) == ("proposed", "tune", "recommender")
    assert f"Proposed as Override {proposed.pk}." in printed
    assert f"manage.py recommendations config --activate {proposed.pk}" in printed
    assert proposed.reason.startswith("NDCG@3 on later events, by which nothing was chosen: 0.")
    assert proposed.base["options"] == POOR["options"]
    evidence = proposed.evidence
    assert evidence["metric"] == "ndcg@3"
    assert evidence["later"]["proposed"] > evidence["later"]["present"]
    assert evidence["difference"]["low"] > 0
    assert evidence["validation_from"] < evidence["later_from"]

    assert train()[0].status == "live"
    before = Snapshot.objects.get(status="live")
    assert before.options["similarity"] == "conditional"
    text = run("config", "--activate", str(proposed.pk), "--by", "ann")
    assert text == (
        f"Override {proposed.pk} of also_bought is active, from the next training on. "
        "Now: manage.py recommendations train also_bought\n"
    )
    assert train()[0].status == "live"
    live = Snapshot.objects.get(status="live")
    assert {name: live.options[name] for name in proposed.value["options"]} == proposed.value["options"]
    assert live.metrics["ndcg@10"] > before.metrics["ndcg@10"]
    assert run("config", "--roll-back", "recommender", "also_bought") == (
        f"Override {proposed.pk} of also_bought is rolled back; what the settings say counts again.\n"
    )
    (worse,) = train()
    assert worse.reason.startswith("NDCG@10 fell by")  # the gate does not know that it is wanted
    train(force=True)
    assert Snapshot.objects.get(status="live").options["similarity"] == "conditional"


def test_nothing_is_proposed_when_it_may_be_chance(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    two_tastes(n_visitors=8, n_items=4, weeks=8)
    printed = run("tune", "also_bought", "--seconds", "2")
    assert "may be chance" in printed or "Nothing is better" in printed
    assert not Override.objects.exists()


def test_one_that_no_longer_fits_is_left_out_and_said(
    configure: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    two_tastes()
    change = tuned(shrinkage=20.0)
    activate(change.pk, by=ANN)
    options = {"events": {"purchase": 1.0}, "shrinkage_of_old": 1.0}
    Override.objects.filter(pk=change.pk).update(value={"options": options})
    with caplog.at_level(logging.WARNING):
        text = run("train")
    assert "live" in text
    assert f"also_bought: Override {change.pk} is left out: ItemKNN has no option 'shrinkage_of_old'" in text
    assert "is left out: ItemKNN has no option" in caplog.text
    assert f"also_bought: Override {change.pk} is left out:" in run("status")
    assert "LEFT OUT" in run("config") and "LEFT OUT" in run("config", "--diff")
    change.refresh_from_db()
    assert "shrinkage_of_old" in change.problem
    Override.objects.filter(pk=change.pk).update(
        value={"options": {"events": {"purchase": 1.0}, "shrinkage": 5.0}}
    )
    assert "left out" not in run("train")
    assert Snapshot.objects.get(status="live").options["shrinkage"] == 5.0
    change.refresh_from_db()
    assert change.problem == ""


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"k": "many"}, "k is 'many', and must be a whole number from 1 to 50."),
        ({"k": 51}, "k is 51, and must be"),
        ({"options": {"shrinkage": "much"}}, "shrinkage"),
        ({"options": {"events": ["purchase"]}}, ""),
        ({"algorithm": "gone.Algorithm"}, "cannot be imported"),
    ],
)
def test_nothing_in_an_override_stops_training(
    configure: Callable[..., None], value: dict[str, Any], why: str
) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    change = propose("recommender", "also_bought", value, by=ANN)
    activate(change.pk, by=ANN)
    entry = recommender("also_bought")
    assert entry.override == change
    assert why in entry.problem and entry.problem
    assert (entry.path, entry.k) == (ALSO_BOUGHT["algorithm"], 50)
    with pytest.raises(CommandError, match="^Override .* cannot become active"):
        run("config", "--activate", str(change.pk))


def test_a_removed_recommender_leaves_its_override_behind(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT, "popular": POPULAR})
    change = tuned(shrinkage=3.0)
    activate(change.pk, by=ANN)
    configure({"popular": POPULAR})
    two_tastes()
    assert [result.status for result in train()] == ["live"]
    assert "LEFT OUT, There is no recommender named 'also_bought'" in run("config")


def test_scopes_train_with_their_own(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    change = propose("recommender", "also_bought", {"k": 7}, by=ANN, scope="outlet")
    activate(change.pk, by=ANN)
    assert recommender("also_bought").k == 50
    assert recommender("also_bought", "outlet").k == 7


def test_config_prints_what_counts(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT}, PLACEMENTS={"product_page": {"size": 4}})
    change = tuned(shrinkage=20.0)
    row = propose("placement", "product_page", {"size": 5}, by=ANN)
    activate(change.pk, by=ANN)
    activate(row.pk, by=ANN)
    text = run("config")
    assert (
        f"# Override {change.pk} of the recommender also_bought, version 1, by search of options, active"
        in text
    )
    assert "'shrinkage': 20.0" in text
    start = text.index(f"# Override {row.pk} of the placement product_page, version 1, by merchandiser ann")
    assert "'size': 5" in text[start:].split("{'product_together'")[0]


def test_the_lines_of_the_diff_do_the_same_in_the_settings(
    configure: Callable[..., None], settings: Any
) -> None:
    own = {**ALSO_BOUGHT, "k": 30}
    configure({"also_bought": own}, PLACEMENTS={"product_page": {"title": "Ours"}})
    assert run("config", "--diff").startswith("# There are no active or proposed Overrides")
    change = tuned(shrinkage=20.0)
    row = propose("placement", "product_page", {"size": 5, "fallback": []}, by=ANN)
    for each in (change, row):
        activate(each.pk, by=ANN)
    meant = {change.name: effective(change), row.name: effective(row)}
    waiting = tuned(shrinkage=50.0)
    active, proposed = run("config", "--diff").split("# Proposed.")
    assert "#   options.shrinkage: None → 20.0" in active and "# It is better." in active
    assert f"config --activate {waiting.pk}" in proposed
    assert "'shrinkage': 50.0" in proposed
    lines = ast.literal_eval("\n".join(line for line in active.splitlines() if not line.startswith("#")))
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **lines}
    assert ours.recommender("also_bought") == meant["also_bought"]
    assert ours.placement("product_page") == meant["product_page"]


def test_config_decides_and_says_what_it_cannot(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    change = tuned(shrinkage=20.0)
    assert run("config", "--reject", str(change.pk), "--by", "bob") == (
        f"Override {change.pk} of also_bought is rejected.\n"
    )
    change.refresh_from_db()
    assert (change.state, change.decided_by) == ("rejected", "bob")
    with pytest.raises(CommandError, match="There is no Override 99999"):
        run("config", "--activate", "99999")
    with pytest.raises(
        CommandError, match="^--roll-back 'row' is no kind; write it as: --roll-back placement"
    ):
        run("config", "--roll-back", "row", "product_page")
    with pytest.raises(
        CommandError, match="^No Override of the recommender also_bought is active. Active: none.$"
    ):
        run("config", "--roll-back", "recommender", "also_bought")
    assert overridden(change).options["shrinkage"] == 20.0
