"""The suite's own services: each answers, and what is missing is told or refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.services
def test_postgresql_is_real_and_empty(postgres_url: str) -> None:
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT version()").fetchone()[0].startswith("PostgreSQL ")
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)


@pytest.mark.services
def test_the_redis_protocol_is_spoken(valkey: str) -> None:
    import redis

    with redis.Redis.from_url(valkey) as client:
        client.set("colour", "green")
        assert client.getdel("colour") == b"green"


@pytest.mark.services
def test_a_celery_worker_answers(celery_worker_process) -> None:
    replies = celery_worker_process.app.control.ping(timeout=10, limit=1)
    assert [list(reply.values()) for reply in replies] == [[{"ok": "pong"}]]


@pytest.mark.browser
def test_the_browser_renders_and_the_database_stays_reachable(live_server, page, django_user_model) -> None:
    page.set_content("<main><h1>Hello</h1></main>")
    assert page.get_by_role("heading").inner_text() == "Hello"
    assert django_user_model.objects.count() == 0


PLANTED = {
    "test_browser.py": "def test_it(page): pass\n",
    "test_reason.py": "import pytest\ndef test_it(): pytest.skip('no time')\n",
    "test_module.py": "import pytest\npytest.importorskip('no_such_package')\n",
    "test_shared.py": "import pytest\n@pytest.mark.shared_data\ndef test_it(shared_data): pass\n",
}

FAULTS = {
    "test_host.py": """def test_it(page):
    with page.expect_event("requestfailed"):
        page.evaluate("() => { fetch('http://elsewhere.invalid/pixel') }")
""",
    "test_error.py": """def test_it(page):
    with page.expect_event("pageerror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('boom') }) }")
""",
}


def run_pytest(folder: Path, files: dict[str, str], **environment: str) -> str:
    """Output of a run of its own over `files`, which use this suite's fixtures."""
    for name, source in files.items():
        (folder / name).write_text(source)
    (folder / "conftest.py").write_text("from tests.conftest import *\n")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rsfE",
            "--continue-on-collection-errors",
            "-p",
            "no:cacheprovider",
            f"--rootdir={ROOT}",
        ]
        + ["-c", str(ROOT / "pyproject.toml"), *(str(folder / name) for name in files)],
        cwd=ROOT,
        env={**os.environ, "TEST_DB": "", "DATABASE_URL": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    """Environment in which no browser and no shared data is found."""
    return {"PATH": "/nowhere", "BROWSER_PATH": "", "SHARED_DATA": str(tmp_path / "absent")}


def test_what_is_missing_skips_with_the_line_that_gets_it(
    tmp_path: Path, bare_machine: dict[str, str]
) -> None:
    output = run_pytest(tmp_path, PLANTED, REQUIRE_SERVICES="", **bare_machine)
    assert "4 skipped" in output
    assert "apt-get install --no-install-recommends chromium" in output
    assert "name it in SHARED_DATA" in output


def test_skips_fail_when_services_are_required(tmp_path: Path, bare_machine: dict[str, str]) -> None:
    output = run_pytest(tmp_path, PLANTED, REQUIRE_SERVICES="1", **bare_machine)
    assert "service missing: Chromium or Chrome" in output
    assert "skipped although REQUIRE_SERVICES=1: no time" in output
    assert "skipped although REQUIRE_SERVICES=1: could not import 'no_such_package'" in output
    assert "1 skipped" in output, "only the test of absent shared data may still be skipped"


@pytest.mark.browser
def test_what_no_page_may_do_fails_its_test(tmp_path: Path, browser: object) -> None:
    output = run_pytest(tmp_path, FAULTS)
    assert "request to another host: http://elsewhere.invalid/pixel" in output
    assert "uncaught error in the page: boom" in output
