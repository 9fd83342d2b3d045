"""How far a run is, for the admin: written into its Job row, and told to several listeners at once."""

from __future__ import annotations

import time

from recommendations.progress import Progress
from recommendations.training.locks import Lock

#: A job's row is written at most once in so many seconds.
INTERVAL_SECONDS = 1.0

STAGE_LENGTH = 120


class JobProgress:
    """Writes stage, done and total into the rows behind some locks, at most once a second."""

    def __init__(self, *locks: Lock) -> None:
        self.locks = locks
        self.stage = ""
        self.done = 0
        self.total = 0
        self._written_at = float("-inf")

    def start(self, stage: str, total: int | None = None) -> None:
        self.stage, self.done, self.total = stage[:STAGE_LENGTH], 0, total or 0
        self._write()

    def advance(self, n: int = 1) -> None:
        self.done += n
        self._write()

    def finish(self) -> None:
        self._written_at = float("-inf")
        self._write()

    def _write(self) -> None:
        now = time.monotonic()
        if now - self._written_at < INTERVAL_SECONDS:
            return
        self._written_at = now
        for lock in self.locks:
            lock.note(stage=self.stage, done=self.done, total=self.total)


class Tee:
    """Tells each of several listeners."""

    def __init__(self, *listeners: Progress) -> None:
        self.listeners = listeners

    def start(self, stage: str, total: int | None = None) -> None:
        for listener in self.listeners:
            listener.start(stage, total)

    def advance(self, n: int = 1) -> None:
        for listener in self.listeners:
            listener.advance(n)

    def finish(self) -> None:
        for listener in self.listeners:
            listener.finish()
