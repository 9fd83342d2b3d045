"""Counting what is not recorded: kept in the process and added to the database every few seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter as Tally

from django.db import DatabaseError, router, transaction
from django.db.models import F
from django.utils import timezone

from recommendations.models import Counter

logger = logging.getLogger("recommendations")

FLUSH_SECONDS = 10.0

_lock = threading.Lock()
_held: Tally[tuple[str, str, str]] = Tally()
_flushed_at = 0.0


def count(name: str, scope: str = "", n: int = 1) -> None:
    """Count something that was not recorded. A worker that is killed loses at most FLUSH_SECONDS of counts."""
    with _lock:
        _held[(scope, timezone.localdate().isoformat(), name)] += n
    flush_if_due()


def flush_if_due() -> None:
    """Write what is held when the last time was long enough ago, and never inside the shop's transaction."""
    if not _held or time.monotonic() - _flushed_at < FLUSH_SECONDS:
        return
    if not transaction.get_connection(router.db_for_write(Counter)).in_atomic_block:
        flush()


def flush() -> None:
    """Write what is held; what cannot be written now is kept for the next time."""
    global _flushed_at  # noqa: PLW0603  (one clock for the process)
    with _lock:
        held = dict(_held)
        _held.clear()
        _flushed_at = time.monotonic()
    for index, ((scope, day, name), n) in enumerate(sorted(held.items())):
        try:
            _add(scope, day, name, n)
        except DatabaseError:
            logger.warning("Counters could not be written; they are kept for the next time", exc_info=True)
            with _lock:
                for key, value in sorted(held.items())[index:]:
                    _held[key] += value
            return


def _add(scope: str, day: str, name: str, n: int) -> None:
    alias = router.db_for_write(Counter)
    with transaction.atomic(using=alias):
        rows = Counter.objects.using(alias).filter(scope=scope, day=day, name=name)
        if not rows.update(value=F("value") + n):
            counter, created = rows.get_or_create(scope=scope, day=day, name=name, defaults={"value": n})
            if not created:
                rows.update(value=F("value") + n)
