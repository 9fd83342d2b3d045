from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from itertools import count

import pytest
from django.db import connection, connections

from recommendations.exceptions import RecommendationsError, UnknownName
from recommendations.models import Event, RankedList, Snapshot
from recommendations.signals import snapshot_activated
from recommendations.store import ListRequest, batches, get_store
from recommendations.training.runner import activate, rollback, train
from recommendations.training.status import status
from tests.training.factories import Many, make_events, many

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def enough_events() -> None:
    make_events(*(("purchase", f"u:{n}", "1") for n in range(60)))


@pytest.fixture(autouse=True)
def generations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Many, "generation", 1)


def trained(generation: int) -> Snapshot:
    Many.generation = generation
    (result,) = train()
    assert result.status == "live", result.reason
    assert result.snapshot is not None
    return result.snapshot


def live_generation(key: str = "0") -> str:
    wanted = ListRequest("many", "item", key)
    found = get_store().fetch("", [wanted])
    return found[wanted].entries[0][0].partition("-")[0] if found else ""


def statuses() -> dict[int, str]:
    return dict(Snapshot.objects.order_by("pk").values_list("pk", "status"))


def test_a_failure_in_the_middle_leaves_the_old_one_live(configure: Callable[..., None]) -> None:
    configure({"many": many(n_lists=1000)})
    first = trained(1)
    configure({"many": many(n_lists=1000, fail_after=700)})
    Many.generation = 2
    (result,) = train()
    assert (result.status, result.reason) == ("failed", "ArithmeticError: out of numbers")
    assert result.snapshot is not None
    assert statuses() == {first.pk: "live", result.snapshot.pk: "failed"}
    assert live_generation() == "g1"
    assert not RankedList.objects.filter(snapshot=result.snapshot).exists()
    assert status()[0].warning == f"#{result.snapshot.pk} failed: ArithmeticError: out of numbers"


def test_a_crash_in_the_middle_leaves_the_old_one_live_and_the_next_run_cleans_up(
    configure: Callable[..., None],
) -> None:
    configure({"many": many(n_lists=1000)})
    first = trained(1)
    configure({"many": many(n_lists=1000, fail_after=700, crash=True)})
    with pytest.raises(KeyboardInterrupt):
        train()
    (left,) = Snapshot.objects.filter(status="building")
    assert RankedList.objects.filter(snapshot=left).exists()
    assert live_generation() == "g1"
    assert status()[0].warning == (
        f"#{left.pk} building: its run died before it was complete; the next run cleans up."
    )
    configure({"many": many(n_lists=1000)})
    second = trained(2)
    assert statuses() == {first.pk: "ready", second.pk: "live"}
    assert live_generation() == "g2"
    assert not RankedList.objects.filter(snapshot_id=left.pk).exists()


def test_old_snapshots_are_kept_as_many_as_the_settings_say(configure: Callable[..., None]) -> None:
    configure({"many": many(n_lists=10)}, SNAPSHOTS_KEPT=2)
    pks = [trained(n).pk for n in range(1, 6)]
    assert statuses() == {pks[2]: "ready", pks[3]: "ready", pks[4]: "live"}
    assert set(RankedList.objects.values_list("snapshot", flat=True)) == set(pks[2:])


def test_only_the_latest_failure_is_kept(configure: Callable[..., None]) -> None:
    configure({"many": many(n_lists=10)})
    live = trained(1)
    configure({"many": many(n_lists=10, fail_after=1)})
    failed = [train()[0].snapshot for _ in range(3)]
    assert failed[-1] is not None
    assert statuses() == {live.pk: "live", failed[-1].pk: "failed"}


def test_rollback_goes_back_step_by_step(configure: Callable[..., None]) -> None:
    heard: list[tuple[int, int | None]] = []

    def hear(snapshot: Snapshot, previous: Snapshot | None, **kwargs: object) -> None:
        heard.append((snapshot.pk, previous.pk if previous else None))

    configure({"many": many(n_lists=10)}, SNAPSHOTS_KEPT=2)
    snapshot_activated.connect(hear)
    try:
        first, second, third = (trained(n) for n in (1, 2, 3))
        assert rollback("many") == second
        assert live_generation() == "g2"
        assert rollback("many") == first
        assert live_generation() == "g1"
        with pytest.raises(RecommendationsError) as caught:
            rollback("many")
        assert str(caught.value) == (
            "many has no earlier snapshot to go back to. Old ones are kept as "
            'RECOMMENDATIONS["SNAPSHOTS_KEPT"] = 2 says.'
        )
        assert activate(third) == first
    finally:
        snapshot_activated.disconnect(hear)
    assert live_generation() == "g3"
    assert heard == [
        (first.pk, None),
        (second.pk, first.pk),
        (third.pk, second.pk),
        (second.pk, third.pk),
        (first.pk, second.pk),
        (third.pk, first.pk),
    ]
    with pytest.raises(UnknownName):
        rollback("nobody")


def test_only_what_is_complete_can_be_activated(configure: Callable[..., None]) -> None:
    configure({"many": many(n_lists=10)})
    live = trained(1)
    with pytest.raises(RecommendationsError, match=f"^Snapshot {live.pk} of many is live already.$"):
        activate(live)
    configure({"many": many(n_lists=10, fail_after=1)})
    failed = train()[0].snapshot
    assert failed is not None
    with pytest.raises(RecommendationsError) as caught:
        activate(failed)
    assert str(caught.value) == (
        f"Snapshot {failed.pk} of many is failed (ArithmeticError: out of numbers) and has no complete lists; "
        "only one that is ready can go live. To publish whatever the gate says: "
        "manage.py recommendations train many --force"
    )


def test_readers_see_one_snapshot_whole_at_every_moment(configure: Callable[..., None]) -> None:
    configure({"many": many(n_lists=300)}, SNAPSHOTS_KEPT=0)
    trained(1)
    wanted = [ListRequest("many", "item", str(key)) for key in range(0, 300, 7)]
    stop, faults, generations, reads = threading.Event(), [], set(), count()

    def read() -> None:
        try:
            while not stop.is_set():
                found = get_store().fetch("", wanted)
                seen = {entry.entries[0][0].partition("-")[0] for entry in found.values()}
                generations.update(seen)
                next(reads)
                if len(found) != len(wanted) or len(seen) != 1:
                    faults.append((len(found), seen))
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for generation in range(2, 8):
            trained(generation)
    finally:
        stop.set()
        reader.join()
    assert faults == []
    assert next(reads) > 20
    assert len(generations) > 2


def test_recording_goes_on_while_a_snapshot_is_published(configure: Callable[..., None]) -> None:
    """No insert waits longer than half a second for the publisher, on the databases of the sample settings."""
    configure({"many": many(n_lists=12_000)}, SNAPSHOTS_KEPT=0)
    trained(1)
    stop, waits, faults = threading.Event(), [], []

    def record() -> None:
        try:
            while not stop.is_set():
                begun = time.monotonic()
                Event.objects.create(kind="view", visitor_key="u:1", item_key="1")
                waits.append(time.monotonic() - begun)
                stop.wait(0.005)
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    recorder = threading.Thread(target=record)
    recorder.start()
    try:
        # The second run also deletes the 12,000 lists of the first.
        trained(2)
    finally:
        stop.set()
        recorder.join()
    assert faults == []
    assert len(waits) > 10
    assert max(waits) < 0.5, f"an insert waited {max(waits):.2f} s"
    assert Event.objects.filter(kind="view").count() == len(waits)


@pytest.mark.only_on_sqlite
def test_the_sample_settings_let_readers_and_recording_go_on() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
    options = connection.settings_dict["OPTIONS"]
    assert (options["transaction_mode"], options["timeout"]) == ("IMMEDIATE", 20)


def test_writing_is_cut_into_several_transactions(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    run = batches.ShortTransactions.run

    def watched(self: batches.ShortTransactions, *args: object) -> None:
        run(self, *args)  # type: ignore[arg-type]
        runs.append(1)

    monkeypatch.setattr(batches.ShortTransactions, "run", watched)
    configure({"many": many(n_lists=6000)})
    trained(1)
    assert len(runs) > 4


def test_activation_is_dated(configure: Callable[..., None]) -> None:
    configure({"many": many(n_lists=10)})
    snapshot = trained(1)
    assert isinstance(snapshot.activated_at, datetime)
    assert snapshot.started_at <= snapshot.activated_at
    assert (snapshot.n_lists, snapshot.n_events, snapshot.n_items) == (10, 60, 10)
