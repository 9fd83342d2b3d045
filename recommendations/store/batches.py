"""Long writes cut into transactions so short that recording an event never waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from django.db import connections, transaction

T = TypeVar("T")

#: A transaction should hold the database for so long, in seconds; never longer than three times that.
TARGET_SECONDS = 0.1

#: SQLite has one writer at a time, and those who wait look again at least every 50 ms during their first
#: 0.2 s: a pause of that length between two transactions is seen by everybody who waits.
PAUSE_SECONDS = 0.05


class BatchSize:
    """How many rows fit into one transaction, learned from the transactions so far."""

    def __init__(self, start: int = 200, smallest: int = 20, largest: int = 20_000) -> None:
        self.rows = start
        self.smallest = smallest
        self.largest = largest

    def learn(self, n_rows: int, seconds: float) -> None:
        """`n_rows` took `seconds`: aim at TARGET_SECONDS, growing by at most the double."""
        fitting = n_rows * TARGET_SECONDS / max(seconds, 1e-4)
        self.rows = int(max(self.smallest, min(fitting, self.rows * 2, self.largest)))


class ShortTransactions:
    """Runs pieces of a long write, each in its own transaction, leaving room for other writers between."""

    def __init__(self, using: str) -> None:
        self.using = using
        self.size = BatchSize()
        self.longest = 0.0
        self._released_at: float | None = None

    def run(self, n_rows: int, write: Callable[[], object]) -> None:
        """`write` about `n_rows` rows in one transaction."""
        self._leave_room()
        with transaction.atomic(using=self.using):
            begun = time.monotonic()
            write()
        self._released_at = time.monotonic()
        seconds = self._released_at - begun
        self.longest = max(self.longest, seconds)
        self.size.learn(n_rows, seconds)

    def batches(self, rows: Iterable[T]) -> Iterator[list[T]]:
        """`rows` in lists of the size that fits at the moment."""
        iterator = iter(rows)
        while batch := list(islice(iterator, self.size.rows)):
            yield batch

    def _leave_room(self) -> None:
        if self._released_at is None or connections[self.using].vendor != "sqlite":
            return
        time.sleep(max(0.0, PAUSE_SECONDS - (time.monotonic() - self._released_at)))
