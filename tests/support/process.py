"""Run a server for as long as the tests need it, and not longer."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """In the child: ask Linux for SIGTERM when the test process dies, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """A TCP port of the loopback address that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    args: Sequence[str | Path],
    *,
    is_ready: Callable[[], bool],
    log: Path,
    timeout: float = 60.0,
    stop_signal: int = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """The started process, once `is_ready()` says so; stopped and reaped on leaving.

    Raises RuntimeError with the end of the log when the process ends early or is not ready in `timeout`
    seconds.
    """
    groups: dict[str, object] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(arg) for arg in args],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  (started from the main thread of the tests)
            **groups,  # type: ignore[call-overload]
        )
    try:
        _await_ready(process, is_ready, log, timeout)
        yield process
    finally:
        _stop(process, stop_signal)


def _await_ready(
    process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path, timeout: float
) -> None:
    deadline = time.monotonic() + timeout
    while not is_ready():
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
            reason = f"was not ready after {timeout:.0f} s"
        else:
            reason = f"ended with status {process.returncode}"
        tail = log.read_text(errors="replace")[-3000:]
        raise RuntimeError(f"{process.args[0]!r} {reason}. Its log ends:\n{tail}")  # type: ignore[index]


def _stop(process: subprocess.Popen[bytes], stop_signal: int) -> None:
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
