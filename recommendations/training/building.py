"""One recommender from data to a live snapshot: fit, evaluate, pass the gate, publish, clean up."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from recommendations.algorithms.base import Algorithm
from recommendations.algorithms.topk import KeyedLists
from recommendations.datatypes import ListKind
from recommendations.exceptions import Locked, NotEnoughData, Refused
from recommendations.models import Snapshot
from recommendations.progress import Progress
from recommendations.signals import snapshot_refused
from recommendations.store import ListRow
from recommendations.store.encoding import Encoded
from recommendations.training import gate, publishing
from recommendations.training.encoding import can_be_encoded, encoded, published, targets_of
from recommendations.training.evaluating import NDCG, Evaluations
from recommendations.training.gate import Quality
from recommendations.training.loading import TrainingData
from recommendations.training.recommenders import Recommender

logger = logging.getLogger(__name__)

Status = Snapshot.Status


@dataclass(frozen=True)
class Build:
    """What building one recommender needs. `still_ours` raises Locked when another run has taken over."""

    recommender: Recommender
    data: TrainingData
    evaluations: Evaluations
    scope: str
    force: bool
    progress: Progress
    still_ours: Callable[[], None]

    def run(self) -> Snapshot:
        """The snapshot, live or with the reason why not. Never raises for what is wrong with one recommender."""
        snapshot = self._begin()
        try:
            self._publish(snapshot)
        except (Refused, NotEnoughData) as refusal:
            publishing.discard(snapshot, Status.REFUSED, str(refusal))
            snapshot_refused.send_robust(sender=Snapshot, snapshot=snapshot, reason=snapshot.reason)
        except Exception as error:
            # Whatever an algorithm raises, the other recommenders of the run go on.
            logger.exception("Training %s failed", self.recommender.name)
            publishing.discard(snapshot, Status.FAILED, f"{type(error).__name__}: {error}")
        if self._holds_lock():
            publishing.clean_up(self.recommender.name, self.scope, current=snapshot)
        return snapshot

    def _holds_lock(self) -> bool:
        """Without the lock, what is being built belongs to the run that took over, and is not ours to clean up."""
        try:
            self.still_ours()
        except Locked:
            return False
        return True

    def _begin(self) -> Snapshot:
        algorithm = self.recommender.algorithm()
        return Snapshot.objects.create(
            scope=self.scope,
            recommender=self.recommender.name,
            algorithm=self.recommender.path,
            options=json.loads(json.dumps(algorithm.options(), default=str)),
            sources=[self.recommender.name],
            n_events=self._n_events(),
            watermark=self.data.loaded_at,
        )

    def _n_events(self) -> int:
        return self.data.n_events(self.recommender.kinds) if self.recommender.needs_events else 0

    def _publish(self, snapshot: Snapshot) -> None:
        live = self._live_quality()
        if self.recommender.needs_events and not self.force:
            _refuse(gate.too_little_data(snapshot.n_events, self.recommender.kinds))
        # What looks at no events is the same on both sides of the split: one fit serves for both.
        algorithm = self._fit() if not self.recommender.needs_events else None
        self._start(_("evaluate"))
        snapshot.metrics = self.evaluations.metrics(self.recommender, algorithm)
        if not self.force:
            _refuse(gate.worse_ranking(Quality(ndcg=snapshot.metrics.get(NDCG)), live))
        algorithm = algorithm or self._fit()
        tried = {f"validation: {name}": round(value, 6) for name, value in algorithm.validation_.items()}
        snapshot.metrics = {**snapshot.metrics, **tried}
        snapshot.n_items = len(algorithm.item_keys_)
        self._start(_("publish"))
        written = publishing.Written()
        publishing.write(snapshot, self._rows(algorithm, written), self.progress, written)
        snapshot.n_lists = written.n_lists
        snapshot.coverage = self._coverage(algorithm, written.targets)
        if not self.force:
            _refuse(gate.no_lists(written.n_lists) if self.recommender.steady else "")
            _refuse(gate.worse_coverage(Quality(coverage=snapshot.coverage), live))
        snapshot.finished_at = timezone.now()
        snapshot.status = Status.READY
        snapshot.save()
        self.still_ours()
        publishing.go_live(snapshot)

    def _fit(self) -> Algorithm:
        self._start(_("fit"))
        return self.recommender.algorithm().fit(self.data.interactions, self.data.catalogue)

    def _start(self, stage: str) -> None:
        self.progress.start(f"{self.recommender.name}: {stage}")

    def _live_quality(self) -> Quality | None:
        """What the snapshot is to be compared with; None when there is no live one, or today's lists need not be like
        yesterday's."""
        if not self.recommender.steady:
            return None
        live = Snapshot.objects.filter(
            scope=self.scope, recommender=self.recommender.name, status=Status.LIVE
        ).first()
        return Quality(live.coverage, live.metrics.get(NDCG)) if live else None

    def _rows(self, algorithm: Algorithm, written: publishing.Written) -> Iterator[ListRow]:
        """The algorithm's lists of every kind that it produces, as the store takes them."""
        visitors = self.data.interactions.visitor_keys
        for key_kind, target_kind in sorted(algorithm.produces):
            lists = algorithm.lists(key_kind, target_kind, self.recommender.k, visitors)
            if isinstance(lists, KeyedLists) and can_be_encoded(lists):
                lists = published(lists)
                if target_kind == ListKind.ITEM:
                    written.targets[key_kind].update(targets_of(lists))
                for key, text in encoded(lists):
                    yield key_kind, key, target_kind, Encoded(text)
                continue
            for key, targets in lists:
                yield key_kind, key, target_kind, [(target, score, 0) for target, score in targets]

    def _coverage(self, algorithm: Algorithm, targets: Mapping[str, set[str]]) -> float | None:
        """The share of the catalogue that is in some list; of the items with events when there is no catalogue.

        None where it makes no lists of items. Lists of words count only where an algorithm makes no others: nearly
        every item has some word, so that they would hide how many are left in the lists that pages are made of.
        """
        known = self.data.catalogue.item_keys or self.data.interactions.item_keys
        kinds = {key for key, target in algorithm.produces if target == ListKind.ITEM}
        covered = set[str]().union(*(targets.get(kind, ()) for kind in kinds - {ListKind.TERM} or kinds))
        return len(covered.intersection(known)) / len(known) if known and kinds else None


def fail(name: str, scope: str, path: str, error: Exception) -> Snapshot:
    """The record of a recommender that could not even begin."""
    now = timezone.now()
    return Snapshot.objects.create(
        scope=scope,
        recommender=name,
        algorithm=path,
        status=Status.FAILED,
        reason=f"{type(error).__name__}: {error}",
        finished_at=now,
    )


def _refuse(reason: str) -> None:
    if reason:
        raise Refused(reason)


def timed(build: Build) -> tuple[Snapshot, float]:
    """The snapshot and the seconds it took."""
    begun = time.monotonic()
    return build.run(), time.monotonic() - begun
