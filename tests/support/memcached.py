"""A real Memcached, of the Debian package."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.support.process import free_port, running

HOW_TO_GET_IT = "apt-get install memcached; pip install pymemcache"


def is_available() -> bool:
    """True when the server and a client are installed."""
    return shutil.which("memcached") is not None and find_spec("pymemcache") is not None


@contextmanager
def memcached_server(log: Path, port: int | None = None) -> Iterator[str]:
    """`host:port` of a fresh, empty server on the loopback address, gone on leaving."""
    port = port or free_port()
    command = ["memcached", "--listen=127.0.0.1", f"--port={port}", "--memory-limit=64"]
    if os.geteuid() == 0:
        command.append("--user=nobody")
    with running(command, is_ready=lambda: _answers(port), log=log):
        yield f"127.0.0.1:{port}"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"version\r\n")
            return connection.recv(64).startswith(b"VERSION")
    except OSError:
        return False
