"""Ranked lists in the shop's own database: the default."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import compress
from operator import not_
from typing import Any

from django.db import connections, router
from django.db.models import Exists, OuterRef, Q, QuerySet

from recommendations.datatypes import ListKind
from recommendations.models import OverrideChange, RankedList, Snapshot
from recommendations.overrides.active import heard
from recommendations.progress import Progress
from recommendations.store.base import (
    ListRequest,
    Store,
    StoredList,
    no_progress,
    refuse_live,
)
from recommendations.store.batches import ShortTransactions
from recommendations.store.encoding import Encoder, ListRow, decode

COLUMNS = ("snapshot_id", "key_kind", "key", "target_kind", "items")

_READ = (
    *("snapshot__recommender", "key_kind", "key", "target_kind"),
    *("snapshot_id", "snapshot__sources", "items"),
)

#: As psycopg numbers it.
_READ_COMMITTED = 2

#: The values of COLUMNS, which every database adapter takes as they are.
Values = tuple[int, str, str, str, str]


@dataclass(frozen=True, slots=True)
class LiveSnapshot:
    """A live snapshot, and of which kinds of keys it has no list."""

    recommender: str
    pk: int
    activated_at: datetime | None
    empty_kinds: frozenset[str]


class DatabaseStore(Store):
    """Reads by one join of lists and live snapshots; writes in transactions of about a tenth of a second."""

    tells_of_changes = True

    def fetch(self, scope: str, requests: Collection[ListRequest]) -> dict[ListRequest, StoredList]:
        if not requests:
            return {}
        using = router.db_for_read(RankedList)
        lists = self.lists(requests, scope).using(using).values_list(*_READ)
        sql, params = lists.query.get_compiler(using).as_sql()
        found, newest_change = {}, 0
        with connections[using].cursor() as cursor:
            cursor.execute(f"{sql} UNION ALL {_news(using)}", params)
            for recommender, key_kind, key, target_kind, number, sources, items in cursor:
                if recommender is None:
                    newest_change = number or 0
                    continue
                request = ListRequest(recommender, key_kind, key, target_kind)
                found[request] = StoredList(recommender, number, decode(items, json.loads(sources)))
        heard(newest_change)
        return found

    def lists(self, requests: Collection[ListRequest], scope: str) -> QuerySet[RankedList]:
        """The rows behind some requests: one join of lists and live snapshots."""
        return _lists(requests).filter(snapshot__scope=scope, snapshot__status=Snapshot.Status.LIVE)

    def fetch_from(
        self, snapshots: Collection[int], requests: Collection[ListRequest]
    ) -> dict[ListRequest, StoredList]:
        """The lists of these snapshots, live or not, from the database that is written to: one query."""
        lists = _lists(requests).filter(snapshot__in=snapshots)
        found = {}
        for recommender, key_kind, key, target_kind, number, sources, items in lists.using(
            router.db_for_write(RankedList)
        ).values_list(*_READ):
            request = ListRequest(recommender, key_kind, key, target_kind)
            found[request] = StoredList(recommender, number, decode(items, sources))
        return found

    def live_snapshots(self, scope: str) -> list[LiveSnapshot]:
        """What is live, from the database that is written to: one query, which looks for a list of each kind."""
        kinds = {
            f"has_{kind}": Exists(RankedList.objects.filter(snapshot=OuterRef("pk"), key_kind=kind))
            for kind in ListKind
        }
        live = Snapshot.objects.using(router.db_for_write(Snapshot)).filter(
            scope=scope, status=Snapshot.Status.LIVE
        )
        rows = live.annotate(**kinds).values_list("recommender", "pk", "activated_at", *kinds)
        return [
            LiveSnapshot(recommender, pk, activated_at, frozenset(compress(ListKind, map(not_, has_any))))
            for recommender, pk, activated_at, *has_any in rows
        ]

    def newest_change(self) -> int:
        """The number of the newest OverrideChange in the database that is written to, 0 for none: one query."""
        changes = OverrideChange.objects.using(router.db_for_write(OverrideChange))
        return changes.order_by("-pk").values_list("pk", flat=True).first() or 0

    def sees_commits(self) -> bool:
        """Does a query made now see all that others have committed? Not where a transaction keeps its first view."""
        connection: Any = connections[router.db_for_write(RankedList)]
        if not connection.in_atomic_block:
            return True
        if connection.vendor == "sqlite":
            return connection.transaction_mode in ("IMMEDIATE", "EXCLUSIVE")
        if connection.vendor == "postgresql":
            return connection.settings_dict["OPTIONS"].get("isolation_level") in (None, _READ_COMMITTED)
        return getattr(connection, "isolation_level", None) == "read committed"  # MySQL; Django sets it

    def live(self, scope: str) -> dict[str, int]:
        live = Snapshot.objects.filter(scope=scope, status=Snapshot.Status.LIVE)
        return dict(live.values_list("recommender", "pk"))

    def write(self, snapshot: Snapshot, rows: Iterable[ListRow], progress: Progress | None = None) -> int:
        using = router.db_for_write(RankedList)
        told = no_progress(progress)
        transactions = ShortTransactions(using)
        written = 0
        for batch in transactions.batches(_values(snapshot, rows)):
            transactions.run(len(batch), partial(_insert, using, batch))
            written += len(batch)
            told.advance(len(batch))
        return written

    def clear(self, snapshot: Snapshot) -> None:
        refuse_live(snapshot)
        using = router.db_for_write(RankedList)
        lists = RankedList.objects.using(using).filter(snapshot=snapshot.pk)
        keys = list(lists.order_by("pk").values_list("pk", flat=True))
        transactions = ShortTransactions(using)
        for batch in transactions.batches(keys):
            part = lists.filter(pk__gte=batch[0], pk__lte=batch[-1])
            transactions.run(len(batch), partial(part._raw_delete, using))


def _news(using: str) -> str:
    """The number of the newest change of an Override, in a row like those of lists: that of no recommender.

    Written by hand, as the ORM would take longer to put the two queries together than to make the first.
    """
    name, meta = connections[using].ops.quote_name, OverrideChange._meta
    return f"SELECT NULL, NULL, NULL, NULL, MAX({name('id')}), NULL, NULL FROM {name(meta.db_table)}"


def _lists(requests: Collection[ListRequest]) -> QuerySet[RankedList]:
    """The rows behind some requests, of whichever snapshots."""
    return RankedList.objects.filter(
        _wanted(requests),
        # Implied by the line above; it leads both databases to the unique index instead of to a scan.
        key_kind__in={request.key_kind for request in requests},
        key__in={request.key for request in requests},
    )


def _wanted(requests: Collection[ListRequest]) -> Q:
    """The requests as one condition, those for the same keys together."""
    keys: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for request in requests:
        keys[request.recommender, request.key_kind, request.target_kind].add(request.key)
    recommenders: dict[tuple[str, str, frozenset[str]], list[str]] = defaultdict(list)
    for (recommender, key_kind, target_kind), wanted in keys.items():
        recommenders[key_kind, target_kind, frozenset(wanted)].append(recommender)
    condition = Q()
    for (key_kind, target_kind, wanted_keys), names in recommenders.items():
        condition |= Q(
            snapshot__recommender__in=names, key_kind=key_kind, target_kind=target_kind, key__in=wanted_keys
        )
    return condition


def _values(snapshot: Snapshot, rows: Iterable[ListRow]) -> Iterator[Values]:
    encode = Encoder(snapshot).encode
    for row in rows:
        yield snapshot.pk, row[0], row[1], row[2], encode(row)


def _insert(using: str, values: list[Values]) -> None:
    """Insert rows in one statement; `bulk_create` would spend as long again on instances and on compiling SQL."""
    connection: Any = connections[using]
    quote = connection.ops.quote_name
    into = f"{quote(RankedList._meta.db_table)} ({', '.join(map(quote, COLUMNS))})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and hasattr(connection.Database, "Copy"):  # psycopg 3
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {into} VALUES ({', '.join(['%s'] * len(COLUMNS))})", values)
