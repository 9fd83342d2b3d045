from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from recommendations.management.subcommands import SUBCOMMANDS
from recommendations.management.tables import age, table
from recommendations.models import Event, Item, Snapshot
from tests.factories import make_order, make_product, make_user
from tests.training.factories import ALSO_BOUGHT, POPULAR, many, two_tastes

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("recommendations", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_train_status_rollback_activate(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT, "popular": POPULAR})
    two_tastes()
    text = run("train", "also_bought")
    assert text.splitlines()[0].split() == [
        *("recommender", "result", "events", "lists", "coverage", "NDCG@10", "seconds", "why")
    ]
    assert text.splitlines()[2].split()[:5] == ["also_bought", "live", "800", "12", "100.0%"]
    first = Snapshot.objects.get()
    run("train", "also_bought")
    second = Snapshot.objects.get(status="live")
    shown = run("status")
    assert f"also_bought  #{second.pk}" in shown
    assert "popular: It was never trained. Run: manage.py recommendations train popular" in shown
    assert run("rollback", "also_bought") == f"also_bought: snapshot {first.pk} is live again.\n"
    assert run("activate", str(second.pk)) == (
        f"also_bought: snapshot {second.pk} is live, {first.pk} is kept.\n"
    )


def test_errors_are_clear(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    with pytest.raises(CommandError, match="^There is no recommender named 'nobody'. Known: also_bought.$"):
        run("train", "nobody")
    with pytest.raises(CommandError, match="^There is no snapshot 7. See: manage.py recommendations status$"):
        run("activate", "7")
    with pytest.raises(CommandError, match="^also_bought has no earlier snapshot to go back to"):
        run("rollback", "also_bought")
    with pytest.raises(CommandError, match="^--since 'spring' is no day; write it as 2025-01-31"):
        run("backfill", "--since", "spring")
    with pytest.raises(CommandError, match="^--since '2025-02-31' is no day"):
        run("backfill", "--since", "2025-02-31")


def test_train_fails_when_a_recommender_fails(configure: Callable[..., None]) -> None:
    configure({"broken": many(fail_after=0), "also_bought": ALSO_BOUGHT})
    two_tastes()
    with pytest.raises(CommandError) as caught:
        run("train")
    assert "Not trained: broken. The live snapshots stay." in str(caught.value)
    assert "ArithmeticError: out of numbers" in str(caught.value)
    assert Snapshot.objects.get(recommender="also_bought").status == "live"


def test_backfill_tells_what_will_be_ready(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT, "popular": POPULAR}, GATE_MINIMUM_EVENTS=2)
    make_order(make_product(), make_product(), user=make_user())
    Event.objects.all().delete()
    dry = run("backfill", "--dry-run")
    assert "Events that count, by kind: 2 purchase." in dry
    assert dry.rstrip().endswith("Nothing was written (--dry-run).")
    assert [line.split() for line in dry.splitlines() if line.startswith(("also_b", "popular"))] == [
        ["popular", "2", "ready"],
        ["also_bought", "2", "ready"],
    ]
    assert not Event.objects.exists()
    assert "Events that count, by kind: 2 purchase." in run("backfill")
    assert Event.objects.count() == 2
    assert "Events that count, by kind: 2 purchase." in run("backfill", "--since", "2020-01-01")
    assert Event.objects.count() == 2


def test_the_other_subcommands_do_their_work() -> None:
    make_order(make_product(), user=make_user())
    Event.objects.all().delete()
    Item.objects.all().delete()
    assert run("sync_items") == "Items: 1 in the catalogue, 1 new, 0 changed, 0 gone.\n"
    assert "Events that count, by kind: 1 purchase." in run("reconcile")
    assert run("roll_up", "--days", "3").startswith("Daily figures: ")
    assert run("profiles") == "Profiles: 1 written, 0 deleted.\n"
    assert run("prune").splitlines()[0].split() == ["deleted", "rows"]
    Event.objects.update(simulated=True)
    assert ["events", "1"] in [line.split() for line in run("remove_simulated").splitlines()]


def test_progress_is_told_on_the_error_stream(configure: Callable[..., None]) -> None:
    configure({"also_bought": ALSO_BOUGHT})
    two_tastes()
    told = StringIO()
    call_command("recommendations", "train", stdout=StringIO(), stderr=told)
    assert "load events: 800 of 800 (" in told.getvalue()
    assert "also_bought: publish: 12 (" in told.getvalue()
    told = StringIO()
    call_command("recommendations", "train", "--no-progress", stdout=StringIO(), stderr=told)
    assert told.getvalue() == ""


def test_tables() -> None:
    assert table(["name", "n"], [["a", "1,000"], ["bcd", ""]]) == "name      n\n----  -----\na     1,000\nbcd"
    assert table(["name"], []) == "name\n----"
    assert [age(timedelta(minutes=m)) for m in (3, 200, 60 * 24 * 5)] == ["3 min", "3 h", "5 days"]


def test_every_subcommand_and_task_is_explained_in_the_docs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    assert [name for name in SUBCOMMANDS if f"| `{name}" not in text and f"`{name} " not in text] == []
    tasks = ("train", "rebuild_content", "roll_up", "reconcile", "sync_items", "update_profiles", "prune")
    for task in (f"{name}(" for name in tasks):
        assert f"`{task}" in text
