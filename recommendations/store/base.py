"""What every store does, and the form of a ranked list in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import router, transaction
from django.utils import timezone

from recommendations.exceptions import RecommendationsError
from recommendations.models import Snapshot
from recommendations.progress import NoProgress, Progress
from recommendations.store.encoding import Entries, ListRow


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

    #: Does every `fetch` tell `overrides.active.heard` the number of the newest OverrideChange? If not, pages ask for
    #: it now and then.
    tells_of_changes = False

    @abstractmethod
    def fetch(self, scope: str, requests: Collection[ListRequest]) -> dict[ListRequest, StoredList]:
        """The lists of the live snapshots of `scope`; a request without a list is left out.

        Costs one query at most, whatever the number of requests, and none when there are no requests.
        """

    def may_have(self, scope: str, recommenders: Collection[str], key_kind: str) -> set[str]:
        """Those of the recommenders that may have lists of this kind of keys, as far as is known without asking."""
        return set(recommenders)

    @abstractmethod
    def live(self, scope: str) -> dict[str, int]:
        """Recommender → id of its live snapshot."""

    @abstractmethod
    def write(self, snapshot: Snapshot, rows: Iterable[ListRow], progress: Progress | None = None) -> int:
        """Write the lists of a snapshot that is not live yet; returns how many.

        Raises RecommendationsError for a score outside 0..1 or a source that `snapshot.sources` lacks.
        """

    @abstractmethod
    def clear(self, snapshot: Snapshot) -> None:
        """Delete the lists of a snapshot that is not live, and keep its row; RecommendationsError when it is live."""

    def delete(self, snapshot: Snapshot) -> None:
        """Delete the lists and the row of a snapshot that is not live; RecommendationsError when it is live."""
        self.clear(snapshot)
        Snapshot.objects.using(router.db_for_write(Snapshot)).filter(pk=snapshot.pk).delete()

    def activate(self, snapshot: Snapshot) -> Snapshot | None:
        """Flip in one transaction: the live snapshot of this recommender becomes ready, this one live.

        Returns the snapshot that was live before. Readers see the one or the other, whole.
        """
        using = router.db_for_write(Snapshot)
        with transaction.atomic(using=using):
            same = Snapshot.objects.using(using).filter(
                scope=snapshot.scope, recommender=snapshot.recommender
            )
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

    def overrides_changed(self, using: str) -> None:  # noqa: B027  (most stores need not know)
        """An Override changes in the transaction of the database `using`, which may not be committed yet."""


def refuse_live(snapshot: Snapshot) -> None:
    """Raise RecommendationsError when the snapshot is live: what readers see is never deleted."""
    if Snapshot.objects.filter(pk=snapshot.pk, status=Snapshot.Status.LIVE).exists():
        raise RecommendationsError(
            f"Snapshot {snapshot.pk} of {snapshot.recommender} is live and cannot be deleted; "
            "activate another first."
        )


def no_progress(progress: Progress | None) -> Progress:
    return progress or NoProgress()
