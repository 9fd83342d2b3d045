"""Celery entry points; the same work as `manage.py recommendations <subcommand>`. Loads no numpy."""

from __future__ import annotations

from typing import Any

try:
    from celery import shared_task
except ImportError as error:
    raise ImportError(
        "recommendations.tasks needs Celery: pip install 'django-recommendations[celery]'. "
        "Without it, run `manage.py recommendations <subcommand>` from cron instead; see docs/operations.md."
    ) from error


@shared_task
def train(names: list[str] | None = None, scope: str = "", force: bool = False) -> list[dict[str, Any]]:
    """Train all recommenders, or those named; returns what became of each.

    After all of them, those of AUTO_CHOICE's placements are chosen; log and Overrides tell what became of that.
    """
    from recommendations.training.runner import choose
    from recommendations.training.runner import train as run

    results = [result.as_dict() for result in run(names, scope=scope, force=force)]
    if names is None:
        choose(scope=scope)
    return results


@shared_task
def rebuild_content(scope: str = "") -> list[dict[str, Any]]:
    """Train the recommenders that learn from content alone; queued when items are saved."""
    from recommendations.training.queueing import rebuild as run

    return [result.as_dict() for result in run(scope)]


@shared_task
def roll_up(days: int | None = None) -> None:
    """Compute the daily figures of the reports."""
    from recommendations.reports.rollup import roll_up as run

    run(days)


@shared_task
def send_digest(scope: str = "") -> int:
    """Mail the week's digest to `DIGEST_RECIPIENTS`; returns to how many."""
    from recommendations.reports.digest import send_digest as run

    return run(scope=scope)


@shared_task
def experiments(scope: str = "") -> list[str]:
    """Work out how experiments stand; returns their names."""
    from recommendations.experiments.results import evaluate as run

    return [each.name for each in run(scope)]


@shared_task
def reconcile() -> dict[str, int]:
    """Pick up what no signal told; returns kind → events that count."""
    from recommendations.tracking.backfill import reconcile as run

    return run().kinds


@shared_task
def sync_items() -> dict[str, int]:
    """Mirror the shop's catalogue."""
    from recommendations.tracking.items import sync_items as run

    return run().counts()


@shared_task
def update_profiles(scope: str = "") -> None:
    """Rebuild the visitors' profiles."""
    from recommendations.profiles.build import update_profiles as run

    run(scope=scope)


@shared_task
def prune() -> dict[str, int]:
    """Delete events and impressions that are too old; returns how many of each."""
    from recommendations.tracking.retention import prune as run

    return run()
