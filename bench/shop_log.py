"""A shop's log of millions of events in a database of its own, for the benchmarks of reading and publishing.

The database is a real one under the temporary folder, removed at the end; with `--url` it is one that stays, filled the
first time. Ten million events are those of a million visitors with a hundred thousand items, both with a long tail,
over two years: views, carts, purchases and clicks in visits of four, with sessions and orders, a third of the visits
before the login that links them, and every hundredth event voided or simulated.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

#: Rows are made in pieces of so many.
PIECE = 250_000

COLUMNS = (
    *(
        "kind",
        "visitor_key",
        "item_key",
        "session_key",
        "order_key",
        "source",
        "revision",
        "quantity",
        "value",
    ),
    *("currency", "query", "scope", "occurred_at", "recorded_at", "changed_at", "voided_at", "simulated"),
    *("context", "slate_id", "placement", "origin"),
)

KINDS = np.array(["view", "cart", "purchase", "click"])
SHARES = (0.80, 0.08, 0.09, 0.03)

#: A recommender that learns from all of it.
RECOMMENDER = {
    "algorithm": "recommendations.algorithms.item_knn.ItemKNN",
    "options": {"events": {"view": 1.0, "click": 1.0, "cart": 3.0, "purchase": 5.0}, "half_life_days": None},
}


def arguments(description: str) -> argparse.ArgumentParser:
    """The arguments that all benchmarks on a log have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--events", type=int, default=10_000_000, help="how many events (default: 10 million)")
    made.add_argument(
        "--url", default="", help="postgres://… or sqlite:///file, which stays and is filled once"
    )
    made.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    made.add_argument(
        "--folder", default="", help="where the events that were read are kept (default: nowhere)"
    )
    return made


@contextmanager
def shop_log(options: argparse.Namespace) -> Iterator[None]:
    """Django on a filled log; `options.url` says where it is."""
    from tests.support.postgres import create_database, postgres_server

    with ExitStack() as stack:
        if not options.url and options.database == "postgres":
            options.url = create_database(stack.enter_context(postgres_server()), "bench")
        elif not options.url:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="recommendations-bench-"))
            options.url = f"sqlite:///{folder}/log.sqlite3"
        _configure(options)
        _fill(options.events)
        yield


def _configure(options: argparse.Namespace) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    is_sqlite = options.url.startswith("sqlite:///")
    os.environ["DATABASE_URL"] = "" if is_sqlite else options.url
    import django
    from django.conf import settings
    from django.core.management import call_command

    from recommendations.defaults import RECOMMENDERS

    if is_sqlite:
        settings.DATABASES["default"]["NAME"] = options.url.removeprefix("sqlite:///")
    settings.DEBUG = False
    settings.RECOMMENDATIONS |= {
        "RECOMMENDERS": {**dict.fromkeys(RECOMMENDERS), "similar": RECOMMENDER},
        "TRAINING_FOLDER": options.folder,
    }
    django.setup()
    call_command("migrate", verbosity=0)


def _fill(n_events: int) -> None:
    from django.db import connection

    from recommendations.models import Event, Item, VisitorLink

    if Event.objects.exists():
        return
    begun = time.monotonic()
    n_visitors, n_items = max(n_events // 10, 10), max(n_events // 100, 10)
    is_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        indexes = _without_indexes(cursor) if is_postgres else []
        for first in range(0, n_events, PIECE):
            add_events(first, min(PIECE, n_events - first), n_events)
            print(f"\r{first:,} events", end="", file=sys.stderr)
        for index in indexes:
            cursor.execute(index)
    links = (
        VisitorLink(anonymous_key=f"a:{n * 7919:x}", visitor_key=f"u:{n}", bucket=n % 1000)
        for n in range(0, n_visitors, 10)
    )
    VisitorLink.objects.bulk_create(links, batch_size=10_000)
    items = (Item(item_key=str(n), title=f"Item {n}", is_gone=n % 200 == 0) for n in range(n_items))
    Item.objects.bulk_create(items, batch_size=10_000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if is_postgres else "ANALYZE")
    print(f"\r{n_events:,} events made in {time.monotonic() - begun:.0f} s", file=sys.stderr)


def add_events(first: int, n: int, n_events: int, *, now: bool = False) -> None:
    """Events number `first` and following; `now`: told now, most of them done just before and a tenth long ago."""
    from django.db import connection, transaction

    rows = event_rows(first, n, n_events, now=now)
    names = ", ".join(COLUMNS)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY recommendations_event ({names}) FROM STDIN") as copy:
                copy.write(
                    "".join("\t".join("\\N" if v is None else str(v) for v in row) + "\n" for row in rows)
                )
        else:
            places = ", ".join(["%s"] * len(COLUMNS))
            cursor.executemany(f"INSERT INTO recommendations_event ({names}) VALUES ({places})", rows)


def event_rows(first: int, n: int, n_events: int, *, now: bool) -> Iterable[tuple[Any, ...]]:
    """The values of COLUMNS. An event's number alone decides them."""
    drawn = np.random.default_rng(first)
    n_visitors, n_items = max(n_events // 10, 10), max(n_events // 100, 10)
    number = np.arange(first, first + n)
    visit = number // 4
    visits, which = np.unique(visit, return_inverse=True)
    person = (n_visitors * drawn.random(len(visits)) ** 1.5).astype(int)[which]
    item = (n_items * drawn.random(n) ** 2).astype(int)
    kind = KINDS[drawn.choice(len(KINDS), n, p=SHARES)]
    start, span = datetime(2024, 1, 1, tzinfo=UTC), 2 * 365 * 86_400
    after = number / n_events * span
    if now:
        start = datetime.now(UTC)
        after = np.where(number % 10 == 0, -drawn.random(n) * span, -drawn.random(n) * 3600)
    for i, v, p, k, thing, seconds in zip(
        number.tolist(),
        visit.tolist(),
        person.tolist(),
        kind.tolist(),
        item.tolist(),
        after.tolist(),
        strict=True,
    ):
        at = (start + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S.%f")
        told = start.strftime("%Y-%m-%d %H:%M:%S.%f") if now else at
        yield (
            *(k, f"a:{p * 7919:x}" if v % 3 == 0 else f"u:{p}", thing, f"{v * 2_654_435_761:032x}"),
            *(f"o{v}" if k == "purchase" else "", f"{k}:shop.row:{i}", 0, 2 if i % 50 == 0 else 1),
            *(f"{1 + thing % 9000 / 100:.2f}" if k in ("purchase", "cart") else None, "EUR", "", ""),
            *(at, told, told, told if i % 97 == 0 else None, i % 89 == 0, "{}", "", "", "{}"),
        )


def _without_indexes(cursor: Any) -> list[str]:
    """Drop what makes inserting slow; returns the statements that bring it back."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'recommendations_event'"
        " AND indexname NOT LIKE '%_pkey'"
    )
    statements = []
    for name, definition in cursor.fetchall():
        if name == "rec_event_source_revision":
            cursor.execute(f"ALTER TABLE recommendations_event DROP CONSTRAINT {name}")
            definition = f"ALTER TABLE recommendations_event ADD CONSTRAINT {name} UNIQUE (source, revision)"
        else:
            cursor.execute(f"DROP INDEX {name}")
        statements.append(definition)
    return statements


class Stages:
    """A Progress that notes how long each stage took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage, self._begun = "", time.monotonic()

    def start(self, stage: str, total: int | None = None) -> None:
        self.finish()
        self._stage = stage

    def advance(self, n: int = 1) -> None:
        return None

    def finish(self) -> None:
        now = time.monotonic()
        if self._stage:
            self.seconds[self._stage] = round(now - self._begun + self.seconds.get(self._stage, 0.0), 2)
        self._stage, self._begun = "", now


@contextmanager
def measured(what: str, **about: Any) -> Iterator[dict[str, Any]]:
    """Prints one line of JSON: wall and processor seconds of this process, its peak memory and the machine's load."""
    from django.db import connection

    found: dict[str, Any] = dict(about)
    wall, cpu = time.monotonic(), time.process_time()
    yield found
    line = {
        "bench": what,
        "database": connection.display_name,
        "seconds": round(time.monotonic() - wall, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "load": round(os.getloadavg()[0], 1),
        **found,
    }
    print(json.dumps(line), flush=True)
