"""The past: every declared row becomes an event, in batches, once, and again where it was left off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from recommendations.adapter import Adapter, Behaviour, get_adapter
from recommendations.models import Event, Job
from recommendations.progress import NoProgress, Progress
from recommendations.tracking.batches import batches_by_pk
from recommendations.tracking.sync import SyncCounts, sync_rows

BACKFILL = "backfill"
RECONCILE = "reconcile"
RECONCILE_OVERLAP = timedelta(days=30)


@dataclass
class BackfillReport:
    """What a backfill came to: counts by declaration (`purchase:shop.orderline`), and over all."""

    declarations: dict[str, SyncCounts] = field(default_factory=dict)
    resumed: bool = False
    dry_run: bool = False

    @property
    def kinds(self) -> dict[str, int]:
        """Kind → events that count now (new, changed or unchanged)."""
        kinds: Counter[str] = Counter()
        for name, counts in self.declarations.items():
            kinds[name.split(":")[0]] += counts.new + counts.changed + counts.unchanged
        return dict(kinds)

    @property
    def total(self) -> SyncCounts:
        """The counts of all declarations together."""
        total = SyncCounts()
        for counts in self.declarations.values():
            total.add(counts)
        return total


def declared(adapter: Adapter) -> Iterator[tuple[str, Behaviour]]:
    """Name → behaviour of the declarations that have rows."""
    for behaviour in adapter.behaviours:
        if behaviour.model:
            yield f"{behaviour.kind}:{behaviour.label}", behaviour


def backfill(
    *,
    dry_run: bool = False,
    since: datetime | None = None,
    progress: Progress | None = None,
    batch_size: int = 2000,
) -> BackfillReport:
    """Turn the rows of the past into events.

    Streams in batches of constant memory. An interrupted backfill goes on where it stopped; a complete one can be run
    again and changes only what differs. `since` leaves out older rows where a declaration's `time` is a path.
    """
    progress = progress or NoProgress()
    job, _ = Job.objects.get_or_create(name=BACKFILL)
    report = BackfillReport(resumed=bool(job.state) and not dry_run, dry_run=dry_run)
    if not dry_run:
        Job.objects.filter(pk=job.pk).update(started_at=timezone.now(), finished_at=None, error="")
    for name, behaviour in declared(get_adapter()):
        report.declarations[name] = _walk(name, behaviour, job, report, since, progress, batch_size)
    progress.finish()
    if not dry_run:
        Job.objects.filter(pk=job.pk).update(state={}, finished_at=timezone.now())
    return report


def reconcile(*, progress: Progress | None = None, batch_size: int = 2000) -> BackfillReport:
    """Pick up what no signal told and what was lost while the log was broken, since the last time.

    Reads rows whose time lies after the last run less RECONCILE_OVERLAP (all rows where `time` is no path), and looks
    again at the rows behind the events of that span: those that are gone are voided.
    """
    progress = progress or NoProgress()
    job, _ = Job.objects.get_or_create(name=RECONCILE)
    last = parse_datetime(job.state.get("until", "")) if job.state else None
    since = last - RECONCILE_OVERLAP if last else None
    started = timezone.now()
    report = BackfillReport()
    for name, behaviour in declared(get_adapter()):
        counts = SyncCounts()
        rows = rows_since(behaviour, since)
        progress.start(name, rows.count())
        for batch in batches_by_pk(rows, batch_size):
            counts.add(sync_rows(behaviour, {row.pk: row for row in batch}))
            progress.advance(len(batch))
        counts.add(_void_orphans(name, behaviour, since, batch_size))
        report.declarations[name] = counts
    progress.finish()
    Job.objects.filter(pk=job.pk).update(
        state={"until": started.isoformat()}, started_at=started, finished_at=timezone.now()
    )
    return report


def rows_since(behaviour: Behaviour, since: datetime | None) -> QuerySet[Any]:
    """The rows of a declaration from a moment on; all of them when its time is a function or not declared."""
    rows = behaviour.rows_queryset()
    if since is None or not isinstance(behaviour.time, str):
        return rows
    return rows.filter(**{f"{behaviour.time.replace('.', '__')}__gte": since})


def _walk(
    name: str,
    behaviour: Behaviour,
    job: Job,
    report: BackfillReport,
    since: datetime | None,
    progress: Progress,
    batch_size: int,
) -> SyncCounts:
    """One declaration's rows, from where the job's state says."""
    counts = SyncCounts()
    rows = rows_since(behaviour, since)
    left_off = job.state.get(name) if not report.dry_run else None
    after = behaviour.model_class()._meta.pk.to_python(left_off) if left_off is not None else None
    fresh = not Event.objects.filter(source__startswith=f"{name}:").exists()
    progress.start(name, (rows if after is None else rows.filter(pk__gt=after)).count())
    for batch in batches_by_pk(rows, batch_size, after):
        counts.add(sync_rows(behaviour, {row.pk: row for row in batch}, dry_run=report.dry_run, fresh=fresh))
        progress.advance(len(batch))
        if not report.dry_run:
            job.state[name] = str(batch[-1].pk)
            Job.objects.filter(pk=job.pk).update(state=job.state, stage=name)
    return counts


def _void_orphans(name: str, behaviour: Behaviour, since: datetime | None, batch_size: int) -> SyncCounts:
    """Void the events of the span whose rows are gone."""
    counts = SyncCounts()
    if not behaviour.undo_on_delete:
        return counts
    prefix = f"{name}:"
    events = Event.objects.valid().filter(source__startswith=prefix)
    if since is not None:
        events = events.filter(occurred_at__gte=since)
    to_python = behaviour.model_class()._meta.pk.to_python
    for batch in batches_by_pk(events.only("pk", "source"), batch_size):
        pks = [to_python(str(event.source)[len(prefix) :]) for event in batch]
        there = set(behaviour.model_class()._default_manager.filter(pk__in=pks).values_list("pk", flat=True))
        gone = {pk: None for pk in pks if pk not in there}
        if gone:
            counts.add(sync_rows(behaviour, gone))
    return counts
