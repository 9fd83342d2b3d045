"""The events as they were read last, kept in a file, so that the next run reads only what changed since.

Three things keep the file honest. Events that changed since the last reading are read again, from an hour before it:
clocks differ, and a transaction may end later than it says. The number of the events that count and the sum of their
primary keys are compared with the database's, in buckets where they differ, and such buckets are read again: this finds
what was deleted or came late by more than the hour. And a sample of rows is compared column by column: this finds
another database behind the same name. Whatever cannot be explained leads to reading everything.

The database takes seconds to count millions of events. Meanwhile what was read is made ready for learning; where the
two differ, which is rare, it is made ready again.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from django.db import connections
from django.db.models import Count, Max, Q, QuerySet, Sum
from numpy.typing import NDArray

from recommendations.algorithms.storage import (
    PART,
    Unreadable,
    load_columns,
    pack_texts,
    save_columns,
    unpack_texts,
)
from recommendations.models import Event
from recommendations.progress import Progress
from recommendations.training.eventlog import COLUMNS, KEYED, NAMED, EventLog, Rows
from recommendations.training.folder import how_to_change, training_folder
from recommendations.training.merging import among
from recommendations.training.reading import Reader, Selection, bucket_sums, reader_for

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Changes when the columns mean something else than before.
VERSION = 1

#: So long before the last reading what changed is read again.
OVERLAP = timedelta(hours=1)

#: Fewer events are read as quickly as their file.
WORTH_KEEPING = 100_000

#: So many rows are compared with the database.
SAMPLE = 500

#: Primary keys are compared in buckets of 2^14.
BUCKET_BITS = 14

#: Buckets that differ are read again, unless they hold more than this share of all events.
MOST_REPAIRED = 0.3

#: A file that was being written when its process died is deleted after so many seconds.
_STALE_PART_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Kept:
    """What the file has. `read_at` is when the last reading of the database began."""

    log: EventLog
    read_at: datetime
    seed: int
    method: str


class _ReadEverything(Exception):
    """What was kept does not do; the message says why."""


def current_events(
    asked: Selection,
    kept: Selection,
    now: datetime,
    told: Progress,
    after: ExitStack,
    use: Callable[[EventLog], T],
) -> tuple[T, str]:
    """What `use` makes of the events that count now, at least those asked for, and how they were read.

    `kept` is what the settings' recommenders learn from all together: a run of one of them leaves a file that does for
    the others. It is written while the caller goes on; `after` waits for it. `use` is called again when what it was
    given turns out to differ from the database, which is still counting meanwhile.
    """
    folder = training_folder()
    if folder is None or not kept.covers(asked):
        log, how = _read_whole(asked, now, told, "nothing is kept", after)
        return use(log), how
    path = folder / file_name(kept)
    try:
        return _refreshed(path, kept, now, told, after, use)
    except FileNotFoundError:
        why = "nothing was kept yet"
    except (_ReadEverything, Unreadable, OSError) as reason:
        why = str(reason)
        logger.warning("Training reads all events again: %s", why)
        after.close()
    if kept.events(now)[:WORTH_KEEPING].count() < WORTH_KEEPING:
        log, how = _read_whole(asked, now, told, "they are few", after)
    else:
        log, how = _read_whole(kept, now, told, why, after, path)
    return use(log), how


def _read_whole(
    selection: Selection, now: datetime, told: Progress, why: str, after: ExitStack, path: Path | None = None
) -> tuple[EventLog, str]:
    """All events that count, which are kept in `path`."""
    events = selection.events(now)
    reader = reader_for(events, selection.kinds, secrets.randbits(62))
    n = reader.expected(events) if selection.kinds else 0
    told.start("load events", n)
    chunks = _counted(reader.chunks(events, n), told) if n else ()
    log = EventLog.empty(selection.kinds).with_rows(chunks, reader, n_expected=n + n // 20)
    if path is not None:
        _save_aside(after, path, log, reader, selection, now)
    return log, f"all {len(log)} events: {why}"


def _counted(chunks: Iterable[Rows], told: Progress) -> Iterator[Rows]:
    for rows in chunks:
        told.advance(len(rows["pk"]))
        yield rows


def _refreshed(
    path: Path,
    selection: Selection,
    now: datetime,
    told: Progress,
    after: ExitStack,
    use: Callable[[EventLog], T],
) -> tuple[T, str]:
    """The same of what is kept, brought up to date. Raises FileNotFoundError, OSError, Unreadable, _ReadEverything."""
    kept = load(path, selection)
    events = selection.events(now)
    reader = reader_for(events, selection.kinds, kept.seed)
    if reader.method != kept.method:
        raise _ReadEverything("the database makes other fingerprints now")
    since = kept.read_at - OVERLAP
    told.start("load new events")
    newest = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    last = max(
        newest, int(kept.log.columns["pk"].max(initial=0))
    )  # those that were deleted may be the newest
    there = reader.aside(lambda: _number_and_sum(events, last))
    fresh = list(_counted(reader.chunks(events.filter(changed_at__gte=since)), told))
    n_fresh = sum(len(rows["pk"]) for rows in fresh)
    # Read after the rows: an event that is voided just now is then in neither, and in the next run's changes.
    changed = np.array(list(selection.changed(since).values_list("pk", flat=True)), np.int64)
    drop = among(kept.log.columns["pk"], np.concatenate([changed, *(rows["pk"] for rows in fresh)]))
    begins = selection.since(now)
    if begins is not None:
        drop |= kept.log.columns["at"] < int(begins.timestamp() * 1e6)
    log = kept.log.with_rows(fresh, reader, drop=drop)
    del kept, drop
    _compare_sample(log, reader, selection, now)
    # A log that is not confirmed yet may be kept: whoever reads it compares it again.
    _save_aside(after, path, log, reader, selection, now)
    made = use(log)
    told.start("compare with the log")
    repaired, n_repaired = _repaired(log, reader, events, last, there())
    how = f"{n_fresh} changed events of {len(repaired)}"
    if repaired is log:
        return made, how
    del made, log
    after.close()  # of two that are written at once the wrong one might stay
    _save_aside(after, path, repaired, reader, selection, now)
    return use(repaired), f"{how}, and {n_repaired} in places that differed" if n_repaired else how


def _number_and_sum(events: QuerySet[Event], last: int) -> tuple[int, int]:
    """How many of the events up to this pk there are, and the sum of their pks."""
    found = events.order_by().filter(pk__lte=last).aggregate(number=Count("pk"), total=Sum("pk"))
    return found["number"], int(found["total"] or 0)


def _repaired(
    log: EventLog, reader: Reader, events: QuerySet[Event], last: int, there: tuple[int, int]
) -> tuple[EventLog, int]:
    """The log with the rows of the database wherever the two differ; and how many these are.

    What has come since the run began, behind the pk `last`, is no difference: the next run reads it. `there` is what
    _number_and_sum found meanwhile.
    """
    if log.number_and_sum(last) == there:
        return log, 0
    ours = log.buckets(BUCKET_BITS, last)
    theirs = bucket_sums(events.filter(pk__lte=last), BUCKET_BITS)
    differ = sorted(
        bucket for bucket in ours.keys() | theirs.keys() if ours.get(bucket) != theirs.get(bucket)
    )
    n_affected = sum(theirs.get(bucket, (0, 0))[0] for bucket in differ)
    if n_affected > MOST_REPAIRED * max(len(log), 1):
        raise _ReadEverything(f"what is kept differs from the log in {len(differ)} places")
    drop = np.isin(log.columns["pk"] >> BUCKET_BITS, differ)
    chunks: list[Rows] = []
    for begin, end in _ranges(differ):
        inside = Q(pk__gte=begin << BUCKET_BITS, pk__lt=(end + 1) << BUCKET_BITS)
        chunks.extend(reader.chunks(events.filter(inside)))
    return log.with_rows(chunks, reader, drop=drop), n_affected


def _ranges(buckets: list[int]) -> list[tuple[int, int]]:
    """First and last of neighbours."""
    ranges: list[tuple[int, int]] = []
    for bucket in buckets:
        if ranges and ranges[-1][1] == bucket - 1:
            ranges[-1] = (ranges[-1][0], bucket)
        else:
            ranges.append((bucket, bucket))
    return ranges


def _compare_sample(log: EventLog, reader: Reader, selection: Selection, now: datetime) -> None:
    """Compare some rows column by column. Raises _ReadEverything."""
    if not len(log):
        return
    rows = np.unique(np.random.default_rng().integers(0, len(log), SAMPLE))
    rows = rows[np.argsort(log.columns["pk"][rows])]
    pks = log.columns["pk"][rows]
    for chunk in reader.chunks(selection.events(now).filter(pk__in=pks.tolist())):
        ours = rows[np.searchsorted(pks, chunk["pk"])]
        for name in COLUMNS:
            values = log.columns[name][ours]
            if name in KEYED:
                values = np.append(log.fingerprints[name], reader.nothing)[values]
            if not np.array_equal(values, chunk[name], equal_nan=name == "rating"):
                raise _ReadEverything(
                    "the log has other events behind the same numbers than those that are kept"
                )


def file_name(selection: Selection) -> str:
    """A name of its own for each database and scope."""
    options = connections[Event.objects.db].settings_dict
    place = [str(options.get(key, "")) for key in ("ENGINE", "HOST", "PORT", "NAME")]
    text = json.dumps([*place, Event._meta.db_table, selection.scope])
    return f"events-{blake2b(text.encode(), digest_size=8).hexdigest()}.columns"


def load(path: Path, selection: Selection) -> Kept:
    """What is kept there. Raises FileNotFoundError, Unreadable, OSError, _ReadEverything."""
    about, columns = load_columns(path)
    if about.get("version") != VERSION:
        raise Unreadable(f"{path} is of version {about.get('version')}, not {VERSION}.")
    if about["selection"] != selection.as_dict():
        raise _ReadEverything("the settings ask for other events than those that are kept")
    log = EventLog(
        selection.kinds,
        {name: columns[name] for name in COLUMNS},
        {name: columns[f"{name}.fingerprints"] for name in KEYED},
        {name: unpack_texts(name, columns) for name in NAMED},
    )
    return Kept(log, datetime.fromtimestamp(about["read_at"], UTC), about["seed"], about["method"])


def save(path: Path, kept: Kept, selection: Selection) -> None:
    """Keep it there, in place of what was. Raises OSError."""
    about: dict[str, Any] = {
        "version": VERSION,
        "selection": selection.as_dict(),
        "read_at": kept.read_at.timestamp(),
        "seed": kept.seed,
        "method": kept.method,
    }
    columns: dict[str, NDArray[Any]] = dict(kept.log.columns)
    columns |= {f"{name}.fingerprints": kept.log.fingerprints[name] for name in KEYED}
    for name in NAMED:
        columns |= pack_texts(name, kept.log.texts[name])
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in path.parent.glob(f"{path.name}.*{PART}"):
        if part.stat().st_mtime < time.time() - _STALE_PART_SECONDS:
            part.unlink(missing_ok=True)
    save_columns(path, about, columns)


def _save_aside(after: ExitStack, *what: Any) -> None:
    pool = after.enter_context(ThreadPoolExecutor(1))
    after.callback(pool.submit(_save, *what).result)


def _save(path: Path, log: EventLog, reader: Reader, selection: Selection, now: datetime) -> None:
    """Keep it if that is possible: the run goes on without."""
    try:
        save(path, Kept(log, now, reader.seed, reader.method), selection)
    except OSError as error:
        logger.error(
            "Training cannot keep the events that it has read: %s. %s", error, how_to_change(path.parent)
        )
