"""Saving an item queues what learns from content alone. Loads no numpy: it runs where items are saved."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import router
from django.db.models import Q, QuerySet
from django.utils import timezone

from recommendations.conf import settings
from recommendations.models import Job
from recommendations.signals import content_changed
from recommendations.training.locks import job_name

if TYPE_CHECKING:
    from celery import Celery

    from recommendations.training.runner import TrainingResult

logger = logging.getLogger("recommendations")

TASK = "recommendations.tasks.rebuild_content"

#: A broker that does not answer holds up the saving of an item for so long at most, in seconds.
BROKER_SECONDS = 2.0


def queue_rebuild(scope: str = "") -> bool:
    """Ask Celery to rebuild what learns from content alone, `CONTENT_REBUILD_SECONDS` from now.

    Only once for all that is saved until then: a row of the Job table says that it was asked for. Returns whether it
    was asked for now. Without Celery, a broker or the setting nothing is asked for; when the broker cannot be reached,
    that is logged and not tried again for as long. The nightly training does it then.
    """
    seconds, app = settings.CONTENT_REBUILD_SECONDS, _celery()
    if not seconds or app is None or not _reserved(scope, seconds):
        return False
    try:
        _send(app, scope, seconds)
    except Exception as error:  # noqa: BLE001  (each broker has errors of its own, and none may reach who saved an item)
        logger.warning(
            "Celery's broker did not take %s: %s. The next training makes the lists of what was saved.",
            TASK,
            error,
        )
        _waiting(scope).update(error=str(error), expires_at=timezone.now() + timedelta(seconds=seconds))
        return False
    return True


def rebuild(scope: str = "") -> list[TrainingResult]:
    """Train the recommenders that learn from content alone: whole, evaluated and gated as every night.

    What is saved from now on is queued anew, and so is what another run is at, which may have read the items before.
    """
    from recommendations.training.runner import LOCKED, train

    _waiting(scope).update(expires_at=None, finished_at=timezone.now())
    names = _content_recommenders(scope)
    results = train(names, scope=scope) if names else []
    if any(result.status == LOCKED for result in results):
        queue_rebuild(scope)
    return results


def connect() -> None:
    """Listen for items whose content changed."""
    content_changed.connect(_on_content_changed, dispatch_uid="recommendations.queueing")


def _on_content_changed(sender: Any, scope: str, **kwargs: Any) -> None:
    queue_rebuild(scope)


def _content_recommenders(scope: str) -> list[str]:
    """The names of those that need no events."""
    from recommendations.training.recommenders import recommenders

    return [entry.name for entry in recommenders(scope) if not entry.needs_events]


def _celery() -> Celery | None:
    """The shop's Celery application; None without one, or where it has no broker or runs tasks on the spot, which
    would make who saves an item wait for the training."""
    try:
        from celery import current_app
    except ImportError:
        return None
    conf = current_app.conf
    return current_app if conf.broker_write_url and not conf.task_always_eager else None


def _send(app: Celery, scope: str, seconds: float) -> None:
    """One attempt. Celery's own settings would try for minutes, some brokers for ever."""
    impatient = {
        "max_retries": 0,
        "socket_connect_timeout": BROKER_SECONDS,
        "socket_timeout": BROKER_SECONDS,
        "read_timeout": BROKER_SECONDS,
    }
    with app.connection_for_write(connect_timeout=BROKER_SECONDS, transport_options=impatient) as connection:
        app.send_task(
            TASK,
            kwargs={"scope": scope},
            countdown=seconds,
            connection=connection,
            retry=False,
            ignore_result=True,
        )


def _reserved(scope: str, seconds: float) -> bool:
    """Whether nobody waits yet, and we do from now on: decided by one UPDATE, whoever else saves an item."""
    now = timezone.now()
    waiting = _waiting(scope)
    waiting.get_or_create(name=_job(scope), defaults={"scope": scope})
    # A message that gets lost holds up the next one no longer than a worker that dies.
    until = now + timedelta(seconds=seconds + settings.LOCK_SECONDS)
    free = waiting.filter(Q(expires_at=None) | Q(expires_at__lt=now))
    return bool(free.update(expires_at=until, started_at=now, finished_at=None, error=""))


def _waiting(scope: str) -> QuerySet[Job]:
    """The row that says until when a rebuild is waited for. Nobody holds it, so that the admin shows no run."""
    return Job.objects.using(router.db_for_write(Job)).filter(name=_job(scope))


def _job(scope: str) -> str:
    return job_name("rebuild", "content", scope)
