"""Counting what is asked of the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries_of(make: Callable[[], Any]) -> list[str]:
    """What was asked of the database: our own tables, and the adapter's look at what is for sale."""
    with CaptureQueriesContext(connection) as queries:
        make()
    return [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
