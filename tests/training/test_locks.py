from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from recommendations.exceptions import Locked
from recommendations.models import Job
from recommendations.training.locks import Lock, acquire, held, job_name

#: Takes a lock and then never comes back.
HOLDER = """
import os, django
django.setup()
from recommendations.training.locks import held
with held("train:popular", seconds=1):
    print("held", flush=True)
    os.read(0, 1)
"""


def until(what: object, seconds: float = 15.0) -> Iterator[None]:
    """Goes round until the deadline, then fails naming what never happened."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
    pytest.fail(f"never happened: {what}")


def expire(lock: Lock) -> None:
    Job.objects.filter(pk=lock.job.pk).update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))


def test_names_say_the_scope() -> None:
    assert job_name("train", "popular") == "train:popular"
    assert job_name("train", "popular", "outlet") == "train:popular@outlet"


@pytest.mark.django_db
def test_a_held_lock_is_refused_and_says_by_whom_and_until_when() -> None:
    lock = acquire("train:popular", seconds=60)
    job = Job.objects.get(name="train:popular")
    with pytest.raises(Locked) as caught:
        acquire("train:popular")
    assert str(caught.value) == (
        f"train:popular is being run by {lock.holder} since {job.started_at:%Y-%m-%d %H:%M:%S} UTC. "
        f"Its lock holds until {job.expires_at:%Y-%m-%d %H:%M:%S} UTC; if that worker is dead, try again then."
    )
    acquire("train:also_bought")
    lock.release()
    acquire("train:popular")


@pytest.mark.django_db
def test_an_expired_lock_is_taken_over_and_the_loser_touches_nothing() -> None:
    lost = acquire("train:popular", seconds=60)
    expire(lost)
    new = acquire("train:popular", seconds=60)
    with pytest.raises(Locked, match="this run lost its lock to another one"):
        lost.keep()
    lost.note(stage="a lie")
    lost.error = "another lie"
    lost.release()
    job = Job.objects.get(name="train:popular")
    assert (job.holder, job.stage, job.error) == (new.holder, "", "")
    new.keep()


@pytest.mark.django_db(transaction=True)
def test_how_it_ended_is_noted() -> None:
    with pytest.raises(ZeroDivisionError), held("train:popular"):
        raise ZeroDivisionError("by nought")
    job = Job.objects.get(name="train:popular")
    assert (job.holder, job.expires_at, job.error) == ("", None, "ZeroDivisionError: by nought")
    assert job.finished_at is not None
    with held("train:popular"):
        assert Job.objects.get(name="train:popular").error == ""


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_keeps_a_long_run_locked() -> None:
    with held("train:popular", seconds=0.6) as lock:
        first = Job.objects.get(pk=lock.job.pk).expires_at
        assert first is not None
        for _ in until("a heartbeat after the lock would have expired"):
            renewed = Job.objects.get(pk=lock.job.pk).expires_at
            if renewed is not None and renewed > first + timedelta(seconds=0.6):
                break
        with pytest.raises(Locked):
            acquire("train:popular")


@pytest.mark.django_db(transaction=True)
@pytest.mark.services
def test_the_lock_of_a_killed_process_expires() -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(Locked):
            acquire("train:popular")
        process.kill()
    for _ in until("the dead process's lock expires"):
        try:
            acquire("train:popular")
        except Locked:
            continue
        break
