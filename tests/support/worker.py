"""A real Celery worker of the sample shop, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.process import running


@dataclass(frozen=True)
class Worker:
    """A running worker; `app` sends to it, and its results can be awaited with `.get(timeout=…)`."""

    app: Any
    process: subprocess.Popen[bytes]
    broker_url: str
    log: Path


@contextmanager
def running_worker(broker_url: str, *, log: Path, cwd: Path) -> Iterator[Worker]:
    """A worker with one child process, on the broker at `broker_url` and on the running test's database."""
    from celery import current_app
    from django.db import connection

    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "REDIS_URL": broker_url,
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "--app",
        "shop",
        "worker",
        "--concurrency",
        "1",
        "--loglevel",
        "INFO",
    ]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (
        sending_to(current_app, broker_url),
        running(
            [*command, *quiet],
            is_ready=lambda: " ready." in log.read_text(errors="replace"),
            log=log,
            env=environment,
            cwd=cwd,
        ) as process,
    ):
        yield Worker(current_app, process, broker_url, log)


@contextmanager
def sending_to(app: Any, url: str) -> Iterator[None]:
    """Let `app` of this process send to the broker at `url` and read its results there."""
    before = {name: app.conf[name] for name in ("broker_url", "result_backend")}
    app.conf.update(broker_url=url, result_backend=url)
    _forget_connections(app)
    try:
        yield
    finally:
        app.conf.update(before)
        _forget_connections(app)


def _forget_connections(app: Any) -> None:
    # What was sent before has settled where messages go and where results are kept, for the life of the process.
    app._backend_cache = None
    app._local.__dict__.pop("backend", None)
    for name in ("amqp", "control"):
        app.__dict__.pop(name, None)
    app.close()
    app.set_current()
