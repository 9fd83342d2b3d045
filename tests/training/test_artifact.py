from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from recommendations.algorithms.interactions import Interactions
from recommendations.algorithms.storage import load_columns, save_columns
from recommendations.models import Event, Item, RankedList, VisitorLink
from recommendations.training import artifact, loading
from recommendations.training.loading import TrainingData, load
from recommendations.training.runner import train
from tests.training.factories import ALSO_BOUGHT, POPULAR, make_events, make_items, two_tastes, void

pytestmark = pytest.mark.django_db

KINDS = ["purchase", "view"]
LONG_AGO = timedelta(days=3)


@pytest.fixture(autouse=True)
def keeping(tmp_path: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of views and purchases are kept, however few they are."""
    monkeypatch.setattr(artifact, "WORTH_KEEPING", 1)
    configure({"popular": POPULAR}, TRAINING_FOLDER=str(tmp_path))


def make_old(*rows: Any, **more: Any) -> list[Event]:
    """Events that were recorded long before the last reading."""
    then = timezone.now() - LONG_AGO
    return make_events(*rows, changed_at=then, recorded_at=then, **more)


def some_events(n: int = 60) -> None:
    make_old(*(("view" if n % 3 else "purchase", f"u:{n % 7}", str(n % 5)) for n in range(n)))


def differences(left: Interactions, right: Interactions) -> list[str]:
    """The names of the parts in which the two differ at all."""
    found = []
    for part in fields(Interactions):
        ours, theirs = getattr(left, part.name), getattr(right, part.name)
        same = (
            np.array_equal(ours, theirs, equal_nan=part.name == "rating")
            if isinstance(ours, np.ndarray)
            else ours == theirs
        )
        if not same:
            found.append(part.name)
    return found


def loaded(reading: str, configure: Callable[..., None], **options: Any) -> TrainingData:
    """What is read with the help of what is kept; it is what reading everything gives, and was read as said."""
    data = load(KINDS, **options)
    folder = Path(loading.settings.TRAINING_FOLDER)
    configure(TRAINING_FOLDER="")
    everything = load(KINDS, **options)
    configure(TRAINING_FOLDER=str(folder))
    assert everything.reading.endswith(": nothing is kept")
    assert differences(data.interactions, everything.interactions) == []
    assert data.reading == reading
    return data


def kept_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_only_what_is_new_is_read(configure: Callable[..., None]) -> None:
    some_events()
    loaded("all 60 events: nothing was kept yet", configure)
    loaded("0 changed events of 60", configure)
    make_events(("view", "u:new", "new item"), ("purchase", "u:1", "1"), ("click", "u:1", "not read"))
    data = loaded("2 changed events of 62", configure)
    assert {"u:new", "u:1"} <= set(data.interactions.visitor_keys)


def test_late_changed_and_voided_events(configure: Callable[..., None]) -> None:
    some_events()
    make_old(("view", "u:late", "only here"), ("view", "u:1", "no longer"), ("view", "u:1", "revised"))
    loaded("all 63 events: nothing was kept yet", configure)
    # Done long ago, told just now.
    make_events(
        {"kind": "view", "visitor_key": "u:5", "item_key": "1", "occurred_at": timezone.now() - LONG_AGO * 9}
    )
    void(Event.objects.filter(item_key="no longer"))
    void(Event.objects.filter(visitor_key="u:late"))
    void(Event.objects.filter(item_key="revised"))
    make_events(("view", "u:1", "revision"), revision=1)
    data = loaded("2 changed events of 62", configure)
    assert not {"u:late"} & set(data.interactions.visitor_keys)
    assert {"no longer", "revised", "only here"} & set(data.interactions.item_keys) == set()
    assert data.interactions.time[0] < (timezone.now() - LONG_AGO * 8).timestamp()


def test_links_and_gone_items_count_for_old_events_too(configure: Callable[..., None]) -> None:
    some_events()
    make_old(("view", "a:cookie", "1"), ("view", "a:second", "2"))
    make_items("1", "2", "3")
    before = loaded("all 62 events: nothing was kept yet", configure)
    assert "a:cookie" in before.interactions.visitor_keys
    for anonymous, user in (("a:cookie", "u:3"), ("a:second", "u:never seen himself"), ("a:unknown", "u:4")):
        VisitorLink.objects.create(anonymous_key=anonymous, visitor_key=user, bucket=0)
    Item.objects.filter(item_key="2").update(is_gone=True)
    linked = loaded("0 changed events of 62", configure)
    assert linked.interactions.visitor_keys == tuple(f"u:{n}" for n in range(7))
    assert "2" not in linked.interactions.item_keys
    Item.objects.filter(item_key="2").update(is_gone=False)
    back = loaded("0 changed events of 62", configure)
    assert "2" in back.interactions.item_keys
    assert "u:never seen himself" in back.interactions.visitor_keys


def test_what_was_deleted_or_came_late_by_more_than_the_overlap_is_found(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "BUCKET_BITS", 3)
    some_events(200)
    loaded("all 200 events: nothing was kept yet", configure)
    first, second, *_rest, last = Event.objects.order_by("pk").values_list("pk", flat=True)
    Event.objects.filter(pk__in=[first, last]).delete()
    make_old(("view", "u:transaction that took a day", "1"))
    data = load(KINDS)
    assert data.reading.startswith("0 changed events of 199, and ")
    assert "in places that differed" in data.reading
    assert "u:transaction that took a day" in data.interactions.visitor_keys
    loaded("0 changed events of 199", configure)
    cut = second + 10
    cut += cut % 8 == 0  # inside a bucket, so that something of it is read again
    Event.objects.filter(pk__gte=cut).delete()
    # Little is left to be read.
    assert load(KINDS).reading.startswith(f"0 changed events of {Event.objects.count()}, and ")
    make_old(*(("view", "u:1", "imported with the times of another log") for _ in range(40)))
    left = Event.objects.count()
    assert load(KINDS).reading.startswith(f"all {left} events: what is kept differs from the log in ")
    loaded(f"0 changed events of {left}", configure)


def test_what_is_made_of_a_log_that_has_to_be_repaired_is_made_again(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "BUCKET_BITS", 3)
    some_events()
    make_old(("view", "u:deleted", "1"))
    loaded("all 61 events: nothing was kept yet", configure)
    Event.objects.filter(visitor_key="u:deleted").delete()
    seen = []

    class Watching:
        """What was read is used before it is compared."""

        def start(self, stage: str, total: int | None = None) -> None:
            seen.append(stage)

        def advance(self, n: int = 1) -> None: ...

        def finish(self) -> None: ...

    data = load(KINDS, progress=Watching())
    assert "u:deleted" not in data.interactions.visitor_keys
    assert seen == ["load new events", "load items", "compare with the log", "load items"]
    loaded("0 changed events of 60", configure)


def test_other_events_behind_the_same_numbers_are_found(configure: Callable[..., None]) -> None:
    some_events()
    loaded("all 60 events: nothing was kept yet", configure)
    Event.objects.update(item_key="another database")
    reason = "the log has other events behind the same numbers than those that are kept"
    loaded(f"all 60 events: {reason}", configure)


def test_changed_settings_read_everything(configure: Callable[..., None]) -> None:
    some_events()
    make_old(("view", "u:1", "simulated"), simulated=True)
    loaded("all 60 events: nothing was kept yet", configure)
    changed = "the settings ask for other events than those that are kept"
    configure(TRAIN_ON_SIMULATED=True)
    loaded(f"all 61 events: {changed}", configure)
    loaded("0 changed events of 61", configure)
    configure({"popular": POPULAR, "bought": ALSO_BOUGHT})
    loaded("0 changed events of 61", configure)
    options = {**POPULAR["options"], "events": {"purchase": 1.0, "view": 1.0, "wish": 1.0}}
    configure({"popular": {**POPULAR, "options": options}})
    loaded(f"all 61 events: {changed}", configure)
    configure({"popular": {**POPULAR, "options": {**options, "window_days": 30.0}}})
    loaded(f"all 61 events: {changed}", configure, window_days=30.0)


def test_a_run_of_one_recommender_keeps_what_the_others_need(configure: Callable[..., None]) -> None:
    some_events()
    configure({"popular": POPULAR, "bought": ALSO_BOUGHT})
    assert load(["purchase"]).reading == "all 60 events: nothing was kept yet"
    assert load(KINDS).reading == "0 changed events of 60"
    bought = load(["purchase"])
    assert (bought.reading, len(bought.interactions)) == ("0 changed events of 60", 20)
    assert bought.interactions.kinds == ("purchase",)
    # What the settings do not ask for is read, and not kept.
    assert load(["purchase", "click"]).reading == "all 20 events: nothing is kept"


def test_the_window_moves_on(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    configure({"popular": {**POPULAR, "options": {**POPULAR["options"], "window_days": 30.0}}})
    now = timezone.now()
    for days in (1, 10, 29, 31):
        make_old(
            {
                "kind": "view",
                "visitor_key": "u:1",
                "item_key": f"{days}",
                "occurred_at": now - timedelta(days),
            }
        )
    loaded("all 3 events: nothing was kept yet", configure, window_days=30.0)
    monkeypatch.setattr(loading.timezone, "now", lambda: now + timedelta(days=5))
    data = loaded("0 changed events of 2", configure, window_days=30.0)
    assert data.interactions.item_keys == ("1", "10")
    assert load(KINDS, window_days=8.0).interactions.item_keys == ("1",)


def test_scopes_are_kept_apart(configure: Callable[..., None], tmp_path: Path) -> None:
    some_events()
    make_old(("view", "u:1", "there"), scope="outlet")
    loaded("all 60 events: nothing was kept yet", configure)
    loaded("all 1 events: nothing was kept yet", configure, scope="outlet")
    loaded("0 changed events of 1", configure, scope="outlet")
    assert len(list(tmp_path.iterdir())) == 2


def broken(file: Path, how: str) -> None:
    data = bytearray(file.read_bytes())
    if how == "cut":
        del data[-100:]
    elif how == "empty":
        data.clear()
    elif how == "foreign":
        data = bytearray(b"something else altogether, and long enough")
    elif how == "header":
        data[30] ^= 1
    elif how == "column":
        begin = 24 + int.from_bytes(data[8:16], "little")
        data[-(-begin // 64) * 64] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("how", ["cut", "empty", "foreign", "header", "column"])
def test_a_damaged_file_is_replaced(
    how: str, configure: Callable[..., None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    some_events()
    load(KINDS)
    file = kept_file(tmp_path)
    broken(file, how)
    with caplog.at_level(logging.WARNING, "recommendations"):
        data = load(KINDS)
    assert data.reading.startswith(f"all 60 events: {file} ")
    assert [record.getMessage() for record in caplog.records] == [
        f"Training reads all events again: {data.reading.removeprefix('all 60 events: ')}"
    ]
    loaded("0 changed events of 60", configure)


def test_a_file_of_an_older_version_is_replaced(configure: Callable[..., None], tmp_path: Path) -> None:
    some_events()
    load(KINDS)
    file = kept_file(tmp_path)
    about, columns = load_columns(file)
    save_columns(file, {**about, "version": 0}, columns)
    loaded(f"all 60 events: {file} is of version 0, not 1.", configure)
    about, columns = load_columns(file)
    save_columns(file, {**about, "method": "another server's"}, columns)
    loaded("all 60 events: the database makes other fingerprints now", configure)


def test_a_folder_that_cannot_be_written_costs_no_more_than_time(
    configure: Callable[..., None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    some_events()
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "folder"
    configure(TRAINING_FOLDER=str(folder))
    with caplog.at_level(logging.ERROR, "recommendations"):
        assert len(load(KINDS).interactions) == 60
    (record,) = caplog.records
    assert record.getMessage().startswith("Training cannot keep the events that it has read: ")
    assert record.getMessage().endswith(
        f'Make {folder} writable, or name another folder: RECOMMENDATIONS["TRAINING_FOLDER"] = "/var/lib/shop".'
    )


def test_few_events_are_not_kept(
    configure: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "WORTH_KEEPING", 61)
    some_events()
    assert load(KINDS).reading == "all 60 events: they are few"
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_and_leftovers_go(tmp_path: Path) -> None:
    some_events()
    load(KINDS)
    file = kept_file(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    leftovers = [tmp_path / f"{file.name}.{n}.part" for n in "ab"]
    for leftover in leftovers:
        leftover.touch()
    yesterday = time.time() - 25 * 3600
    os.utime(leftovers[0], (yesterday, yesterday))
    load(KINDS)
    assert [leftover.exists() for leftover in leftovers] == [False, True]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_two_ways_of_reading_agree(seed: int, configure: Callable[..., None]) -> None:
    drawn = random.Random(seed)
    folder = loading.settings.TRAINING_FOLDER
    some_events()
    load(KINDS)
    for _round in range(4):
        for _step in range(drawn.randint(0, 4)):
            happen(drawn)
        data = load(KINDS)
        configure(TRAINING_FOLDER="")
        assert differences(data.interactions, load(KINDS).interactions) == []
        configure(TRAINING_FOLDER=folder)


def happen(drawn: random.Random) -> None:
    """Something that happens to a log."""
    some = list(Event.objects.order_by("pk").values_list("pk", flat=True))
    chosen = Event.objects.filter(pk__in=drawn.sample(some, min(5, len(some))))
    what = drawn.randrange(7)
    at = timezone.now() - timedelta(minutes=drawn.randint(0, 5), days=drawn.choice([0, 0, 50]))
    if what < 2:
        row = {"kind": drawn.choice(KINDS), "visitor_key": drawn.choice(["", "u:1", "a:1", f"a:{at}"])}
        row |= {"item_key": str(drawn.randint(0, 9)), "occurred_at": at.replace(microsecond=0)}
        row |= {"order_key": drawn.choice(["", "o1", "o2"]), "session_key": drawn.choice(["", "s1", "s2"])}
        row |= {"quantity": drawn.randint(1, 3), "value": drawn.choice([None, "3.50"])}
        row |= {"rating": drawn.choice([None, 4.0])}
        make_events(*[row] * drawn.randint(1, 3))
    elif what == 2:
        void(chosen)
    elif what == 3:
        chosen.update(voided_at=None, changed_at=timezone.now())
    elif what == 4:
        chosen.delete()
    elif what == 5:
        VisitorLink.objects.get_or_create(
            scope="", anonymous_key="a:1", defaults={"visitor_key": drawn.choice(["u:1", "u:9"]), "bucket": 1}
        )
    else:
        make_old(("view", "u:late", str(drawn.randint(0, 9))))


@pytest.mark.django_db(transaction=True)
def test_the_lists_are_those_of_a_whole_reading(configure: Callable[..., None], tmp_path: Path) -> None:
    configure({"bought": ALSO_BOUGHT, "popular": POPULAR})
    two_tastes()
    Event.objects.update(changed_at=timezone.now() - LONG_AGO)
    train()
    make_events(*(("purchase", f"u:{n}", f"a{n % 6}") for n in range(20)))
    void(Event.objects.filter(pk__in=list(Event.objects.values_list("pk", flat=True)[:30])))
    VisitorLink.objects.create(anonymous_key="u:1", visitor_key="u:2", bucket=0)
    assert {result.status for result in train(force=True)} == {"live"}
    with_help = published()
    kept_file(tmp_path).unlink()
    assert {result.status for result in train(force=True)} == {"live"}
    assert published() == with_help
    assert len(with_help) == 13


def published() -> dict[tuple[str, str], str]:
    lists = RankedList.objects.filter(snapshot__status="live")
    return {
        (recommender, key): items
        for recommender, key, items in lists.values_list("snapshot__recommender", "key", "items")
    }


def test_the_moment_of_reading_is_when_it_began(tmp_path: Path) -> None:
    some_events()
    before = timezone.now()
    data = load(KINDS)
    about, _columns = load_columns(kept_file(tmp_path))
    assert before <= data.loaded_at <= timezone.now()
    assert datetime.fromtimestamp(about["read_at"], data.loaded_at.tzinfo) == data.loaded_at
