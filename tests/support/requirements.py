"""What a test needs from the machine, and what happens when it is not there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

#: Beginnings of the reasons for which a test may be skipped even when every service is required.
ALLOWED_SKIPS = ("shared data: ", "only on ")


def services_required() -> bool:
    """True under REQUIRE_SERVICES=1: a missing service or browser is then a failure."""
    return os.environ.get("REQUIRE_SERVICES", "") not in ("", "0")


def skip_without_service(what: str, how_to_get_it: str) -> NoReturn:
    """Skip the test, or fail it when services are required."""
    reason = f"service missing: {what}; to get it: {how_to_get_it}"
    if services_required():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
