"""One run of a job at a time: a row of the Job table is its lock, which a dead worker's heartbeat lets expire."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connections, router
from django.db.models import Q, QuerySet
from django.utils import timezone

from recommendations.conf import settings
from recommendations.exceptions import Locked
from recommendations.models import Job

logger = logging.getLogger(__name__)

NAME_LENGTH = 120


def job_name(task: str, what: str, scope: str = "") -> str:
    """The name of a job's row, e.g. `train:popular` or, in a scope, `train:popular@outlet`."""
    return f"{task}:{what}@{scope}"[:NAME_LENGTH] if scope else f"{task}:{what}"[:NAME_LENGTH]


class Lock:
    """A lock that this process holds. Raises Locked in `keep` when another run has taken it over."""

    def __init__(self, job: Job, holder: str, seconds: float) -> None:
        self.job = job
        self.holder = holder
        self.seconds = seconds
        #: How it ended, when not well; written when the lock is released.
        self.error = ""

    def _mine(self) -> QuerySet[Job]:
        return _jobs().filter(pk=self.job.pk, holder=self.holder)

    def keep(self) -> None:
        """Heartbeat: the lock expires `seconds` from now. Raises Locked when it is lost."""
        if not self._mine().update(expires_at=timezone.now() + timedelta(seconds=self.seconds)):
            raise Locked(
                f"{self.job.name}: this run lost its lock to another one, because it gave no sign of life for "
                f'{self.seconds:.0f} s. Its work is thrown away. Raise RECOMMENDATIONS["LOCK_SECONDS"].'
            )

    def note(self, **fields: Any) -> None:
        """Write progress into the row, as long as the lock is ours."""
        self._mine().update(**fields)

    def release(self) -> None:
        """Let go, with how it ended."""
        self._mine().update(holder="", expires_at=None, finished_at=timezone.now(), error=self.error)


def acquire(name: str, scope: str = "", seconds: float | None = None) -> Lock:
    """The lock `name`, from now on ours until released or expired. Raises Locked when another holds it.

    Taken by one conditional UPDATE, which is atomic on every database.
    """
    seconds = settings.LOCK_SECONDS if seconds is None else seconds
    now = timezone.now()
    holder = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    job, _ = _jobs().get_or_create(name=name, defaults={"scope": scope})
    free = _jobs().filter(Q(holder="") | Q(expires_at__lt=now), pk=job.pk)
    taken = free.update(
        holder=holder,
        expires_at=now + timedelta(seconds=seconds),
        started_at=now,
        finished_at=None,
        stage="",
        done=0,
        total=0,
        error="",
    )
    if not taken:
        job.refresh_from_db()
        raise Locked(_held_by(job))
    return Lock(job, holder, seconds)


@contextmanager
def held(name: str, scope: str = "", seconds: float | None = None) -> Iterator[Lock]:
    """Hold the lock `name`, with a heartbeat, while the block runs. Raises Locked when another run holds it."""
    lock = acquire(name, scope, seconds)
    try:
        with _heartbeat(lock):
            yield lock
    except BaseException as caught:
        lock.error = f"{type(caught).__name__}: {caught}"
        raise
    finally:
        lock.release()


@contextmanager
def _heartbeat(lock: Lock) -> Iterator[None]:
    """Renews the lock three times before it would expire, from a thread that dies with the process."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(lock.seconds / 3):
                lock.keep()
        except Locked as lost:
            logger.error("%s", lost)
        except DatabaseError:
            # The run itself checks the lock before it publishes, so a missed beat loses time, never a result.
            logger.exception("%s: the heartbeat failed", lock.job.name)
        finally:
            connections.close_all()

    thread = threading.Thread(target=beat, name=f"heartbeat {lock.job.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _jobs() -> QuerySet[Job]:
    return Job.objects.using(router.db_for_write(Job))


def _held_by(job: Job) -> str:
    until = f"{job.expires_at:%Y-%m-%d %H:%M:%S %Z}" if job.expires_at else "it is released"
    since = f"{job.started_at:%Y-%m-%d %H:%M:%S %Z}" if job.started_at else "just now"
    return (
        f"{job.name} is being run by {job.holder or 'somebody else'} since {since}. "
        f"Its lock holds until {until}; if that worker is dead, try again then."
    )
