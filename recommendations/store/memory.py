"""Ranked lists in this process's memory: for tests and for trying things out, gone with the process."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from recommendations.models import Snapshot
from recommendations.progress import Progress
from recommendations.store.base import (
    ListRequest,
    Store,
    StoredList,
    no_progress,
    refuse_live,
)
from recommendations.store.encoding import Encoder, Entries, ListRow, decode


class MemoryStore(Store):
    """Reads without any query."""

    def __init__(self) -> None:
        self._lists: dict[int, dict[tuple[str, str, str], Entries]] = {}
        self._live: dict[tuple[str, str], int] = {}

    def fetch(self, scope: str, requests: Collection[ListRequest]) -> dict[ListRequest, StoredList]:
        found = {}
        for request in requests:
            snapshot_id = self._live.get((scope, request.recommender))
            if snapshot_id is None:
                continue
            entries = self._lists.get(snapshot_id, {}).get(
                (request.key_kind, request.key, request.target_kind)
            )
            if entries is not None:
                found[request] = StoredList(request.recommender, snapshot_id, entries)
        return found

    def live(self, scope: str) -> dict[str, int]:
        return {recommender: pk for (of_scope, recommender), pk in self._live.items() if of_scope == scope}

    def write(self, snapshot: Snapshot, rows: Iterable[ListRow], progress: Progress | None = None) -> int:
        told = no_progress(progress)
        lists = self._lists.setdefault(snapshot.pk, {})
        encode = Encoder(snapshot).encode
        written = 0
        for row in rows:
            lists[row[0], row[1], row[2]] = decode(encode(row), snapshot.sources)
            written += 1
            told.advance()
        return written

    def activate(self, snapshot: Snapshot) -> Snapshot | None:
        previous = super().activate(snapshot)
        self._live[snapshot.scope, snapshot.recommender] = snapshot.pk
        return previous

    def clear(self, snapshot: Snapshot) -> None:
        refuse_live(snapshot)
        self._lists.pop(snapshot.pk, None)
