"""Publish whole, flip, then delete old. Loads no numpy, so that the admin can activate and roll back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter

from django.db import router, transaction
from django.utils import timezone

from recommendations.conf import settings
from recommendations.datatypes import ListKind
from recommendations.exceptions import RecommendationsError
from recommendations.models import Snapshot
from recommendations.progress import NoProgress, Progress
from recommendations.signals import snapshot_activated
from recommendations.store import ListRow, get_store
from recommendations.store.encoding import Encoded

Status = Snapshot.Status

_TARGET = itemgetter(0)


@dataclass
class Written:
    """What a snapshot's lists came to while they were being written."""

    n_lists: int = 0
    #: Key kind → the items in the lists of such keys. Who makes `Encoded` lists says what is in them.
    targets: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def watch(self, rows: Iterable[ListRow]) -> Iterator[ListRow]:
        """The rows as they are, counted."""
        for row in rows:
            self.n_lists += 1
            if row[2] == ListKind.ITEM and not isinstance(row[3], Encoded):
                self.targets[row[0]].update(map(_TARGET, row[3]))
            yield row


def write(
    snapshot: Snapshot,
    rows: Iterable[ListRow],
    progress: Progress | None = None,
    written: Written | None = None,
) -> Written:
    """Write the lists of a snapshot in short transactions; readers see none of them yet. `written` grows meanwhile."""
    written = written or Written()
    get_store().write(snapshot, written.watch(rows), progress or NoProgress())
    return written


def go_live(snapshot: Snapshot) -> Snapshot | None:
    """Flip to a complete snapshot in one transaction; returns the one before. Sends snapshot_activated on commit."""
    using = router.db_for_write(Snapshot)
    with transaction.atomic(using=using):
        previous = get_store().activate(snapshot)
        send = partial(snapshot_activated.send, sender=Snapshot, snapshot=snapshot, previous=previous)
        transaction.on_commit(send, using=using, robust=True)
    return previous


def activate(snapshot: Snapshot) -> Snapshot | None:
    """Make a kept snapshot live; returns the one that was. Raises RecommendationsError when it has no lists."""
    snapshot.refresh_from_db()
    if snapshot.status == Status.LIVE:
        raise RecommendationsError(f"Snapshot {snapshot.pk} of {snapshot.recommender} is live already.")
    if snapshot.status != Status.READY:
        why = f" ({snapshot.reason})" if snapshot.reason else ""
        raise RecommendationsError(
            f"Snapshot {snapshot.pk} of {snapshot.recommender} is {snapshot.get_status_display()}{why} and has no "
            f"complete lists; only one that is {Status.READY.label} can go live. To publish whatever the gate says: "
            f"manage.py recommendations train {snapshot.recommender} --force"
        )
    return go_live(snapshot)


def rollback(recommender: str, scope: str = "") -> Snapshot:
    """Go back to the newest kept snapshot that is older than the live one; returns it, live.

    Raises RecommendationsError when there is none.
    """
    settings.recommender(recommender)
    kept = Snapshot.objects.filter(recommender=recommender, scope=scope, status=Status.READY)
    live = Snapshot.objects.filter(recommender=recommender, scope=scope, status=Status.LIVE).first()
    if live is not None:
        kept = kept.filter(pk__lt=live.pk)
    earlier = kept.order_by("-pk").first()
    if earlier is None:
        raise RecommendationsError(
            f"{recommender} has no earlier snapshot to go back to. Old ones are kept as "
            f'RECOMMENDATIONS["SNAPSHOTS_KEPT"] = {settings.SNAPSHOTS_KEPT} says.'
        )
    activate(earlier)
    return earlier


def discard(snapshot: Snapshot, status: str, reason: str) -> None:
    """Keep the row of a snapshot that does not go live, with the reason, and delete its lists."""
    snapshot.status = status
    snapshot.reason = reason
    snapshot.finished_at = timezone.now()
    snapshot.save()
    get_store().clear(snapshot)


def clean_up(recommender: str, scope: str = "", *, current: Snapshot | None = None) -> int:
    """Delete what is no longer needed of a recommender; returns how many snapshots. Hold its lock.

    Kept are the live one, the SNAPSHOTS_KEPT newest ready ones, and the latest refused or failed one. What is still
    being built without a lock was left by a run that died.
    """
    mine = Snapshot.objects.filter(recommender=recommender, scope=scope)
    if current is not None:
        mine = mine.exclude(pk=current.pk)
    newest_first = mine.order_by("-pk")
    kept = int(settings.SNAPSHOTS_KEPT)
    old = [
        *newest_first.filter(status=Status.BUILDING),
        *newest_first.filter(status=Status.READY)[kept:],
        *newest_first.filter(status__in=[Status.REFUSED, Status.FAILED])[0 if _bad(current) else 1 :],
    ]
    for snapshot in old:
        get_store().delete(snapshot)
    return len(old)


def _bad(snapshot: Snapshot | None) -> bool:
    return snapshot is not None and snapshot.status in (Status.REFUSED, Status.FAILED)
