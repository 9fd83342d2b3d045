from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from recommendations.models import Counter
from recommendations.tracking import counters
from recommendations.tracking.bots import rate_guard

Committing = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Committing:
    """`with committing():` runs what waits for the commit when the block ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def counted(db: None) -> Callable[[str], int]:
    """How often something was counted in this test."""
    counters._held.clear()

    def read(name: str) -> int:
        counters.flush()
        return sum(Counter.objects.filter(name=name).values_list("value", flat=True))

    return read


@pytest.fixture(autouse=True)
def fresh_rate_guard() -> None:
    rate_guard._windows.clear()
