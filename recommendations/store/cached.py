"""Ranked lists in the database, and in a cache of Django's in front of it.

Lists are kept under their snapshot, which never changes once it is live. So the only thing that can be out of date is
which snapshots are live, and the number of the newest OverrideChange: the *header* of a scope. Every process remembers
it, with the *generation* it belongs to: a word in the cache that is replaced after every flip and every change of an
Override. A page asks for the generation and its lists at once. If it is still the one remembered, all is well;
otherwise the header is read anew and the page asks once more. A header that was read before a flip has the generation
of before and is never believed afterwards, whoever wrote it when; and losing any key only costs reading it again.

    page        get_many(generation, lists)                       one round trip, no query
    after flip  … get(header) … get_many(lists)                   the header is read by one process for all
    a miss      … add(lock) … one query … set_many(lists)         the same lists are read by one for all
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from django.db import connections, router, transaction

from recommendations.conf import settings
from recommendations.models import Snapshot
from recommendations.overrides.active import heard
from recommendations.store.base import ListRequest, StoredList
from recommendations.store.database import DatabaseStore, LiveSnapshot
from recommendations.store.guarded import CacheUnavailable, GuardedCache

T = TypeVar("T")

#: Begins every key; changes with the form of what is kept.
PREFIX = "recommendations:1"

GENERATION = f"{PREFIX}:generation"

#: A flip that could not be told, as the cache was out of reach then, is seen after so long.
GENERATION_SECONDS = 60

#: Lists are kept for so long; those of a snapshot that is no longer live are not asked for and just expire.
LIST_SECONDS = 24 * 3600

#: Who finds that another one reads the same waits for so long, and then reads too.
WAIT_SECONDS = 0.25

#: The lock of who died while reading is gone after so long.
LOCK_SECONDS = 5

#: Kept where there is no list.
ABSENT = 0


class Header(NamedTuple):
    """Which snapshots of a scope are live and the number of the newest OverrideChange, in plain types for the cache."""

    generation: str
    newest_change: int
    live: dict[
        str, tuple[int, str, tuple[str, ...]]
    ]  # recommender → id, version, kinds of keys without any list

    def has(self, recommender: str, key_kind: str) -> bool:
        """May the live snapshot of a recommender have lists of such keys?"""
        live = self.live.get(recommender)
        return live is not None and key_kind not in live[2]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A list to ask the cache for."""

    key: str
    snapshot_id: int


class CachedStore(DatabaseStore):
    """The cache that `STORE_CACHE` names in front of the database. A cache that fails makes it slower, nothing else."""

    def __init__(self) -> None:
        self.cache = GuardedCache(settings.STORE_CACHE)
        self._headers: dict[str, Header] = {}

    def fetch(self, scope: str, requests: Collection[ListRequest]) -> dict[ListRequest, StoredList]:
        if not requests:
            return {}
        if not self._has_untold_changes():
            try:
                return self._fetch(scope, requests)
            except CacheUnavailable:
                pass
        return super().fetch(scope, requests)

    def may_have(self, scope: str, recommenders: Collection[str], key_kind: str) -> set[str]:
        """By the header that the last page went by; the first page after a flip goes by the one before."""
        header = self._headers.get(scope)
        if header is None or self._has_untold_changes():
            return set(recommenders)
        return {name for name in recommenders if header.has(name, key_kind)}

    def activate(self, snapshot: Snapshot) -> Snapshot | None:
        previous = super().activate(snapshot)
        self.overrides_changed(router.db_for_write(Snapshot))
        return previous

    def overrides_changed(self, using: str) -> None:
        transaction.on_commit(self._begin_generation, using=using)

    def _begin_generation(self) -> None:
        """All headers are out of date."""
        self.cache.insist(lambda cache: cache.set(GENERATION, _word(), GENERATION_SECONDS))

    def _has_untold_changes(self) -> bool:
        """Did this very transaction flip a snapshot, or change an Override? Nobody else may know yet, but it does."""
        pending = connections[router.db_for_write(Snapshot)].run_on_commit
        return any(call[1] == self._begin_generation for call in pending)

    def _fetch(self, scope: str, requests: Collection[ListRequest]) -> dict[ListRequest, StoredList]:
        header = self._headers.get(scope)
        wanted = _wanted(header, requests)
        values = self._get_many([GENERATION, *(each.key for each in wanted.values())])
        generation = values.get(GENERATION)
        if header is None or header.generation != generation:
            asked = {each.key for each in wanted.values()}
            header = self._headers[scope] = self._header(scope, generation)
            wanted = _wanted(header, requests)
            values |= self._get_many([each.key for each in wanted.values() if each.key not in asked])
        missing = {request: each for request, each in wanted.items() if each.key not in values}
        if missing:
            values |= self._once(
                f"{PREFIX}:lock:{_digest(*sorted(each.key for each in missing.values()))}",
                look=lambda: self._all_of([each.key for each in missing.values()]),
                read=lambda: self._read(missing),
            )
        heard(header.newest_change)
        return {
            request: StoredList(request.recommender, each.snapshot_id, values[each.key])
            for request, each in wanted.items()
            if values[each.key] != ABSENT
        }

    def _get_many(self, keys: Collection[str]) -> dict[str, Any]:
        return self.cache.call(lambda cache: cache.get_many(keys)) if keys else {}

    def _all_of(self, keys: Collection[str]) -> dict[str, Any] | None:
        values = self._get_many(keys)
        return values if len(values) == len(keys) else None

    def _read(self, missing: Mapping[ListRequest, _Wanted]) -> dict[str, Any]:
        """Lists that the cache lacks, from the database, and into the cache; those too that do not exist."""
        found = self.fetch_from({each.snapshot_id for each in missing.values()}, missing)
        values = {
            each.key: found[request].entries if request in found else ABSENT
            for request, each in missing.items()
        }
        self.cache.try_to(lambda cache: cache.set_many(values, LIST_SECONDS))
        return values

    def _header(self, scope: str, generation: str | None) -> Header:
        """The header of the present generation. Raises CacheUnavailable when the cache keeps nothing."""
        if generation is None:
            self.cache.call(lambda cache: cache.add(GENERATION, _word(), GENERATION_SECONDS))
            generation = self.cache.call(lambda cache: cache.get(GENERATION))
            if generation is None:
                raise CacheUnavailable
        key = f"{PREFIX}:header:{_digest(scope)}"

        def look() -> Header | None:
            kept = self.cache.call(lambda cache: cache.get(key))
            return Header(*kept) if kept is not None and kept[0] == generation else None

        def read() -> Header:
            newest, live = self.newest_change(), self.live_snapshots(scope)
            header = Header(
                generation, newest, {each.recommender: (each.pk, *_described(each)) for each in live}
            )
            self.cache.try_to(lambda cache: cache.set(key, tuple(header), LIST_SECONDS))
            return header

        return look() or self._once(f"{key}:lock:{generation}", look=look, read=read)

    def _once(self, lock: str, *, look: Callable[[], T | None], read: Callable[[], T]) -> T:
        """What `look` finds in the cache, else what `read` reads: one reads, and those who come meanwhile wait.

        Raises CacheUnavailable where what is read must not be kept.
        """
        if not self.sees_commits():
            raise CacheUnavailable
        if self.cache.call(lambda cache: cache.add(lock, 1, LOCK_SECONDS)):
            try:
                found = look()  # by who was here just before
                return read() if found is None else found
            finally:
                self.cache.try_to(lambda cache: cache.delete(lock))
        pause, until = 0.002, time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
            if (found := look()) is not None:
                return found
        return read()


def _wanted(header: Header | None, requests: Collection[ListRequest]) -> dict[ListRequest, _Wanted]:
    """Those of the requests that may have a list, and where it is kept."""
    wanted: dict[ListRequest, _Wanted] = {}
    if header is None:
        return wanted
    for request in requests:
        if header.has(request.recommender, request.key_kind):
            live = header.live[request.recommender]
            place = _digest(request.key_kind, request.target_kind, request.key)
            wanted[request] = _Wanted(f"{PREFIX}:{live[1]}:{place}", live[0])
    return wanted


def _described(snapshot: LiveSnapshot) -> tuple[str, tuple[str, ...]]:
    """What its lists are kept under, and kinds of keys that it has none of.

    With the moment of activation, as a database that was restored gives the same ids to other snapshots.
    """
    activated = snapshot.activated_at.timestamp() if snapshot.activated_at else 0.0
    return f"{snapshot.pk}.{int(activated * 1e6):x}", tuple(snapshot.empty_kinds)


def _digest(*parts: str) -> str:
    """Short, and of letters that every cache takes, whatever is in the keys of a shop."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def _word() -> str:
    """Different from all others."""
    return secrets.token_hex(8)
