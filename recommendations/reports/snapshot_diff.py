"""What changed between two snapshots of a recommender: which lists most, and how they were before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from recommendations.datatypes import ListKind
from recommendations.models import RankedList, Snapshot

#: What pages show of a list.
TOP = 10
#: So many lists of each snapshot are compared at most, the first ones by key.
MOST_LISTS = 20_000

ListKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """The beginning of a list in both; None where a snapshot has no such list."""

    key_kind: str
    key: str
    target_kind: str
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None

    @property
    def kept(self) -> float:
        """The share of the beginning that is the same, whatever the order; 0 for a list that is only in one."""
        before, after = set(self.before or ()), set(self.after or ())
        return len(before & after) / max(len(before), len(after), 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """Counts of lists, and the lists that changed most. `kept` is the mean share of the beginnings of lists that both
    have; `is_cut` says that there are more lists than were compared."""

    same: int
    reordered: int
    changed: int
    only_before: int
    only_after: int
    kept: float | None
    most: list[Change]
    is_cut: bool


def difference(before: Snapshot, after: Snapshot, most: int = 30) -> Difference:
    """Two queries, of MOST_LISTS rows each."""
    old, new = dict(_beginnings(before)), dict(_beginnings(after))
    changes = [Change(*key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys())]
    both = [change for change in changes if change.before is not None and change.after is not None]
    same = sum(change.before == change.after for change in both)
    reordered = sum(change.before != change.after and change.kept == 1 for change in both)
    ordered = sorted((change for change in changes if change.before != change.after), key=_importance)
    return Difference(
        same=same,
        reordered=reordered,
        changed=len(both) - same - reordered,
        only_before=len(old.keys() - new.keys()),
        only_after=len(new.keys() - old.keys()),
        kept=sum(change.kept for change in both) / len(both) if both else None,
        most=ordered[:most],
        is_cut=MOST_LISTS in (len(old), len(new)),
    )


def _importance(change: Change) -> tuple[float, bool, str, str]:
    # Of two that kept as little, one that both have tells more than one that is new or gone.
    return change.kept, change.before is None or change.after is None, change.key_kind, change.key


def _beginnings(snapshot: Snapshot) -> Iterator[tuple[ListKey, tuple[str, ...]]]:
    lists = RankedList.objects.filter(snapshot=snapshot.pk).exclude(key_kind=ListKind.RANKER)
    rows = lists.order_by("key_kind", "key", "target_kind").values_list(
        "key_kind", "key", "target_kind", "items"
    )
    for key_kind, key, target_kind, items in rows[:MOST_LISTS].iterator(chunk_size=2000):
        yield (key_kind, key, target_kind), tuple(target for target, *_rest in json.loads(items)[:TOP])
