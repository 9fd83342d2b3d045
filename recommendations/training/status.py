"""What is live, how old, how good, how covered, and why something is empty. Loads no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from recommendations.conf import settings
from recommendations.models import Event, Job, Snapshot
from recommendations.training.locks import job_name

Status = Snapshot.Status


@dataclass(frozen=True)
class RecommenderStatus:
    """How a recommender stands. `latest` is the newest attempt that did not go live since the live one did."""

    name: str
    scope: str
    live: Snapshot | None
    latest: Snapshot | None
    running: Job | None
    why_empty: str

    @property
    def age(self) -> timedelta | None:
        """Since the events that the live snapshot knows were read."""
        if self.live is None:
            return None
        return timezone.now() - (self.live.watermark or self.live.started_at)

    @property
    def metrics(self) -> dict[str, Any]:
        return self.live.metrics if self.live else {}

    @property
    def coverage(self) -> float | None:
        return self.live.coverage if self.live else None

    @property
    def n_lists(self) -> int:
        return self.live.n_lists if self.live else 0

    @property
    def warning(self) -> str:
        """What became of the newest attempt, when it did not replace the live one."""
        if self.live is None or self.latest is None:
            return ""
        return f"#{self.latest.pk} {self.latest.get_status_display()}: {self.latest.reason}"


def status(scope: str = "") -> list[RecommenderStatus]:
    """The status of each recommender of the settings, in their order."""
    names = list(settings.recommenders)
    snapshots: dict[str, list[Snapshot]] = {name: [] for name in names}
    for snapshot in Snapshot.objects.filter(scope=scope, recommender__in=names).order_by("-pk"):
        snapshots[snapshot.recommender].append(snapshot)
    running = _running(names, scope)
    has_events = Event.objects.filter(scope=scope).exists()
    return [_of(name, scope, snapshots[name], running.get(name), has_events) for name in names]


def _of(
    name: str, scope: str, newest_first: list[Snapshot], running: Job | None, has_events: bool
) -> RecommenderStatus:
    live = next((s for s in newest_first if s.status == Status.LIVE), None)
    bad = next((s for s in newest_first if s.status in _unsuccessful(running)), None)
    if bad is not None and bad.status == Status.BUILDING:
        bad.reason = _("its run died before it was complete; the next run cleans up.")
    if bad is not None and live is not None and bad.started_at < _since(live):
        bad = None
    why = _why_empty(name, live, bad, running, has_events)
    return RecommenderStatus(name, scope, live, bad, running, why)


def _why_empty(
    name: str, live: Snapshot | None, bad: Snapshot | None, running: Job | None, has_events: bool
) -> str:
    if live is not None:
        if live.n_lists:
            return ""
        return _("Snapshot %(id)d is live and has no lists: its events and options led to none.") % {
            "id": live.pk
        }
    if running is not None:
        return _("It is being trained for the first time (%(stage)s).") % {"stage": running.stage or "…"}
    if bad is not None:
        return _("Snapshot %(id)d was %(status)s: %(reason)s") % {
            "id": bad.pk,
            "status": bad.get_status_display(),
            "reason": bad.reason,
        }
    if not has_events:
        return _("There are no events yet. Run: manage.py recommendations backfill")
    return _("It was never trained. Run: manage.py recommendations train %(name)s") % {"name": name}


def _unsuccessful(running: Job | None) -> set[str]:
    """What is being built while nobody runs was left by a run that died."""
    return {Status.REFUSED, Status.FAILED} if running else {Status.REFUSED, Status.FAILED, Status.BUILDING}


def _since(live: Snapshot) -> datetime:
    return live.activated_at or live.started_at


def _running(names: list[str], scope: str) -> dict[str, Job]:
    jobs = {job_name("train", name, scope): name for name in names}
    held = Job.objects.filter(name__in=jobs, expires_at__gt=timezone.now()).exclude(holder="")
    return {jobs[job.name]: job for job in held}
