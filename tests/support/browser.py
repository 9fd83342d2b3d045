"""A real browser for the tests: the machine's Chromium or Chrome, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

HOW_TO_GET_IT = (
    "apt-get install --no-install-recommends chromium; pip install playwright axe-playwright-python"
)

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"

#: No start-up traffic, and no way to any other host.
_QUIET = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_LOCAL_HOSTS = {"127.0.0.1", "localhost", "testserver"}


def executable() -> str | None:
    """Path of the installed browser, or of the one named in BROWSER_PATH; None if there is none."""
    candidates = (os.environ.get("BROWSER_PATH"), *map(shutil.which, _NAMES), shutil.which(_MAC))
    return next((path for path in candidates if path), None)


def is_available() -> bool:
    """True when a browser and its driver are installed."""
    return executable() is not None and find_spec("playwright") is not None


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A headless browser; its driver's event loop ends with it."""
    from playwright.sync_api import sync_playwright

    # The sandbox of Chromium refuses to run as root.
    flags = [*_QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(_QUIET)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=flags)
        try:
            yield browser
        finally:
            browser.close()


class PageWatch:
    """Collects what no page of ours may do: reach another host, throw, or break its own CSP."""

    def __init__(self, page: Page) -> None:
        self.faults: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"uncaught error in the page: {error}"))

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and parts.hostname not in _LOCAL_HOSTS:
            self.faults.append(f"request to another host: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(f"refused by the page's own policy: {message.text}")


def log_in(page: Page, site: str, path: str, name: str) -> None:
    """Through the admin's own form, with the name as password, and on to `path`, loaded whole."""
    page.goto(f"{site}/admin/login/?next={path}")
    page.fill("#id_username", name)
    page.fill("#id_password", name)
    page.click("[type=submit]")
    # A click does not wait for the page that it leads to.
    page.wait_for_url(f"{site}{path}*")


def accessibility_violations(page: Page) -> list[str]:
    """Rules of axe-core that the page breaks, each with the elements that break it."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_load_state()
    violations = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: "
        + "; ".join(node["html"][:160] for node in rule["nodes"])
        for rule in violations
    ]
