"""The cache in front of the lists with many readers at once, and with a server that goes away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from recommendations.store import guarded
from recommendations.store.cached import CachedStore
from recommendations.store.testing import make_snapshot, request, row
from tests.support import caches as entries
from tests.support import memcached as memcached_support
from tests.support import valkey as valkey_support
from tests.support.process import free_port
from tests.support.requirements import skip_without_service

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = [str(n) for n in range(8)]
PAGE = [request("viewed", key) for key in KEYS]


def publish_round(store: CachedStore, n: int) -> None:
    """Snapshot `n`: all its lists name it."""
    snapshot = make_snapshot("viewed")
    store.write(snapshot, [row(key, str(n)) for key in KEYS])
    store.activate(snapshot)


def rounds_on(store: CachedStore) -> set[int]:
    """The snapshots that the lists of a page are of, by what they say; -1 for a list that is not there."""
    found = store.fetch("", PAGE)
    return {int(found[each].entries[0][0]) if each in found else -1 for each in PAGE}


def in_threads(n: int, work: Callable[[], None]) -> list[BaseException]:
    """Run it in so many threads at once, each with a connection of its own; what they raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return raised


class Counting(CachedStore):
    """Counts what it reads; the first to read waits until all others are there."""

    def __init__(self, n_readers: int) -> None:
        super().__init__()
        self.reads: list[str] = []
        self.arrived = 0
        self.all_here = threading.Event()
        self._n_readers = n_readers
        self._arriving = threading.Lock()

    def arrive(self) -> None:
        with self._arriving:
            self.arrived += 1
            if self.arrived == self._n_readers:
                self.all_here.set()

    def live_snapshots(self, scope: str) -> Any:
        self.reads.append("header")
        return super().live_snapshots(scope)

    def fetch_from(self, snapshots: Any, requests: Any) -> Any:
        self.reads.append("lists")
        return super().fetch_from(snapshots, requests)


def test_a_herd_computes_once_with_a_cold_cache_and_after_a_flip(
    cached: CachedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The machine may be busy: who waits, waits for as long as it takes here.
    monkeypatch.setattr("recommendations.store.cached.WAIT_SECONDS", 30.0)
    monkeypatch.setattr("recommendations.store.cached.LOCK_SECONDS", 60)
    publish_round(cached, 1)
    for n in (1, 2):
        herd = Counting(12)
        gate = threading.Barrier(12)
        seen: list[set[int]] = []

        def read(herd: Counting = herd, gate: threading.Barrier = gate, seen: list[set[int]] = seen) -> None:
            gate.wait(timeout=30)
            seen.append(rounds_on(herd))

        assert in_threads(12, read) == []
        assert seen == [{n}] * 12
        assert sorted(herd.reads) == ["header", "lists"]
        publish_round(cached, n + 1)


def test_whoever_waits_in_vain_reads_too(cached: CachedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommendations.store.cached.WAIT_SECONDS", 0.01)
    publish_round(cached, 1)
    dying = CachedStore()
    monkeypatch.setattr(dying, "live_snapshots", lambda scope: 1 // 0)
    monkeypatch.setattr(dying.cache, "try_to", lambda do: None)  # killed before it could give up its lock
    with pytest.raises(ZeroDivisionError):
        rounds_on(dying)
    assert rounds_on(cached) == {1}


def test_flips_under_readers_give_neither_mixed_nor_old_lists(cached: CachedStore) -> None:
    publish_round(cached, 0)
    returned = [0]  # the newest flip that has returned
    over = threading.Event()
    wrong: list[tuple[int, set[int]]] = []
    n_pages = [0]

    def read() -> None:
        store = CachedStore()  # as a process of its own
        while not over.is_set():
            at_least = returned[0]
            found = rounds_on(store)
            n_pages[0] += 1
            if len(found) != 1 or min(found) < at_least:
                wrong.append((at_least, found))

    def flip() -> None:
        try:
            for n in range(1, 13):
                publish_round(cached, n)
                returned[0] = n
                pages = n_pages[0]
                while n_pages[0] < pages + 10 and not wrong:
                    rounds_on(cached)
        finally:
            over.set()

    readers = threading.Thread(target=lambda: raised.extend(in_threads(4, read)))
    raised: list[BaseException] = []
    readers.start()
    assert in_threads(1, flip) == []
    readers.join(timeout=60)
    assert raised == [] and wrong == []
    assert n_pages[0] >= 120


@contextmanager
def _valkey(port: int, log: Path) -> Iterator[dict[str, Any]]:
    if not valkey_support.is_available():
        skip_without_service("a server of the Redis protocol", valkey_support.HOW_TO_GET_IT)
    with valkey_support.valkey_server(port) as url:
        yield entries.redis(url)


@contextmanager
def _memcached(port: int, log: Path) -> Iterator[dict[str, Any]]:
    if not memcached_support.is_available():
        skip_without_service("Memcached", memcached_support.HOW_TO_GET_IT)
    with memcached_support.memcached_server(log, port) as address:
        yield entries.memcached(address)


@pytest.mark.services
@pytest.mark.parametrize("server", [_valkey, _memcached])
def test_a_server_that_goes_away_makes_it_slower_and_never_wrong(
    server: Any,
    keep_lists_in: Callable[[dict[str, Any]], CachedStore],
    tmp_path: Path,
    caplog: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:
    monkeypatch.setattr(guarded, "REST_SECONDS", 0.0)
    port = free_port()
    with server(port, tmp_path / "first.log") as entry:
        store = keep_lists_in(entry)
        publish_round(store, 1)
        assert rounds_on(store) == {1}
        with django_assert_num_queries(0):
            assert rounds_on(store) == {1}
    with caplog.at_level(logging.WARNING, "recommendations"):
        with django_assert_num_queries(1):
            assert rounds_on(store) == {1}
        publish_round(store, 2)
        assert rounds_on(store) == {2}
    assert store.cache.failures >= 5, "two pages, and three attempts to tell of the flip"
    told = [record.message for record in caplog.records if "failed" in record.message]
    assert len(told) == 1 and told[0].startswith(
        "The cache 'lists' failed (1 times since this was last said): "
    )
    with server(port, tmp_path / "second.log"):
        other = CachedStore()
        assert rounds_on(store) == rounds_on(other) == {2}
        failures = store.cache.failures
        with django_assert_num_queries(0):
            assert rounds_on(store) == rounds_on(other) == {2}
        assert store.cache.failures == failures


def test_after_a_failure_the_cache_is_left_alone_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(guarded.time, "monotonic", lambda: now[0])
    cache = guarded.GuardedCache("default")
    asked: list[str] = []

    def fail(_: Any) -> None:
        asked.append("asked")
        raise OSError("gone")

    for _ in range(3):
        with pytest.raises(guarded.CacheUnavailable):
            cache.call(fail)
    assert (asked, cache.failures) == (["asked"], 1)
    now[0] += guarded.REST_SECONDS
    cache.try_to(fail)
    assert cache.insist(fail) is False
    assert (len(asked), cache.failures) == (5, 5)
    assert cache.insist(lambda each: each.set("a", 1)) is True
