"""Walking a table in batches of constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet


def batches_by_pk(rows: QuerySet[Any], size: int, after: Any = None) -> Iterator[list[Any]]:
    """Lists of at most `size` rows in order of their primary key, beginning behind `after`.

    Each batch is a query of its own (keyset pagination): no cursor stays open while others write, and a walk can be
    taken up again behind the last key.
    """
    rows = rows.order_by("pk")
    while True:
        batch = list((rows if after is None else rows.filter(pk__gt=after))[:size])
        if batch:
            yield batch
            after = batch[-1].pk
        if len(batch) < size:
            return
