"""The Celery tasks, run by a real worker over a real broker."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from recommendations.models import Event, Item, Profile, Snapshot
from recommendations.store import ListRequest, get_store
from shop import settings as shop_settings
from tests.factories import make_order, make_product, make_user
from tests.training.factories import targets, two_tastes

if TYPE_CHECKING:
    from tests.support.worker import Worker


@pytest.mark.services
def test_a_worker_trains(celery_worker_process: Worker) -> None:
    from recommendations import tasks

    tastes = two_tastes()
    results = {r["recommender"]: r for r in tasks.train.delay().get(timeout=60)}
    assert results["also_bought"]["status"] == "live"
    assert results["also_viewed"]["status"] == "refused"
    wanted = ListRequest("also_bought", "item", "a0")
    assert set(targets(get_store().fetch("", [wanted])[wanted].entries)) == set(tastes["a"]) - {"a0"}
    assert tasks.train.delay(["popular"], force=True).get(timeout=60)[0]["status"] == "live"
    assert Snapshot.objects.filter(recommender="popular").count() == 2


@pytest.mark.services
def test_a_worker_keeps_the_log(celery_worker_process: Worker) -> None:
    from recommendations import tasks

    make_order(make_product(), user=make_user())
    Event.objects.all().delete()
    Item.objects.all().delete()
    assert tasks.sync_items.delay().get(timeout=60) == {"seen": 1, "new": 1, "changed": 0, "gone": 0}
    assert tasks.reconcile.delay().get(timeout=60)["purchase"] == 1
    tasks.roll_up.delay(days=2).get(timeout=60)
    tasks.update_profiles.delay().get(timeout=60)
    assert Profile.objects.count() == 1
    pruned = ("events", "impressions", "item figures", "exposures", "visitors' days")
    assert tasks.prune.delay().get(timeout=60) == dict.fromkeys(pruned, 0)


def test_without_celery_only_importing_the_tasks_fails() -> None:
    code = (
        "import sys; sys.modules['celery'] = None\n"
        "try:\n    import recommendations.tasks\n"
        "except ImportError as error:\n    print(error)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == (
        "recommendations.tasks needs Celery: pip install 'django-recommendations[celery]'. Without it, run "
        "`manage.py recommendations <subcommand>` from cron instead; see docs/operations.md.\n"
    )


@pytest.mark.django_db  # Celery closes the database's connections when it loads the tasks
def test_the_sample_schedule_names_tasks_that_exist(settings: object) -> None:
    from celery import current_app

    current_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}  # type: ignore[attr-defined]
    assert scheduled <= set(current_app.tasks)


def test_the_schedule_of_the_docs_is_that_of_the_shop() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(from celery.schedules.*?)```", page, re.DOTALL)
    assert block
    found: dict[str, Any] = {}
    exec(block[1], found)
    assert found["CELERY_BEAT_SCHEDULE"] == shop_settings.CELERY_BEAT_SCHEDULE
