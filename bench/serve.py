"""Serving under load, against views written by hand that do the least honest work.

    python -m bench.serve [--database postgres|sqlite] [--items 100000] [--visitors 1000000] [--seconds 5] [--turns 3]

gunicorn with two workers and wrk on the same machine, Valkey, and PostgreSQL or SQLite, all started here and gone
afterwards. All that is compared is measured in one run, in turns; figures are medians of the turns, ratios those of
turns. One line of JSON a figure.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench import serve_data
from bench.serve_load import Load, Server, get, gunicorn, load, missing

API = "/api/recommendations/similar/?item=%d"
FOR_YOU, RANKED = "/api/recommendations/for_you/", "/api/recommendations/for_you_ranked/"
HAND, HAND_FOR_YOU = "/hand/similar/?item=%d", "/hand/for_you/"
PAGE, HAND_PAGE = "/page/app/%d/", "/page/hand/%d/"


def main(arguments: list[str] | None = None) -> None:
    options = _options(arguments)
    if lines := missing():
        sys.exit("bench.serve needs:\n  " + "\n  ".join(lines))
    with tempfile.TemporaryDirectory(prefix="recommendations-serve-") as folder, ExitStack() as stack:
        environment = stack.enter_context(_site(options, Path(folder)))
        serve_data.fill(options.items, options.visitors, options.active)
        serve_data.warm_up(options.items, options.active)
        with gunicorn(Path(folder), environment) as server:
            _show(server)
            measure(server, options)
        memory(Path(folder), environment, options)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    made.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    made.add_argument(
        "--items", type=int, default=100_000, help="products, each with two lists (default: 100,000)"
    )
    made.add_argument(
        "--visitors", type=int, default=1_000_000, help="visitors with a list (default: 1 million)"
    )
    made.add_argument("--active", type=int, default=10_000, help="visitors who come, with 20 events each")
    made.add_argument(
        "--seconds", type=float, default=5.0, help="how long wrk loads a page, each turn (default: 5)"
    )
    made.add_argument("--turns", type=int, default=3)
    made.add_argument("--requests", type=int, default=10_000, help="requests before memory is compared")
    options = made.parse_args(arguments)
    options.active = min(options.active, options.visitors)
    return options


@contextmanager
def _site(options: argparse.Namespace, folder: Path) -> Iterator[dict[str, str]]:
    """Django on empty servers; the environment that leads another process to them."""
    from tests.support.postgres import create_database, postgres_server
    from tests.support.valkey import valkey_server

    with ExitStack() as stack:
        environment = {"REDIS_URL": stack.enter_context(valkey_server()), "DATABASE_URL": ""}
        if options.database == "postgres":
            environment["DATABASE_URL"] = create_database(stack.enter_context(postgres_server()), "serve")
        else:
            environment["SQLITE_FILE"] = str(folder / "serve.sqlite3")
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="bench.serve_settings")
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        yield environment
        connections.close_all()


def _show(server: Server) -> None:
    """Refuse to measure what shows something else than it should; and let each worker compile and connect."""
    for _ in range(20):
        for path in (API, FOR_YOU, RANKED, HAND, HAND_FOR_YOU, PAGE, HAND_PAGE):
            get(server, path.replace("%d", "1"))
    for path in (API % 1, FOR_YOU, RANKED, HAND % 1, HAND_FOR_YOU):
        n = len(json.loads(get(server, path))["items"])
        if n != 12:
            sys.exit(f"{path} answers with {n} items, not 12.")
    for path in (PAGE % 1, HAND_PAGE % 1):
        n = get(server, path).count(b'class="rec__card"')
        if n != 32:
            sys.exit(f"{path} shows {n} cards, not 32.")


def measure(server: Server, options: argparse.Namespace) -> None:
    def run(path: str, seed: int, per_second: float = 0.0) -> Load:
        return load(
            server,
            path,
            n_items=options.items,
            n_active=options.active,
            seconds=options.seconds * (2 if per_second else 1),
            per_second=per_second,
            seed=seed,
        )

    compare(options, "similar: req/s against the hand-written view", API, HAND, run, wanted=">= 0.85")
    compare(
        options, "for you: req/s against the hand-written view", FOR_YOU, HAND_FOR_YOU, run, wanted=">= 0.7"
    )
    what = "for you with a learned ranker: req/s against the hand-written view"
    compare(options, what, RANKED, HAND_FOR_YOU, run, wanted=">= 0.7")
    compare(options, "page of 4 placements: time against one query", PAGE, HAND_PAGE, run, wanted="<= 1.5")


def compare(
    options: argparse.Namespace, what: str, ours: str, theirs: str, run: Callable[..., Load], *, wanted: str
) -> None:
    """Both in turns at full load, then both at half of what ours bears.

    The processor time of the workers is told too: unlike req/s it hardly depends on who else uses the machine.
    """
    turns = [(run(ours, 2 * n + 1), run(theirs, 2 * n + 2)) for n in range(options.turns)]
    is_time = wanted.startswith("<=")
    ratios = [_ratio(mine.per_second, other.per_second, is_time) for mine, other in turns]
    half = statistics.median(mine.per_second for mine, _ in turns) / 2
    halves = [(run(ours, 2 * n + 1, half), run(theirs, 2 * n + 2, half)) for n in range(options.turns)]
    _say(
        options,
        what,
        ratio=round(statistics.median(ratios), 3),
        wanted=wanted,
        turns=ratios,
        by_cpu=round(
            statistics.median(_ratio(other.cpu_ms, mine.cpu_ms, is_time) for mine, other in turns), 3
        ),
        cpu_ms=_medians(turns, "cpu_ms"),
        per_second=_medians(turns, "per_second"),
        half_load_per_second=_medians(halves, "per_second"),
        half_load_p50_ms=_medians(halves, "p50_ms"),
        half_load_p99_ms=_medians(halves, "p99_ms"),
        half_load_p99_ratio=round(statistics.median(mine.p99_ms / other.p99_ms for mine, other in halves), 2),
    )


def _ratio(ours: float, theirs: float, is_time: bool) -> float:
    """Ours against theirs, both a second; as the time that it takes where that is wanted."""
    return round(theirs / ours if is_time else ours / theirs, 3)


def memory(folder: Path, environment: dict[str, str], options: argparse.Namespace) -> None:
    """One worker with the app and one of a site without it, after so many requests."""
    found = []
    for path, without in ((API, "0"), (HAND, "1")):
        with gunicorn(folder, {**environment, "BENCH_WITHOUT": without}, workers=1) as server:
            n, begun = 0, 0.0
            while n < options.requests:
                n += load(server, path, n_items=options.items, n_active=options.active, seconds=2, seed=n).n
                begun = begun or _megabytes(server)
            found.append({"n": n, "begun": begun, "mb": _megabytes(server)})
    ours, theirs = found
    _say(
        options,
        "memory of a worker, MB more than the same without the app",
        mb=round(ours["mb"] - theirs["mb"], 1),
        wanted="< 30",
        worker_mb=[round(each["mb"], 1) for each in found],
        grown_after_warm_up_mb=[round(each["mb"] - each["begun"], 1) for each in found],
        requests=[each["n"] for each in found],
    )


def _megabytes(server: Server) -> float:
    import psutil

    return sum(psutil.Process(pid).memory_full_info().uss for pid in server.worker_pids) / 2**20


def _medians(turns: list[tuple[Load, Load]], name: str) -> list[float]:
    """Of ours and theirs."""
    return [round(statistics.median(getattr(turn[which], name) for turn in turns), 2) for which in (0, 1)]


def _say(options: argparse.Namespace, what: str, **figures: Any) -> None:
    about = {
        "items": options.items,
        "visitors": options.visitors,
        "load_average": round(os.getloadavg()[0], 1),
    }
    print(json.dumps({"bench": what, "database": options.database, **figures, **about}), flush=True)


if __name__ == "__main__":
    main()
