"""Real services for the tests: PostgreSQL, the Redis protocol, a Celery worker, a browser.

Each is started once, only when a test asks for it, and ends with the run. What the machine lacks skips the
test with the line that gets it; REQUIRE_SERVICES=1 makes that a failure.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import HUMAN
from tests.support import browser as browser_support
from tests.support import postgres as postgres_support
from tests.support import valkey as valkey_support
from tests.support.requirements import ALLOWED_SKIPS, services_required, skip_without_service
from tests.support.worker import Worker, running_worker

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent

#: A host of its own, with its own settings: `test_second_host.py` runs it in a process of its own.
collect_ignore = ["library"]

_services = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the run's PostgreSQL, once, in the process that starts the others."""
    is_worker = hasattr(config, "workerinput")
    if is_worker or os.environ.get("TEST_DB") != "postgres" or os.environ.get("DATABASE_URL"):
        return
    if not postgres_support.is_available():
        pytest.exit(f"TEST_DB=postgres needs a server: {postgres_support.HOW_TO_GET_IT}", returncode=4)
    url = _services.enter_context(postgres_support.postgres_server())
    config.add_cleanup(_services.close)
    os.environ["TEST_POSTGRES_URL"] = url

    from django.conf import settings

    from shop.environment import database

    settings.DATABASES["default"].update(database(url, sqlite_file=Path()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what SQLite leaves beside a database file that a thread still held open."""
    for path in Path(tempfile.gettempdir()).glob(f"recommendations-tests-{os.getpid()}.*"):
        path.unlink(missing_ok=True)


def pytest_report_header(config: pytest.Config) -> str:
    database = "PostgreSQL" if _on_postgres() else "SQLite"
    browser = browser_support.executable() or "none"
    return f"database: {database}; browser: {browser}; shared data: {_shared_data()}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    return _refuse_skips((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    return _refuse_skips((yield))


def _refuse_skips(report: Any) -> Any:
    """With REQUIRE_SERVICES=1, a skip for any reason that is not allowed becomes a failure."""
    if services_required() and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not reason.startswith(ALLOWED_SKIPS):
            report.outcome = "failed"
            report.longrepr = f"skipped although REQUIRE_SERVICES=1: {reason}"
    return report


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("shared_data") and not _shared_data().is_dir():
        pytest.skip(f"shared data: no folder {_shared_data()}; name it in SHARED_DATA")
    if item.get_closest_marker("only_on_postgres") and not _on_postgres():
        pytest.skip("only on PostgreSQL; run with TEST_DB=postgres")
    if item.get_closest_marker("only_on_sqlite") and _on_postgres():
        pytest.skip("only on SQLite")


def _on_postgres() -> bool:
    return os.environ.get("TEST_DB") == "postgres" or bool(os.environ.get("DATABASE_URL"))


def _shared_data() -> Path:
    return Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """At the end, close what threads of the tests left open: PostgreSQL drops no database that is in use."""
    yield
    if _on_postgres():
        from django.db import connection

        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def no_overrides_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's Overrides are taken back behind the process's back, and it has an own idea of the time."""
    from recommendations import adapter
    from recommendations.overrides import active
    from recommendations.serving import overfetch, pool, scopes

    active.forget()
    monkeypatch.setattr(adapter, "SELLABLE_SECONDS", 0.0)
    overfetch.forget()
    pool.forget()
    scopes.forget()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the data sets that are not part of the repository; mark the test `shared_data`."""
    return _shared_data()


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database of this process, also when the suite itself runs on SQLite."""
    if not postgres_support.is_available():
        skip_without_service("PostgreSQL", postgres_support.HOW_TO_GET_IT)
    with ExitStack() as stack:
        server = os.environ.get("DATABASE_URL") or os.environ.get("TEST_POSTGRES_URL")
        server = server or stack.enter_context(postgres_support.postgres_server())
        yield postgres_support.create_database(server, f"extra_{worker_id}_{os.getpid()}")


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """URL (redis://…) of a real server of the Redis protocol; tests share it, each with keys of its own."""
    if not valkey_support.is_available():
        skip_without_service("a server of the Redis protocol", valkey_support.HOW_TO_GET_IT)
    with valkey_support.valkey_server() as url:
        yield url


@pytest.fixture
def celery_worker_process(transactional_db: None, valkey: str, tmp_path: Path) -> Iterator[Worker]:
    """A real Celery worker of the sample shop over `valkey`, on the test's own database."""
    with running_worker(valkey, log=tmp_path / "worker.log", cwd=ROOT) as worker:
        yield worker


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """A real headless browser. Ask for `live_server` before it, so that the database outlives it."""
    if not browser_support.is_available():
        skip_without_service("Chromium or Chrome with its driver", browser_support.HOW_TO_GET_IT)
    # The driver's event loop runs in this thread, so Django would refuse the test's own queries.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with browser_support.running_browser() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page; its requests to other hosts, uncaught errors and CSP violations fail the test."""
    # A headless browser says so, and robots are not recorded.
    with browser.new_context(viewport={"width": 1280, "height": 900}, user_agent=HUMAN) as context:
        context.set_default_timeout(10_000)
        opened = context.new_page()
        watch = browser_support.PageWatch(opened)
        yield opened
    assert watch.faults == []
