"""What every store does, and the form of a ranked list in it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import router, transaction
from django.utils import timezone

from recommendations.exceptions import RecommendationsError
from recommendations.models import Snapshot
from recommendations.progress import NoProgress, Progress

#: A list is cut to so many targets.
MAX_TARGETS = 50

#: Scores are stored with so many digits.
SCORE_DIGITS = 5

#: key kind, key, target kind, [(target key, score in 0..1, source index)], best first.
ListRow = tuple[str, str, str, Sequence[tuple[str, float, int]]]

Entries = tuple[tuple[str, float, str], ...]


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Which list of which recommender is wanted."""

    recommender: str
    key_kind: str
    key: str
    target_kind: str = "item"


@dataclass(frozen=True, slots=True)
class StoredList:
    """A list of a live snapshot: `entries` are (target key, score in 0..1, source name), best first."""

    recommender: str
    snapshot_id: int
    entries: Entries


class Store(ABC):
    """Keeps the ranked lists of snapshots. Snapshot rows are in the database whichever store is used."""

    @abstractmethod
    def fetch(self, scope: str, requests: Collection[ListRequest]) -> dict[ListRequest, StoredList]:
        """The lists of the live snapshots of `scope`; a request without a list is left out.

        Costs one query at most, whatever the number of requests, and none when there are no requests.
        """

    @abstractmethod
    def live(self, scope: str) -> dict[str, int]:
        """Recommender → id of its live snapshot."""

    @abstractmethod
    def write(self, snapshot: Snapshot, rows: Iterable[ListRow], progress: Progress | None = None) -> int:
        """Write the lists of a snapshot that is not live yet; returns how many.

        Raises RecommendationsError for a score outside 0..1 or a source that `snapshot.sources` does not have.
        """

    @abstractmethod
    def delete(self, snapshot: Snapshot) -> None:
        """Delete the lists and the row of a snapshot that is not live; RecommendationsError when it is."""

    def activate(self, snapshot: Snapshot) -> Snapshot | None:
        """Flip: the live snapshot of the same recommender becomes ready and this one live, in one transaction.

        Returns the snapshot that was live before. Readers see the one or the other, whole.
        """
        using = router.db_for_write(Snapshot)
        with transaction.atomic(using=using):
            same = Snapshot.objects.using(using).filter(scope=snapshot.scope, recommender=snapshot.recommender)
            # All of them, so that of two flips at once the second sees what the first one did.
            locked = list(same.select_for_update().order_by("pk"))
            others = (other for other in locked if other.pk != snapshot.pk)
            previous = next((other for other in others if other.status == Snapshot.Status.LIVE), None)
            if previous is not None:
                previous.status = Snapshot.Status.READY
                previous.save(using=using, update_fields=["status"])
            snapshot.status = Snapshot.Status.LIVE
            snapshot.activated_at = timezone.now()
            snapshot.save(using=using, update_fields=["status", "activated_at"])
        return previous


def encode_targets(snapshot: Snapshot, row: ListRow) -> str:
    """The targets of a row as compact JSON, `[[target, score, source_index], …]`, cut to MAX_TARGETS."""
    key_kind, key, _target_kind, targets = row
    encoded = []
    for target, score, source_index in targets[:MAX_TARGETS]:
        value = round(float(score), SCORE_DIGITS)
        if not 0.0 <= value <= 1.0:
            raise RecommendationsError(
                f"{snapshot.recommender}: the list of {key_kind} {key!r} gives {target!r} the score {score!r}; "
                f"{snapshot.algorithm} must calibrate its scores to 0..1."
            )
        if not 0 <= source_index < len(snapshot.sources):
            raise RecommendationsError(
                f"{snapshot.recommender}: the list of {key_kind} {key!r} names source {source_index}; "
                f"the snapshot has {len(snapshot.sources)}: {snapshot.sources!r}."
            )
        encoded.append((target, value, source_index))
    return json.dumps(encoded, separators=(",", ":"), ensure_ascii=False)


def decode_targets(text: str, sources: Sequence[str]) -> Entries:
    """The entries of a stored list, with the names of their sources."""
    return tuple((target, score, sources[source_index]) for target, score, source_index in json.loads(text))


def refuse_live(snapshot: Snapshot) -> None:
    """Raise RecommendationsError when the snapshot is live: what readers see is never deleted."""
    if Snapshot.objects.filter(pk=snapshot.pk, status=Snapshot.Status.LIVE).exists():
        raise RecommendationsError(
            f"Snapshot {snapshot.pk} of {snapshot.recommender} is live and cannot be deleted; activate another first."
        )


def no_progress(progress: Progress | None) -> Progress:
    return progress or NoProgress()
