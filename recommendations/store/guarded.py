"""A cache of Django's that may fail: told in one way, logged once in a while, and left alone for a moment."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.core.cache import BaseCache, caches

logger = logging.getLogger("recommendations")

T = TypeVar("T")

#: After a failure the cache is not asked for so long: a server that hangs would hold up every page.
REST_SECONDS = 5.0

#: Failures are logged at most so often.
LOG_SECONDS = 60.0


class CacheUnavailable(Exception):
    """The cache is no help now; ask the database."""


class GuardedCache:
    """The cache of an alias. What a backend raises becomes CacheUnavailable; `failures` counts them, and the log says
    what happens `instead`."""

    def __init__(self, alias: str, instead: str = "Lists are read from the database.") -> None:
        self.alias = alias
        self.instead = instead
        self.failures = 0
        self._counting = threading.Lock()
        self._rests_until = self._logs_from = float("-inf")
        self._logged = 0

    def call(self, do: Callable[[BaseCache], T], *, resting_too: bool = False) -> T:
        """`do(cache)`. Raises CacheUnavailable when that failed, or when the cache rests after a failure."""
        if not resting_too and time.monotonic() < self._rests_until:
            raise CacheUnavailable(self.alias)
        try:
            return do(caches[self.alias])
        except Exception as error:  # each backend raises what its client raises
            self._failed(error)
            raise CacheUnavailable(self.alias) from error

    def try_to(self, do: Callable[[BaseCache], object]) -> None:
        """`do(cache)`, where nothing is lost when it fails."""
        with suppress(CacheUnavailable):
            self.call(do)

    def insist(self, do: Callable[[BaseCache], object], attempts: int = 3) -> bool:
        """`do(cache)`, resting or not, again when it failed: a connection may have died of old age. Did it succeed?"""
        for _ in range(attempts):
            try:
                self.call(do, resting_too=True)
            except CacheUnavailable:
                continue
            return True
        return False

    def _failed(self, error: Exception) -> None:
        with self._counting:
            now = time.monotonic()
            self.failures += 1
            self._rests_until = now + REST_SECONDS
            if now < self._logs_from:
                return
            since, self._logged = self.failures - self._logged, self.failures
            self._logs_from = now + LOG_SECONDS
        logger.warning(
            "The cache %r failed (%d times since this was last said): %s: %s. %s",
            self.alias,
            since,
            type(error).__name__,
            error,
            self.instead,
        )
